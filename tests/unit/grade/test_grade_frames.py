"""The public functions on frames that anyone may put together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import kaohe.grade
from kaohe.base.errors import KaoheError
from kaohe.base.plan import Plan
from kaohe.grade import apply_caps, composite, explain, rank_intervals, ranks, sensitivity

A, B = "440200000000", "440500000000"
WIDE = pd.DataFrame({"object": [A, B], "survey": [80.0, 90.0], "cross": [90.0, 85.0], "daily": [70.0, 60.0]})


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
    pd.testing.assert_frame_equal(rank_intervals(scores, mixed, rng=2020), rank_intervals(scores, cov, rng=2020))
    assert rank_intervals(scores, cov, rng=2020)["high"].tolist() == [2.0, 2.0, 3.0]


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
        rank_intervals(pd.Series({"a": 1.0, "b": 2.0}), cov, level, rng=2020)  # type: ignore[arg-type]
    where = "level" if level > 1 else "cov"
    assert caught.value.message() == (
        f"K431 The ranks cannot be given a confidence set\n  where     {where}\n  got       {got}\n  expected  {expected}"
    )


def test_a_target_without_a_score_has_no_set_and_no_say() -> None:
    scores = pd.Series({"a": 90.0, "b": float("nan"), "c": 70.0})
    found = rank_intervals(scores, np.ones(3), rng=2020)
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
    found = sensitivity(index, others.assign(stream=others["stream"]), plan, caps=caps, rng=2020, draws=50)
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
        (pd.DataFrame({"object": [A, A], "item": ["city14.01", "city6.03"], "grade": "好"}), "city6.03"),
        (pd.DataFrame({"object": [A], "item": ["county.04"], "grade": ["好"]}), "county.04"),
    ],
)
def test_items_that_cannot_be_used_are_refused(plan: Plan, items: pd.DataFrame, got: str) -> None:
    with pytest.raises(KaoheError, match="K432") as caught:
        sensitivity(items, WIDE, plan, rng=2020)
    assert caught.value.got == got


@pytest.mark.parametrize(
    "streams",
    [
        WIDE.set_index("object"),
        WIDE.set_index("object").rename_axis(None),
        WIDE.assign(object=[440200000000, 440500000000]),
        WIDE.assign(object=["韶关市", "汕头"]),
        WIDE.assign(object=["440200", "440500"], class_id="任务市"),
        WIDE.rename(columns={"survey": "专项调查", "cross": "交叉考核", "daily": "日常工作"}),
        WIDE.assign(survey=["80", "90"]),
    ],
)
def test_streams_as_people_write_them(plan: Plan, streams: pd.DataFrame) -> None:
    found = composite(streams, plan).sort_values("composite", ascending=False)
    assert found["composite"].tolist() == pytest.approx([81.0, 79.0])
    assert found["survey"].tolist() == [80.0, 90.0]
    assert found["class_id"].tolist() == ["city14", "city14"]
    assert found["rank"].tolist() == [1.0, 2.0]


def test_a_city_with_a_plan_of_its_own_is_refused_with_the_clause(plan: Plan) -> None:
    with pytest.raises(KaoheError) as caught:
        composite(WIDE.assign(object=["江门市", B]), plan)
    assert (caught.value.code, caught.value.expected) == ("K130", plan.excluded["440700000000"])


@pytest.mark.parametrize(
    ("streams", "code", "got"),
    [
        ({A: {"survey": 1.0}}, "K432", "a dict"),
        (WIDE.assign(survey=["80", "八十"]), "K432", "八十"),
        (pd.concat([WIDE, WIDE.head(1)]), "K604", "cross, cross, daily, daily, survey, survey"),
        (WIDE.melt("object", var_name="stream", value_name="score").head(5), "K604", "cross, survey"),
    ],
)
def test_streams_that_would_be_misread_are_refused(plan: Plan, streams: pd.DataFrame, code: str, got: str) -> None:
    with pytest.raises(KaoheError) as caught:
        composite(streams, plan)
    assert (caught.value.code, caught.value.got) == (code, got)


def test_scores_in_any_plain_form_are_ranked_alike() -> None:
    for scores in (
        [90.0, 80.0, 90.0],
        {"a": 90.0, "b": 80.0, "c": 90.0},
        np.array([90.0, 80.0, 90.0]),
        ["90", "80", "90"],
    ):
        assert ranks(scores)["rank"].tolist() == [1.0, 3.0, 1.0]
        assert rank_intervals(scores, [0.0, 0.0, 0.0], rng=2020).to_numpy().tolist() == [
            [1.0, 2.0],
            [3.0, 3.0],
            [1.0, 2.0],
        ]


def test_labels_that_stand_twice_keep_their_own_rank() -> None:
    frame = pd.DataFrame({"composite": [1.0, 2.0, 3.0], "class_id": ["x", "y", "x"]}, index=[0, 0, 1])
    assert ranks(frame)["rank"].tolist() == [2.0, 1.0, 1.0]


def test_rank_sets_of_a_graded_frame_are_within_the_class() -> None:
    graded = pd.DataFrame(
        {"object": list("abcd"), "class_id": ["x", "x", "y", "x"], "composite": [90.0, 89.0, 10.0, np.nan]}
    )
    cov = {"a": 1.0, "b": 1.0, "c": 1.0}  # d has no score, and may be lacking
    expected = [[1.0, 2.0], [1.0, 2.0], [1.0, 1.0]]
    for given in (cov, pd.Series(cov), pd.DataFrame(np.eye(3), index=list("abc"), columns=list("abc")), np.ones(4)):
        found = rank_intervals(graded, given, rng=2020)
        assert found.head(3).to_numpy().tolist() == expected
        assert found.iloc[3].isna().all()


def test_a_correlation_beyond_one_is_refused() -> None:
    with pytest.raises(KaoheError, match="K431") as caught:
        rank_intervals([1.0, 2.0], [[1.0, 2.0], [2.0, 1.0]], rng=2020)
    assert caught.value.got == "a correlation beyond 1"


def test_an_explanation_adds_up_or_is_refused() -> None:
    one = pd.DataFrame({"stream": "s", "component": ["a", "b"], "label": ["甲", None], "points": [3.0, 4.0]})
    other = one.drop(columns="label").assign(points=[1.0, 1.5])
    found = explain(one, other)
    assert found["label"].tolist() == ["甲", "b"]
    assert found["delta"].tolist() == [2.0, 2.5]
    for odd, got in ((one.assign(object=["x", "y"]), "2 targets"), (one.assign(points=[1.0, np.nan]), "no points")):
        with pytest.raises(KaoheError, match="K432") as caught:
            explain(odd, other)
        assert caught.value.got == got


def test_grades_that_are_missing_or_unknown(plan: Plan) -> None:
    graded = pd.DataFrame({"object": list("abc"), "grade_score": ["好", None, np.nan]})
    assert apply_caps(graded, None, plan).composite["grade_final"].tolist() == ["待核", "缺数据", "缺数据"]
    with pytest.raises(KaoheError, match="K432") as caught:
        apply_caps(graded.assign(grade_score="优秀"), None, plan)
    assert caught.value.got == "优秀"


def test_decisions_without_their_columns_are_refused(plan: Plan) -> None:
    graded = pd.DataFrame({"object": ["a"], "grade_score": ["好"]})
    with pytest.raises(KaoheError, match="K432") as caught:
        apply_caps(graded, None, plan, pd.DataFrame({"kind": ["等次调整"], "object": ["a"], "to_grade": ["一般"]}))
    assert caught.value.got == "no column decision, from_grade, reason, by_role, date"


def test_items_by_their_code_and_never_twice(plan: Plan) -> None:
    items = pd.DataFrame([(c, i, "较好") for c in (A, B) for i in range(1, 18)], columns=["object", "item", "grade"])
    coded = items.assign(item=[f"city14.{i:02d}" for i in items["item"]])
    mine, theirs = (sensitivity(f, WIDE, plan, rng=2020, draws=50, caps={A: "一般"}) for f in (items, coded))
    pd.testing.assert_frame_equal(mine.rows, theirs.rows)
    assert mine.rows.query("object == @A and scenario == '基准'")["grade"].unique().tolist() == ["一般"]
    with pytest.raises(KaoheError, match="K432") as caught:
        sensitivity(pd.concat([items, items.head(1).assign(grade="好")]), WIDE, plan, rng=2020)
    assert caught.value.got == "1 twice"
