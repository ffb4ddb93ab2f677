"""Where a draw is written: a whole folder at once, never over another draw by accident."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.files import locked, sha256_bytes, swapped_folder, write_bytes
from kaohe.base.tables import Contract
from kaohe.clean.book_out import SheetOut, csv_text, write_book

RECORD = "抽取记录.md"
FRAMES = "抽样框"


@dataclass
class Folder:
    """A folder being filled; `sums` are the SHA-256 of its files by name."""

    path: Path
    sums: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, data: bytes) -> None:
        """Add a file."""
        write_bytes(self.path / name, data)
        self.sums[name] = sha256_bytes(data)

    def book(self, name: str, sheets: Sequence[SheetOut], *, title: str, mark: str) -> None:
        """Add a workbook: text stays text, whatever it begins with."""
        self.put(name, write_book(sheets, title=title, header=mark))

    def table(self, name: str, frame: pd.DataFrame, contract: Contract) -> None:
        """Add a CSV with the headers of a contract (UTF-8 with a byte-order mark)."""
        columns = [c for c in contract.columns if c.name in frame.columns or c.required]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([c.label for c in columns])
        for row in frame.reindex(columns=[c.name for c in columns]).itertuples(index=False):
            writer.writerow([cell(v) for v in row])
        self.put(name, out.getvalue().encode("utf-8-sig"))


def cell(value: Any) -> str:
    """A value as a CSV of a draw holds it: chances with all their digits."""
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, float) and not float(value).is_integer():
        return repr(float(value))
    return csv_text(value)


def check_target(out: Path, *, overwrite: bool) -> None:
    """Refuse a folder that a draw must not be written to.

    Raises
    ------
    InputRefused
        K916 for a file, a folder of other things, or one that may not be written; K917 for a draw
        that is there and is not to be replaced.
    """
    above = out
    while not above.exists():
        above = above.parent
    if out.exists() and not out.is_dir():
        raise _not_there(out, "a file")
    if not os.access(above if above != out else out.parent, os.W_OK):
        raise _not_there(out, f"{above} may not be written")
    if out.is_dir() and any(out.iterdir()):
        if not (out / RECORD).is_file():
            raise _not_there(out, f"files and no {RECORD}")
        if not overwrite:
            raise InputRefused(
                "K917", "There is a draw already", where=str(out), got=f"{RECORD} of an earlier draw",
                expected="a new folder: a draw that is made again must not replace the first in silence",
                remedy="choose another folder with --out, or say --overwrite",
            )  # fmt: skip


def _not_there(out: Path, got: str) -> InputRefused:
    return InputRefused(
        "K916", "The draw cannot be written there", where=str(out), got=got,
        expected="a folder that is absent, empty or an earlier draw, and may be written",
        remedy="choose another folder with --out",
    )  # fmt: skip


@contextmanager
def writing(out: Path, *, overwrite: bool) -> Iterator[Folder]:
    """A folder to fill that takes the place of `out` as a whole.

    Raises
    ------
    InputRefused
        K916, K917.
    BusyError
        K501.
    """
    check_target(out, overwrite=overwrite)
    try:
        with locked(out.parent, "kaohe draw"), swapped_folder(out) as fresh:
            yield Folder(fresh)
    except OSError as error:
        raise _not_there(out, error.strerror or type(error).__name__) from error
