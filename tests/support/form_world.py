"""Forms as they come back: what `kaohe forms` wrote, filled in, then retyped in every way seen.

A `Look` says how one form was retyped; `retype` gives its rows, `write_rows` a file of several.
Every look keeps what a person would still read from the paper, so reading must give it back.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from openpyxl import Workbook, load_workbook

from kaohe.base.ledger import Ledger
from kaohe.base.places import Place
from kaohe.base.plan import Form, Plan, load_plan
from kaohe.clean.blank_forms import blank_form, form_grid
from kaohe.clean.cells import Cell
from kaohe.clean.office import Office, read_words
from kaohe.clean.resolve import Register
from support.raw_office import CITY, COUNTY, TOWN, VILLAGE_NAMES, VILLAGES, book_bytes

HELPER, UNIT = "440100000000", "DW001"
WAIVED = "不适用：本地无此项工作"
PLACES = ("韶关市", "武江区", "云溪镇", "上塘村")
HEADS: dict[str, dict[str, str]] = {
    "city14": {"考核对象": "韶关市"}, "city6": {"考核对象": "广州市"}, "unit235": {"考核对象": "单位001"},
    "county": dict(zip(("市", "抽查县"), PLACES, strict=False)),
    "town": dict(zip(("市", "抽查县", "抽查镇"), PLACES, strict=False)),
    "village": dict(zip(("市", "抽查县", "抽查镇", "抽查村"), PLACES, strict=True)),
}  # fmt: skip
CODES = {"city14": CITY, "city6": HELPER, "unit235": UNIT, "county": COUNTY, "town": TOWN, "village": VILLAGES[0]}
SIGNS: tuple[Cell, ...] = ("√", "✓", "✔", "☑", "●", "■", "1", 1, 1.0, "是", "１", " √ ", "（√）", "v", "word")
BOXES: tuple[Cell, ...] = (None, "□", "○", "×", "-", " ")
NUMBERS = ("{n}. {t}", "{n}、{t}", "（{n}）{t}", "{w}．{t}", "{c}{t}", "{n} {t}", "apart")
TITLES = ("official", "retyped", "none")
HEADERS = ("line", "cells", "apart", "bare")
GROUPS = ("merged", "filled", "gone", "shifted")
FILES = ("xlsx", "xls", "utf-8", "utf-8-sig", "gb18030", "utf-16")
Rows = list[list[Cell]]


@dataclass(frozen=True)
class Look:
    """How one form was retyped."""

    sign: Cell = "√"
    box: Cell = None
    number: str = "{n}. {t}"
    title: str = "official"
    header: str = "line"
    group: str = "merged"
    left: int = 0
    gap: int = 0
    between: int = 0
    shuffled: bool = False
    turned: bool = False
    one_column: bool = False
    wide: bool = False
    spaced: bool = False
    slipped: tuple[int, ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class Filled:
    """A form with its header, its grades by item ("" where it does not apply) and its remarks."""

    form: Form
    heads: Mapping[str, str]
    grades: Mapping[int, str]
    remarks: Mapping[int, str] = field(default_factory=dict)
    foot: tuple[str, ...] = ("示范", "示范、示范", "2020年12月8日")

    def remark(self, number: int) -> str:
        """What stands in 备注."""
        return self.remarks.get(number, "") if self.grades[number] else WAIVED


def office_of(plan: Plan, folder: object) -> Office:
    """An office that knows two villages with what is above them, the plan's cities and one unit."""
    places = [
        Place(TOWN, "云溪镇", "town", COUNTY),
        *(Place(v, n, "village", TOWN) for v, n in zip(VILLAGES, VILLAGE_NAMES, strict=True)),
    ]
    objects = {c: (plan.gazetteer.name(c), t.id) for t in plan.classes.values() for c in t.members}
    objects[UNIT] = ("单位001", "unit235")
    register = Register.build(plan, places, objects)
    return Office(folder, plan, Ledger(), read_words(plan), register)  # type: ignore[arg-type]


def fill_in(filled: Filled, plan: Plan) -> Workbook:
    """What `kaohe forms` writes, with the choices, remarks and signatures entered."""
    form, grid = filled.form, form_grid(filled.form, plan)
    book = load_workbook(io.BytesIO(blank_form(form, plan, filled.heads)))
    sheet = book.active
    for number, grade in filled.grades.items():
        row = grid.row(number)
        if grade:
            sheet.cell(row, grid.grades[grade], "√")
        if grid.remark and filled.remark(number):
            sheet.cell(row, grid.remark, filled.remark(number))
        elif not grade:
            sheet.cell(row, grid.left, "不适用")
    for (label, column, _), text in zip(grid.spots(form.footer) if form.footer else (), filled.foot, strict=False):
        sheet.cell(grid.foot, column, f"{label}：{text}")
    return book


@cache
def blank_cells(form: str) -> tuple[Rows, tuple[tuple[int, int, int, int], ...]]:
    """Cells and merged areas of what `kaohe forms` writes under the packaged plan."""
    plan = load_plan()
    sheet = load_workbook(io.BytesIO(blank_form(plan.forms[form], plan, HEADS[form]))).active
    rows = [[c.value for c in row] for row in sheet.iter_rows()]
    return rows, tuple((a.min_row, a.min_col, a.max_row, a.max_col) for a in sheet.merged_cells.ranges)


def retype(filled: Filled, look: Look, plan: Plan) -> Rows:
    """The filled form's rows under a look."""
    rng = random.Random(look.seed)
    form, grid = filled.form, form_grid(filled.form, plan)
    cells, merged = blank_cells(form.id)
    body = [list(row) for row in cells]
    if look.group == "filled":
        for top, left, bottom, right in merged:
            if top >= grid.first and right < grid.item:
                for row in range(top, bottom + 1):
                    body[row - 1][left - 1] = body[top - 1][left - 1]
    grades = list(plan.grades)
    order = rng.sample(grades, 4) if look.turned else grades
    items = [_item(body[grid.row(i.no) - 1], i.no, filled, look, order, plan) for i in form.items]
    if look.shuffled:
        rng.shuffle(items)
    heads = [_head(body[grid.head - 1], grid.left, len(order), look, False, order)]
    if not look.one_column:
        heads.append(_head(body[grid.head], grid.left, len(order), look, True, order))
    width = max(len(r) for r in items)
    rows: Rows = [*_title(form, look), *_header(filled, look), *heads]
    for item in items:
        rows += [[] for _ in range(rng.randint(0, look.between))] + [item]
    if grid.foot:
        rows += [[], [f"{label}：{text}" for label, text in zip(form.footer, filled.foot, strict=True)]]
    rows += [[body[r][0]] for r in range(grid.foot or grid.last, grid.hint)]
    rows[-1] = [rows[-1][0], *[None] * (width - 2), "√"] if not look.one_column else rows[-1]
    return [[None] * look.left + r if r else r for r in rows]


def _item(row: list[Cell], number: int, filled: Filled, look: Look, order: list[str], plan: Plan) -> list[Cell]:
    grid = form_grid(filled.form, plan)
    text = next(i.name for i in filled.form.items if i.no == number)
    groups = row[: grid.item - 1]
    if look.group == "gone":
        groups = [None] * len(groups)
    if look.group == "shifted" and len(groups) == 2 and number % 3 == 0:
        groups = [None, groups[0] or groups[1]]
    if look.wide:
        text = text.replace("、", "，").replace(", ", "，")
    if look.spaced:
        text = text.replace("情况", " 情 况\n").replace("落实", "落\u3000实")
    wide = "".join(chr(ord(c) + 0xFEE0) for c in str(number))
    shown: list[Cell] = [number, text] if look.number == "apart" else [
        look.number.format(n=number, t=text, w=wide, c=chr(0x245F + number))
    ]  # fmt: skip
    source = [row[grid.source - 1]] if grid.source else []
    grade = filled.grades[number]
    if look.one_column:
        marks: list[Cell] = [grade or ("不适用" if not grid.remark else None)]
    elif grade:
        marks = [(g if look.sign == "word" else look.sign) if g == grade else look.box for g in order]
    else:
        marks = [None] * 4 if grid.remark else ["不适用", None, None, None]
    remark: list[Cell] = [filled.remark(number) or None] if grid.remark else []
    slip: list[Cell] = [None] if number in look.slipped else []
    return [*slip, *groups, *shown, *source, *[None] * look.gap, *marks, *remark]


def _head(row: list[Cell], left: int, count: int, look: Look, below: bool, order: list[str]) -> list[Cell]:
    texts, rest = row[: left - 1], row[left - 1 + count :]
    at = next((k for k, v in enumerate(texts) if v == "考核指标"), len(texts) - 1)
    if look.number == "apart":
        texts = [*texts[:at], None if below else "序号", *texts[at:]]
    grades: list[Cell] = list(order) if below else ["考评等次", None, None, None]
    return [*texts, *[None] * look.gap, *(grades[:1] if look.one_column else grades), *rest]


def _title(form: Form, look: Look) -> Rows:
    if look.title == "none":
        return []
    if look.title == "official":
        return [[form.title]]
    plain = form.title.replace(" ", "").replace("(", "（").replace(")", "）").replace("2020", "２０２０")
    return [["附件"], *[[part] for part in plain.replace("（", "\n（").split("\n")]]


def _header(filled: Filled, look: Look) -> Rows:
    pairs = list(filled.heads.items())
    if look.header == "line":
        return [["　".join(f"{a}：{b}" for a, b in pairs)]]
    if look.header == "cells":
        return [[f"{a}:{b}" for a, b in pairs]]
    colon = "：" if look.header == "apart" else ""
    return [[v for a, b in pairs for v in (f"{a}{colon}", b)]]


def below(forms: Sequence[Rows]) -> Rows:
    """Forms one below another."""
    return [row for rows in forms for row in [*rows, []]]


def beside(forms: Sequence[Rows]) -> Rows:
    """Forms side by side, a blank column between them."""
    widths = [max(len(r) for r in rows) + 1 for rows in forms]
    out: Rows = []
    for index in range(max(len(rows) for rows in forms)):
        line: list[Cell] = []
        for rows, width in zip(forms, widths, strict=True):
            row = rows[index] if index < len(rows) else []
            line += [*row, *[None] * (width - len(row))]
        out.append(line)
    return out


def write_rows(sheets: Sequence[Rows], kind: str, separator: str = ",") -> tuple[bytes, str]:
    """A file's bytes and ending; a text file holds the first sheet only."""
    if kind == "xlsx":
        book = Workbook()
        book.remove(book.active)
        for number, rows in enumerate(sheets):
            page = book.create_sheet(f"表{number}")
            for row in rows:
                page.append(row)
        return book_bytes(book), ".xlsx"
    if kind == "xls":
        import xlwt

        old = xlwt.Workbook(encoding="utf-8")
        for number, rows in enumerate(sheets):
            page = old.add_sheet(f"表{number}")
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if value is not None:
                        page.write(r, c, value)
        out = io.BytesIO()
        old.save(out)
        return out.getvalue(), ".xls"
    text = io.StringIO()
    width = max(len(r) for r in sheets[0])
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerows([["" if v is None else v for v in row] + [""] * (width - len(row)) for row in sheets[0]])
    return text.getvalue().encode(kind), ".csv"
