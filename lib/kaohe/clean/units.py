"""Units of measure as tables state them: in a header, in a group title, or once above the table.

Nothing is converted here: a unit that the plan's configuration allows is written behind each
number of its column (12.5 becomes 12.5万元), so that the parser converts it by the plan's factor
and findings show what stood in the cell.
"""

from __future__ import annotations

import re

from kaohe.clean.cells import Cell, Sheet, is_blank, tidy, to_text

FAMILIES = (
    ("元", "千元", "万元", "百万元", "亿元"),
    ("亩", "公顷", "平方米", "平方公里"),
    ("斤", "公斤", "千克", "吨"),
)
_STATED = re.compile(r"单\s*位\s*[:：]\s*([^\s:：()（）]+)")
_PLAIN = re.compile(r"[+-]?[\d,]*\.?\d+", re.ASCII)


def family(unit: str) -> tuple[str, ...]:
    """The units that measure the same as `unit`; empty for a unit that is only counted."""
    return next((f for f in FAMILIES if unit in f), ())


def stated_units(sheet: Sheet, header: int) -> list[str]:
    """Units given once for the whole table above its header, as 单位：万元、亩."""
    found: list[str] = []
    for row in sheet.rows[:header]:
        for cell in row:
            for stated in _STATED.findall(cell) if isinstance(cell, str) else ():
                found += [u for u in re.split("[、，,/;；]", stated) if family(u)]
    return found


def foreign_unit(unit: str, stated: list[str]) -> str:
    """The unit stated above the table that measures the same as a column's `unit` but is another one."""
    same = [u for u in stated if u in family(unit)]
    return same[0] if same and unit not in same else ""


def with_unit(cell: Cell, unit: str) -> Cell:
    """A number with its column's unit behind it; any other cell as it is."""
    if is_blank(cell) or isinstance(cell, bool):
        return cell
    text = tidy(to_text(cell))
    return text + unit if _PLAIN.fullmatch(text) else cell
