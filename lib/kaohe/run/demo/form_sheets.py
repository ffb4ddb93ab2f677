"""One form on one sheet, laid out as annexes 2 and 3 print it: title, heads, merged groups, ticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.base.plan import Form, Plan

TICK = "√"
FIRST_ITEM_ROW = 5
_TITLE = Font(bold=True, size=14)
_BOLD = Font(bold=True)
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_NOTES = (
    "注：1. 承担对口帮扶任务市、有脱贫攻坚任务市村级考核均使用此表，操作要求相同；",
    "2. 如抽取的是非省定贫困村，第 1、4、5 项指标结合当地实际要求核查填写。",
)


@dataclass(frozen=True)
class FilledForm:
    """A form with what was written on it.

    Attributes
    ----------
    form : Form
    head : sequence of (label, text)
        Written in the second row as ``label：text``.
    ticks : mapping of item number to sequence of grades
        Usually one grade; two or none where somebody erred.
    remarks : mapping of item number to text
    foot : sequence of (label, text)
        Written below the table.
    """

    form: Form
    head: Sequence[tuple[str, str]]
    ticks: Mapping[int, Sequence[str]]
    remarks: Mapping[int, str] = field(default_factory=dict)
    foot: Sequence[tuple[str, str]] = ()


def item_row(form: Form, number: int) -> int:
    """Sheet row of an item."""
    return FIRST_ITEM_ROW + [i.no for i in form.items].index(number)


def write_form(sheet: Worksheet, filled: FilledForm, plan: Plan) -> None:
    """Write a form into an empty sheet."""
    form = filled.form
    grouped = any(i.subgroup for i in form.items)
    sourced = form.kind == "index_table"
    left = ["考核内容", *([""] if grouped else []), "考核指标", *(["数据来源"] if sourced else [])]
    right = [form.remark] if form.remark else []
    grades = list(plan.grades)
    width = len(left) + len(grades) + len(right)
    sheet.append([form.title])
    sheet.append(_spread([f"{label}：{text}" for label, text in filled.head], width))
    sheet.append([*left, "考评等次", *[""] * (len(grades) - 1), *right])
    sheet.append([*[""] * len(left), *grades, *[""] * len(right)])
    for item in form.items:
        given = filled.ticks.get(item.no, ())
        sheet.append(
            [
                item.group,
                *([item.subgroup] if grouped else []),
                f"{item.no}. {item.name}",
                *([item.data_source] if sourced else []),
                *(TICK if g in given else None for g in grades),
                *([filled.remarks.get(item.no) or None] if right else []),
            ]
        )
    _merge(sheet, form, left, grades, width, grouped)
    if filled.foot:
        sheet.append([])
        sheet.append(_spread([f"{label}：{text}" for label, text in filled.foot], width))
    if form.local_criteria_items:
        for note in _NOTES:
            sheet.append([note])
    _dress(sheet, left, grouped)


def _spread(texts: list[str], width: int) -> list[str | None]:
    """Texts side by side: the first column, the wide third one, then the grade columns."""
    row: list[str | None] = [None] * width
    for at, text in zip((0, 2, 3, 6), texts, strict=False):
        row[at] = text
    return row


def _merge(sheet: Worksheet, form: Form, left: list[str], grades: list[str], width: int, grouped: bool) -> None:
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    if grouped:
        sheet.merge_cells(start_row=3, start_column=1, end_row=4, end_column=2)
    for column in range(3 if grouped else 1, len(left) + 1):
        sheet.merge_cells(start_row=3, start_column=column, end_row=4, end_column=column)
    first = len(left) + 1
    sheet.merge_cells(start_row=3, start_column=first, end_row=3, end_column=first + len(grades) - 1)
    if form.remark:
        sheet.merge_cells(start_row=3, start_column=width, end_row=4, end_column=width)
    _runs(sheet, [i.group for i in form.items], 1)
    if grouped:
        _runs(sheet, [f"{i.group}{i.subgroup}" for i in form.items], 2)


def _runs(sheet: Worksheet, texts: list[str], column: int) -> None:
    row = FIRST_ITEM_ROW
    for _, run in groupby(texts):
        last = row + len(list(run)) - 1
        if last > row:
            sheet.merge_cells(start_row=row, start_column=column, end_row=last, end_column=column)
        row = last + 1


def _dress(sheet: Worksheet, left: list[str], grouped: bool) -> None:
    sheet["A1"].font = _TITLE
    sheet["A1"].alignment = _MIDDLE
    for cell in sheet[3]:
        cell.font = _BOLD
    sheet.column_dimensions["A"].width = 14
    sheet.column_dimensions["C" if grouped else "B"].width = 52
