"""One raw table on its way in: its rows from all its files, with their addresses and their fate.

Columns are kept as distinct entries and codes (`kaohe.clean.coded`), part by part: a part is the
rows of one sheet. A row is used or set aside; setting aside always enters a finding. `settle`
writes the counts into the accounts, so that nothing can be lost between reading and storing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaohe.base.ledger import Ledger, SheetAccount
from kaohe.base.tables import Column, Contract
from kaohe.clean.cells import Cell, Sheet, to_text
from kaohe.clean.coded import Coded, Mask, Rows
from kaohe.clean.codes import NORMALISE, NOTE, QUARANTINE, finding
from kaohe.clean.grid import cell_at
from kaohe.clean.layout import Layout
from kaohe.clean.scrub import shown

_OWN_STYLE = 0.5
_OWN_STYLE_FROM = 20


@dataclass(frozen=True)
class Segment:
    """The rows of one sheet within a batch: where they came from and whose account they are on."""

    sheet: Sheet
    layout: Layout
    account: SheetAccount


@dataclass(frozen=True)
class Part:
    """A segment's columns within a batch.

    Attributes
    ----------
    segment : Segment
    start : int
        Number of its first row in the batch.
    raw, values : dict of column name to Coded, one code a row
        Cells as found; typed values, filled column by column.
    """

    segment: Segment
    start: int
    raw: dict[str, Coded]
    values: dict[str, Coded]

    def __len__(self) -> int:
        return len(self.segment.layout.data)


@dataclass
class Batch:
    """Rows of one table: `raw` cells and parsed `values` by column, and the rows set aside.

    Attributes
    ----------
    contract : Contract
    ledger : Ledger
    parts : list of Part
    bad : dict of row to code
        Rows set aside, with the first code found.
    """

    contract: Contract
    ledger: Ledger
    parts: list[Part] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)
    _values: dict[str, Coded] = field(default_factory=dict)
    _length: int = 0

    def __len__(self) -> int:
        return self._length

    @property
    def values(self) -> dict[str, Coded]:
        """The typed values of all parts, one column each; written to only after the last part is in."""
        if not self._values:
            names = [c.name for c in self.contract.columns]
            self._values = {n: Coded.join([p.values[n] for p in self.parts]) for n in names}
        return self._values

    @property
    def segments(self) -> list[Segment]:
        """Where the rows came from."""
        return [part.segment for part in self.parts]

    def append(self, segment: Segment, cells: dict[str, Coded]) -> Part:
        """Add the data rows of one sheet, not yet parsed."""
        n = len(segment.layout.data)
        part = Part(segment, self._length, cells, {c.name: Coded.blank(n) for c in self.contract.columns})
        self.parts.append(part)
        self._length += n
        self._values = {}
        return part

    def cell(self, row: int, column: str) -> Cell:
        """The cell of a row as it was found."""
        part, at = self._find(row)
        found: Cell = part.raw[column][at]
        return found

    def content(self, row: int) -> tuple[Cell, ...]:
        """All cells of a row as they were found."""
        part, at = self._find(row)
        return tuple(column[at] for column in part.raw.values())

    def repairs(
        self, part: Part, column: Column, code: str, rows: Sequence[int] | Rows, expected: Sequence[str]
    ) -> None:
        """Enter repairs cell by cell, or once for the column where it is the column's own style.

        Parameters
        ----------
        part : Part
        column : Column
        code : str
        rows : sequence of int
            Rows of the part, in order.
        expected : sequence of str, one a row
        """
        if len(rows) > _OWN_STYLE_FROM and len(rows) > _OWN_STYLE * len(part):
            sheet = part.segment.sheet
            example = shown(to_text(part.raw[column.name][int(rows[0])]), column.kind)
            self.ledger.add(
                finding(
                    NORMALISE, code, self.contract.name, sheet.file, sheet=sheet.name, column=column.label,
                    value=f"整列同一写法，{len(rows)} 处，如 {example}",
                )
            )  # fmt: skip
            return
        for row, right in zip(rows, expected, strict=True):
            self.remark(part.start + int(row), code, column.name, action=NORMALISE, expected=right)

    def flag(self, row: int, code: str, column: str = "", *, value: str | None = None, expected: str = "") -> None:
        """Set a row aside, with a finding at the cell."""
        self.bad.setdefault(row, code)
        self._enter(QUARANTINE, row, code, column, value, expected)

    def remark(
        self, row: int, code: str, column: str = "", *, action: str = NOTE, value: str | None = None, expected: str = ""
    ) -> None:
        """Enter a note or a repair at a cell; the row stays in use."""
        self._enter(action, row, code, column, value, expected)

    def _enter(self, action: str, row: int, code: str, column: str, value: str | None, expected: str) -> None:
        part, at = self._find(row)
        segment = part.segment
        sheet = segment.sheet
        position = segment.layout.data[at]
        label, cell = "", ""
        if column:
            spec = self.contract.column(column)
            label = spec.label
            place = segment.layout.columns.get(column)
            if place is not None:
                label = to_text(cell_at(sheet, segment.layout.header, place)).strip()
                cell = sheet.address(position, place)
            if value is None:
                value = shown(to_text(part.raw[column][at]), spec.kind)
        self.ledger.add(
            finding(
                action, code, self.contract.name, sheet.file, sheet=sheet.name, row=sheet.numbers[position],
                column=label, cell=cell, value=value or "", expected=expected,
            )
        )  # fmt: skip

    def live(self) -> list[int]:
        """Rows not set aside."""
        rows: list[int] = self.live_rows().tolist()
        return rows

    def live_rows(self) -> Rows:
        """Rows not set aside, as an array."""
        return np.flatnonzero(self.in_use())

    def in_use(self) -> Mask:
        """True for each row not set aside."""
        mask = np.ones(len(self), np.bool_)
        mask[list(self.bad)] = False
        return mask

    def address(self, row: int) -> str:
        """File, sheet and row of a row, for another row's message."""
        part, at = self._find(row)
        sheet = part.segment.sheet
        where = f"{sheet.file}›{sheet.name}" if sheet.name else sheet.file
        return f"{where} 第 {sheet.numbers[part.segment.layout.data[at]]} 行"

    def _find(self, row: int) -> tuple[Part, int]:
        """The part that holds a row, and the row's number there."""
        part = self.parts[bisect_right(self.parts, row, key=lambda p: p.start) - 1]
        return part, row - part.start

    def settle(self) -> None:
        """Write used and set-aside rows into the accounts."""
        live = self.in_use()
        for part in self.parts:
            account = part.segment.account
            account.used = int(live[part.start : part.start + len(part)].sum())
            account.quarantined = len(part) - account.used


class Keys:
    """Keys of a cleaned table that lead to its rows: looked up one by one, or a whole column at once.

    Parameters
    ----------
    column : Coded
        The key column.
    rows : array of int
        Rows whose keys count; a key leads to one row, since rows with one key were set aside.
    """

    def __init__(self, column: Coded, rows: Rows) -> None:
        self._column = column
        self._rows = rows
        self._index: dict[str, int] | None = None

    def _by_key(self) -> dict[str, int]:
        if self._index is None:
            keys = self._column.take(self._rows)
            self._index = {str(k): r for k, r in zip(keys, self._rows.tolist(), strict=True) if k is not None}
        return self._index

    def __contains__(self, key: object) -> bool:
        return key in self._by_key()

    def __getitem__(self, key: str) -> int:
        return self._by_key()[key]

    def find(self, column: Coded) -> Rows:
        """The row each key of a column leads to, -1 where there is none."""
        if not len(self._rows):
            return np.full(len(column), -1, np.int64)
        found = pc.index_in(column.texts(), value_set=self._column.take(self._rows).texts(), skip_nulls=True)
        at = found.fill_null(-1).to_numpy(zero_copy_only=False)
        rows: Rows = np.where(at >= 0, self._rows[at], -1)
        return rows


@dataclass
class Known:
    """Keys of tables already cleaned: those in use, and those that were set aside.

    Attributes
    ----------
    keys : dict of table to Keys
        Of rows in use, by the first key column.
    aside : dict of table to Keys
        Of rows set aside.
    batches : dict of table to Batch
    """

    keys: dict[str, Keys] = field(default_factory=dict)
    aside: dict[str, Keys] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)

    def listing(self, name: str) -> Keys | None:
        """The keys of a list that rows are checked against; None where no row of it was read at all."""
        return self.keys[name] if len(self.batches.get(name, ())) else None

    def enter(self, batch: Batch) -> None:
        """Remember a table's keys."""
        name, live = batch.contract.name, batch.in_use()
        column = batch.values[batch.contract.key[0]]
        self.batches[name] = batch
        self.keys[name] = Keys(column, np.flatnonzero(live))
        self.aside[name] = Keys(column, np.flatnonzero(~live))


def same_text(left: pa.Array, right: pa.Array) -> Mask:
    """True where two columns of texts are equal; never where one is missing."""
    equal = pc.equal(left, right).fill_null(False)
    found: Mask = equal.to_numpy(zero_copy_only=False).astype(np.bool_)
    return found
