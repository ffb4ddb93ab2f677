"""Forms out: an index table of annex 2 or a field form of annex 3 as an empty workbook to fill in.

Texts are the plan's own, groups are merged as printed, one grade can be chosen for an item, and
everything but the cells to fill in is locked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.base.plan import Form, Plan
from kaohe.clean.book_bytes import workbook_bytes
from kaohe.clean.form_marks import TICK

OBJECT = "考核对象"
GRADE_HEAD = "考评等次"
SHEETS = {"county": "县级考评表", "town": "镇级考评表", "village": "村级考评表"}
VILLAGE_NOTES = (
    "注：1. 承担对口帮扶任务市、有脱贫攻坚任务市村级考核均使用此表，操作要求相同；",
    "2. 如抽取的是非省定贫困村，第 1、4、5 项指标结合当地实际要求核查填写。",
)
_HINT = "填写：每项只选一个等次，在相应栏选右边的符号"
_WAIVED = "；不适用的不选等次，在备注栏以“不适用”开头写明原因"


@dataclass(frozen=True)
class FormGrid:
    """Where the parts of a form stand on its sheet; rows and columns from 1, 0 for a part it lacks.

    Attributes
    ----------
    form : Form
    group, subgroup, item, source, remark : int
        Columns.
    grades : dict of grade to column
    fields, head, first, last, foot, hint : int
        Rows: header fields, the first of two head rows, first and last item, footer fields, and
        the line that says how to fill in.
    notes : tuple of str
        Lines between footer and hint.
    """

    form: Form
    group: int
    subgroup: int
    item: int
    source: int
    remark: int
    grades: dict[str, int]
    fields: int
    head: int
    first: int
    last: int
    foot: int
    hint: int
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.remark or max(self.grades.values())

    @property
    def left(self) -> int:
        """The first grade column."""
        return min(self.grades.values())

    def row(self, number: int) -> int:
        """Row on the sheet, from 1, of the item with the official `number` of its form."""
        return self.first + [i.no for i in self.form.items].index(number)

    def spots(self, fields: Sequence[str]) -> list[tuple[str, int, int]]:
        """Label, first and last column of each of the `fields` of a line: they stand below groups, item text, grades, remarks."""
        if len(fields) == 1:
            return [(fields[0], 1, self.item)]
        edges = [(1, self.item - 1), (self.item, self.left - 1)]
        if len(fields) > 3:
            edges += [(self.left, self.left + 2), (self.left + 3, self.width)]
        else:
            edges.append((self.left, self.width))
        return [(label, *edge) for label, edge in zip(fields, edges, strict=False)]


def form_grid(form: Form, plan: Plan) -> FormGrid:
    """The layout of a `form`: columns as in its annex, one column for each of the grades of `plan`."""
    subgroup = 2 if any(i.subgroup for i in form.items) else 0
    item = 3 if subgroup else 2
    source = item + 1 if form.kind == "index_table" else 0
    left = (source or item) + 1
    grades = {g: left + k for k, g in enumerate(plan.grades)}
    remark = left + len(grades) if form.remark else 0
    last = 4 + len(form.items)
    foot = last + 1 if form.footer else 0
    notes = VILLAGE_NOTES if form.local_criteria_items else ()
    hint = (foot or last) + len(notes) + 1
    return FormGrid(form, 1, subgroup, item, source, remark, grades, 2, 3, 5, last, foot, hint, notes)


def header_labels(form: Form) -> tuple[str, ...]:
    """Labels of a form's header line: the target of an index table, the places of a field form."""
    return form.header or (OBJECT,)


def sheet_name(form: Form) -> str:
    """Name of a form's sheet."""
    return SHEETS.get(form.id, "指标表")


def blank_form(form: Form, plan: Plan, heads: Mapping[str, str] | None = None) -> bytes:
    """A workbook with one empty form.

    Parameters
    ----------
    form : Form
    plan : Plan
        Its grades and mark.
    heads : mapping of label to text, optional
        Header fields that are known; these are locked, the others are left to fill in.

    Returns
    -------
    bytes
        The workbook; the same arguments give the same bytes.
    """
    from kaohe.clean.form_style import dress, protect, set_up_page, validate

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = sheet_name(form)
    grid = form_grid(form, plan)
    write_texts(sheet, grid, heads or {})
    dress(sheet, grid)
    validate(sheet, grid)
    set_up_page(sheet, grid, str(plan.meta["mark"]))
    protect(sheet, grid, [label for label in header_labels(form) if not (heads or {}).get(label)])
    return workbook_bytes(book)


def write_texts(sheet: Worksheet, grid: FormGrid, heads: Mapping[str, str]) -> None:
    """Write the texts of a form and merge its cells as the annex does.

    Parameters
    ----------
    sheet : Worksheet
        Of openpyxl, empty; it is written into.
    grid : FormGrid
        Where the parts of the form stand.
    heads : mapping of label to text
        What stands behind a label of the header; the others stay open.
    """
    form = grid.form
    sheet.cell(1, 1, form.title)
    _merge(sheet, 1, 1, 1, grid.width)
    for label, first, last in grid.spots(header_labels(form)):
        sheet.cell(grid.fields, first, f"{label}：{heads.get(label, '')}")
        _merge(sheet, grid.fields, first, grid.fields, last)
    for column, text in _heads(grid):
        sheet.cell(grid.head, column, text)
    for grade, column in grid.grades.items():
        sheet.cell(grid.head + 1, column, grade)
    _merge(sheet, grid.head, 1, grid.head + 1, grid.item - 1)
    for column in (grid.item, grid.source, grid.remark):
        if column:
            _merge(sheet, grid.head, column, grid.head + 1, column)
    _merge(sheet, grid.head, grid.left, grid.head, grid.left + len(grid.grades) - 1)
    for item in form.items:
        row = grid.row(item.no)
        sheet.cell(row, grid.item, f"{item.no}. {item.name}")
        if grid.source:
            sheet.cell(row, grid.source, item.data_source)
    for column, texts in _groups(grid):
        for row, run, last in _runs(texts, grid.first):
            sheet.cell(row, column, run[-1])
            _merge(sheet, row, column, last, column)
    _write_below(sheet, grid)


def _write_below(sheet: Worksheet, grid: FormGrid) -> None:
    if grid.foot:
        for label, first, last in grid.spots(grid.form.footer):
            sheet.cell(grid.foot, first, f"{label}：")
            _merge(sheet, grid.foot, first, grid.foot, last)
    for row, text in enumerate(grid.notes, start=(grid.foot or grid.last) + 1):
        sheet.cell(row, 1, text)
        _merge(sheet, row, 1, row, grid.width)
    sheet.cell(grid.hint, 1, _HINT + (_WAIVED if grid.remark else ""))
    _merge(sheet, grid.hint, 1, grid.hint, grid.left - 1)
    sheet.cell(grid.hint, grid.left, TICK)


def _heads(grid: FormGrid) -> list[tuple[int, str]]:
    heads = [(1, "考核内容"), (grid.item, "考核指标"), (grid.left, GRADE_HEAD)]
    heads += [(grid.source, "数据来源")] if grid.source else []
    return heads + ([(grid.remark, grid.form.remark)] if grid.remark else [])


def _groups(grid: FormGrid) -> list[tuple[int, list[tuple[str, ...]]]]:
    items = grid.form.items
    columns: list[tuple[int, list[tuple[str, ...]]]] = [(grid.group, [(i.group,) for i in items])]
    if grid.subgroup:
        columns.append((grid.subgroup, [(i.group, i.subgroup) for i in items]))
    return columns


def _runs(texts: list[tuple[str, ...]], first: int) -> Iterator[tuple[int, tuple[str, ...], int]]:
    """First row, text and last row of each run of one group."""
    row = first
    for text, run in groupby(texts):
        last = row + len(list(run)) - 1
        yield row, text, last
        row = last + 1


def _merge(sheet: Worksheet, row: int, column: int, last_row: int, last_column: int) -> None:
    if (last_row, last_column) != (row, column):
        sheet.merge_cells(start_row=row, start_column=column, end_row=last_row, end_column=last_column)
