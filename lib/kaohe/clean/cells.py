"""Cells as they stand in a file: values with addresses, and how their text is tidied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from kaohe.base.places import UNSEEN

Cell = str | float | int | bool | date | datetime | None
INVISIBLE = re.compile(f"[{UNSEEN}]")
NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0xFFE5: 0xA5}
BLANKS = re.compile("[\\s\u00a0\u3000]+")
_BRACKET_UNIT = re.compile(r"^(.+?)\(([^()]*)\)$")


@dataclass(frozen=True)
class Sheet:
    """The cells of one CSV file or one sheet of a workbook.

    Attributes
    ----------
    file, name : str
        Path relative to the raw folder; sheet name, ``""`` for a CSV.
    rows : sequence of list of Cell
        Values row by row; a blank cell is None. A large text file gives a `kaohe.clean.grid.Grid`.
    numbers : sequence of int
        Row or line number of each row in the file, from 1.
    encoding : str
        Of a CSV; ``xlsx`` or ``xls`` for a workbook.
    offset : int
        Columns left of the first one read.
    merged : tuple of (first row, first column, last row, last column)
        Merged ranges as positions within `rows`.
    """

    file: str
    name: str
    rows: Sequence[list[Cell]]
    numbers: Sequence[int]
    encoding: str = ""
    offset: int = 0
    merged: tuple[tuple[int, int, int, int], ...] = ()
    errors: dict[tuple[int, int], str] = field(default_factory=dict)

    def address(self, row: int, column: int) -> str:
        """Spreadsheet address, such as ``C17``, of a position within `rows`."""
        return f"{letters(column + self.offset)}{self.numbers[row]}"


def own_rows(sheet: Sheet) -> list[list[Cell]]:
    """The rows of a sheet as lists that may be written to, whatever held them before."""
    rows = sheet.rows
    if not isinstance(rows, list):
        rows = list(rows)
        object.__setattr__(sheet, "rows", rows)
    return rows


def letters(column: int) -> str:
    """Spreadsheet letters of a column counted from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def is_blank(value: Cell) -> bool:
    """True for a `value` that is None or text of blanks only."""
    return value is None or (isinstance(value, str) and not INVISIBLE.sub("", value).strip("\u3000\u00a0 \t\r\n"))


def to_text(value: Cell) -> str:
    """The `value` of a cell as text: whole numbers without a decimal point, dates as ISO, nothing for an empty cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def tidy(text: str) -> str:
    """`text` for numbers, codes, dates and choices: full-width forms narrowed, no blanks, nothing invisible.

    Only the full-width forms of ASCII are narrowed: Unicode's own compatibility forms would turn
    ``²`` into 2 and ``①`` into 1.
    """
    if text.isascii() and text.isprintable():
        return text.replace(" ", "")
    return BLANKS.sub("", INVISIBLE.sub("", text.translate(NARROW)))


def tidy_text(text: str) -> str:
    """Free text: its own letters, without invisible and control characters, blanks trimmed."""
    return INVISIBLE.sub("", text).strip("\u3000\u00a0 \t\r\n")


def header_key(text: str) -> str:
    """A header as compared with the dictionary: narrow, without blanks and line breaks."""
    return tidy(text).replace("[", "(").replace("]", ")").replace("【", "(").replace("】", ")").strip(":*：")


def split_unit(key: str) -> tuple[str, str]:
    """A header key split into its name and the unit in brackets at its end (``""`` when none)."""
    match = _BRACKET_UNIT.match(key)
    return (match[1], match[2]) if match else (key, "")
