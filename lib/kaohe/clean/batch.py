"""One raw table on its way in: its rows from all its files, with their addresses and their fate.

A row is used or set aside; setting aside always enters a finding. `settle` writes the counts
into the accounts, so that nothing can be lost between reading and storing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from kaohe.base.ledger import Ledger, SheetAccount
from kaohe.base.tables import LINEAGE, Column, Contract
from kaohe.clean.cells import Cell, Sheet, is_blank, to_text
from kaohe.clean.codes import NORMALISE, NOTE, QUARANTINE, finding
from kaohe.clean.layout import Layout
from kaohe.clean.scrub import shown
from kaohe.clean.values import Outcome

NUMERIC = {"int", "number", "money", "share", "flag", "item"}
_OWN_STYLE = 0.5
_OWN_STYLE_FROM = 20


@dataclass(frozen=True)
class Segment:
    """The rows of one sheet within a batch: where they came from and whose account they are on."""

    sheet: Sheet
    layout: Layout
    account: SheetAccount


@dataclass
class Batch:
    """Rows of one table: `raw` cells and parsed `values` by column, and the rows set aside.

    Attributes
    ----------
    contract : Contract
    ledger : Ledger
    segments : list of Segment
    origin : list of (segment number, position in the sheet), one a row
    raw, values : dict of column name to list, one entry a row
    bad : dict of row to code
        Rows set aside, with the first code found.
    """

    contract: Contract
    ledger: Ledger
    segments: list[Segment] = field(default_factory=list)
    origin: list[tuple[int, int]] = field(default_factory=list)
    raw: dict[str, list[Cell]] = field(default_factory=dict)
    values: dict[str, list[object]] = field(default_factory=dict)
    bad: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in self.contract.columns:
            self.raw.setdefault(column.name, [])
            self.values.setdefault(column.name, [])

    def __len__(self) -> int:
        return len(self.origin)

    def append(self, segment: Segment, cells: dict[str, list[Cell]]) -> range:
        """Add the data rows of one sheet; the range of the new rows."""
        start = len(self)
        number = len(self.segments)
        self.segments.append(segment)
        self.origin.extend((number, position) for position in segment.layout.data)
        for name, column in self.raw.items():
            column.extend(cells[name])
            self.values[name].extend([None] * len(segment.layout.data))
        return range(start, len(self))

    def parse(self, rows: range, column: Column, parser: Callable[[Cell], Outcome]) -> None:
        """Run a parser over the cells of `rows` in one column, each distinct cell once."""
        raw, values = self.raw[column.name], self.values[column.name]
        seen: dict[tuple[type, object], Outcome] = {}
        repaired: dict[str, dict[int, str]] = {}
        for row in rows:
            cell = raw[row]
            key = (cell.__class__, cell)
            outcome = seen.get(key)
            if outcome is None:
                outcome = seen[key] = parser(cell)
            values[row] = outcome.value
            if outcome.action == QUARANTINE:
                self.flag(row, outcome.code, column.name, expected=outcome.expected)
            elif outcome.code:
                repaired.setdefault(outcome.code, {})[row] = outcome.expected
        for code, found in repaired.items():
            self.repairs(rows, column, code, found)

    def repairs(self, rows: range, column: Column, code: str, found: dict[int, str]) -> None:
        """Enter repairs cell by cell, or once for the column where it is the column's own style."""
        if len(found) > _OWN_STYLE_FROM and len(found) > _OWN_STYLE * len(rows):
            first = next(iter(found))
            segment = self.segments[self.origin[first][0]]
            sheet = segment.sheet
            example = shown(to_text(self.raw[column.name][first]), column.kind)
            self.ledger.add(
                finding(
                    NORMALISE, code, self.contract.name, sheet.file, sheet=sheet.name, column=column.label,
                    value=f"整列同一写法，{len(found)} 处，如 {example}",
                )
            )  # fmt: skip
            return
        for row, expected in found.items():
            self.remark(row, code, column.name, action=NORMALISE, expected=expected)

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
        number, position = self.origin[row]
        segment = self.segments[number]
        sheet = segment.sheet
        label, cell = "", ""
        if column:
            spec = self.contract.column(column)
            label = spec.label
            at = segment.layout.columns.get(column)
            if at is not None:
                label = to_text(sheet.rows[segment.layout.header][at]).strip()
                cell = sheet.address(position, at)
            if value is None:
                text = to_text(self.raw[column][row])
                value = shown(text, spec.kind)
        self.ledger.add(
            finding(
                action, code, self.contract.name, sheet.file, sheet=sheet.name, row=sheet.numbers[position],
                column=label, cell=cell, value=value or "", expected=expected,
            )
        )  # fmt: skip

    def live(self) -> list[int]:
        """Rows not set aside."""
        return [row for row in range(len(self)) if row not in self.bad]

    def address(self, row: int) -> str:
        """File, sheet and row of a row, for another row's message."""
        number, position = self.origin[row]
        sheet = self.segments[number].sheet
        where = f"{sheet.file}›{sheet.name}" if sheet.name else sheet.file
        return f"{where} 第 {sheet.numbers[position]} 行"

    def settle(self) -> None:
        """Write used and set-aside rows into the accounts."""
        for segment in self.segments:
            segment.account.used = segment.account.quarantined = 0
        for row, (number, _) in enumerate(self.origin):
            account = self.segments[number].account
            if row in self.bad:
                account.quarantined += 1
            else:
                account.used += 1

    def frame(self) -> pd.DataFrame:
        """The rows in use: clean columns with their dtypes, without personal ones, then the lineage."""
        rows = self.live()
        data: dict[str, pd.Series] = {}
        for column in self.contract.columns:
            if column.kind == "personal":
                continue
            values = self.values[column.name]
            data[column.name] = typed([values[r] for r in rows], column.kind)
        segments = [self.segments[self.origin[r][0]] for r in rows]
        positions = [self.origin[r][1] for r in rows]
        lineage = (
            [s.sheet.file for s in segments], [s.sheet.name for s in segments],
            [s.sheet.numbers[p] for s, p in zip(segments, positions, strict=True)], [s.account.sha256 for s in segments],
        )  # fmt: skip
        for name, items in zip(LINEAGE, lineage, strict=True):
            data[name] = pd.Series(items, dtype="int64" if name == "src_row" else "str")
        return pd.DataFrame(data)


@dataclass
class Known:
    """Keys of tables already cleaned: those in use, and those that were set aside.

    Attributes
    ----------
    keys : dict of table to {key: row}
        Rows in use, by the first key column.
    aside : dict of table to set of keys
    batches : dict of table to Batch
    """

    keys: dict[str, dict[str, int]] = field(default_factory=dict)
    aside: dict[str, set[str]] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)

    def enter(self, batch: Batch) -> None:
        """Remember a table's keys."""
        name, key = batch.contract.name, batch.contract.key[0]
        values = batch.values[key]
        self.batches[name] = batch
        self.keys[name] = {str(values[r]): r for r in batch.live() if values[r] is not None}
        self.aside[name] = {str(values[r]) for r in batch.bad if values[r] is not None} - self.keys[name].keys()


def typed(values: Iterable[object], kind: str) -> pd.Series:
    """Values of one kind as a column: float64, datetime64 or text, missing as NaN."""
    items = list(values)
    if kind in NUMERIC:
        return pd.Series([float("nan") if v is None else float(v) for v in items], dtype="float64")  # type: ignore[arg-type]
    if kind == "date":
        stamps = [pd.NaT if v is None else pd.Timestamp(v) for v in items if v is None or isinstance(v, date)]
        return pd.Series(stamps, dtype="datetime64[us]")
    return pd.Series(items, dtype="str")


def empty_frame(contract: Contract) -> pd.DataFrame:
    """The clean frame of a table that was not sent."""
    return Batch(contract, Ledger()).frame()


def column_cells(sheet: Sheet, layout: Layout, contract: Contract) -> tuple[dict[str, list[Cell]], int]:
    """Cells of the data rows by column name, merged ranges filled down in place columns; how many were filled."""
    cells: dict[str, list[Cell]] = {}
    filled = 0
    for column in contract.columns:
        at = layout.columns.get(column.name)
        if at is None:
            cells[column.name] = [None] * len(layout.data)
            continue
        values: list[Cell] = [row[at] if at < len(row) else None for row in (sheet.rows[i] for i in layout.data)]
        if column.kind in {"place", "object"} and sheet.merged:
            for top, left, bottom, right in sheet.merged:
                if not left <= at <= right or top <= layout.header:
                    continue
                source = sheet.rows[top][left]
                for k, i in enumerate(layout.data):
                    if top < i <= bottom and is_blank(values[k]) and not is_blank(source):
                        values[k] = source
                        filled += 1
        cells[column.name] = values
    return cells, filled
