"""Tables as an office keeps them: Chinese headers, cells as typed, one CSV or one workbook sheet.

A `Grid` is filled, gets its faults and is then written; its rows are what stands in the file,
so that a fault's address can be told before anything is written. Workbooks are written with
fixed times, so that the same inputs give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Font

from kaohe.base.tables import Column, Contract
from kaohe.clean.book_bytes import workbook_bytes
from kaohe.clean.book_out import csv_text

ENCODINGS = ("gb18030", "utf-8-sig", "xlsx", "utf-8", "gb18030-bom")
SHEET_NAME = "Sheet1"
Value = str | int | float | date | None


@dataclass
class Grid:
    """One table in one file.

    Attributes
    ----------
    contract : Contract
        Which table it is; its labels are the headers.
    file : str
        Path relative to the raw folder.
    encoding : str
        One of `ENCODINGS`; ``xlsx`` writes a workbook.
    columns : list of Column
        In the order of the file.
    rows : list of list
        Cells as written: text in a CSV; text, numbers and dates in a workbook.
    """

    contract: Contract
    file: str
    encoding: str
    columns: list[Column]
    rows: list[list[Value]] = field(default_factory=list)

    @property
    def sheet(self) -> str:
        """Name of the sheet; empty for a CSV."""
        return SHEET_NAME if self.encoding == "xlsx" else ""

    @property
    def header(self) -> list[str]:
        """The header row."""
        return [c.label for c in self.columns]

    def position(self, name: str) -> int:
        """Column position of a clean name."""
        return next(i for i, c in enumerate(self.columns) if c.name == name)

    def key(self, row: int) -> str:
        """The key of a row, its parts joined by a bar."""
        return "|".join(csv_text(self.rows[row][self.position(k)]) for k in self.contract.key)

    def content(self) -> bytes:
        """The file's bytes."""
        if self.encoding == "xlsx":
            return workbook_bytes(self._workbook())
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.header)
        writer.writerows([csv_text(v) for v in row] for row in self.rows)
        if self.encoding == "gb18030-bom":
            return ("\ufeff" + out.getvalue()).encode("gb18030")
        return out.getvalue().encode(self.encoding)

    def write(self, root: Path) -> None:
        """Write the file below `root`."""
        path = root / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content())

    def _workbook(self) -> Workbook:
        book = Workbook(write_only=True)
        sheet = book.create_sheet(SHEET_NAME)
        sheet.append(_heads(sheet, self.header))
        for row in self.rows:
            sheet.append(row)
        return book


def _heads(sheet: object, header: Sequence[str]) -> list[object]:
    from openpyxl.cell import WriteOnlyCell

    cells: list[object] = []
    for label in header:
        cell = WriteOnlyCell(sheet, value=label)
        cell.font = Font(bold=True)
        cells.append(cell)
    return cells


def fill(
    contract: Contract, file: str, encoding: str, frame: pd.DataFrame, *, none: str = "", names: Iterable[str] = ()
) -> Grid:
    """A grid from a frame in clean form.

    Parameters
    ----------
    contract : Contract
    file : str
        Path without its ending, relative to the raw folder.
    encoding : str
        One of `ENCODINGS`.
    frame : DataFrame
        Columns by clean name; a column of the contract that is not there is left out of the file.
    none : str
        What stands where a value is missing.
    names : iterable of str
        Columns in which a missing value is left blank whatever `none` is.
    """
    columns = [c for c in contract.columns if c.name in frame.columns]
    blank = set(names)
    book = encoding == "xlsx"
    made = [_cells(frame[c.name], c, "" if c.name in blank else none, book) for c in columns]
    suffix = ".xlsx" if book else ".csv"
    return Grid(contract, file + suffix, encoding, columns, [list(r) for r in zip(*made, strict=True)])


def _cells(series: pd.Series, column: Column, none: str, book: bool) -> list[Value]:
    missing = none or None
    values = series.tolist()
    if column.kind == "flag":
        return [missing if v is None or v != v else "是" if v else "否" for v in values]
    if column.kind in {"int", "number", "money", "share", "item"}:
        return [missing if v is None or v != v else _number(v, book) for v in values]
    if column.kind == "date":
        days = [None if v is None or v != v else pd.Timestamp(v).date() for v in values]
        return [missing if d is None else d if book else d.isoformat() for d in days]
    return [missing if v is None or v != v or v == "" else str(v) for v in values]


def _number(value: object, book: bool) -> Value:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if book:
        return int(number) if number.is_integer() else round(number, 4)
    return csv_text(number)
