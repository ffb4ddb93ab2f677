"""Subtotal rows (小计) add up: to the rows since the one before, or to the rows until the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaohe.base.tables import Column, Contract
from kaohe.clean.cells import Cell, Sheet, is_blank
from kaohe.clean.intake import FileRefused
from kaohe.clean.parse import parse_number

if TYPE_CHECKING:
    from kaohe.clean.layout import Layout

TOLERANCE = 0.005


def check_subtotals(sheet: Sheet, layout: Layout, contract: Contract) -> None:
    """Refuse a file whose 小计 row differs from the sum of its group, where every row is a plain number.

    Raises
    ------
    FileRefused
        K249.
    """
    marks = [p for code, p, text in layout.notes if code == "K251" and text.startswith("小计")]
    for k, position in enumerate(marks):
        before = [i for i in layout.data if (marks[k - 1] if k else -1) < i < position]
        after = [i for i in layout.data if position < i < (marks[k + 1] if k + 1 < len(marks) else len(sheet.rows))]
        for column in contract.columns:
            at = layout.columns.get(column.name)
            if column.kind not in {"int", "money", "number"} or at is None:
                continue
            stated = _number(sheet.rows[position], at, column)
            sums = [s for s in (_sum(sheet, rows, at, column) for rows in (before, after)) if s is not None]
            if stated is None or not sums:
                continue
            if all(abs(s - stated) > TOLERANCE * max(1.0, abs(s)) for s in sums):
                raise FileRefused(
                    "K249", value=f"列「{column.label}」{sheet.address(position, at)}：{stated:,.10g}",
                    expected=f"各行之和 {sums[0]:,.10g}", row=sheet.numbers[position], sheet=sheet.name,
                )  # fmt: skip


def _sum(sheet: Sheet, rows: list[int], at: int, column: Column) -> float | None:
    """The sum of a column over rows; None when there are no rows or one of them is no plain number."""
    values = [_number(sheet.rows[i], at, column) for i in rows]
    return None if not values or None in values else sum(v for v in values if v is not None)


def _number(row: list[Cell], at: int, column: Column) -> float | None:
    cell = row[at] if at < len(row) else None
    value = None if is_blank(cell) else parse_number(cell, column).value
    return value if isinstance(value, float) else None
