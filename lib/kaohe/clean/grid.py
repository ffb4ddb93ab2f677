"""The rows of a large text table kept as columns, looking like rows to whoever asks for one.

`column_of` gives a column of any sheet, whether its rows are lists of cells (workbooks, small
files) or a `Grid` (large text files).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import overload

import numpy as np

from kaohe.clean.cells import Cell, Sheet, is_blank
from kaohe.clean.coded import Coded, Mask, Rows

# a printable ASCII character that is no blank: such a cell is not blank
_SOMETHING = "[!-~]"
# printable ASCII with a digit in it: no word that could open a total, a note or a header
_CODE = "^[!-~]*[0-9][!-~]*$"
_CODED = re.compile(r"[!-~]*[0-9][!-~]*\Z")
_FILLED = 4
_LOOKED_AT = 8


class Grid(Sequence[list[Cell]]):
    """Rows of a text table as columns.

    Parameters
    ----------
    columns : list of Coded
        One a field, as long as the table has rows.
    odd : dict of row to cells
        Rows of another width than `width`: blank lines, titles, notes, ragged rows.
    width : int
        Fields of every other row.
    """

    def __init__(self, columns: list[Coded], odd: dict[int, list[Cell]], width: int) -> None:
        self.columns = columns
        self.odd = odd
        self.width = width

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    @overload
    def __getitem__(self, row: int) -> list[Cell]: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[list[Cell]]: ...
    def __getitem__(self, row: int | slice) -> list[Cell] | Sequence[list[Cell]]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        at = row + len(self) if row < 0 else row
        if at in self.odd:
            return list(self.odd[at])
        return [column[at] for column in self.columns[: self.width]]

    def __iter__(self) -> Iterator[list[Cell]]:
        step = 1_000
        for start in range(0, len(self), step):
            stop = min(start + step, len(self))
            block = zip(*(column[start:stop] for column in self.columns[: self.width]), strict=True)
            for row, cells in enumerate(block, start):
                yield list(self.odd[row]) if row in self.odd else list(cells)


def column_of(sheet: Sheet, at: int, rows: Sequence[int]) -> Coded:
    """The cells of one column in the given rows, which are in order; short rows end in blank cells."""
    if isinstance(sheet.rows, Grid):
        columns = sheet.rows.columns
        return columns[at].take(span(rows)) if at < len(columns) else Coded.blank(len(rows))
    chosen = (sheet.rows[i] for i in rows)
    return Coded.of([row[at] if at < len(row) else None for row in chosen])


def cell_at(sheet: Sheet, row: int, at: int) -> Cell:
    """One cell of a row that is long enough."""
    if isinstance(sheet.rows, Grid) and row not in sheet.rows.odd:
        found: Cell = sheet.rows.columns[at][row]
        return found
    return sheet.rows[row][at]


def span(rows: Sequence[int]) -> slice | Rows:
    """Row numbers in order as what numpy takes fastest: a slice where they are without gaps."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return slice(rows[0], rows[-1] + 1)
    return np.asarray(rows, np.int64)


def width(sheet: Sheet) -> int:
    """Fields of the longest row."""
    if isinstance(sheet.rows, Grid):
        return len(sheet.rows.columns)
    return max((len(row) for row in sheet.rows), default=0)


def widths(sheet: Sheet) -> Rows:
    """Fields of each row."""
    if not isinstance(sheet.rows, Grid):
        return np.fromiter((len(row) for row in sheet.rows), np.int64, len(sheet.rows))
    found = np.full(len(sheet.rows), sheet.rows.width, np.int64)
    for row, cells in sheet.rows.odd.items():
        found[row] = len(cells)
    return found


def filled(cells: Coded) -> Mask:
    """Rows whose cell is not blank."""
    blank = cells.judge(is_blank, sure=_SOMETHING)
    marked: Mask = ~blank[cells.codes]
    return marked


def plain_rows(sheet: Sheet, header: int, special: Callable[[Cell], bool]) -> Mask:
    """Rows of a `Grid` that can only be data: below the header, well filled, beginning with no special word.

    Parameters
    ----------
    sheet : Sheet
    header : int
        Position of the header row.
    special : callable
        True for a first cell that may open a total, a note or another header. It is not asked about
        printable ASCII with a digit in it where the header begins otherwise.

    Returns
    -------
    bool array, one a row; rows that are not marked may be data as well.
    """
    head = next((v for v in sheet.rows[header] if not is_blank(v)), None)
    coded_header = isinstance(head, str) and any(c.isdigit() for c in head)
    rows = sheet.rows
    if not isinstance(rows, Grid):
        seen: dict[tuple[type, Cell], bool] = {}
        return np.array(
            [k > header and _plain(row, seen, special, coded_header) for k, row in enumerate(rows)], np.bool_
        )
    if rows.width < _FILLED:
        return np.zeros(len(rows), np.bool_)
    first = rows.columns[0]
    clear = ~first.judge(lambda c: is_blank(c) or special(c), sure="" if coded_header else _CODE)[first.codes]
    count = sum(filled(c).astype(np.int8) for c in rows.columns[:_LOOKED_AT])
    plain: Mask = clear & (count >= _FILLED)
    plain[: header + 1] = False
    plain[list(rows.odd)] = False
    return plain


def _plain(row: list[Cell], seen: dict[tuple[type, Cell], bool], special: Callable[[Cell], bool], coded: bool) -> bool:
    """`plain_rows` for one row; what `special` says of a first cell is remembered."""
    if len(row) < _FILLED or is_blank(row[0]):
        return False
    first = row[0]
    if coded or not (isinstance(first, str) and _CODED.match(first)):
        key = (first.__class__, first)
        if key not in seen:
            seen[key] = special(first)
        if seen[key]:
            return False
    return sum(not is_blank(v) for v in row[:_LOOKED_AT]) >= _FILLED
