"""Where the table stands within a sheet: header, data, totals, notes and blanks, each row declared.

The header row is found by a dictionary of labels and aliases, never by position. What lies
above it is title, what begins with 合计 or 注 below it is total or note; every row of the sheet
ends up in exactly one of header, data, declared and blank.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kaohe.base.tables import Column, Contract
from kaohe.clean.cells import Cell, Sheet, header_key, is_blank, letters, own_rows, tidy, to_text
from kaohe.clean.grid import plain_rows, widths
from kaohe.clean.headers import WITHIN, dictionary, find_header, resolve_header
from kaohe.clean.intake import FileRefused
from kaohe.clean.totals import check_subtotals
from kaohe.clean.units import foreign_unit, stated_units, with_unit

_TOTAL = re.compile(r"^(合计|总计|小计|共计|总数)")
_FOOTER = re.compile(
    r"^(注|备注|说明|填表|填报|制表|审核|单位负责人|负责人|联系人|联系电话|日期|报送|打印)[人日期时间单位\d]*[:：.、]"
)
_MAX_GAP = 20
__all__ = ["Layout", "dictionary", "find_layout", "resolve_header"]


@dataclass
class Layout:
    """A table found within a sheet.

    Attributes
    ----------
    header : int
        Position of the header row; of two header rows the lower one.
    columns : dict of clean name to column position
        Columns of the contract that are there.
    unknown : dict of column position to header text
        Columns the contract does not know.
    data, declared, blank : list of int
        Positions of the rows; `declared` holds header, titles, totals and notes.
    totals : list of int
        The total rows among `declared` whose columns must add up.
    notes : list of (code, row position, text)
        Remarks for the ledger.
    units : dict of clean name to unit
        Columns written in another unit that the plan allows to be converted, or in percent.
    """

    header: int
    columns: dict[str, int]
    unknown: dict[int, str]
    data: list[int] = field(default_factory=list)
    declared: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    notes: list[tuple[str, int, str]] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)


def find_layout(sheet: Sheet, contract: Contract) -> Layout:
    """The table of `contract` within `sheet`.

    Raises
    ------
    FileRefused
        K240 no header, K218 its characters are damaged, K241 a column is missing, K242 a column stands twice, K245 no data, K247 a percent
        column in fractions, K248 another unit in the header, K249 a subtotal that does not add up, K253
        data after a long gap, K220 ragged rows, K356 a two-row header with an unknown pair.
    """
    known = dictionary(contract)
    header = find_header(sheet, known)
    if header is None:
        raise _no_header(sheet, known)
    columns, unknown, units = _match(sheet, header, known)
    missing = [c for c in contract.columns if c.required and c.name not in columns]
    if missing:
        tried = "；".join("、".join(dict.fromkeys((c.label, *c.aliases))) for c in missing)
        found = "、".join(to_text(v) for v in sheet.rows[header] if not is_blank(v))
        raise FileRefused(
            "K241", value="、".join(c.label for c in missing), row=sheet.numbers[header], sheet=sheet.name,
            expected=f"列名之一：{tried}；现有列：{found}"[:300],
        )  # fmt: skip
    layout = Layout(header, columns, unknown, units=units)
    _declare_rows(sheet, layout)
    if not layout.data:
        raise FileRefused("K245", row=sheet.numbers[header], sheet=sheet.name)
    _check_ragged(sheet, layout)
    _write_units(sheet, layout, contract)
    check_subtotals(sheet, layout, contract)
    return layout


def _write_units(sheet: Sheet, layout: Layout, contract: Contract) -> None:
    """Write a column's unit behind its numbers where the header gives one that is converted."""
    for name, unit in layout.units.items():
        at = layout.columns[name]
        kept = own_rows(sheet)
        rows = [kept[i] for i in (*layout.data, *layout.totals) if at < len(kept[i])]
        if unit == "%":
            values = [v for v in (tidy(to_text(r[at])) for r in rows) if re.fullmatch(r"\d*\.?\d+", v, re.ASCII)]
            if values and any(float(v) > 0 for v in values) and all(float(v) <= 1 for v in values):
                raise FileRefused(
                    "K247", value=f"列「{contract.column(name).label}」：表头为 %，数值均不大于 1，如 {values[0]}",
                    row=sheet.numbers[layout.header], sheet=sheet.name,
                )  # fmt: skip
        for row in rows:
            row[at] = with_unit(row[at], unit)


def _no_header(sheet: Sheet, known: Mapping[str, Column]) -> FileRefused:
    """Why there is no header: turned by 90 degrees, mojibake, or simply absent."""
    first = [to_text(row[0]) for row in sheet.rows[:WITHIN] if row and not is_blank(row[0])]
    if sum(resolve_header(t, known)[0] is not None for t in first) >= 2:
        return FileRefused("K240", value="疑似行列颠倒", sheet=sheet.name)
    for row in sheet.rows[:WITHIN]:
        texts = [to_text(v) for v in row if isinstance(v, str)]
        if sum(resolve_header(_unmangle(t), known)[0] is not None for t in texts if not t.isascii()) >= 2:
            return FileRefused("K218", value="表头", row=1, sheet=sheet.name)
    filled = next((sum(not is_blank(v) for v in r) for r in sheet.rows if any(not is_blank(v) for v in r)), 0)
    wanted = "、".join(dict.fromkeys(c.label for c in known.values()))
    return FileRefused(
        "K240",
        value=f"首行 {filled} 格，没有两个以上规定的列名",
        expected=f"含这些列名的一行：{wanted}"[:200],
        sheet=sheet.name,
    )


def _unmangle(text: str) -> str:
    """Text that was UTF-8 and got read as GB18030, put right; the text itself otherwise."""
    try:
        return text.encode("gb18030").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def _match(
    sheet: Sheet, header: int, known: Mapping[str, Column]
) -> tuple[dict[str, int], dict[int, str], dict[str, str]]:
    """Columns by name, unknown headers, and the units of columns that are converted."""
    columns: dict[str, int] = {}
    unknown: dict[int, str] = {}
    units: dict[str, str] = {}
    stated = stated_units(sheet, header)
    for position, value in enumerate(sheet.rows[header]):
        if is_blank(value):
            continue
        text = to_text(value)
        column, unit = resolve_header(text, known)
        if column is None:
            unknown[position] = text.strip()
            continue
        if not unit and "(" not in header_key(text).removeprefix(header_key(column.label)):
            unit = foreign_unit(column.unit, stated)
        if unit and (unit in dict(column.conversions) or (unit == "%" and column.kind == "share")):
            units[column.name] = unit
        elif unit:
            raise FileRefused(
                "K248", value=text if unit in text else f"{text}（表上方写明单位：{unit}）", row=sheet.numbers[header], sheet=sheet.name,
                expected=f"{column.label}（{column.unit or '无单位'}）",
            )  # fmt: skip
        if column.name in columns:
            places = "、".join(letters(p) + str(sheet.numbers[header]) for p in (columns[column.name], position))
            raise FileRefused("K242", value=f"{column.label}：{places}", row=sheet.numbers[header], sheet=sheet.name)
        columns[column.name] = position
    return columns, unknown, units


def _first_text(row: list[Cell]) -> str:
    return next((header_key(to_text(v)) for v in row if not is_blank(v)), "")


def _declare_rows(sheet: Sheet, layout: Layout) -> None:
    """Put every row of the sheet into data, declared or blank."""
    head = [header_key(to_text(v)) for v in sheet.rows[layout.header]]
    plain = plain_rows(sheet, layout.header, lambda cell: _special(cell, head))
    for index in np.flatnonzero(~plain).tolist():
        row = sheet.rows[index]
        if all(is_blank(v) for v in row):
            layout.blank.append(index)
            continue
        if index <= layout.header:
            layout.declared.append(index)
            if index < layout.header:
                layout.notes.append(("K250", index, f"{len(_first_text(row))} 字"))
            continue
        filled = sum(not is_blank(v) for v in row)
        first = next(to_text(v) for v in row if not is_blank(v)).strip()
        if _TOTAL.match(header_key(first)):
            layout.declared.append(index)
            layout.notes.append(("K251", index, header_key(first)[:10]))
            if not header_key(first).startswith("小计"):
                layout.totals.append(index)
        elif filled <= 3 and _FOOTER.match(first.replace(" ", "").replace("\u3000", "")):
            layout.declared.append(index)
            layout.notes.append(("K252", index, f"{len(first)} 字"))
        elif [header_key(to_text(v)) for v in row] == head:
            layout.declared.append(index)
            layout.notes.append(("K250", index, "重复的表头"))
        else:
            layout.data.append(index)
    if plain.any():
        layout.data = sorted([*layout.data, *np.flatnonzero(plain).tolist()])
    _check_gaps(sheet, layout)


def _special(cell: Cell, head: list[str]) -> bool:
    """True for a first cell that may begin a total, a note or another header."""
    key = header_key(to_text(cell))
    return bool(_TOTAL.match(key) or _FOOTER.match(key)) or key == next((h for h in head if h), "")


def _check_gaps(sheet: Sheet, layout: Layout) -> None:
    """No data after a long run of blank rows."""
    if len(layout.blank) <= _MAX_GAP:
        return
    blank = set(layout.blank)
    for index in layout.data:
        gap = 0
        while index - gap - 1 in blank:
            gap += 1
        if gap > _MAX_GAP:
            raise FileRefused("K253", value=f"空 {gap} 行", row=sheet.numbers[index], sheet=sheet.name)


def _check_ragged(sheet: Sheet, layout: Layout) -> None:
    """Every data row of a text file has as many fields as the header; blanks at the end do not count."""
    if sheet.name or sheet.encoding in {"xlsx", "xls"}:
        return
    width = len(sheet.rows[layout.header])
    data = np.array(layout.data)
    for index in data[widths(sheet)[data] != width].tolist():
        row = sheet.rows[index]
        if len(row) > width and all(is_blank(v) for v in row[width:]):
            continue
        raise FileRefused("K220", value=f"{len(row)} 列", row=sheet.numbers[index], expected=f"{width} 列，与表头相同")
