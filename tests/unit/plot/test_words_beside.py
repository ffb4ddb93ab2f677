"""The survey beside the province and the forms: each fact once, every item that the codebook names; frames worked by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from kaohe.plot import charts, tables, words
from kaohe.plot.output import Chart, Table
from kaohe.plot.words_beside import against_province, beside_forms, borne_out, comparable, judged
from support.built_frames import make_context
from support.fake_report import PROVINCE, FakeReport, frame

SHAOGUAN = "440200000000"
CITY = make_context("city")
WORSE, BETTER, SAME = (0.70, 0.65, 0.75), (0.95, 0.93, 0.97), (0.90, 0.85, 0.95)  # beside 0.9


def estimate(indicator: str, value: tuple[float, float, float], **change: Any) -> dict[str, Any]:
    question = CITY.plan.questions[indicator]
    return {
        "unit": "household", "domain_type": "city", "domain": SHAOGUAN, "indicator": indicator, "label": question.shown, "is_share": True,
        "topic": question.topic, "direction": question.direction, "estimate": value[0], "ci_low": value[1], "ci_high": value[2], "n": 400,
        "quality": "ok", **change,
    }  # fmt: skip


def rows(**values: tuple[float, float, float]) -> pd.DataFrame:
    """The city's estimates as given and the province's, all 0.9."""
    own = [estimate(i, v) for i, v in values.items()]
    whole = [estimate(i, (0.9, 0.89, 0.91), domain_type="province", domain=PROVINCE) for i in values]
    return frame("estimates", *own, *whole)


def split(both: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return both[both["domain"] == SHAOGUAN], both[both["domain"] == PROVINCE]


def form(**grades: str) -> pd.DataFrame:
    """The city's index form: every item 一般 but for the concepts given."""
    return frame("item_grades", *(
        {"object": SHAOGUAN, "level": "city", "concept": i.concept, "item": i.no, "name": i.name, "grade": grades.get(i.concept, "一般")}
        for i in CITY.plan.forms["city14"].items
    ))  # fmt: skip


def clause(items: pd.DataFrame, *, brief: bool = False, **values: tuple[float, float, float]) -> str:
    found = judged(*split(rows(**values)), CITY)
    return beside_forms(borne_out(found, items, CITY), CITY, brief=brief)


def test_two_questions_for_one_fact_count_once_where_their_estimates_agree() -> None:
    same = rows(house_safe=BETTER, house_grade=BETTER, water_safe=SAME)
    own, whole = split(same)
    worse, better, compared = comparable(own, whole, CITY)
    assert (worse, [r["indicator"] for r in better], compared) == ([], ["house_safe"], 2)
    assert against_province(judged(own, whole, CITY)) == (
        "可比的2项指标中，没有明显差于全省的，明显好于全省的1项（住房安全有保障）"
    )
    note = "“住房安全等级为A级或B级的比例”与“住房安全有保障”结果相同，计为一项"
    table = tables.differing(own, CITY, province=whole)
    assert isinstance(table, Table)
    assert table.caption == "韶关市与全省有明显差别的1项指标（1项较好）"
    assert note in table.note
    every = tables.estimates(own, CITY, province=whole)
    assert isinstance(every, Table)
    assert len(every.rows) == 3
    assert note in every.note
    chart = charts.estimate_profile(same, CITY, topic="落实“三保障”情况")
    assert isinstance(chart, Chart)
    assert chart.title == "韶关市“落实‘三保障’情况”2项可比的比例中没有明显差于全省的，1项明显好于全省（住房安全有保障）"


def test_they_count_apart_where_the_estimates_differ_in_anything() -> None:
    own, whole = split(rows(house_safe=BETTER, house_grade=(0.95, 0.93, 0.98)))
    assert [r["indicator"] for r in comparable(own, whole, CITY)[1]] == ["house_safe", "house_grade"]
    alone, whole = split(rows(house_grade=BETTER))
    assert [r["indicator"] for r in comparable(alone, whole, CITY)[1]] == ["house_grade"]
    table = tables.estimates(alone, CITY, province=whole)
    assert isinstance(table, Table)
    assert "计为一项" not in table.note


@pytest.mark.parametrize(
    ("grades", "values", "text"),
    [
        ({}, {"pension": WORSE}, "指标表没有评为“较好”及以上的指标"),
        ({"party": "好"}, {"pension": WORSE}, "指标表评为“较好”及以上的指标都没有可对照的调查结果"),
        ({"dibao_pension": "好"}, {"pension": SAME}, "指标表“较好”及以上、可与调查对照的1项，调查没有明显差于全省"),
        ({"dibao_pension": "好", "education": "较好"}, {"pension": BETTER, "edu_subsidy": SAME},
         "指标表“较好”及以上、可与调查对照的2项，调查都没有明显差于全省"),
        ({"dibao_pension": "好", "education": "较好"}, {"pension": WORSE, "edu_subsidy": SAME},
         "指标表“较好”及以上、可与调查对照的2项中，1项有指标明显差于全省，须核实：最低生活保障（“好”；60岁及以上成员领取养老金）"),
        ({"industry": "较好"}, {"ind_project": BETTER, "ind_training": WORSE, "ind_link": WORSE},
         "指标表“较好”及以上、可与调查对照的1项有指标明显差于全省，须核实：产业（“较好”；接受产业技术培训等）"),
        ({"industry": "较好", "education": "好", "dibao_pension": "好"},
         {"ind_training": WORSE, "ind_link": WORSE, "edu_subsidy": WORSE, "pension": WORSE},
         "指标表“较好”及以上、可与调查对照的3项都有指标明显差于全省，须核实："
         "教育保障（“好”，1项）、最低生活保障（“好”，1项）、产业（“较好”，2项）"),
        ({"housing": "一般", "water": "好"}, {"house_safe": WORSE, "water_safe": SAME},
         "指标表“较好”及以上、可与调查对照的1项，调查没有明显差于全省"),
    ],
)  # fmt: skip
def test_good_grades_are_held_against_every_question_that_the_codebook_gives_their_concept(
    grades: dict[str, str], values: dict[str, tuple[float, float, float]], text: str
) -> None:
    assert clause(form(**grades), **values) == text


def test_brief_names_the_items_alone_and_a_missing_form_is_said() -> None:
    grades = {"industry": "较好", "education": "好"}
    assert clause(form(**grades), brief=True, ind_training=WORSE, edu_subsidy=WORSE) == (
        "指标表“较好”及以上、可与调查对照的2项中，教育保障、产业有指标明显差于全省，须核实"
    )
    assert clause(form().iloc[:0], pension=WORSE) == "没有可与调查对照的指标表等次"


def test_estimates_that_may_not_be_shown_or_judged_contradict_nothing() -> None:
    both = rows(pension=WORSE)
    for change in ({"quality": "suppressed"}, {"quality": "caution"}, {"n": 49}):
        found = judged(*split(both.assign(**change)), CITY)
        assert found == []
        assert "须核实" not in beside_forms(borne_out(found, form(dibao_pension="好"), CITY), CITY)


def test_satisfaction_with_the_team_speaks_of_the_helper_citys_own_item() -> None:
    helper = make_context("city6")
    items = frame("item_grades", *(
        {"object": helper.object, "level": "city", "concept": i.concept, "item": i.no, "grade": "好"} for i in helper.plan.forms["city6"].items
    ))  # fmt: skip
    found = judged(*split(rows(sat_team=WORSE)), helper)
    assert beside_forms(borne_out(found, items, helper), helper, brief=True).endswith(
        "1项（驻村工作队）有指标明显差于全省，须核实"
    )


def test_the_table_of_differences_shows_the_grade_on_the_form() -> None:
    own, whole = split(rows(pension=WORSE, water_safe=BETTER, know_policy=WORSE))
    table = tables.differing(own, CITY, province=whole, items=form(dibao_pension="好", water=""))
    assert isinstance(table, Table)
    head = [c.label for c in table.columns].index("指标表等次")
    assert [row[head] for row in table.rows] == ["最低生活保障：好", "—", "—"]


def test_helper_citys_titles_say_whose_households_they_are() -> None:
    helper = make_context("city6")
    both = rows(sat_team=WORSE, sat_work=WORSE)
    mine = both.assign(
        domain=both["domain"].replace(SHAOGUAN, helper.object),
        domain_type=both["domain_type"].replace("city", "helper"),
    )
    profile = charts.estimate_profile(mine, helper, topic="群众满意度情况")
    dots = charts.estimate_dots(mine, helper, "sat_work")
    table = tables.differing(mine[mine["domain"] == helper.object], helper, province=mine)
    assert isinstance(profile, Chart)
    assert isinstance(dots, Chart)
    assert isinstance(table, Table)
    assert profile.title.startswith("广州市对口帮扶的村“群众满意度情况”2项可比的比例中2项明显差于全省")
    assert "：广州市对口帮扶的村70.0%，明显低于全省" in dots.title
    assert table.caption.startswith("广州市对口帮扶的村与全省有明显差别的2项指标")


def test_the_survey_report_keeps_to_six_conclusions_with_the_villages_chosen_by_hand() -> None:
    job = FakeReport(
        CITY,
        estimates=rows(sat_work=SAME, guarantees=SAME), item_grades=form(),
        response=frame("response", {"domain_type": "city", "domain": SHAOGUAN, "selected": 500, "completed": 471, "response_rate": 0.942}),
        income=frame("income", {"domain_type": "city", "domain": SHAOGUAN, "p50": 15000.0, "quality": "ok"}),
        survey_items=frame("survey_items", {"object": SHAOGUAN, "indicator": "sat_work", "label": "满意", "score": 80.0}),
        key_survey=frame("key_survey", {"city": SHAOGUAN, "indicator": "sat_work", "n_villages": 2}),
    )  # fmt: skip
    notes = [n.text for n in words.conclusions_survey(job).items]
    assert len(notes) == 6
    assert notes[-1] == "专项调查抽中500户，完成471户，应答率94.2%；2个重点调查村另列一节，不进入估计、得分和名次。"
