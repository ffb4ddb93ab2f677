"""Digests of many parts of one build: what is compared with the seals of reports (see `kaohe.publish.parts`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kaohe.base.files import read_parquet
from kaohe.plot.against import as_printed
from kaohe.publish.built import columns_of
from kaohe.publish.kept import head_of, row_hashes
from kaohe.publish.parts import Part, Rows, digest_of, rows_digest
from kaohe.publish.reports import Target


class PartDigests:
    """Digests of many parts of one build; each table is read and hashed once."""

    def __init__(self, build: Path, targets: list[Target]) -> None:
        self._build = build
        self._targets = targets
        self._tables: dict[str, tuple[Rows, np.ndarray]] = {}
        self._digests: dict[str, str] = {}

    def __getitem__(self, text: str) -> str:
        if text not in self._digests:
            part = Part.parse(text)
            rows, hashes = self._table(part.table)
            wanted = rows.of(part)
            if part.printed:
                self._digests[text] = rows_digest(as_printed(rows.frame.iloc[wanted].reset_index(drop=True)))
            else:
                self._digests[text] = digest_of(head_of(rows.frame), hashes[wanted])
        return self._digests[text]

    def _table(self, name: str) -> tuple[Rows, np.ndarray]:
        if name not in self._tables:
            columns_of(name)
            frame = read_parquet(self._build / f"{name}.parquet")
            self._tables[name] = (Rows(frame, self._targets), row_hashes(frame))
        return self._tables[name]
