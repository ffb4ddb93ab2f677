"""Which rows of which table a report read, and the fingerprint of just these rows.

A part is written ``table``, ``table[column=value]`` or ``table[column of group]``; the seal keeps
one digest for each part, so that a report can be known fresh without running it again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from kaohe.base.built import BUILT
from kaohe.base.errors import InputRefused, nearest
from kaohe.base.files import read_parquet
from kaohe.publish.kept import head_of, kept, row_hashes
from kaohe.publish.reports import Target

_NO_ROWS = np.array([], dtype=np.int64)
_PART = re.compile(r"(?P<table>\w+)(\[(?P<column>\w+)(?P<op>=| of )(?P<value>[^\]]*)\])?")


@dataclass(frozen=True)
class Part:
    """Rows of a built table: all of them, those equal to a value, or those of a group of targets."""

    table: str
    column: str = ""
    op: str = ""
    value: str = ""

    def __str__(self) -> str:
        return f"{self.table}[{self.column}{self.op}{self.value}]" if self.column else self.table

    @classmethod
    def parse(cls, text: str) -> Part:
        """A part from its written form."""
        found = _PART.fullmatch(text)
        if not found:
            raise InputRefused("K803", "A seal names an unreadable part of a table", got=text)
        return cls(found["table"], found["column"] or "", found["op"] or "", found["value"] or "")


def own_part(table: str, target: Target) -> Part:
    """The rows of a table that are about one target.

    The first of these that fits: the whole table for the province (for survey domains the rows
    of domain type ``province``); ``class_id`` for a class; ``county`` for a county; ``object``;
    ``domain``; ``city``; otherwise the whole table.
    """
    columns = _columns(table)
    order: tuple[tuple[str, str], ...]
    if target.kind == "province":
        order = (("domain_type", "province"),)
    elif target.kind == "class":
        order = (("class_id", target.object),)
    elif target.kind == "county":
        order = (("county", target.object), ("object", target.object), ("domain", target.object))
    else:
        order = (("object", target.object), ("domain", target.object), ("city", target.object))
    for column, value in order:
        if column in columns:
            return Part(table, column, "=", value)
    if target.kind == "class":
        for column in ("object", "domain", "city"):
            if column in columns:
                return Part(table, column, " of ", target.object)
    return Part(table)


def peers_part(table: str, target: Target) -> Part:
    """The rows of a table about the targets one is compared with.

    For a city, a unit or a class: those of its class (by ``class_id``, otherwise by members); for
    a county: the counties of its city; for the province: the whole table.
    """
    columns = _columns(table)
    if target.kind == "province":
        return Part(table)
    if target.kind == "county":
        if "city" in columns:
            return Part(table, "city", "=", target.city)
        group = target.city
    else:
        if "class_id" in columns:
            return Part(table, "class_id", "=", target.class_id)
        group = target.class_id
    for column in ("object", "domain", "city"):
        if column in columns:
            return Part(table, column, " of ", group)
    return Part(table)


def group_members(group: str, targets: Iterable[Target]) -> list[str]:
    """Codes of a class's targets, or of a city's counties."""
    return sorted(
        t.object
        for t in targets
        if (t.kind in {"city", "unit"} and t.class_id == group) or (t.kind == "county" and t.city == group)
    )


def read_part(build: Path, part: Part, targets: Iterable[Target]) -> pd.DataFrame:
    """Read a part of a built table with Parquet filters, in the table's own order.

    Raises
    ------
    InputRefused
        K802 for a table that is not one of the built ones; K101 and K102 for its file.
    """
    _columns(part.table)
    path = build / f"{part.table}.parquet"
    if not part.column:
        return read_parquet(path)
    if part.op == "=":
        return read_parquet(path, filters=[(part.column, "==", part.value)])
    return read_parquet(path, filters=[(part.column, "in", group_members(part.value, targets))])


def read_rows(build: Path, part: Part, targets: Iterable[Target]) -> tuple[pd.DataFrame, str]:
    """A part of a built table and its digest: what `read_part` and `rows_digest` give, from memory where it can be.

    Raises
    ------
    InputRefused
        As `read_part`.
    """
    _columns(part.table)
    table = kept(build / f"{part.table}.parquet")
    if table is None:
        frame = read_part(build, part, targets)
        return frame, rows_digest(frame)
    if not part.column:
        return table.frame, _digest(table.head, table.hashes)
    values = [part.value] if part.op == "=" else group_members(part.value, targets)
    rows = table.rows(part.column, values)
    frame = table.at(rows)
    return frame, _digest(table.head, table.hashes[rows] if table.prepared else row_hashes(frame))


def rows_digest(frame: pd.DataFrame) -> str:
    """SHA-256 over the rows of a frame, in order, with the names and dtypes of its columns."""
    return _digest(head_of(frame), row_hashes(frame))


class PartDigests:
    """Digests of many parts of one build; each table is read and hashed once."""

    def __init__(self, build: Path, targets: list[Target]) -> None:
        self._build = build
        self._targets = targets
        self._tables: dict[str, tuple[pd.DataFrame, np.ndarray]] = {}
        self._digests: dict[str, str] = {}
        self._indices: dict[tuple[str, str], dict[str, np.ndarray]] = {}

    @cached_property
    def _groups(self) -> dict[str, frozenset[str]]:
        names = {t.class_id for t in self._targets if t.class_id} | {t.city for t in self._targets if t.city}
        return {n: frozenset(group_members(n, self._targets)) for n in names}

    def __getitem__(self, text: str) -> str:
        if text not in self._digests:
            part = Part.parse(text)
            frame, hashes = self._table(part.table)
            if part.column:
                rows = self._rows(part.table, part.column)
                if part.op == "=":
                    wanted = rows.get(part.value, _NO_ROWS)
                else:
                    found = [rows[m] for m in self._groups.get(part.value, frozenset()) if m in rows]
                    wanted = np.sort(np.concatenate(found)) if found else _NO_ROWS
                hashes = hashes[wanted]
            self._digests[text] = _digest(head_of(frame), hashes)
        return self._digests[text]

    def _rows(self, table: str, column: str) -> dict[str, np.ndarray]:
        if (table, column) not in self._indices:
            frame = self._table(table)[0]
            self._indices[table, column] = {str(k): np.sort(v) for k, v in frame.groupby(column).indices.items()}
        return self._indices[table, column]

    def _table(self, name: str) -> tuple[pd.DataFrame, np.ndarray]:
        if name not in self._tables:
            _columns(name)
            frame = read_parquet(self._build / f"{name}.parquet")
            self._tables[name] = (frame, row_hashes(frame))
        return self._tables[name]


def _digest(head: bytes, hashes: np.ndarray) -> str:
    return hashlib.sha256(head + b"\0" + hashes.astype("<u8").tobytes()).hexdigest()


def _columns(table: str) -> dict[str, tuple[str, str]]:
    if table not in BUILT:
        raise InputRefused(
            "K802",
            "There is no such table",
            got=table,
            expected="one of " + ", ".join(nearest(table, BUILT)) + ", …",
            remedy="the built tables are listed in the data dictionary",
        )
    return BUILT[table].columns
