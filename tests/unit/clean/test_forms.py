"""Forms as they come back from the world: found wherever they stand, read by number and text, ticked once."""

from __future__ import annotations

import gc
import shutil
import weakref
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook

from kaohe.base.plan import Plan, load_plan
from kaohe.clean.form_items import item_texts
from kaohe.grade.forms import item_rows
from support.bad_forms import csv_bytes, long_rows
from support.raw_office import CITY, COUNTY, TOWN, VILLAGES, RawOffice, book, book_bytes, form_rows

HEADS = {
    "county": [("市", "韶关市"), ("抽查县", "武江区")],
    "town": [("市", "韶关市"), ("抽查县", "武江区"), ("抽查镇", "云溪镇")],
    "village": [("市", "韶关市"), ("抽查县", "武江区"), ("抽查镇", "云溪镇"), ("抽查村", "上塘村")],
}
PLACE = {"county": COUNTY, "town": TOWN, "village": VILLAGES[0]}
GRADES = ("好", "较好", "一般", "较差")


def tick(number: int) -> str:
    return GRADES[number % 4]


class Cleaned:
    """What came of workbooks put into cross/."""

    def __init__(self, folder: Path, plan: Plan, **books: bytes) -> None:
        office = RawOffice(plan)
        for name, data in books.items():
            office.raw[f"cross/field/{name}.xlsx"] = data
        self.result = office.clean(folder)
        read = lambda n: pd.read_parquet(self.result.folder / f"{n}.parquet")  # noqa: E731
        self.forms, self.grades, self.findings, accounts = (
            read("forms"), read("grades"), read("findings"), read("accounts"),
        )  # fmt: skip
        self.account = accounts[accounts["table"] == "cross"]
        assert (accounts["balance"] == 0).all()

    def graded(self, key: str) -> dict[int, str]:
        part = self.grades[self.grades["form_key"] == key]
        return dict(zip(part["item"], part["grade"], strict=True))

    def codes(self, action: str = "quarantine") -> list[tuple[str, int, str]]:
        part = self.findings[(self.findings["action"] == action) & (self.findings["table"] == "cross")]
        part = part[part["code"] != "K234"]
        return list(zip(part["code"], part["row"], part["column"], strict=True))


@pytest.mark.parametrize("form", ["county", "town", "village"])
def test_a_form_as_printed(form: str, tmp_path: Path, plan: Plan) -> None:
    spec = plan.forms[form]
    got = Cleaned(tmp_path, plan, a=book(form_rows(spec, HEADS[form], tick)))
    assert got.graded(f"{form}:{PLACE[form]}") == {i.no: tick(i.no) for i in spec.items}
    row = got.forms.iloc[0]
    assert (row["object"], row["place"], row["city"], row["signed"]) == (CITY, PLACE[form], CITY, True)
    assert row["visit_date"] == pd.Timestamp(date(2020, 12, 8))
    concepts = dict(zip(got.grades["item"], got.grades["concept"], strict=True))
    assert concepts == {i.no: i.concept for i in spec.items}
    assert got.codes() == []
    assert got.account[["used", "quarantined"]].to_numpy().tolist() == [[len(spec.items), 0]]


@pytest.mark.parametrize("sign", ["√", "✓", "✔", "☑", "●", "1", "是", " √ ", "１"])
def test_ticks(sign: str, tmp_path: Path, plan: Plan) -> None:
    spec = plan.forms["town"]
    got = Cleaned(tmp_path, plan, a=book(form_rows(spec, HEADS["town"], tick, sign=sign)))
    assert got.graded(f"town:{TOWN}") == {i.no: tick(i.no) for i in spec.items}
    assert len(got.codes("normalise")) == (0 if sign.strip() == "√" else len(spec.items))


def test_numbers_and_the_grades_own_words_are_ticks(tmp_path: Path, plan: Plan) -> None:
    rows = form_rows(plan.forms["town"], HEADS["town"], tick)
    for index, row in enumerate(rows[4:20]):
        for k, v in enumerate(row):
            if v == "√":
                row[k] = 1 if index % 2 else GRADES[k - 3]
    got = Cleaned(tmp_path, plan, a=book(rows))
    assert got.graded(f"town:{TOWN}") == {i.no: tick(i.no) for i in plan.forms["town"].items}


def one_column(rows: list[list[object]]) -> list[list[object]]:
    """The grade as a word in one column."""
    out: list[list[object]] = []
    for row in rows:
        if "好" in row:
            continue
        if "考评等次" in row:
            out.append([*row[:3], "考评等次", "备注"])
        elif len(row) > 7:
            out.append([*row[:3], next((g for g, v in zip(GRADES, row[3:7], strict=True) if v), None), row[7]])
        else:
            out.append(row)
    return out


def inserted(rows: list[list[object]]) -> list[list[object]]:
    """Rows and a column put in, numbers in a column of their own, groups lost."""
    out: list[list[object]] = [["内部资料"], []]
    for row in rows:
        head = (
            [str(row[2]).split(". ")[0], str(row[2]).split(". ")[1]] if len(row) > 7 and ". " in str(row[2]) else None
        )
        out.append(["", *head, *row[3:]] if head else row)
        if head:
            out.append([])
    return out


def turned(rows: list[list[object]]) -> list[list[object]]:
    """Items in reverse, grade columns in reverse."""
    items = [r for r in rows if len(r) > 7 and ". " in str(r[2])]
    first = rows.index(items[0])
    body = [[*r[:3], *reversed(r[3:7]), *r[7:]] for r in reversed(items)]
    head = [*rows[first - 1][:3], *reversed(rows[first - 1][3:7]), *rows[first - 1][7:]]
    return [*rows[: first - 1], head, *body, *rows[first + len(items) :]]


def spaced(rows: list[list[object]]) -> list[list[object]]:
    """Blanks, line breaks, full-width numbers and other punctuation in the texts."""
    return [
        [str(v).replace(". ", "、 ").replace("情况", "情 况\n").replace("1", "１") if isinstance(v, str) and len(v) > 6 and ". " in v else v for v in r]
        for r in rows
    ]  # fmt: skip


@pytest.mark.parametrize("change", [one_column, inserted, turned, spaced])
@pytest.mark.parametrize("form", ["county", "village"])
def test_layouts(change: Callable[..., list[list[object]]], form: str, tmp_path: Path, plan: Plan) -> None:
    spec = plan.forms[form]
    got = Cleaned(tmp_path, plan, a=book(change(form_rows(spec, HEADS[form], tick))))
    assert got.graded(f"{form}:{PLACE[form]}") == {i.no: tick(i.no) for i in spec.items}
    assert got.codes() == []


def test_several_forms_on_one_sheet_and_in_one_workbook(tmp_path: Path, plan: Plan) -> None:
    other = [*HEADS["village"][:3], ("抽查村", "下岭村")]
    made = Workbook()
    for row in [
        *form_rows(plan.forms["county"], HEADS["county"], tick), [], *form_rows(plan.forms["town"], HEADS["town"], tick),
    ]:  # fmt: skip
        made.active.append(row)
    page = made.create_sheet("村")
    village = plan.forms["village"]
    notes = [["注：1. 承担对口帮扶任务市、有脱贫攻坚任务市村级考核均使用此表，操作要求相同；"],
             ["2. 如抽取的是非省定贫困村，第 1、4、5 项指标结合当地实际要求核查填写。"]]  # fmt: skip
    for row in [*form_rows(village, HEADS["village"], tick), *notes, *form_rows(village, other, tick), *notes]:
        page.append(row)
    made.create_sheet("说明").append(["填表说明"])
    got = Cleaned(tmp_path, plan, a=book_bytes(made))
    assert sorted(got.forms["form_key"]) == [
        f"county:{COUNTY}", f"town:{TOWN}", f"village:{VILLAGES[0]}", f"village:{VILLAGES[1]}",
    ]  # fmt: skip
    assert len(got.grades) == 17 + 16 + 18 + 18
    assert got.codes() == []
    assert set(got.forms["visit_date"]) == {pd.Timestamp(2020, 12, 8)}


FIRST = 4  # position of item 1 in form_rows


def broken(form: str, change: Callable[[list[list[object]]], None]) -> Callable[[Plan], bytes]:
    def make(plan: Plan) -> bytes:
        rows = form_rows(plan.forms[form], HEADS[form], tick)
        change(rows)
        return book(rows)

    return make


def put(index: int, column: int, value: object) -> Callable[[list[list[object]]], None]:
    def change(rows: list[list[object]]) -> None:
        rows[index][column] = value

    return change


def swap_texts(rows: list[list[object]]) -> None:
    rows[FIRST][2], rows[FIRST + 1][2] = (
        str(rows[FIRST][2]).replace("1. ", "2. "), str(rows[FIRST + 1][2]).replace("2. ", "1. "),
    )  # fmt: skip


FAULTY: dict[str, tuple[Callable[[Plan], bytes], list[tuple[str, int, str]], int]] = {
    "no tick": (broken("town", put(FIRST + 2, 6, None)), [("K292", 7, "考评等次")], 15),
    "two ticks": (broken("town", put(FIRST + 2, 3, "√")), [("K293", 7, "考评等次")], 15),
    "unknown sign": (broken("town", put(FIRST + 2, 3, "大概")), [("K298", 7, "好")], 15),
    "another grade's word": (broken("town", put(FIRST + 2, 3, "较好")), [("K274", 7, "好")], 15),
    "number and text disagree": (broken("town", swap_texts), [("K291", 5, ""), ("K291", 6, "")], 14),
    "text of another form": (
        broken("town", put(FIRST + 2, 2, "3. 村党支部书记遍访制度落实情况")), [("K291", 7, "")], 15,
    ),
    "text slipped into the grades": (
        broken("town", put(FIRST + 2, 3, "3. 镇级党委政府主要领导责任、党委书记遍访制度落实情况")), [("K298", 7, "好")], 15,
    ),
    "item twice": (broken("town", lambda r: r.insert(FIRST + 1, list(r[FIRST]))), [("K255", 6, "")], 16),
    "place unknown": (broken("town", put(1, 0, "市：韶关市　抽查县：武江区　抽查镇：无此镇")), [("K275", 2, "抽查镇")], 0),
    "place of another county": (broken("town", put(1, 0, "市：清远市　抽查县：武江区　抽查镇：云溪镇")), [("K277", 2, "抽查县")], 0),
    "place blank": (broken("town", put(1, 0, "市：　抽查县：　抽查镇：")), [("K294", 4, "市")], 0),
    "three grade columns": (broken("town", put(3, 6, "差")), [("K290", 0, "")], 0),
    "items of no form": (
        broken("town", lambda r: [row.__setitem__(2, f"{i}. 某项工作开展情况") for i, row in enumerate(r[FIRST:20], 1)]),
        [("K290", 4, "")], 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTY)
def test_faults_are_set_aside_at_their_address(case: str, tmp_path: Path, plan: Plan) -> None:
    make, wanted, used = FAULTY[case]
    got = Cleaned(tmp_path, plan, a=make(plan))
    assert sorted(got.codes()) == sorted(wanted)
    assert len(got.grades) == used == int(got.account["used"].sum())
    assert int(got.account["quarantined"].sum()) >= 1


def test_a_form_without_grade_columns_is_not_lost_beside_a_sound_one(tmp_path: Path, plan: Plan) -> None:
    rows = form_rows(plan.forms["town"], HEADS["town"], tick)
    rows[3][6] = "差"
    made = book([*rows, [], *form_rows(plan.forms["county"], HEADS["county"], tick)])
    got = Cleaned(tmp_path, plan, a=made)
    assert got.codes() == [("K290", 5, "")]
    assert got.forms["form_key"].tolist() == [f"county:{COUNTY}"]
    assert got.account[["used", "quarantined"]].to_numpy().tolist() == [[17, 16]]


def test_notes_and_instructions_are_no_items(tmp_path: Path, plan: Plan) -> None:
    rows = form_rows(plan.forms["town"], HEADS["town"], tick)
    made = Workbook()
    for row in [*rows, ["注：填表要求"], ["1. 请用黑色签字笔填写"], ["2. 每项只选一个等次"]]:
        made.active.append(row)
    page = made.create_sheet("填表说明")
    for text in ("请按考评表的要求填写", "1. 每处一张表"):
        page.append([text])
    got = Cleaned(tmp_path, plan, a=book_bytes(made))
    assert got.codes() == []
    assert got.account[["used", "quarantined"]].to_numpy().tolist() == [[16, 0], [0, 0]]


def test_a_form_twice(tmp_path: Path, plan: Plan) -> None:
    rows = form_rows(plan.forms["town"], HEADS["town"], tick)
    other = form_rows(plan.forms["town"], HEADS["town"], lambda n: "好")
    same = Cleaned(tmp_path / "a", plan, a=book(rows), b=book([*rows, ["附"]]))
    assert (same.codes(), len(same.forms), len(same.grades)) == ([("K255", 4, "")], 1, 16)
    both = Cleaned(tmp_path / "b", plan, a=book(rows), b=book(other))
    assert (both.codes(), len(both.forms), len(both.grades)) == ([("K295", 4, ""), ("K295", 4, "")], 0, 0)
    assert both.account["quarantined"].tolist() == [16, 16]


def test_unsigned_undated_and_late_forms_are_noted_and_kept(tmp_path: Path, plan: Plan) -> None:
    rows = form_rows(plan.forms["town"], HEADS["town"], tick, foot=("", "　年　月　日"))
    late = form_rows(plan.forms["county"], HEADS["county"], tick, foot=("示范", "2021-01-08"))
    del rows[FIRST + 6]
    got = Cleaned(tmp_path, plan, a=book(rows), b=book(late))
    notes = got.findings[(got.findings["table"] == "cross") & (got.findings["action"] == "note")]
    assert dict(zip(notes["code"], notes["value"], strict=True)) == {
        "K296": "第 7 项", "K297": "缺签名、核查时间", "K299": "2021-01-08",
    }  # fmt: skip
    signed = got.forms.set_index("form")["signed"].to_dict()
    assert signed == {"town": False, "county": True}
    assert got.codes() == []


def test_three_kinds_of_absence_reach_the_grade_room(tmp_path: Path, plan: Plan) -> None:
    """Item 3 does not apply, item 4 was left blank, item 5 is not on the paper: only the first leaves the denominator."""
    rows = form_rows(plan.forms["town"], HEADS["town"], tick)
    for number in (3, 4):
        rows[FIRST + number - 1][3:7] = [None] * 4
    rows[FIRST + 2][7] = "（不适用）本镇无此项"
    del rows[FIRST + 4]
    got = Cleaned(tmp_path, plan, a=book(rows))
    clean = {n: pd.read_parquet(got.result.folder / f"{n}.parquet") for n in ("forms", "grades", "places")}
    states = item_rows(clean, plan).set_index("item")["state"]
    assert states[states != "graded"].to_dict() == {3: "not_applicable", 4: "not_graded", 5: "not_graded"}
    assert got.codes() == [("K292", 8, "考评等次")]
    assert got.codes("note") == [("K296", 4, ""), ("K344", 7, "考评等次")]
    assert got.account[["used", "quarantined"]].to_numpy().tolist() == [[14, 1]]
    given = got.grades.set_index("item").loc[3]
    assert (given["grade"], given["remark"]) == ("", "不适用）本镇无此项")


@pytest.mark.parametrize(
    ("group", "given"),
    [
        # as the plan's text prints 三、资金管理 and 四、工作衔接: the row one cell further right, or without its group
        ([None, "三、资金管理", "使用监管"], "一般"), (["总结宣传", None], "较差"), ([None, None], "好"),
    ],
)  # fmt: skip
def test_the_plans_own_layout_faults(group: list[str | None], given: str, tmp_path: Path, plan: Plan) -> None:
    rows = form_rows(plan.forms["county"], HEADS["county"], tick)
    marks = ["√" if g == given else None for g in GRADES]
    rows[FIRST + 13] = [*group, "14. 财政专项扶贫资金使用和监管情况", *marks, "已核"]
    got = Cleaned(tmp_path, plan, a=book(rows))
    assert got.codes() == []
    part = got.grades.set_index("item").loc[14]
    assert (part["grade"], part["remark"]) == (given, "已核")
    assert got.codes("normalise") == ([("K347", 18, "")] if len(group) == 3 else [])


def test_a_long_table_takes_the_place_of_workbooks(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.raw["cross/grades.csv"] = csv_bytes(long_rows(plan), "gb18030")
    result = office.clean(tmp_path)
    grades = pd.read_parquet(result.folder / "grades.parquet")
    forms = pd.read_parquet(result.folder / "forms.parquet").set_index("form_key")
    for key, form in (("city6:440100000000", "city6"), (f"village:{VILLAGES[0]}", "village")):
        part = grades[grades["form_key"] == key]
        assert dict(zip(part["item"], part["grade"], strict=True)) == {i.no: tick(i.no) for i in plan.forms[form].items}
    village = forms.loc[f"village:{VILLAGES[0]}"]
    assert (village["city"], village["county"], village["town"], village["signed"]) == (CITY, COUNTY, TOWN, True)
    assert village["visit_date"] == pd.Timestamp(2020, 12, 8)
    accounts = pd.read_parquet(result.folder / "accounts.parquet")
    assert accounts.loc[accounts["table"] == "cross", ["read", "used", "declared"]].to_numpy().tolist() == [[29, 28, 1]]


def test_header_fields_may_stand_in_neighbouring_cells_or_close_together(tmp_path: Path, plan: Plan) -> None:
    apart = form_rows(plan.forms["town"], HEADS["town"], tick)
    apart[1] = ["市：", "韶关", "抽查县:", "武江", None, "抽查镇：", "云溪镇"]
    close = form_rows(plan.forms["village"], HEADS["village"], tick)
    close[1] = ["市：韶关市抽查县：武江区抽查镇：云溪镇抽查村：上塘村"]
    got = Cleaned(tmp_path, plan, a=book(apart), b=book(close))
    assert sorted(got.forms["form_key"]) == [f"town:{TOWN}", f"village:{VILLAGES[0]}"]
    assert got.codes("normalise") == [("K285", 2, "市"), ("K285", 2, "抽查县")]


@pytest.mark.parametrize(
    ("head", "file", "target"),
    [
        ([("考核对象", "韶关市")], "x", CITY), ([("市", "韶关市")], "x", CITY), ([], "韶关市", CITY),
        ([], "指标表_韶关_2020", CITY),
    ],
)  # fmt: skip
def test_index_tables_know_their_target(
    head: list[tuple[str, str]], file: str, target: str, tmp_path: Path, plan: Plan
) -> None:
    spec = plan.forms["city14"]
    got = Cleaned(tmp_path, plan, **{file: book(form_rows(spec, head, tick))})
    assert got.forms["form_key"].tolist() == [f"city14:{target}"]
    assert got.graded(f"city14:{target}") == {i.no: tick(i.no) for i in spec.items}


def test_an_index_table_of_another_class_is_set_aside(tmp_path: Path, plan: Plan) -> None:
    got = Cleaned(tmp_path, plan, a=book(form_rows(plan.forms["city14"], [("考核对象", "广州市")], tick)))
    assert [c for c, _, _ in got.codes()] == ["K340"]
    assert len(got.grades) == 0


def test_all_six_forms_are_told_apart_without_their_titles(plan: Plan) -> None:
    from kaohe.clean.forms import recognise

    for form in plan.forms.values():
        lines = [(i.no, i.name) for i in form.items]
        found = recognise("", lines, plan)
        assert found is not None
        assert found.id == form.id
        assert recognise(form.title, lines[:-3], plan) is form
    assert recognise("", [(1, "某项工作"), (2, "另一项"), (3, "再一项")], plan) is None


def test_a_visit_outside_its_teams_days_is_noted(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    labels = ("组号", "组长单位", "考核市", "进点日期", "离点日期")
    office.files["cross/teams.csv"] = [
        dict(zip(labels, ("第01组", "清远市", "韶关市", "2020-12-14", "2020年12月18日"), strict=True))
    ]
    office.raw["cross/field/a.xlsx"] = book(form_rows(plan.forms["town"], HEADS["town"], tick))
    folder = office.clean(tmp_path).folder
    found = pd.read_parquet(folder / "findings.parquet")
    noted = found[(found["table"] == "cross") & (found["action"] == "note")]
    assert noted[["code", "value", "expected"]].to_numpy().tolist() == [
        ["K299", "2020-12-08", "2020-12-14 至 2020-12-18"]
    ]
    assert pd.read_parquet(folder / "forms.parquet")["team"].tolist() == ["第01组"]


def test_texts_of_items_are_those_of_the_plan_folder_and_keep_no_plan_alive(tmp_path: Path) -> None:
    first = load_plan()
    folder = tmp_path / "plan"
    shutil.copytree(first.folder, folder)
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    (folder / "plan.toml").write_text(text.replace("防止返贫监测和帮扶情况", "防止返贫监测情况", 1), encoding="utf-8")
    other = load_plan(folder)
    assert item_texts(first)["city14"][2] == "防止返贫监测和帮扶情况"
    assert item_texts(other)["city14"][2] == "防止返贫监测情况"
    assert item_texts(load_plan()) is item_texts(first)
    alive = weakref.ref(other)
    del other
    gc.collect()
    assert alive() is None
