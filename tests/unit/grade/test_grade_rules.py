"""Rules of the grading where another rule would give nearly the same: each by figures worked by hand."""

from __future__ import annotations

import dataclasses
import importlib

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.base.tables import FACT_FIELDS
from kaohe.grade import apply_caps, composite
from kaohe.grade.composite import weigh_streams
from kaohe.grade.daily import daily_scores
from kaohe.grade.inputs import roster, take
from kaohe.grade.ranks import bands
from kaohe.grade.sensitivity import ClassScores, class_sensitivity
from kaohe.grade.survey_score import survey_scores

Tables = dict[str, pd.DataFrame]
CITY = "440200000000"


def test_a_missing_streams_weight_goes_to_the_others_in_proportion(plan: Plan) -> None:
    """Without the survey's 0.3 the cross-assessment's 0.4 and the daily work's 0.3 become 4/7 and 3/7."""
    scores = {"survey": np.nan, "cross": 90.0, "daily": 76.0}
    streams = pd.DataFrame(
        [{"object": "x", "class_id": "city14", "stream": s, "score": v, "low": v, "high": v, "se": np.nan,
          "missing_share": float(v != v), "note": ""} for s, v in scores.items()]
    )  # fmt: skip
    said = take({}, "decisions").reindex(range(1))
    said = said.assign(object="x", kind="缺项处理", stream="专项调查", decision="D1")
    out = weigh_streams(streams, said, plan).set_index("stream")
    assert out["weight"].to_dict() == pytest.approx({"survey": 0.0, "cross": 4 / 7, "daily": 3 / 7})
    assert out.loc["cross", "contribution"] + out.loc["daily", "contribution"] == pytest.approx((360 + 228) / 7)


def test_deductions_beyond_the_base_leave_the_floor_in_both_bounds(plan: Plan) -> None:
    """Twelve grave findings of audit take 96 of 100; one of unknown gravity at most 8 more: 0 to 4 are left, not −4.

    Measures: 0.75 is half way from 0.5 to 1 (50), 0.98 is nine tenths (90): 70 on average, of which half counts.
    """
    register = pd.DataFrame([("DW001", "单位001", "unit235")], columns=["object", "name", "class_id"])
    rows = [(f"R{i:02d}", "扶贫审计", "扣分事项", "严重", "", np.nan) for i in range(12)]
    rows += [
        ("R20", "扶贫审计", "扣分事项", "", "", np.nan),
        ("R21", "往年考核发现问题整改情况", "定量指标", "", "往年考核发现问题整改完成率", 0.75),
        ("R22", "扶贫数据信息动态监测情况", "定量指标", "", "扶贫数据信息动态监测准确率", 0.98),
    ]
    daily = pd.DataFrame(rows, columns=["record", "source", "kind", "severity", "measure", "value"])
    clean = {"objects": register, "daily": daily.assign(object="DW001", date=pd.Timestamp("2020-06-01"), note="")}
    row = daily_scores(clean, roster(clean, plan), plan).streams.set_index("object").loc["DW001"]
    assert (row["low"], row["high"]) == pytest.approx((35.0, 37.0))
    assert np.isnan(row["score"])
    assert row["missing_share"] == pytest.approx(0.5 / 13)


def test_the_error_of_a_score_with_a_tolerated_gap_is_that_of_the_rest(
    office: tuple[Tables, Tables], plan: Plan
) -> None:
    """The score is Σ w s / (1 − missing), so its error is sqrt(d'Vd) with d = w · 100/(target − floor) / (1 − missing)."""
    clean, survey = office
    gone = (survey["estimates"]["domain"] == CITY) & (survey["estimates"]["indicator"] == "sat_work")
    survey["estimates"] = survey["estimates"][~gone]
    choices = {**plan.choices, "missing": {**plan.choices["missing"], "item_share": 0.5}}
    lenient = dataclasses.replace(plan, choices=choices)
    scored = [q for q in plan.questions.values() if q.weight > 0]
    rest = [q for q in scored if q.id != "sat_work"]
    kept = sum(q.weight for q in rest)
    assert kept < sum(q.weight for q in scored)
    slope = np.array([q.weight / kept * 100 / (q.target - q.floor) for q in rest])
    cov = survey["estimate_cov"].query("domain == @CITY and domain_type == 'city'").set_index(["a", "b"])["cov"]
    matrix = np.array([[cov[a.id, b.id] for b in rest] for a in rest])
    found = survey_scores(survey, roster(clean, lenient), lenient).streams.set_index("object")
    assert found.loc[CITY, "se"] == pytest.approx(np.sqrt(slope @ matrix @ slope), rel=1e-9)


def decided(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    columns = ["decision", "object", "kind", "from_grade", "to_grade", "stream", "reason", "by_role", "date"]
    return pd.DataFrame(
        [(d, "x", "等次调整", a, b, "", "理由", "领导小组", pd.Timestamp(day)) for d, a, b, day in rows],
        columns=columns,
    )


def told(violation: str, done: str = "是") -> pd.DataFrame:
    said = {"major_violation": violation, "annual_task_completed": done}
    rows = [("x", FACT_FIELDS[f], v, "通报", pd.Timestamp("2020-12-01")) for f, v in said.items()]
    return pd.DataFrame(rows, columns=["object", "field", "value", "evidence", "date"])


@pytest.mark.parametrize(
    "rows",
    [
        [("D1", "较好", "一般", "2021-01-25"), ("D2", "好", "较好", "2021-01-20")],  # by date, not by number
        [("D2", "较好", "一般", "2021-01-20"), ("D1", "好", "较好", "2021-01-20")],  # of one day by number
    ],
)
def test_decisions_follow_in_order_of_date_then_number(plan: Plan, rows: list[tuple[str, str, str, str]]) -> None:
    good = pd.DataFrame([{"object": "x", "class_id": "city14", "grade_score": "好"}])
    found = apply_caps(good, told("否"), plan, decided(*rows))
    assert found.composite["grade_final"].tolist() == ["一般"]
    assert found.decisions["applied"].tolist() == [True, True]


@pytest.mark.parametrize("violation", ["是", "待核"])
def test_a_decision_may_reach_the_cap_itself(plan: Plan, violation: str) -> None:
    poor = pd.DataFrame([{"object": "x", "class_id": "city14", "grade_score": "较差"}])
    found = apply_caps(poor, told(violation), plan, decided(("D1", "较差", "一般", "2021-01-20")))
    assert found.composite["grade_final"].tolist() == ["一般"]
    assert found.decisions["applied"].tolist() == [True]


def test_drawn_scales_by_hand(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """21 scales 100, 50 + 2j, 45, 25, so that the 5 %, 50 % and 95 % points are the second, eleventh and twentieth.

    a (好 and 一般; daily 90): 0.6 · 72.5 + 36 = 79.5 in all of them. b (较好 twice; daily 80): 62 + 1.2 j, which
    passes a from j = 15 on, six times. The first cut-off is 75 + j: a is 好 for j up to 4, five times. The plan's own
    scale gives 81 and 77, both 较好.
    """
    scales = np.array([[100.0, 50.0 + 2 * j, 45.0, 25.0] for j in range(21)])
    monkeypatch.setattr(importlib.import_module("kaohe.grade.sensitivity"), "random_scales", lambda *_: scales)
    shares = np.array([[[1, 0, 0, 0], [0, 0, 1, 0]], [[0, 1, 0, 0], [0, 1, 0, 0]]], dtype=float)
    data = ClassScores(
        "unit235", ["a", "b"], shares, np.full((2, 2), 0.5), ["甲", "乙"], ["one", "two"],
        np.array([[np.nan, 90.0], [np.nan, 80.0]]), np.tile([0.6, 0.4], (2, 1)), 0, np.zeros(2, dtype=int),
    )  # fmt: skip
    rows, summary = class_sensitivity(data, plan, rng=np.random.default_rng(1), draws=21)
    rows = rows[rows["source"] == "scale"].set_index(["scenario", "object"])[["score", "rank", "grade"]]
    front, middle, back = "随机赋分：名次偏前（5%）", "随机赋分：名次居中", "随机赋分：名次偏后（95%）"
    by_hand: dict[tuple[str, str], tuple[float, int, str]] = {
        ("基准", "a"): (81.0, 1, "较好"), ("基准", "b"): (77.0, 2, "较好"),
        (front, "a"): (79.5, 1, "好"), (front, "b"): (84.8, 1, "较好"),
        (middle, "a"): (79.5, 1, "较好"), (middle, "b"): (74.0, 2, "较好"),
        (back, "a"): (79.5, 2, "较好"), (back, "b"): (63.2, 2, "较好"),
    }  # fmt: skip
    assert len(rows) == len(by_hand)
    for key, (score, rank, grade) in by_hand.items():
        assert rows.loc[key, "score"] == pytest.approx(score, abs=1e-9), key
        assert (rows.loc[key, "rank"], rows.loc[key, "grade"]) == (rank, grade), key
    said = summary.set_index("source").loc["scale"]
    assert (said["scenarios"], said["max_shift"], said["grade_changes"]) == (21, 1, 1)
    assert said["middle_changes"] == 0  # a is 好 in five of 21 only: not in the middle
    assert summary.set_index("source")["middle_changes"].drop("scale").isna().all()
    assert said["mean_shift"] == pytest.approx(12 / 42)  # two targets by one rank in six of the 21


def test_a_score_on_the_edge_of_a_band_belongs_to_it() -> None:
    """0.1 + 0.2 is a little above 0.3, so that 0.2 lies below it by a little more than 0.1: rounding is no difference."""
    assert bands(pd.Series({"a": 0.1 + 0.2, "b": 0.2}), 0.1).tolist() == ["第1档", "第1档"]
    loose = bands(pd.Series({"a": 95.0, "b": 93.6, "c": 93.4}), 1.0, 0.5)
    assert loose.tolist() == ["第1档", "第1档", "第2档"]


def test_the_plans_tolerance_of_ties_rules_ranks_and_bands(plan: Plan) -> None:
    """Half a point is no difference: 81 and 80.6 share the first rank, 80.4 is second; bands of units are 1 + 0.5 wide."""
    loose = dataclasses.replace(plan, choices={**plan.choices, "ties": {**plan.choices["ties"], "tolerance": 0.5}})
    parts: list[dict[str, object]] = []
    for class_id, weights, scores in (
        ("city14", {"survey": 0.3, "cross": 0.4, "daily": 0.3}, {"440200000000": 81.0, "440500000000": 80.6, "440800000000": 80.4}),
        ("unit235", {"cross": 0.6, "daily": 0.4}, {"DW001": 81.0, "DW002": 79.6, "DW003": 79.4}),
    ):  # fmt: skip
        parts += [
            {"object": o, "class_id": class_id, "stream": s, "weight": w, "score": v, "low": v, "high": v, "se": np.nan}
            for o, v in scores.items() for s, w in weights.items()
        ]  # fmt: skip
    found = composite(pd.DataFrame(parts), loose).set_index("object")
    assert found["rank"].tolist() == [1, 1, 2, 1, 2, 2]
    assert found["tied"].tolist() == [True, True, False, False, True, True]
    assert found["band"].tolist() == ["", "", "", "第1档", "第1档", "第2档"]
