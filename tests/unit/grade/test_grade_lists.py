"""Counties, talks, rectification, self-assessment, completeness, counts of grades."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.grade import build_grades
from kaohe.grade.counties import bottom
from kaohe.grade.inputs import roster, take
from kaohe.grade.lists import rectify, self_status
from support.office_frames import make_office

Tables = dict[str, pd.DataFrame]
CITY = "440200000000"


@pytest.fixture(scope="module")
def clean(plan: Plan) -> Tables:
    """Clean tables of an office with something to list: facts, late reports, gaps, own grades."""
    tables, _ = make_office(1, 12, plan)
    facts = tables["facts"]
    for code, field, value in (
        (CITY, "重大违纪违规问题", "是"),
        ("DW002", "存在突出问题", "是"),
        ("DW003", "存在突出问题", "待核"),
        ("DW004", "重大违纪违规问题", "待核"),
    ):
        facts.loc[(facts["object"] == code) & (facts["field"] == field), "value"] = value
    county_gap = (tables["grades"]["form_key"] == "county:440203000000") & (tables["grades"]["item"] == 1)
    tables["grades"] = tables["grades"][~county_gap].reset_index(drop=True)
    tables["grades"].loc[tables["grades"]["form_key"] == "unit235:DW001", "grade"] = "一般"
    elsewhere = tables["places"].query("level == '村' and place.str.startswith('440204')")["place"].iloc[0]
    minor = tables["problems"].iloc[[1]].assign(problem="P003", place=elsewhere, prominent=0.0)
    tables["problems"] = pd.concat([tables["problems"], minor], ignore_index=True)
    own = tables["self_grades"]
    own = own[~((own["object"] == "DW001") & (own["item"] == 2))]
    double = pd.DataFrame([("DW001", 3, "较差")], columns=["object", "item", "grade"])
    tables["self_grades"] = pd.concat([own, double], ignore_index=True)
    reports = tables["self_reports"].set_index("object")
    reports.loc["DW001", "date"] = pd.Timestamp("2020-12-10")
    reports.loc["DW002", "date"] = pd.Timestamp("2020-12-11")
    reports.loc["DW003", "date"] = pd.NaT
    tables["self_reports"] = reports.drop(index="DW004").reset_index()
    tables["forms"] = tables["forms"][tables["forms"]["form_key"] != "unit235:DW005"]
    return tables


@pytest.fixture(scope="module")
def listed(clean: Tables, plan: Plan) -> Tables:
    return build_grades(clean, make_office(1, 12, plan)[1], plan, rng=np.random.default_rng(1))


@pytest.mark.parametrize(
    ("scores", "share", "low"),
    [
        ([float(i) for i in range(20)], 0.10, {0, 1}),
        ([float(i) for i in range(9)], 0.10, set()),
        ([1.0, 1.0, 1.0, *range(2, 9)], 0.10, {0, 1, 2}),
        ([np.nan, *[float(i) for i in range(10)]], 0.10, {1}),
        ([5.0, 6.0], 0.0, set()),
        ([], 0.5, set()),
    ],
)
def test_the_bottom_share_is_rounded_down_and_ties_are_treated_alike(
    scores: list[float], share: float, low: set[int]
) -> None:
    found = bottom(pd.Series(scores, dtype=float), share)
    assert set(found[found].index) == low


def test_county_score_is_its_own_forms(built: Tables, office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    county = built["counties"].set_index("county").loc["440203000000"]
    grades = clean["grades"].query("form_key == 'county:440203000000'")["grade"]
    assert county["score"] == pytest.approx(grades.map(plan.scale.values).mean())
    assert (county["n_county"], county["n_town"], county["n_village"]) == (1, 2, 4)
    assert county["n_weak"] == grades.isin(["一般", "较差"]).sum()
    assert county["n_households"] == 78
    assert (county["name"], county["city_name"]) == ("武江区", "韶关市")
    assert built["counties"]["bottom"].sum() >= 2
    unvisited = built["counties"].query("n_county == 0")
    assert len(unvisited) > 0
    assert unvisited["score"].isna().all()
    assert unvisited["rank"].isna().all()
    assert set(unvisited["county"]) <= set(built["item_grades"]["object"])


def test_a_county_form_with_a_gap_has_bounds_only(listed: Tables) -> None:
    county = listed["counties"].set_index("county").loc["440203000000"]
    assert np.isnan(county["score"])
    assert np.isnan(county["rank"])
    assert county["high"] - county["low"] == pytest.approx(75 / 17)


def test_talks_follow_the_clause(listed: Tables, clean: Tables) -> None:
    talks = listed["talk_list"].set_index("object")
    assert talks.loc[CITY, "reason"] == "综合评价“一般”"
    assert talks.loc["DW002", "reason"] == "存在突出问题"
    assert set(talks["clause"]) == {"六、（五）结果审定及运用"}
    assert not {"DW003", "DW004", "DW005", "DW006"} & set(talks.index)
    counties = talks[talks["kind"] == "county"]
    low = listed["counties"].query("bottom")["county"]
    assert set(low) == set(counties[counties["reason"] == "实地核查得分靠后"].index)
    assert set(counties[counties["reason"] == "存在突出问题"].index) == {clean["problems"]["place"][0][:6] + "000000"}
    facts = listed["completeness"].set_index(["object", "part"]).loc[("DW003", "facts")]
    assert (facts["expected"], facts["received"], facts["state"]) == (3, 2, "部分缺失")


def test_problems_and_their_rectification(built: Tables) -> None:
    rows = built["rectify"].set_index("problem")
    assert rows.loc["P001", "concept"] == "water"
    assert rows.loc["P001", "place_name"] == "示例1村"
    assert (rows.loc["P002", "concept"], rows.loc["P002", "label"], rows.loc["P002", "place_name"]) == ("", "", "")
    assert rows["prominent"].tolist() == [True, False]
    assert rows.loc["P002", "done_date"] == pd.Timestamp("2021-01-10")


@pytest.mark.parametrize(
    ("notified", "as_of", "due", "progress"),
    [
        (None, date(2021, 6, 1), None, ["期限未定", "已完成"]),
        (date(2020, 12, 20), date(2021, 2, 20), date(2021, 2, 20), ["期限内", "按期完成"]),
        (date(2020, 12, 20), date(2021, 2, 21), date(2021, 2, 20), ["逾期未完成", "按期完成"]),
        (date(2020, 11, 5), date(2021, 2, 21), date(2021, 1, 5), ["逾期未完成", "逾期完成"]),
        (date(2020, 12, 31), date(2021, 1, 31), date(2021, 2, 28), ["期限内", "按期完成"]),
        (date(2020, 12, 20), None, date(2021, 2, 20), ["期限内", "按期完成"]),
    ],
)
def test_rectification_is_due_two_months_after_the_notification(
    office: tuple[Tables, Tables],
    plan: Plan,
    notified: date | None,
    as_of: date | None,
    due: date | None,
    progress: list[str],
) -> None:
    clean, _ = office
    choices = {**plan.choices, **({"rectification": {"notified": notified}} if notified else {})}
    dated = dataclasses.replace(plan, choices=choices)
    assert dated.rectify_due == due
    rows = rectify(take(clean, "problems"), clean, roster(clean, dated), dated, as_of).set_index("problem")
    assert rows["progress"].tolist() == progress
    assert rows["due"].isna().all() if due is None else set(rows["due"]) == {pd.Timestamp(due)}


@pytest.mark.parametrize("notified", [None, date(2020, 12, 20), date(2020, 10, 1)])
def test_what_was_done_nobody_knows_when_is_neither_in_time_nor_late(
    office: tuple[Tables, Tables], plan: Plan, notified: date | None
) -> None:
    clean, _ = office
    problems = take(clean, "problems")
    problems.loc[problems["problem"] == "P002", "done_date"] = pd.NaT
    dated = dataclasses.replace(
        plan, choices={**plan.choices, **({"rectification": {"notified": notified}} if notified else {})}
    )
    rows = rectify(problems, clean, roster(clean, dated), dated, date(2021, 6, 1)).set_index("problem")
    assert rows.loc["P002", ["state", "progress"]].tolist() == ["已完成", "已完成（日期缺）"]


def test_the_first_report_that_came_in_says_whether_it_was_in_time(plan: Plan) -> None:
    people = pd.DataFrame({"object": ["DW001", "DW002"], "class_id": "unit235"})
    days = pd.to_datetime(["2020-12-20", "2020-12-09", None])
    reports = pd.DataFrame({"object": ["DW001", "DW001", "DW002"], "date": days, "grade": ["好", "较好", ""]})
    rows = self_status(reports, people, plan).set_index("object")
    assert rows["state"].tolist() == ["按时", "未报"]
    assert rows.loc["DW001", "grade"] == "较好"


def test_self_reports_on_time_late_and_absent(listed: Tables) -> None:
    rows = listed["self_status"].set_index("object")
    assert rows.loc[["DW001", "DW002", "DW003", "DW004"], "state"].tolist() == ["按时", "逾期", "未报", "未报"]
    assert set(rows["due"]) == {pd.Timestamp("2020-12-10")}


def test_own_grades_beside_those_given(listed: Tables) -> None:
    rows = listed["self_compare"].query("object == 'DW001'").set_index("item")
    assert len(rows) == 15
    assert (rows.loc[1, "self_grade"], rows.loc[1, "index_grade"], rows.loc[1, "steps"]) == ("好", "一般", 2)
    assert rows.loc[[2, 3], "self_grade"].tolist() == ["", ""]
    assert rows.loc[[2, 3], "steps"].isna().all()


def test_counts_of_grades_hold_every_target(built: Tables, plan: Plan) -> None:
    table = built["class_summary"]
    assert table.groupby("class_id")["n"].sum().to_dict() == {"city14": 14, "city6": 6, "unit235": 12}
    assert set(table["grade"]) == {*plan.grades, "待核", "缺数据"}


def test_completeness_says_what_is_missing(listed: Tables, office: tuple[Tables, Tables]) -> None:
    rows = listed["completeness"].set_index(["object", "part"])
    assert (rows.loc[("DW005", "index"), "expected"], rows.loc[("DW005", "index"), "received"]) == (15, 0)
    assert rows.loc[("DW005", "index"), "state"] == "未收到"
    assert rows.loc[("DW006", "index"), "state"] == "完整"
    assert ("DW006", "survey") not in rows.index
    survey = rows.loc[(CITY, "survey")]
    response = office[1]["response"].query("domain == @CITY").iloc[0]
    assert survey["expected"] == response["selected"] - response["vacant"]
    assert survey["received"] == response["completed"]
    scores = listed["composite"].set_index("object")["completeness"]
    assert scores["DW005"] < scores["DW006"] == 1


def test_weak_items_are_counted(built: Tables, office: tuple[Tables, Tables]) -> None:
    clean, _ = office
    weak = clean["grades"].query("form_key == 'city14:440200000000'")["grade"].isin(["一般", "较差"]).sum()
    assert built["composite"].set_index("object").loc[CITY, "n_weak"] == weak


def test_item_grades_of_several_forms(built: Tables, office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    keys = clean["forms"].query("form == 'village' and city == @CITY")["form_key"]
    given = clean["grades"][clean["grades"]["form_key"].isin(keys) & (clean["grades"]["concept"] == "water")]["grade"]
    row = built["item_grades"].set_index(["object", "level", "concept"]).loc[(CITY, "village", "water")]
    assert row["n_places"] == row["n_graded"] == len(given) == 8
    assert [row["n_good"], row["n_fair"], row["n_ordinary"], row["n_poor"]] == [
        int((given == g).sum()) for g in plan.scale.order
    ]
    assert row["value"] == pytest.approx(given.map(plan.scale.values).mean())
    assert row["grade"] == plan.scale.grade(row["value"])


def test_weak_forms_are_told_with_their_places(built: Tables, office: tuple[Tables, Tables]) -> None:
    clean, _ = office
    forms = clean["forms"].query("form == 'village' and city == @CITY").set_index("form_key")["place"]
    given = clean["grades"][
        clean["grades"]["form_key"].isin(forms.index) & clean["grades"]["grade"].isin(["一般", "较差"])
    ]
    by_concept = given.assign(place=given["form_key"].map(forms)).groupby("concept")["place"].apply(sorted)
    rows = built["item_grades"].query("object == @CITY and level == 'village'").set_index("concept")["weak_at"]
    assert len(by_concept)
    for concept, text in rows.items():
        assert [c for c in text.split("、") if c] == by_concept.get(concept, []), concept
    assert built["item_grades"].query("level in ['city', 'unit']")["weak_at"].eq("").all()
