"""The public functions on frames that anyone may put together."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pandas as pd
import pytest

import kaohe.grade
from kaohe.base.errors import KaoheError
from kaohe.base.plan import Plan
from kaohe.grade import apply_caps, composite, explain, rank_intervals, ranks, sensitivity

A, B = "440200000000", "440500000000"
WIDE = pd.DataFrame({"object": [A, B], "survey": [80.0, 90.0], "cross": [90.0, 85.0], "daily": [70.0, 60.0]})


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(kaohe.grade.__path__)])
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"kaohe.grade.{name}")).failed == 0


def test_every_public_function_has_an_example() -> None:
    for name in ("composite", "ranks", "rank_intervals", "sensitivity", "explain", "apply_caps"):
        assert ">>> " in (getattr(kaohe.grade, name).__doc__ or ""), name


def test_wide_and_long_streams_give_the_same(plan: Plan) -> None:
    long = WIDE.melt("object", var_name="stream", value_name="score")
    pd.testing.assert_frame_equal(composite(WIDE, plan), composite(long, plan))
    assert composite(WIDE, plan)["composite"].tolist() == pytest.approx([81.0, 79.0])


def test_the_sampling_error_of_a_wide_frame(plan: Plan) -> None:
    assert composite(WIDE.assign(survey_se=[2.0, 1.0]), plan)["se"].tolist() == pytest.approx([0.6, 0.3])


@pytest.mark.parametrize(
    ("streams", "where", "got", "expected"),
    [
        (WIDE.drop(columns="object"), "streams", "columns survey, cross, daily", "object, stream, score"),
        (WIDE.assign(object=["DW001", B]), "class_id", "none given for DW001", "a column class_id: city14, city6, unit235"),
        (WIDE.assign(class_id="city15"), "class", "city15", "one of city14, city6, unit235"),
        (WIDE.drop(columns="daily"), "streams", "no column stream, and none daily", "survey, cross, daily for city14"),
        (WIDE.assign(cross=[101.0, 85.0]), f"{A} › cross", "101", "0 to 100"),
        (pd.DataFrame({"object": [A], "stream": ["self"], "score": [1.0]}), "stream", "self", "one of survey, cross, daily"),
    ],
)  # fmt: skip
def test_a_frame_that_cannot_be_used_is_refused(
    plan: Plan, streams: pd.DataFrame, where: str, got: str, expected: str
) -> None:
    with pytest.raises(KaoheError) as caught:
        composite(streams, plan)
    assert caught.value.message() == (
        f"K432 A frame given to the grading cannot be used\n  where     {where}\n  got       {got}\n  expected  {expected}"
    )


def test_a_fact_that_the_plan_does_not_know_is_refused(plan: Plan) -> None:
    graded = pd.DataFrame({"object": ["x"], "class_id": "city14", "grade_score": ["好"]})
    odd = pd.DataFrame({"object": ["x"], "field": ["major_violations"], "value": ["否"]})
    with pytest.raises(KaoheError) as caught:
        apply_caps(graded, odd, plan)
    assert caught.value.code == "K432"
    assert caught.value.got == "major_violations"
    assert caught.value.expected.startswith("one of major_violation, ")


def test_facts_as_true_and_false_without_evidence_or_date(plan: Plan) -> None:
    graded = pd.DataFrame({"object": ["x"], "class_id": "city14", "grade_score": ["好"]})
    facts = pd.DataFrame({"object": "x", "field": ["major_violation", "annual_task_completed"], "value": [False, True]})
    assert apply_caps(graded, facts, plan).composite["grade_final"].tolist() == ["好"]
    assert apply_caps(graded, facts.assign(value=[True, True]), plan).composite["grade_final"].tolist() == ["一般"]


def test_a_covariance_is_matched_by_its_labels() -> None:
    scores = pd.Series({"a": 3.0, "b": 0.0, "c": -9.0})
    cov = pd.DataFrame(np.diag([9.0, 0.01, 0.01]), index=list("abc"), columns=list("abc"))
    mixed = cov.loc[list("cab"), list("cab")]
    pd.testing.assert_frame_equal(rank_intervals(scores, mixed), rank_intervals(scores, cov))
    assert rank_intervals(scores, cov)["high"].tolist() == [2.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("cov", "level", "got", "expected"),
    [
        (np.ones(3), 0.95, "3", "2 variances, or 2 × 2"),
        (np.array([[1.0, 0.5], [0.2, 1.0]]), 0.95, "not symmetric, or a variance below 0", "a covariance matrix"),
        (pd.Series({"a": 1.0}), 0.95, "no row for b", "a row and column for each score"),
        (np.ones(2), 95.0, "95", "a confidence between 0 and 1, as 0.95"),
    ],
)
def test_a_covariance_that_does_not_fit_is_refused(cov: object, level: float, got: str, expected: str) -> None:
    with pytest.raises(KaoheError) as caught:
        rank_intervals(pd.Series({"a": 1.0, "b": 2.0}), cov, level)  # type: ignore[arg-type]
    where = "level" if level > 1 else "cov"
    assert caught.value.message() == (
        f"K431 The ranks cannot be given a confidence set\n  where     {where}\n  got       {got}\n  expected  {expected}"
    )


def test_a_target_without_a_score_has_no_set_and_no_say() -> None:
    scores = pd.Series({"a": 90.0, "b": float("nan"), "c": 70.0})
    found = rank_intervals(scores, np.ones(3))
    assert found.loc["b"].isna().all()
    assert found.loc[["a", "c"]].to_numpy().tolist() == [[1.0, 1.0], [2.0, 2.0]]


def test_ranks_of_a_frame_are_within_the_class() -> None:
    frame = pd.DataFrame({"composite": [1.0, 2.0, 3.0, np.nan], "class_id": ["x", "x", "y", "y"]}, index=list("abcd"))
    found = ranks(frame)
    assert found["rank"].tolist()[:3] == [2.0, 1.0, 1.0]
    assert np.isnan(found.loc["d", "rank"])
    assert found["n_ranked"].tolist() == [2, 2, 1, 1]


def test_explaining_sums_components_that_stand_twice() -> None:
    one = pd.DataFrame({"stream": "s", "component": ["a", "a"], "label": "a", "points": [1.0, 2.0]})
    assert explain(one, one.head(1))["delta"].tolist() == [2.0]


def test_sensitivity_of_plain_frames_is_that_of_the_build(built: dict[str, pd.DataFrame], plan: Plan) -> None:
    index = built["item_grades"].query("class_id == 'city14' and level == 'city'")[["object", "item", "grade"]]
    others = built["streams"].query("class_id == 'city14' and stream != 'cross'")[["object", "stream", "score"]]
    caps = built["caps"].query("fired").groupby("object")["after"].max()
    found = sensitivity(index, others.assign(stream=others["stream"]), plan, caps=caps, draws=50)
    mine = found.rows[found.rows["source"] != "scale"].sort_values(["object", "source", "scenario"], ignore_index=True)
    theirs = built["sensitivity"].query("class_id == 'city14' and source != 'scale'")
    theirs = theirs.sort_values(["object", "source", "scenario"], ignore_index=True)[mine.columns]
    pd.testing.assert_frame_equal(mine, theirs, check_dtype=False)


@pytest.mark.parametrize(
    ("items", "got"),
    [
        (pd.DataFrame({"object": [A], "item": [18], "grade": ["好"]}), "18"),
        (pd.DataFrame({"object": [A], "item": [1], "grade": ["优秀"]}), "优秀"),
        (pd.DataFrame({"object": [A], "grade": ["好"]}), "no column item"),
    ],
)
def test_items_that_cannot_be_used_are_refused(plan: Plan, items: pd.DataFrame, got: str) -> None:
    with pytest.raises(KaoheError, match="K432") as caught:
        sensitivity(items, WIDE, plan)
    assert caught.value.got == got
