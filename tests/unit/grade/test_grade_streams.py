"""Survey score, daily score, the composite, effective weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import KaoheError
from kaohe.base.plan import Plan
from kaohe.grade import build_grades, composite
from kaohe.grade.composite import effective_weights, step_value, weigh_streams
from kaohe.grade.cross import cross_streams, index_items
from kaohe.grade.daily import DailyScores, daily_scores
from kaohe.grade.evidence import field_evidence, field_reach, grade_shares
from kaohe.grade.forms import item_rows
from kaohe.grade.inputs import roster, take
from kaohe.grade.survey_score import SurveyScores, gradient, indicator_score, scored_questions, survey_scores
from support.graded import graded

Tables = dict[str, pd.DataFrame]
CITY = "440200000000"


def survey_of(office: tuple[Tables, Tables], plan: Plan) -> SurveyScores:
    clean, survey = office
    return survey_scores(survey, roster(clean, plan), plan)


def daily_of(office: tuple[Tables, Tables], plan: Plan) -> DailyScores:
    clean, _ = office
    return daily_scores(clean, roster(clean, plan), plan)


@pytest.mark.parametrize(
    ("x", "floor", "target", "score"),
    [(0.9, 0.9, 1.0, 0), (0.95, 0.9, 1.0, 50), (1.2, 0.9, 1.0, 100), (0.0, 0.15, 0.0, 100), (0.06, 0.15, 0.0, 60), (0.3, 0.15, 0.0, 0)],
)  # fmt: skip
def test_floor_and_target(x: float, floor: float, target: float, score: float) -> None:
    assert indicator_score(np.array([x]), floor, target)[0] == pytest.approx(score)


def test_survey_score_is_the_weighted_mean_of_its_indicators(office: tuple[Tables, Tables], plan: Plan) -> None:
    found = survey_of(office, plan)
    estimates = office[1]["estimates"].query("domain == @CITY").set_index("indicator")["estimate"]
    total = sum(q.weight for q in plan.questions.values())
    by_hand = 0.0
    for q in scored_questions(plan):
        assert q.floor is not None
        assert q.target is not None
        share = (estimates[q.id] - q.floor) / (q.target - q.floor)
        by_hand += q.weight / total * 100 * min(max(share, 0), 1)
    row = found.streams.set_index("object").loc[CITY]
    assert row["score"] == pytest.approx(by_hand, abs=1e-10)
    assert found.items.query("object == @CITY")["contribution"].sum() == pytest.approx(by_hand, abs=1e-10)
    assert "DW001" not in set(found.items["object"])
    assert len(found.streams) == 20


def test_delta_method_against_simulation(office: tuple[Tables, Tables], plan: Plan) -> None:
    found = survey_of(office, plan)
    items = found.items.query("object == @CITY")
    rng = np.random.default_rng(5)
    drawn = rng.multivariate_normal(items["estimate"], found.cov[CITY], 200_000)
    weights = items["weight"].to_numpy()
    simulated = (indicator_score(drawn, items["floor"].to_numpy(), items["target"].to_numpy()) @ weights).std()
    assert found.streams.set_index("object").loc[CITY, "se"] == pytest.approx(simulated, rel=0.05)


def test_cut_off_indicators_add_no_variance() -> None:
    slopes = gradient(np.array([0.5, 0.9, 1.0, 0.95]), np.array([0.9] * 4), np.array([1.0] * 4))
    assert slopes.tolist() == [0, 0, 0, pytest.approx(1000)]


@pytest.mark.parametrize("quality", ["suppressed", "missing"])
def test_an_indicator_that_is_not_available_gives_bounds_only(
    office: tuple[Tables, Tables], plan: Plan, quality: str
) -> None:
    _, survey = office
    at = (survey["estimates"]["domain"] == CITY) & (survey["estimates"]["indicator"] == "sat_work")
    survey["estimates"].loc[at, "quality"] = quality
    found = survey_of(office, plan)
    row = found.streams.set_index("object").loc[CITY]
    weight = found.items.query("object == @CITY and indicator == 'sat_work'")["weight"].iloc[0]
    assert np.isnan(row["score"])
    assert row["missing_share"] == pytest.approx(weight)
    assert row["high"] - row["low"] == pytest.approx(100 * weight)
    assert row["note"] == "缺指标：对脱贫攻坚工作表示满意的比例"
    assert found.items.query("object == @CITY")["estimate"].isna().sum() == 1


def test_a_tolerated_missing_share_scores_the_rest(office: tuple[Tables, Tables], plan: Plan) -> None:
    _, survey = office
    gone = (survey["estimates"]["domain"] == CITY) & (survey["estimates"]["indicator"] == "sat_work")
    survey["estimates"] = survey["estimates"][~gone]
    choices = {**plan.choices, "missing": {**plan.choices["missing"], "item_share": 0.5}}
    lenient = dataclasses.replace(plan, choices=choices)
    found = survey_of(office, lenient)
    row = found.streams.set_index("object").loc[CITY]
    items = found.items.query("object == @CITY").dropna(subset=["score"])
    assert row["score"] == pytest.approx(np.average(items["score"], weights=items["weight"]))
    assert items["contribution"].sum() == pytest.approx(row["score"])
    assert row["low"] < row["score"] < row["high"]
    tables = graded(office, lenient)
    total = tables["contributions"].query("object == @CITY and reference == 'mean'")["delta"].sum()
    target = tables["composite"].set_index("object").loc[CITY]
    assert total == pytest.approx(target["composite"] - target["class_mean"], abs=1e-9)


def test_without_a_variance_the_error_is_unknown_not_zero(office: tuple[Tables, Tables], plan: Plan) -> None:
    _, survey = office
    survey["estimates"].loc[survey["estimates"]["domain"] == CITY, "se"] = np.nan
    survey["estimate_cov"] = survey["estimate_cov"][survey["estimate_cov"]["domain"] != CITY]
    assert np.isnan(survey_of(office, plan).streams.set_index("object").loc[CITY, "se"])
    intervals = build_grades(*office, plan, rng=np.random.default_rng(1))["rank_intervals"].set_index("object")
    assert (intervals.loc[CITY, "low"], intervals.loc[CITY, "high"]) == (1, 14)


def test_daily_score_by_hand(plan: Plan) -> None:
    register = pd.DataFrame([("DW001", "单位001", "unit235")], columns=["object", "name", "class_id"])
    rows = [
        ("R1", "扶贫审计", "扣分事项", "严重", "", np.nan),
        ("R2", "信访投诉", "扣分事项", "轻微", "", np.nan),
        ("R3", "信访投诉", "扣分事项", "一般", "", np.nan),
        ("R4", "往年考核发现问题整改情况", "定量指标", "", "往年考核发现问题整改完成率", 0.75),
        ("R5", "扶贫数据信息动态监测情况", "定量指标", "", "扶贫数据信息动态监测准确率", 0.98),
    ]
    daily = pd.DataFrame(rows, columns=["record", "source", "kind", "severity", "measure", "value"])
    daily = daily.assign(object="DW001", date=pd.Timestamp("2020-06-01"), note="")
    found = daily_of(({"objects": register, "daily": daily}, {}), plan)
    row = found.streams.set_index("object").loc["DW001"]
    assert row["score"] == pytest.approx(0.5 * (100 - 8 - 0.5 - 1.5) + 0.5 * (50 + 90) / 2)
    assert row["missing_share"] == 0
    assert len(found.items) == 5
    items = found.items.set_index("record")
    assert items["points"].tolist() == [8, 0.5, 1.5, 0, 0]
    assert items.loc["R5", "score"] == pytest.approx(90)
    sources = found.sources.query("object == 'DW001'").set_index("source")
    assert len(sources) == 8
    assert (sources.loc["petition", "n_records"], sources.loc["petition", "points"]) == (2, 2.0)


def test_deductions_stop_at_the_floor(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    heavy = clean["daily"].query("kind == '扣分事项'").head(1).assign(object=CITY, severity="严重", source="扶贫审计")
    more = pd.concat([heavy] * 20, ignore_index=True).assign(record=[f"X{i}" for i in range(20)])
    clean["daily"] = pd.concat([clean["daily"], more], ignore_index=True)
    found = daily_of(office, plan)
    row = found.streams.set_index("object").loc[CITY]
    measures = found.measures.query("object == @CITY")
    assert row["base_left"] == 0
    assert row["score"] == pytest.approx(0.5 * (measures["weight"] * measures["score"]).sum())
    tables = graded(office, plan)
    total = tables["contributions"].query("object == @CITY").groupby("reference")["delta"].sum()
    target = tables["composite"].set_index("object").loc[CITY]
    assert total["mean"] == pytest.approx(target["composite"] - target["class_mean"], abs=1e-9)
    labels = tables["contributions"].query("object == @CITY and component == 'base'")
    assert labels["delta"].abs().max() > 1


def test_the_latest_record_of_a_measure_counts(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    old = clean["daily"].query("object == @CITY and measure == '财政专项扶贫资金支出率'")
    newer = old.assign(record="A0", value=0.60, date=pd.Timestamp("2020-12-01"))
    clean["daily"] = pd.concat([clean["daily"], newer], ignore_index=True)
    found = daily_of(office, plan)
    mine = found.measures.query("object == @CITY and measure == 'fund_use_rate'").iloc[0]
    assert (mine["record"], mine["score"]) == ("A0", 0)  # by date: its number comes before all others
    assert np.isnan(found.items.set_index("record").loc[old["record"].iloc[0], "score"])


def test_a_missing_measure_gives_bounds(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    gone = (clean["daily"]["object"] == CITY) & (clean["daily"]["measure"] == "扶贫数据信息动态监测准确率")
    clean["daily"] = clean["daily"][~gone]
    row = daily_of(office, plan).streams.set_index("object").loc[CITY]
    assert np.isnan(row["score"])
    assert row["high"] - row["low"] == pytest.approx(0.5 * 100 / 3)
    assert row["note"] == "缺定量指标：扶贫数据信息动态监测准确率"


def test_a_deduction_without_severity_gives_bounds(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    record = clean["daily"].query("kind == '扣分事项'").iloc[0]
    clean["daily"].loc[clean["daily"]["record"] == record["record"], "severity"] = ""
    row = daily_of(office, plan).streams.set_index("object").loc[record["object"]]
    assert np.isnan(row["score"])
    assert row["low"] < row["high"]
    assert row["note"] == "1条扣分事项未注明严重程度"


def test_a_class_without_measures_is_scored_by_deductions_alone(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    units = clean["daily"]["object"].str.startswith("DW") & (clean["daily"]["kind"] == "定量指标")
    clean["daily"] = clean["daily"][~units]
    found = daily_of(office, plan).streams.query("class_id == 'unit235'")
    assert np.allclose(found["score"], 100 - found["points"])


def stream_frame(scores: dict[str, float], weights: dict[str, float], class_id: str = "city14") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "object": "x", "class_id": class_id, "stream": s, "weight": weights[s], "score": v, "low": v, "high": v,
                "se": 2.0 if s == "survey" else np.nan,
            }
            for s, v in scores.items()
        ]
    )  # fmt: skip


def test_composite_and_its_error(plan: Plan) -> None:
    weights = {"survey": 0.3, "cross": 0.4, "daily": 0.3}
    row = composite(stream_frame({"survey": 80.0, "cross": 90.0, "daily": 70.0}, weights), plan).iloc[0]
    assert row["composite"] == pytest.approx(81.0)
    assert row["se"] == pytest.approx(0.6)
    assert (row["grade_score"], row["rank"], row["band"]) == ("较好", 1, "")


def test_weights_that_do_not_add_to_one_are_refused(plan: Plan) -> None:
    weights = {"survey": 0.3, "cross": 0.4, "daily": 0.3 + 1e-6}
    with pytest.raises(KaoheError) as caught:
        composite(stream_frame({"survey": 80.0, "cross": 90.0, "daily": 70.0}, weights), plan)
    assert caught.value.message() == (
        "K603 The weights of a target's streams do not add to 1\n"
        "  where     x\n  got       1.000001\n  expected  1, within 1e-9"
    )


def test_streams_of_another_class_are_refused(plan: Plan) -> None:
    with pytest.raises(KaoheError) as caught:
        composite(stream_frame({"cross": 90.0, "daily": 70.0}, {"cross": 0.6, "daily": 0.4}), plan)
    assert caught.value.message() == (
        "K604 The streams of a target are not those of its class\n"
        "  where     x\n  got       cross, daily\n  expected  cross, daily, survey"
    )


def test_a_decision_gives_a_missing_streams_weight_to_the_others(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    clean["forms"] = clean["forms"][clean["forms"]["form_key"] != f"city14:{CITY}"]
    clean["decisions"] = pd.DataFrame(
        [
            ("D1", CITY, "缺项处理", "", "", "交叉考核", "台风", "省考核办", "2021-01-10"),
            ("D2", CITY, "缺项处理", "", "", "日常工作", "误报", "省考核办", "2021-01-10"),
        ],
        columns=list(clean["decisions"].columns),
    )
    tables = graded(office, plan)
    streams = tables["streams"].query("object == @CITY").set_index("stream")
    assert streams["weight"].to_dict() == {"cross": 0.0, "daily": 0.5, "survey": 0.5}
    target = tables["composite"].set_index("object").loc[CITY]
    assert target["composite"] == pytest.approx((target["survey"] + target["daily"]) / 2)
    assert pd.notna(target["rank"])
    log = tables["decisions_log"].set_index("decision")
    assert log["applied"].to_dict() == {"D1": True, "D2": False}
    assert log.loc["D2", "why"] == "日常工作没有缺失，不需处理"
    total = tables["contributions"].query("object == @CITY and reference == 'mean'")["delta"].sum()
    assert total == pytest.approx(target["composite"] - target["class_mean"], abs=1e-9)


def test_a_decision_does_not_make_a_score_of_nothing(plan: Plan) -> None:
    streams = stream_frame(
        dict.fromkeys(["survey", "cross", "daily"], np.nan), dict.fromkeys(["survey", "cross", "daily"], 0)
    )
    streams = streams.drop(columns="weight").assign(missing_share=1.0, note="")
    decisions = (
        take({}, "decisions")
        .reindex(range(3))
        .assign(object="x", kind="缺项处理", stream=["专项调查", "交叉考核", "日常工作"], decision=["D1", "D2", "D3"])
    )
    out = weigh_streams(streams, decisions, plan)
    assert out["weight"].tolist() == [0.3, 0.4, 0.3]
    assert set(out["reweighted"]) == {""}


def test_bounds_hold_the_composite_of_every_completion(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    people = roster(clean, plan)
    at = (clean["grades"]["form_key"] == f"city14:{CITY}") & (clean["grades"]["item"] == 4)
    fixed = pd.concat([survey_of(office, plan).streams, daily_of(office, plan).streams])
    found = {}
    for grade in ("", "好", "较差"):
        clean["grades"].loc[at, "grade"] = grade
        rows = item_rows(clean, plan)
        reach = grade_shares(field_reach(clean, plan, rows, people), plan)
        cross = cross_streams(index_items(rows, people, field_evidence(reach, plan), plan), plan)
        parts = pd.concat([fixed[cross.columns], cross], ignore_index=True)
        streams = weigh_streams(parts, take(clean, "decisions"), plan)
        found[grade] = composite(streams, plan).set_index("object").loc[CITY]
    assert found[""]["low"] == pytest.approx(found["较差"]["composite"], abs=1e-9)
    assert found[""]["high"] == pytest.approx(found["好"]["composite"], abs=1e-9)
    assert np.isnan(found[""]["rank"])
    assert found[""]["grade_score"] == ""


def test_effective_weights_add_to_one_and_follow_the_spread(built: Tables, plan: Plan) -> None:
    table = built["effective_weights"]
    assert table.groupby("class_id")["effective"].sum().tolist() == pytest.approx([1, 1, 1])
    scores = built["composite"].query("class_id == 'city14'")
    slope = np.polyfit(scores["composite"], 0.4 * scores["cross"], 1)[0]
    row = table.set_index(["class_id", "stream"]).loc[("city14", "cross")]
    assert row["effective"] == pytest.approx(slope)
    assert row["nominal"] == 0.4
    flat = scores.assign(composite=80.0)
    assert effective_weights(flat, plan).query("class_id == 'city14'")["effective"].isna().all()


def test_the_smallest_step_of_a_unit(plan: Plan) -> None:
    assert step_value(plan, "unit235") == pytest.approx(0.6 * 25 / 15)
