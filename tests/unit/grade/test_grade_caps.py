from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.base.tables import FACT_FIELDS
from kaohe.grade import apply_caps
from kaohe.grade.caps import Capped, fact_table

FACTS = ["object", "field", "value", "evidence", "date"]
DECISION = ["decision", "object", "kind", "from_grade", "to_grade", "stream", "reason", "by_role", "date"]


def facts(violation: str | None = "否", done: str | None = "是", **more: str) -> pd.DataFrame:
    said = {"major_violation": violation, "annual_task_completed": done} | more
    rows = [("x", FACT_FIELDS[f], v, "通报", pd.Timestamp("2020-12-01")) for f, v in said.items() if v is not None]
    return pd.DataFrame(rows, columns=FACTS)


def target(grade: str) -> pd.DataFrame:
    return pd.DataFrame([{"object": "x", "class_id": "city14", "grade_score": grade}])


def decided(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [(d, "x", "等次调整", a, b, "", "理由", "领导小组", pd.Timestamp("2021-01-20")) for d, a, b in rows],
        columns=DECISION,
    )


def result(capped: Capped) -> tuple[str, str]:
    row = capped.composite.iloc[0]
    return row["grade_final"], row["status"]


@pytest.mark.parametrize(
    ("grade", "violation", "done", "final", "status"),
    [
        ("好", "否", "是", "好", "已定"),
        ("好", "是", "是", "一般", "已定"),
        ("较好", "否", "否", "一般", "已定"),
        ("一般", "是", "否", "一般", "已定"),
        ("较差", "是", "是", "较差", "已定"),
        ("好", "待核", "是", "待核", "待核"),
        ("好", None, "是", "待核", "待核"),
        ("好", "否", None, "待核", "待核"),
        ("一般", "待核", "待核", "一般", "已定"),
        ("较差", None, None, "较差", "已定"),
        ("好", "是", "待核", "一般", "已定"),
        ("", "否", "是", "缺数据", "缺数据"),
        ("", "是", None, "缺数据", "缺数据"),
    ],
)
def test_facts_and_grades(
    plan: Plan, grade: str, violation: str | None, done: str | None, final: str, status: str
) -> None:
    assert result(apply_caps(target(grade), facts(violation, done), plan)) == (final, status)


def test_every_rule_is_logged_with_its_fact(plan: Plan) -> None:
    log = apply_caps(target("好"), facts("是", "待核"), plan).caps.set_index("rule")
    assert list(log.index) == ["V1", "V2", "V3", "V4"]
    assert log["state"].tolist() == ["触发", "待核，不影响等次", "未启用", "未启用"]
    assert log["fired"].tolist() == [True, False, False, False]
    assert (log.loc["V1", "before"], log.loc["V1", "after"]) == ("好", "一般")
    assert (log.loc["V1", "evidence"], log.loc["V1", "value"]) == ("通报", "是")
    assert log.loc["V1", "date"] == pd.Timestamp("2020-12-01")
    assert log.loc["V3", "value"] == "未报"


def test_a_rule_that_the_office_switches_on_binds(plan: Plan) -> None:
    said = facts(many_prominent_problems_vile_impact="是", prominent_problem_with_social_impact="否")
    assert result(apply_caps(target("好"), said, plan)) == ("好", "已定")
    choices = {**plan.choices, "rules": {"active": ["V1", "V2", "V3", "V4"]}}
    strict = dataclasses.replace(plan, choices=choices)
    assert result(apply_caps(target("好"), said, strict)) == ("较差", "已定")
    assert result(apply_caps(target("好"), facts(), strict)) == ("待核", "待核")
    open_worst = facts(violation="是", prominent_problem_with_social_impact="是")
    assert result(apply_caps(target("好"), open_worst, strict)) == ("待核", "待核")


def test_contradicting_facts_are_unknown() -> None:
    both = pd.concat([facts("是"), facts("否")], ignore_index=True)
    told = fact_table(both).set_index("field")["value"]
    assert told["major_violation"] == "待核"
    assert told["annual_task_completed"] == "是"


def test_facts_by_id_and_in_english_words(plan: Plan) -> None:
    said = pd.DataFrame(
        [("x", "major_violation", "true", "", None), ("x", "annual_task_completed", "true", "", None)], columns=FACTS
    )
    assert result(apply_caps(target("好"), said, plan)) == ("一般", "已定")


@pytest.mark.parametrize(
    ("grade", "violation", "rows", "final", "applied", "why"),
    [
        ("好", "否", [("D1", "好", "较好")], "较好", [True], "已按决定调整等次"),
        ("好", "否", [("D1", "好", "较好"), ("D2", "较好", "一般")], "一般", [True, True], "已按决定调整等次"),
        ("较好", "否", [("D1", "较好", "好")], "好", [True], "已按决定调整等次"),
        ("好", "否", [("D1", "较好", "一般")], "好", [False], "原等次与当前等次不符：当前为好"),
        ("好", "是", [("D1", "一般", "好")], "一般", [False], "高于等次限制：已触发规则，最高为一般"),
        ("好", "待核", [("D1", "好", "较好")], "待核", [False], "对象等次为待核，先补齐数据或认定事实"),
        ("", "否", [("D1", "", "好")], "缺数据", [False], "对象等次为缺数据，先补齐数据或认定事实"),
        ("好", "否", [("D1", "好", "")], "好", [False], "没有写明调整后的等次"),
        ("一般", "待核", [("D1", "一般", "好")], "一般", [False], "有事实待核：认定之前不得高于一般"),
        ("一般", "待核", [("D1", "一般", "较差")], "较差", [True], "已按决定调整等次"),
    ],
)
def test_decisions_are_applied_or_refused_with_a_reason(
    plan: Plan, grade: str, violation: str, rows: list[tuple[str, str, str]], final: str, applied: list[bool], why: str
) -> None:
    capped = apply_caps(target(grade), facts(violation), plan, decided(*rows))
    assert capped.composite["grade_final"].tolist() == [final]
    assert capped.decisions["applied"].tolist() == applied
    assert capped.decisions["why"].tolist()[-1] == why


def test_the_frame_given_is_not_changed(plan: Plan) -> None:
    given = target("好")
    apply_caps(given, facts("是"), plan, decided(("D1", "一般", "较差")))
    assert list(given.columns) == ["object", "class_id", "grade_score"]


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [("reason", "", "没有写明理由"), ("by_role", " ", "没有写明决定机构"), ("date", pd.NaT, "没有写明日期")],
)
def test_a_decision_says_why_by_whom_and_when(plan: Plan, column: str, value: object, why: str) -> None:
    rows = decided(("D1", "好", "较好"))
    rows[column] = pd.Series([value], dtype=rows[column].dtype)
    capped = apply_caps(target("好"), facts(), plan, rows)
    assert capped.composite["grade_final"].tolist() == ["好"]
    assert capped.decisions[["applied", "why"]].to_numpy().tolist() == [[False, why]]
