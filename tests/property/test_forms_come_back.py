"""What `kaohe forms` wrote and somebody filled in is read back exactly, however it was retyped."""

from __future__ import annotations

import io
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaohe.base.plan import Form, load_plan
from kaohe.clean.cells import Cell
from kaohe.clean.codes import describe
from kaohe.clean.form_files import read_form_files
from kaohe.clean.form_items import known_items
from kaohe.clean.form_places import Visits
from kaohe.clean.intake import read_file
from support.form_world import (
    BOXES,
    CODES,
    FILES,
    GROUPS,
    HEADERS,
    HEADS,
    NUMBERS,
    SIGNS,
    TITLES,
    Filled,
    Look,
    Rows,
    below,
    beside,
    fill_in,
    office_of,
    retype,
    write_rows,
)  # fmt: skip

PLAN = load_plan()
LABELS = [*PLAN.grades, "考核内容", "考核指标", "考评等次", "备注"]
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
REMARKS = ("", "", "", "情况属实", "2. 台账不全", "见考评表附件", "好", "√", "1", "市：另册", "合计 3 处", "注：已整改")


def filled(form: Form, seed: int) -> Filled:
    """A form with grades and remarks by lot; every ninth item does not apply."""
    rng = random.Random(seed)
    choices = [*PLAN.grades, *PLAN.grades, ""]
    grades = {i.no: rng.choice(choices) for i in form.items}
    return Filled(form, HEADS[form.id], grades, {i.no: rng.choice(REMARKS) for i in form.items if form.remark})


@dataclass(frozen=True)
class Made:
    """One to three forms in one file: below one another, side by side, or on sheets of their own."""

    forms: tuple[tuple[str, int, Look], ...]
    how: str
    kind: str
    separator: str

    def filled(self) -> list[Filled]:
        return [filled(PLAN.forms[i], seed) for i, seed, _ in self.forms]

    def content(self, change: Callable[[Rows], Rows] = list) -> tuple[bytes, str]:
        shapes = [change(retype(f, look, PLAN)) for f, (_, _, look) in zip(self.filled(), self.forms, strict=True)]
        sheets = shapes if self.how == "sheets" else [beside(shapes) if self.how == "beside" else below(shapes)]
        return write_rows(sheets, self.kind, self.separator)


@st.composite
def looks(draw: st.DrawFn, form: Form, *, alone: bool = True) -> Look:
    one_column = draw(st.booleans()) and alone
    gap = draw(st.integers(0, 2))
    numbers = [i.no for i in form.items]
    slipped = draw(st.lists(st.sampled_from(numbers), max_size=3, unique=True)) if alone and gap == 0 else []
    return Look(
        sign=draw(st.sampled_from(SIGNS)), box=draw(st.sampled_from(BOXES)), number=draw(st.sampled_from(NUMBERS)),
        title=draw(st.sampled_from(TITLES)), header=draw(st.sampled_from(HEADERS)), group=draw(st.sampled_from(GROUPS)),
        left=draw(st.integers(0, 2)), gap=gap, between=draw(st.integers(0, 2)), shuffled=draw(st.booleans()),
        turned=draw(st.booleans()), one_column=one_column, wide=draw(st.booleans()), spaced=draw(st.booleans()),
        slipped=tuple(slipped), seed=draw(st.integers(0, 10**6)),
    )  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> Made:
    ids = draw(st.lists(st.sampled_from(sorted(PLAN.forms)), min_size=1, max_size=3, unique=True))
    how = draw(st.sampled_from(("below", "beside", "sheets"))) if len(ids) > 1 else "below"
    forms = [(i, draw(st.integers(0, 10**6)), draw(looks(PLAN.forms[i], alone=how != "beside"))) for i in ids]
    kinds = ("xlsx", "xls") if how == "sheets" else FILES
    return Made(tuple(forms), how, draw(st.sampled_from(kinds)), draw(st.sampled_from((",", ";", "\t"))))


def check(forms: list[Filled], data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        office = office_of(PLAN, Path(folder))
        path = Path(folder) / f"cross{suffix}"
        path.write_bytes(data)
        heads, grades, _ = read_form_files([path], Visits(), office)
    office.ledger.check()
    aside = [describe(f) for f in office.ledger.findings if f.action in {"quarantine", "refuse"}]
    assert aside == []
    assert sorted(heads["form_key"]) == sorted(f"{f.form.id}:{CODES[f.form.id]}" for f in forms)
    for one in forms:
        part = grades[grades["form"] == one.form.id]
        assert dict(zip(part["item"], part["grade"], strict=True)) == dict(one.grades)
        waived = part[part["grade"] == ""]
        assert waived["remark"].str.startswith("不适用").all()
        if one.form.remark:
            assert dict(zip(part["item"], part["remark"], strict=True)) == {n: one.remark(n) for n in one.grades}
        if one.form.footer:
            head = heads[heads["form"] == one.form.id].iloc[0]
            assert (bool(head["signed"]), str(head["visit_date"].date())) == (True, "2020-12-08")
    assert sum(a.used for a in office.ledger.accounts) == len(grades)


@pytest.mark.parametrize("form", PLAN.forms)
def test_a_filled_workbook_comes_back(form: str) -> None:
    spec = PLAN.forms[form]
    grades = {i.no: "" if i.no == 3 else PLAN.grades[i.no % 4] for i in spec.items}
    one = Filled(spec, HEADS[form], grades, {1: "情况属实"})
    out = io.BytesIO()
    fill_in(one, PLAN).save(out)
    check([one], out.getvalue(), ".xlsx")


@settings(max_examples=60, **QUIET)
@given(files())
def test_retyped_forms_come_back(made: Made) -> None:
    check(made.filled(), *made.content())


NASTY: tuple[Cell, ...] = (
    None, "", " ", "√", "○", "优秀", "好", "较差", "考评等次", "备注", "考核指标", "不适用", "1", 2, 3.5, True, "3. ", "17. 某项情况", "合计",
    "注：", "市：韶关市", "市", "组长：", "核查时间：2020年13月1日", "抽查村：无", "2020 年扶贫开发工作成效考评表 (抽查镇级)", "#N/A", "\u200b", "x" * 300,
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.sampled_from(("put", "drop row", "drop cell", "copy row", "insert", "swap")), st.integers(0, 60),
              st.integers(0, 9), st.sampled_from(NASTY)), max_size=12,
)  # fmt: skip


def spoil(rows: Rows, edits: list[tuple[str, int, int, Cell]]) -> Rows:
    """Rows with cells overwritten, moved or lost."""
    rows = [list(r) or [None] for r in rows]
    for kind, at, column, value in edits:
        at %= len(rows)
        row = rows[at]
        if kind == "put":
            row[column % len(row)] = value
        elif kind == "drop row" and len(rows) > 1:
            del rows[at]
        elif kind == "drop cell" and len(row) > 1:
            del row[column % len(row)]
        elif kind == "copy row":
            rows.insert(at, list(row))
        elif kind == "insert":
            row.insert(column % len(row), value)
        elif kind == "swap":
            rows[at], rows[column % len(rows)] = rows[column % len(rows)], row
    return rows


@settings(max_examples=50, **QUIET)
@given(files(), EDITS)
def test_whatever_is_done_to_a_form_no_row_is_lost(made: Made, edits: list[tuple[str, int, int, Cell]]) -> None:
    check_nothing_lost(made, edits)


@pytest.mark.every_target
@settings(max_examples=2500, **QUIET)
@given(files(), EDITS)
def test_no_row_is_lost_thousands_of_times(made: Made, edits: list[tuple[str, int, int, Cell]]) -> None:
    check_nothing_lost(made, edits)


def check_nothing_lost(made: Made, edits: list[tuple[str, int, int, Cell]]) -> None:
    """Rows add up, no row of an item is passed over, and what is missing has been said."""
    data, suffix = made.content(lambda rows: spoil(rows, edits))
    with tempfile.TemporaryDirectory() as folder:
        office = office_of(PLAN, Path(folder))
        path = Path(folder) / f"cross{suffix}"
        path.write_bytes(data)
        forms, grades, _ = read_form_files([path], Visits(), office)
        sheets = [] if office.refused else read_file(path, path.name, LABELS).sheets
    office.ledger.check()
    for sheet, account in zip(sheets if made.how != "beside" else [], office.ledger.accounts, strict=False):
        assert account.used + account.quarantined >= len(known_items(sheet, PLAN))
    assert all(min(a.read, a.used, a.quarantined, a.declared, a.blank) >= 0 for a in office.ledger.accounts)
    assert sum(a.used for a in office.ledger.accounts) == len(grades)
    assert not grades.duplicated(["form_key", "item"]).any()
    assert set(grades["grade"]) <= {*PLAN.grades, ""}
    assert grades.loc[grades["grade"] == "", "remark"].str.startswith("不适用").all()
    for key, part in grades.groupby("form_key"):
        absent = len(PLAN.forms[str(key).split(":")[0]].items) - len(part)
        assert absent == 0 or office.ledger.findings
    if len(forms) < len(made.forms):
        assert [f for f in office.ledger.findings if f.code != "K230"]


@pytest.mark.every_target
@settings(max_examples=2500, **QUIET)
@given(files())
def test_retyped_forms_come_back_thousands_of_times(made: Made) -> None:
    check(made.filled(), *made.content())
