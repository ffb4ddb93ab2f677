"""Fourteen cities computed apart from this library: composite, contributions, scales, one item left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan, load_plan
from kaohe.base.tables import FACT_FIELDS
from kaohe.grade import sensitivity
from kaohe.grade.caps import apply_caps
from kaohe.grade.composite import composite, weigh_streams
from kaohe.grade.cross import cross_streams, index_items
from kaohe.grade.draws import rank_draws
from kaohe.grade.evidence import field_evidence, field_reach, grade_shares
from kaohe.grade.explain import KEYS, explain, mean_of
from kaohe.grade.forms import item_rows
from kaohe.grade.inputs import roster, take
from kaohe.grade.ranks import rank_array
from kaohe.grade.sensitivity import ClassScores, class_scores, class_sensitivity, random_scales

CASE = Path(__file__).parent / "score" / "fourteen_cities"
SCALES = {
    "S1": (100, 75, 50, 25),
    "S2": (95, 85, 70, 50),
    "S3": (100, 85, 60, 0),
    "S4": (100, 60, 30, 0),
}


class Case:
    """The case as the grading reads it."""

    def __init__(self) -> None:
        self.plan: Plan = load_plan()
        code = {p.name.removesuffix("市"): p.code for p in self.plan.divisions if p.level == "city"}
        graded = pd.read_csv(CASE / "cross_grades.csv")
        graded["object"] = graded["city"].map(code)
        graded["item"] = graded["item"].str.removeprefix("city14.").astype(int)
        forms = pd.DataFrame({"object": sorted(set(graded["object"]))})
        for column in ("city", "county", "town", "village", "team"):
            forms[column] = ""
        forms = forms.assign(
            form_key="city14:" + forms["object"], form="city14", place=forms["object"], visit_date=None
        )
        grades = graded.assign(form_key="city14:" + graded["object"], remark="")
        facts = pd.read_csv(CASE / "facts.csv", dtype=str)
        said = {"true": "是", "false": "否", "unknown": "待核"}
        known = {(code[f.city], f.field): said[f.value] for f in facts.itertuples()}
        self.facts = pd.DataFrame(
            [
                {
                    "object": c, "field": name, "evidence": "", "date": pd.NaT,
                    "value": known.get((c, field), "是" if field == "annual_task_completed" else "否"),
                }
                for c in forms["object"]
                for field, name in FACT_FIELDS.items()
            ]
        )  # fmt: skip
        self.expected = pd.read_csv(CASE / "expected_composite.csv").set_index("city")
        self.expected.index = pd.Index([code[c] for c in self.expected.index], name="object")
        self.code = code
        clean = {"forms": forms, "grades": grades}
        people = roster(clean, self.plan)
        people = people[people["class_id"] == "city14"]
        rows = item_rows(clean, self.plan)
        nothing = field_evidence(grade_shares(field_reach(clean, self.plan, rows, people), self.plan), self.plan)
        self.index = index_items(rows, people, nothing, self.plan)
        given = pd.read_csv(CASE / "streams.csv")
        given["object"] = given["city"].map(code)
        self.given = given.set_index("object")
        parts = [cross_streams(self.index, self.plan)]
        for stream in ("survey", "daily"):
            parts.append(
                pd.DataFrame(
                    {
                        "object": given["object"], "class_id": "city14", "stream": stream, "score": given[stream],
                        "low": given[stream], "high": given[stream], "missing_share": 0.0, "note": "",
                        "se": given["survey_se"] if stream == "survey" else np.nan,
                    }
                )
            )  # fmt: skip
        self.streams = weigh_streams(pd.concat(parts, ignore_index=True), take({}, "decisions"), self.plan)
        self.scores = composite(self.streams, self.plan)
        self.capped = apply_caps(self.scores, self.facts, self.plan).composite.set_index("object")

    def arrays(self) -> ClassScores:
        scores = self.scores.merge(self.capped.reset_index()[["object", "cap"]], on="object")
        return class_scores("city14", self.index, self.streams, scores, self.plan)


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


@pytest.mark.parametrize("column", ["survey", "cross", "daily", "composite"])
def test_scores_to_the_digits_given(case: Case, column: str) -> None:
    mine = case.capped[column].reindex(case.expected.index)
    assert np.abs(mine - case.expected[column]).max() <= 5.1e-7


def test_ranks_and_grades(case: Case) -> None:
    expected = case.expected
    mine = case.capped.reindex(expected.index)
    assert mine["rank"].tolist() == expected["rank"].tolist()
    assert mine["grade_score"].tolist() == expected["grade_score"].tolist()
    settled = expected["status"] == "final"
    assert mine["grade_final"][settled].tolist() == expected["grade_final"][settled].tolist()
    assert mine["status"][~settled].tolist() == ["待核"]
    assert mine["grade_final"][~settled].tolist() == ["待核"]
    assert set(mine["status"][settled]) == {"已定"}


def test_contributions_to_the_digits_given(case: Case) -> None:
    weights = {"survey": 0.3, "cross": 0.4, "daily": 0.3}
    parts = case.index.assign(
        stream="cross", component=case.index["concept"], label=case.index["name"],
        points=0.4 * case.index["omega"] * case.index["value"],
    )[["object", *KEYS, "points"]]  # fmt: skip
    for stream in ("survey", "daily"):
        alone = pd.DataFrame({"object": case.given.index, "points": weights[stream] * case.given[stream].to_numpy()})
        parts = pd.concat([parts, alone.assign(stream=stream, component=stream, label=stream)], ignore_index=True)
    mean = mean_of(parts)
    for city, expected in case.expected.iterrows():
        delta = explain(parts[parts["object"] == city], mean)
        by_stream = delta.groupby("stream")["delta"].sum()
        for stream in weights:
            assert by_stream[stream] == pytest.approx(expected[f"contrib_{stream}"], abs=1e-6)
        gap = case.capped.loc[city, "composite"] - case.capped["composite"].mean()
        assert delta["delta"].sum() == pytest.approx(gap, abs=1e-9)
        assert delta["delta"].sum() == pytest.approx(expected["contrib_total"], abs=1.1e-6)


@pytest.mark.parametrize("name", list(SCALES))
def test_ranks_under_other_scales(case: Case, name: str) -> None:
    expected = pd.read_csv(CASE / "expected_rank_by_scale.csv", index_col=0)[name]
    data = case.arrays()
    mine = dict(zip(data.objects, rank_array(data.scores(np.array(SCALES[name], dtype=float))), strict=True))
    assert [mine[case.code[c]] for c in expected.index] == expected.tolist()


def test_one_item_left_out(case: Case) -> None:
    expected = pd.read_csv(CASE / "expected_loo_items.csv")
    rows, summary = class_sensitivity(case.arrays(), case.plan, rng=np.random.default_rng(1), draws=50)
    rows = rows[rows["source"] == "leave_one_out"]
    base = rows[rows["scenario"] == "基准"].set_index("object")["rank"]
    for i, row in enumerate(expected.itertuples(), start=1):
        one = rows[rows["scenario"].str.startswith(f"去掉第{i}项")].set_index("object")["rank"]
        shift = (one - base).abs()
        assert shift.mean() == pytest.approx(row.mean_abs_rank_change, abs=1e-12)
        assert shift.max() == row.max_abs_rank_change
    mean = summary.set_index("source").loc["leave_one_out", "mean_shift"]
    assert mean == pytest.approx(expected["mean_abs_rank_change"].mean(), abs=1e-12)


def _interval(ranks: np.ndarray) -> list[tuple[int, int]]:
    low, high = np.quantile(ranks, [0.05, 0.95], axis=0, method="nearest")
    return list(zip(low.astype(int), high.astype(int), strict=True))


def _expected(case: Case, column: str, objects: list[str]) -> list[tuple[int, int]]:
    given = pd.read_csv(CASE / "expected_rank_intervals_90pct_MC.csv", index_col=0)[column]
    by_code = {case.code[c]: tuple(int(x) for x in text.split("-")) for c, text in given.items()}
    return [by_code[o] for o in objects]


def test_simulated_ranks_from_the_survey(case: Case) -> None:
    data = case.arrays()
    given = case.given.reindex(data.objects)
    rng = np.random.default_rng(3)
    drawn = rng.normal(given["survey"], given["survey_se"], (20_000, 14))
    base = data.scores(np.array(SCALES["S1"], dtype=float))
    scores = base + 0.3 * (drawn - given["survey"].to_numpy())
    found = rank_draws(data.objects, scores, [""] * 14, case.plan)
    cumulated = found.p_rank.cumsum(axis=1)
    mine = [(int(np.searchsorted(c, 0.05, side="right") + 1), int(np.searchsorted(c, 0.95) + 1)) for c in cumulated]
    expected = _expected(case, "survey", data.objects)
    assert sum(m == e for m, e in zip(mine, expected, strict=True)) >= 13
    assert all(abs(a - b) <= 1 for m, e in zip(mine, expected, strict=True) for a, b in zip(m, e, strict=True))
    assert np.allclose(found.p_above + found.p_above.T + np.eye(14), 1.0)


def test_simulated_ranks_from_random_scales(case: Case) -> None:
    data = case.arrays()
    drawn = random_scales(case.plan, 4000, np.random.default_rng(4))
    assert (np.diff(drawn, axis=1) <= 0).all()
    assert set(drawn[:, 0]) == {100.0}
    assert set(drawn[:, -1]) == {25.0}
    mine = _interval(rank_array(np.stack([data.scores(v) for v in drawn])))
    expected = _expected(case, "scale", data.objects)
    assert all(abs(a - b) <= 1 for m, e in zip(mine, expected, strict=True) for a, b in zip(m, e, strict=True))


def _weights(case: Case, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Stream weights each within a quarter of the plan's, renormalised."""
    nominal = np.array(list(case.plan.classes["city14"].streams.values()))
    drawn = nominal * rng.uniform(0.75, 1.25, (draws, 3))
    return drawn / drawn.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("column", ["weights", "all"])
def test_simulated_ranks_from_weights_and_from_everything(case: Case, column: str) -> None:
    data = case.arrays()
    draws, rng = 4000, np.random.default_rng(5)
    given = case.given.reindex(data.objects)
    scales = random_scales(case.plan, draws, rng) if column == "all" else np.tile(SCALES["S1"], (draws, 1))
    cross = np.stack([(data.omega * (data.shares @ v)).sum(axis=1) / data.omega.sum(axis=1) for v in scales])
    survey = np.tile(given["survey"].to_numpy(), (draws, 1))
    if column == "all":
        survey = rng.normal(given["survey"], given["survey_se"], (draws, 14))
    streams = {"survey": survey, "cross": cross, "daily": np.tile(given["daily"].to_numpy(), (draws, 1))}
    weights = _weights(case, rng, draws)
    scores = sum(weights[:, [k]] * streams[s] for k, s in enumerate(case.plan.classes["city14"].streams))
    mine, expected = _interval(rank_array(scores)), _expected(case, column, data.objects)
    assert all(abs(a - b) <= 1 for m, e in zip(mine, expected, strict=True) for a, b in zip(m, e, strict=True))
    assert sum(m == e for m, e in zip(mine, expected, strict=True)) >= 9


def test_ranks_beside_the_simulated_ones_are_the_base(case: Case) -> None:
    given = pd.read_csv(CASE / "expected_rank_intervals_90pct_MC.csv", index_col=0)["rank"]
    assert [case.capped.loc[case.code[c], "rank"] for c in given.index] == given.tolist()


def test_the_public_functions_give_the_same_on_plain_frames(case: Case) -> None:
    plain = case.given.reset_index()[["object", "survey", "survey_se", "daily"]]
    plain["cross"] = plain["object"].map(case.expected["cross"])
    scores = composite(plain, case.plan).set_index("object")
    assert np.abs(scores["composite"] - case.expected["composite"].reindex(scores.index)).max() < 1e-6
    grades = pd.read_csv(CASE / "cross_grades.csv")
    items = pd.DataFrame(
        {"object": grades["city"].map(case.code), "item": grades["item"].str[-2:].astype(int), "grade": grades["grade"]}
    )
    found = sensitivity(items, plain.drop(columns="cross"), case.plan, rng=2020, draws=50)
    by_hand = pd.read_csv(CASE / "expected_loo_items.csv")["mean_abs_rank_change"].mean()
    assert found.summary.set_index("source").loc["leave_one_out", "mean_shift"] == pytest.approx(by_hand, abs=1e-12)
