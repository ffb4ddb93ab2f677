"""Screens and data quality from small invented tables, counted by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from kaohe.base.check import conform
from kaohe.base.plan import Plan
from kaohe.clean.truth import build_intake_tables
from support.raw_office import CITY, RawOffice, book, form_rows

Clean = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> Clean:
    office = RawOffice(plan)
    office.raw["cross/teams.csv"] = "组号,组长单位,考核市\n第01组,清远市,韶关市\n".encode()
    head = [("市", "韶关市"), ("抽查县", "武江区"), ("抽查镇", "云溪镇")]
    marks = {1: "较差", 2: "一般"}
    county = form_rows(plan.forms["county"], head[:2], lambda n: marks.get(n, "好"))
    village = [form_rows(plan.forms["village"], [*head, ("抽查村", v)]) for v in ("上塘村", "下岭村")]
    for row in county:
        if str(row[2] if len(row) > 2 else "").startswith("5. "):
            row[3] = None
    village[0][-1][3] = "核查时间：2021年1月8日"
    office.raw["cross/field/a.xlsx"] = book(county)
    office.raw["cross/field/b.xlsx"] = book(village[0])
    office.raw["cross/field/c.xlsx"] = book(village[1])
    office.raw["cross/index/韶关市.xlsx"] = book(
        form_rows(plan.forms["city14"], [("考核对象", "韶关市")], lambda n: "好")
    )
    office.raw["office/self_grades.csv"] = (
        "对象,指标序号,自评等次\n" + "".join(f"韶关市,{i},好\n" for i in range(1, 18))
    ).encode()
    for k, row in enumerate(office.households):
        row["饮水安全达标"] = "否" if k < 9 else "是"
        row["调查日期"] = "2020-10-02" if k == 17 else "2020-09-12"
    office.households[0]["家庭负债"] = ""
    office.households[1]["调查日期"] = "昨天"
    folder = office.clean(tmp_path_factory.mktemp("screens")).folder
    return {p.stem: pd.read_parquet(p) for p in folder.glob("*.parquet")}


@pytest.fixture(scope="module")
def built(clean: Clean, plan: Plan) -> Clean:
    return {name: conform(name, frame) for name, frame in build_intake_tables(clean, plan).items()}


def one(built: Clean, screen: str) -> pd.Series:
    found = built["screens"][built["screens"]["screen"] == screen]
    assert len(found) == 1
    return found.iloc[0]


def test_all_tables_conform(built: Clean) -> None:
    assert set(built) == {"intake", "findings_summary", "set_aside", "data_quality", "screens", "screen_records"}


def test_share_of_good_by_team(built: Clean) -> None:
    row = one(built, "good_by_team")
    assert row["object"] == "第01组"
    assert row["value"] == pytest.approx(50 / 52)
    assert "分不开" in row["note"]


def test_forms_of_one_grade_and_identical_forms(built: Clean) -> None:
    assert one(built, "straight_forms")["value"] == pytest.approx(2 / 3)
    assert one(built, "identical_forms")["value"] == pytest.approx(2 / 3)
    assert one(built, "straight_forms")["flagged"]


def test_dates_after_the_plan(built: Clean) -> None:
    assert one(built, "late_cross")[["value", "flagged"]].tolist() == [1.0, True]
    assert one(built, "late_survey")[["value", "flagged"]].tolist() == [1.0, True]


def test_ticks(built: Clean) -> None:
    assert one(built, "no_tick")[["object", "value"]].tolist() == [CITY, 1.0]
    assert not (built["screens"]["screen"] == "two_ticks").any()


def test_index_self_and_survey_against_field(built: Clean) -> None:
    # 贫困退出: 较差, 好, 好 → mean 75, a step below 好; 防止返贫: 一般, 好, 好 → 83.3
    assert one(built, "index_over_field")["value"] == 1.0
    assert one(built, "self_over_index")["value"] == 0.0
    water = one(built, "survey_cross_water")
    assert water["value"] == pytest.approx(9 / 17)
    assert water["flagged"]


def test_self_against_field_with_its_record(built: Clean, plan: Plan) -> None:
    # every item is graded 好 by the target itself: 100 − 75 = 25 for 贫困退出, 16.7 for 防止返贫
    row = one(built, "self_over_field")
    assert row[["object", "value", "flagged"]].tolist() == [CITY, 1.0, True]
    records = built["screen_records"]
    mine = records[records["screen"] == "self_over_field"]
    item = plan.forms["city14"].items[0].name
    assert mine[["record", "value", "file", "row"]].to_numpy().tolist() == [
        [f"第 1 项 {item}", "自评 好，实地平均 75.0 分", "office/self_grades.csv", 2]
    ]


def test_too_few_households_give_no_share(clean: Clean, plan: Plan) -> None:
    few = build_intake_tables({**clean, "households": clean["households"].head(9)}, plan)["screens"]
    assert not few["screen"].str.startswith("survey_cross").any()


def test_a_share_of_fewer_answers_than_households_says_of_how_many(clean: Clean, plan: Plan) -> None:
    whole, part = (_housing(clean, plan, [1.0] * 12 + [0.0] * 6 + last).iloc[0] for last in ([1.0] * 2, [np.nan] * 2))
    assert (whole["value"], part["value"]) == (pytest.approx(14 / 20), pytest.approx(12 / 18))
    assert whole["note"].endswith("；样本户 20 户，不加权")
    assert part["note"].endswith("；样本户 20 户，其中 18 户作答，不加权")


def _housing(clean: Clean, plan: Plan, answers: list[float]) -> pd.DataFrame:
    """The screen of a guarantee when so many households answered so."""
    part = pd.concat([clean["households"]] * 2, ignore_index=True).head(len(answers)).assign(house_safe=answers)
    screens = build_intake_tables({**clean, "households": part}, plan)["screens"]
    return screens[screens["screen"] == "survey_cross_housing"]


@pytest.mark.parametrize(
    ("yes", "no", "shown"),
    [(12, 0, False), (0, 12, False), (10, 2, False), (9, 3, True), (29, 0, False), (30, 0, True), (28, 2, True)],
)
def test_a_share_that_tells_of_single_households_is_not_shown(
    clean: Clean, plan: Plan, yes: int, no: int, shown: bool
) -> None:
    """disclosure.toml: in a group of fewer than 30, both sides of a share hold three households or more."""
    found = _housing(clean, plan, [1.0] * yes + [0.0] * no)
    assert found["value"].tolist() == ([yes / (yes + no)] if shown else [])
    assert found["flagged"].tolist() == ([yes / (yes + no) < 0.9] if shown else [])
    assert found["note"].str.contains(f"样本户 {yes + no} 户").all()


def _with(plan: Plan, **bounds: float) -> Plan:
    return dataclasses.replace(plan, choices={**plan.choices, "screens": {**plan.choices["screens"], **bounds}})


def test_bounds_are_the_offices_choice(clean: Clean, plan: Plan) -> None:
    strict = _with(
        plan, straight_forms=0.7, identical_forms=0.7, good_share_spread=0.05, self_better=0.0, survey_share=0.5
    )
    rows = build_intake_tables(clean, strict)["screens"].set_index("screen")
    said = rows.loc[
        ["straight_forms", "identical_forms", "self_over_index", "survey_cross_water"], ["threshold", "flagged"]
    ]
    assert said.to_numpy().tolist() == [[0.7, False], [0.7, False], [0.0, False], [0.5, False]]
    assert rows.loc["good_by_team", "threshold"] == pytest.approx(50 / 52 + 0.05)


def test_a_good_field_is_one_at_the_cut_off_of_the_scale(clean: Clean, plan: Plan) -> None:
    """One 较好 among the field grades of water: 100 and 75 mixed, below 95 and above 87.5."""
    grades = clean["grades"].copy()
    water = grades.index[(grades["concept"] == "water") & grades["form"].isin(["county", "village"])]
    grades.loc[water[0], "grade"] = "较好"
    mean = (100 * (len(water) - 1) + 75) / len(water)
    assert 87.5 < mean < 95
    higher = dataclasses.replace(plan, scale=dataclasses.replace(plan.scale, cuts={**plan.scale.cuts, "好": 95.0}))
    for chosen, flagged in ((plan, True), (higher, False)):
        rows = build_intake_tables({**clean, "grades": grades}, chosen)["screens"].set_index("screen")
        assert rows.loc["survey_cross_water", "flagged"] == flagged


def test_comparisons_of_teams_say_that_team_and_city_are_one(built: Clean) -> None:
    teams = built["screens"][built["screens"]["screen"].isin(["good_by_team", "straight_forms", "identical_forms"])]
    assert len(teams) == 3
    assert teams["note"].str.endswith("一组只考一市，组与市的差别分不开").all()


def test_data_quality(built: Clean, plan: Plan) -> None:
    row = built["data_quality"].set_index("city").loc[CITY]
    asked = len(plan.table_questions("household", asked=True))
    assert row[["households", "quarantined", "missing"]].tolist() == [17, 1, 1]
    assert row["cells"] == 17 * asked
    assert row["doubtful_share"] == pytest.approx(1 / 18)
    assert len(built["data_quality"]) == 14
    assert built["data_quality"]["doubtful_share"].isna().sum() == 13


def test_intake_and_findings_add_up(built: Clean, clean: Clean) -> None:
    assert (built["intake"]["balance"] == 0).all()
    assert built["findings_summary"]["n"].sum() == len(clean["findings"])
    labels = dict(zip(built["intake"]["table"], built["intake"]["table_label"], strict=True))
    assert labels["households"] == "样本户调查表"
    assert labels["cross"] == "指标表和考评表"


def test_screens_of_nothing(clean: Clean, plan: Plan) -> None:
    empty = {name: frame.iloc[:0] for name, frame in clean.items()}
    built = build_intake_tables(empty, plan)
    assert len(conform("screens", built["screens"])) == 0
    assert (conform("data_quality", built["data_quality"])["households"] == 0).all()
