"""How a blank form looks and what it lets one enter: fonts, sizes, choices, marks, locks, page."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter as letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.clean.form_marks import NOT_APPLICABLE, TICK

if TYPE_CHECKING:
    from kaohe.clean.blank_forms import FormGrid

BODY, HEAD, TITLE = "宋体", "黑体", "黑体"
A4 = 9
_LINE = Side(style="thin", color="FF000000")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
_NONE_FILL = PatternFill(start_color="FFFFF2CC", end_color="FFFFF2CC", fill_type="solid")
_TWO_FILL = PatternFill(start_color="FFF8CBAD", end_color="FFF8CBAD", fill_type="solid")
_LINE_HEIGHT = 15.0
_ROW_LEAST = 24.0
_MARGIN = 0.5
"""Inches."""


def dress(sheet: Worksheet, grid: FormGrid) -> None:
    """Fonts, borders, column widths and row heights; a Chinese character is two units of width."""
    widths = {grid.group: 14.0, grid.item: 40.0}
    widths |= {grid.subgroup: 11.0} if grid.subgroup else {}
    widths |= {grid.source: 24.0} if grid.source else {}
    widths |= {grid.remark: 20.0} if grid.remark else {}
    widths |= dict.fromkeys(grid.grades.values(), 6.5)
    for column, width in widths.items():
        sheet.column_dimensions[letter(column)].width = width
    total = sum(widths.values())
    _line(sheet, grid, 1, Font(name=TITLE, size=16, bold=True), _CENTRE)
    sheet.row_dimensions[1].height = 21.0 * _lines(grid.form.title, total * 11 / 16) + 8
    _line(sheet, grid, grid.fields, Font(name=BODY, size=11), _LEFT)
    sheet.row_dimensions[grid.fields].height = 2 * _LINE_HEIGHT + 4
    for row in (grid.head, grid.head + 1):
        _line(sheet, grid, row, Font(name=HEAD, size=11), _CENTRE, _BOX)
        sheet.row_dimensions[row].height = 20
    for item in grid.form.items:
        row = grid.row(item.no)
        _line(sheet, grid, row, Font(name=BODY, size=11), _CENTRE, _BOX)
        sheet.cell(row, grid.item).alignment = _LEFT
        texts = [(f"{item.no}. {item.name}", 40.0)]
        if grid.source:
            sheet.cell(row, grid.source).alignment = _LEFT
            texts.append((item.data_source, 24.0))
        if grid.remark:
            sheet.cell(row, grid.remark).alignment = _LEFT
        lines = max(_lines(text, width) for text, width in texts)
        sheet.row_dimensions[row].height = max(_ROW_LEAST, lines * _LINE_HEIGHT + 6)
    small = Font(name=BODY, size=10, color="FF595959")
    for row in range(grid.last + 1, grid.hint + 1):
        _line(sheet, grid, row, Font(name=BODY, size=11) if row == grid.foot else small, _LEFT)
        sheet.row_dimensions[row].height = 30 if row in {grid.foot, grid.hint} else 18
    sheet.cell(grid.hint, grid.left).alignment = _CENTRE


def _line(
    sheet: Worksheet, grid: FormGrid, row: int, font: Font, alignment: Alignment, border: Border | None = None
) -> None:
    for column in range(1, grid.width + 1):
        cell = sheet.cell(row, column)
        cell.font, cell.alignment = font, alignment
        if border is not None:
            cell.border = border


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a column: two units a character that is not ASCII, a little room at the edge."""
    units = sum(1 if c.isascii() else 2 for c in text)
    return max(1, math.ceil(units / (width - 2)))


def validate(sheet: Worksheet, grid: FormGrid) -> None:
    """A drop-down of √ in every grade cell, empty once another grade of the item is chosen; rows marked.

    The list of a cell is the sign in the hint line, or the blank cell beside it where the row
    already holds a grade elsewhere: so neither choosing nor typing gives a second one. Rows
    with two grades are marked, and, once the form is begun, rows with none.
    """
    first, last = letter(grid.left), letter(grid.left + len(grid.grades) - 1)
    row = grid.first
    chosen = f"COUNTA(${first}{row}:${last}{row})"
    sign, blank = f"${first}${grid.hint}", f"${letter(grid.left + 1)}${grid.hint}"
    rule = DataValidation(
        type="list", formula1=f"IF({chosen}=COUNTA({first}{row}),{sign},{blank})", allow_blank=False,
        errorTitle="每项只选一个等次", error=f"只能选“{TICK}”，且每项只选一个等次；改选时请先清空原来的。",
        showErrorMessage=True,
    )  # fmt: skip
    rule.add(f"{first}{row}:{last}{grid.last}")
    sheet.add_data_validation(rule)
    area = f"{letter(grid.item)}{row}:{last}{grid.last}"
    begun = f"COUNTA(${first}${row}:${last}${grid.last})>0"
    waived = f',LEFT(TRIM(${letter(grid.remark)}{row}),3)<>"{NOT_APPLICABLE}"' if grid.remark else ""
    marks = sheet.conditional_formatting
    marks.add(area, FormulaRule(formula=[f"{chosen}>1"], fill=_TWO_FILL, stopIfTrue=True))
    marks.add(area, FormulaRule(formula=[f"AND({begun},{chosen}=0{waived})"], fill=_NONE_FILL))
    if grid.foot:
        date = next(c for label, c, _ in grid.spots(grid.form.footer) if label == grid.form.footer[-1])
        said = DataValidation(promptTitle=grid.form.footer[-1], prompt="如 2020年12月8日", showInputMessage=True)
        said.add(f"{letter(date)}{grid.foot}")
        sheet.add_data_validation(said)


def protect(sheet: Worksheet, grid: FormGrid, open_heads: Iterable[str]) -> None:
    """Lock the sheet but for grades, remarks, footer fields and the header fields still to fill in.

    There is no password: the lock guards against slips, not against people.
    """
    spots = [(row, c) for row in range(grid.first, grid.last + 1) for c in (*grid.grades.values(), grid.remark) if c]
    wanted = set(open_heads)
    from kaohe.clean.blank_forms import header_labels

    spots += [(grid.fields, c) for label, c, _ in grid.spots(header_labels(grid.form)) if label in wanted]
    spots += [(grid.foot, c) for _, c, _ in grid.spots(grid.form.footer)] if grid.foot else []
    for row, column in spots:
        sheet.cell(row, column).protection = Protection(locked=False)
    sheet.protection.sheet = True
    sheet.protection.formatRows = False
    sheet.protection.formatColumns = False


def set_up_page(sheet: Worksheet, grid: FormGrid, mark: str) -> None:
    """A4 upright, as wide as the page, head rows on every page, the mark above and the page number below."""
    page = sheet.page_setup
    page.paperSize, page.orientation, page.fitToWidth, page.fitToHeight = A4, "portrait", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{grid.head + 1}"
    sheet.print_area = f"A1:{letter(grid.width)}{grid.hint}"
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = _MARGIN
    margins.top = margins.bottom = _MARGIN + 0.2
    sheet.oddHeader.right.text = mark
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
    sheet.freeze_panes = sheet.cell(grid.first, grid.left)
    sheet.sheet_view.showGridLines = False
