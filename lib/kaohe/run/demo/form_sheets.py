"""One form on one sheet, as the blank form that `kaohe forms` writes, filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.base.plan import Form, Plan
from kaohe.clean.blank_forms import form_grid, write_texts
from kaohe.clean.form_marks import TICK

_TITLE = Font(bold=True, size=14)
_BOLD = Font(bold=True)
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)


@dataclass(frozen=True)
class FilledForm:
    """A form with what was written on it.

    Attributes
    ----------
    form : Form
    head : sequence of (label, text)
        Written in the second row as ``label：text``; the form's own labels.
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


def item_row(form: Form, number: int, plan: Plan) -> int:
    """Sheet row of an item."""
    return form_grid(form, plan).row(number)


def write_form(sheet: Worksheet, filled: FilledForm, plan: Plan) -> None:
    """Write a form into an empty sheet."""
    form, grid = filled.form, form_grid(filled.form, plan)
    write_texts(sheet, grid, dict(filled.head))
    for item in form.items:
        row = grid.row(item.no)
        for grade in filled.ticks.get(item.no, ()):
            sheet.cell(row, grid.grades[grade], TICK)
        if grid.remark and filled.remarks.get(item.no):
            sheet.cell(row, grid.remark, filled.remarks[item.no])
    texts = dict(filled.foot)
    for label, column, _ in grid.spots(form.footer) if form.footer else ():
        sheet.cell(grid.foot, column, f"{label}：{texts.get(label, '')}")
    sheet["A1"].font = _TITLE
    sheet["A1"].alignment = _MIDDLE
    for cell in sheet[grid.head]:
        cell.font = _BOLD
    sheet.column_dimensions["A"].width = 14
    sheet.column_dimensions[get_column_letter(grid.item)].width = 52
