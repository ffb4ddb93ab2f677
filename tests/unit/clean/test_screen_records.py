"""Each screen with the records it rests on: right address, right words, no answer of a household."""

from __future__ import annotations

import pandas as pd
import pytest

from kaohe.base.check import conform
from kaohe.base.plan import Plan
from kaohe.clean.truth import build_intake_tables
from support.raw_office import CITY, HOUSEHOLDS_FILE, RawOffice, book, form_rows

Clean = dict[str, pd.DataFrame]
HEAD = [("市", "韶关市"), ("抽查县", "武江区"), ("抽查镇", "云溪镇")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> Clean:
    office = RawOffice(plan)
    office.raw["cross/teams.csv"] = "组号,组长单位,考核市\n第01组,清远市,韶关市\n".encode()
    village = plan.forms["village"]
    for name, place in (("a", "上塘村"), ("b", "下岭村")):
        office.raw[f"cross/field/{name}.xlsx"] = book(form_rows(village, [*HEAD, ("抽查村", place)]))
    once = form_rows(plan.forms["county"], HEAD[:2], lambda n: "好")
    again = form_rows(plan.forms["county"], HEAD[:2], lambda n: "一般" if n == 1 else "好")
    once[6][3] = None  # item 3 without a tick: the form came twice, so no form of this workbook is in use
    early = form_rows(plan.forms["town"], HEAD, foot=("示范", "2020年11月8日"))
    office.raw["cross/field/韶关市/甲.xlsx"] = book(once)
    office.raw["cross/field/韶关市/乙.xlsx"] = book(again)
    office.raw["cross/field/镇.xlsx"] = book(early)
    office.raw["cross/index/韶关市.xlsx"] = book(
        form_rows(plan.forms["city14"], [("考核对象", "韶关市")], lambda n: "较好")
    )
    office.raw["office/self_grades.csv"] = "对象,指标序号,自评等次\n韶关市,4,好\n韶关市,5,较好\n".encode()
    office.raw["daily/坏.csv"] = b""
    office.households[17]["调查日期"] = "2020-10-02"
    office.households[3]["家庭负债"] = "约500"
    folder = office.clean(tmp_path_factory.mktemp("records")).folder
    clean = {p.stem: pd.read_parquet(p) for p in folder.glob("*.parquet")}
    return {name: conform(name, frame) for name, frame in build_intake_tables(clean, plan).items()}


def of(built: Clean, screen: str) -> list[list[object]]:
    frame = built["screen_records"]
    part = frame[frame["screen"] == screen]
    return part[["object", "number", "record", "value", "file", "sheet", "row"]].to_numpy().tolist()


def test_ticks_of_a_workbook_from_which_no_form_is_in_use(built: Clean) -> None:
    screens = built["screens"].set_index("screen")
    assert screens.loc["no_tick", ["object", "name", "value"]].tolist() == [CITY, "韶关市", 1.0]
    assert of(built, "no_tick") == [[CITY, 1, "考评等次 D7", "空白", "cross/field/韶关市/甲.xlsx", "Sheet1", 7]]


def test_forms_alike_name_each_other(built: Clean) -> None:
    assert of(built, "identical_forms") == [
        ["第01组", 1, "村级表 上塘村", "与 村级表 下岭村 逐项相同", "cross/field/a.xlsx", "Sheet1", 4],
        ["第01组", 2, "村级表 下岭村", "与 村级表 上塘村 逐项相同", "cross/field/b.xlsx", "Sheet1", 4],
    ]
    assert [r[3] for r in of(built, "straight_forms")] == ["全部为好"] * 3


def test_dates_before_and_after_the_period(built: Clean) -> None:
    assert of(built, "late_cross") == [[CITY, 1, "镇级表 云溪镇", "2020-11-08", "cross/field/镇.xlsx", "Sheet1", 4]]
    assert of(built, "late_survey") == [[CITY, 1, "样本户", "2020-10-02", HOUSEHOLDS_FILE, "", 19]]


def test_self_against_assessment(built: Clean, plan: Plan) -> None:
    item = plan.forms["city14"].items[3].name
    assert of(built, "self_over_index") == [
        [CITY, 1, f"第 4 项 {item}", "自评 好，考核 较好", "cross/index/韶关市.xlsx", "Sheet1", 8]
    ]


def test_double_grading_has_its_kappa_and_its_differences(built: Clean) -> None:
    row = built["screens"].set_index("screen").loc["double_graded"]
    # 16 of 17 items were graded in both (one has no tick); 15 agree. One form is all 好, so observed
    # equals expected disagreement: kappa 0.
    assert row["value"] == pytest.approx(0.0, abs=1e-12)
    assert row["flagged"]
    assert row["note"] == "1 处双评，16 项，等次相同 93.8%；二次权"
    records = of(built, "double_graded")
    assert len(records) == 1
    assert "另一张" in str(records[0][3])
    assert str(records[0][2]).startswith("县级表 武江区 第 1 项")


def test_what_was_set_aside_by_sender_and_file(built: Clean) -> None:
    frame = built["set_aside"].set_index(["file", "code"])
    assert frame.loc[("daily/坏.csv", "K211"), ["sender", "action", "n", "first_row"]].tolist() == [
        "未指明报送单位",
        "refuse",
        1,
        0,
    ]
    assert frame.loc[(HOUSEHOLDS_FILE, "K262"), ["sender", "action", "n", "first_row"]].tolist() == [
        "韶关市",
        "quarantine",
        1,
        5,
    ]
    assert {"cross/field/韶关市/甲.xlsx", "cross/field/韶关市/乙.xlsx"} <= {f for f, _ in frame.index}
