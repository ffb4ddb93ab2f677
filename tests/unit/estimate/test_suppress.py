"""What is withheld, what carries a mark, and that a withheld count cannot be had by subtraction."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

from kaohe.base.few import too_few
from kaohe.base.plan import load_plan
from kaohe.estimate import Design, Rules
from kaohe.estimate.planned import HOMOGENEITY
from kaohe.estimate.suppress import grade_quality, hide_counts, least_side, relative_error, suppress, top_share

DISCLOSURE = {
    "min_households": 10, "min_villages": 3, "caution_cv": 0.15, "suppress_cv": 0.50, "min_psu": 2,
    "small_group": 30, "min_cell": 3, "dominance_n": 2, "dominance_share": 0.85,
}  # fmt: skip
SURVEY = {"min_n": 30, "max_cv": 0.30, "max_half_width": 0.15}


def rows(**more: object) -> pd.DataFrame:
    base = {"unit": "household", "estimate": 0.5, "se": 0.02, "n": 100, "n_psu": 9, "is_share": True}
    row = {**base, **more}
    half = 2 * float(row["se"])  # type: ignore[arg-type]
    ends = {"ci_low": float(row["estimate"]) - half, "ci_high": float(row["estimate"]) + half}  # type: ignore[arg-type]
    return pd.DataFrame([{**ends, **row}])


@pytest.mark.parametrize(
    ("change", "want"),
    [
        ({}, "ok"),
        ({"n": 9}, "suppressed"),
        ({"n": 10}, "caution"),
        ({"n": 29}, "caution"),
        ({"n": 30}, "ok"),
        ({"unit": "village", "n": 2}, "suppressed"),
        ({"unit": "village", "n": 3}, "ok"),
        ({"se": np.nan, "n_psu": 1}, "not_estimable"),
        ({"n_psu": 1}, "not_estimable"),
        ({"ci_low": 0.34}, "caution"),
        ({"ci_high": 0.66}, "caution"),
        ({"ci_low": 0.36, "ci_high": 0.64}, "ok"),
        ({"estimate": 100.0, "se": 1.0, "ci_low": 60.0, "ci_high": 140.0, "is_share": False}, "ok"),
        ({"se": np.nan, "n_psu": 1, "n": 9}, "suppressed"),
        ({"se": 0.076}, "caution"),
        ({"se": 0.26}, "suppressed"),
        ({"estimate": 0.01, "se": 0.006}, "ok"),  # precise in points of percentage, although se is 60 % of it
        ({"estimate": 0.99, "se": 0.006}, "ok"),
        ({"estimate": 0.0, "se": 0.0}, "caution"),
        ({"estimate": 1.0, "se": 0.0}, "caution"),
        ({"estimate": 100.0, "se": 16.0, "is_share": False}, "caution"),
        ({"estimate": 100.0, "se": 51.0, "is_share": False}, "suppressed"),
        ({"estimate": -100.0, "se": 10.0, "is_share": False}, "ok"),
    ],
)
def test_quality(change: dict[str, object], want: str) -> None:
    assert grade_quality(rows(**change), DISCLOSURE, SURVEY).tolist() == [want]


@pytest.mark.parametrize(
    ("caution", "largest", "error", "want"),
    [
        (0.30, 0.15, 16.0, "caution"), (0.30, 0.15, 14.0, "ok"), (0.15, 0.30, 16.0, "caution"), (0.15, 0.30, 14.0, "ok"),
        (0.30, 0.30, 16.0, "ok"),
    ],
)  # fmt: skip
def test_the_stricter_of_the_offices_and_the_plans_relative_errors_marks(
    caution: float, largest: float, error: float, want: str
) -> None:
    one = rows(estimate=100.0, se=error, is_share=False)
    found = grade_quality(one, {**DISCLOSURE, "caution_cv": caution}, {**SURVEY, "max_cv": largest})
    assert found.tolist() == [want]


def test_a_share_and_its_complement_are_judged_alike() -> None:
    both = pd.concat([rows(estimate=0.03, se=0.01), rows(estimate=0.97, se=0.01)])
    one, other = relative_error(both)
    assert one == pytest.approx(other)


def test_suppressed_values_are_missing_and_never_zero() -> None:
    frame = rows(ci_low=0.1, ci_high=0.2, deff=1.0, cv=0.1).assign(quality="suppressed")
    out = suppress(frame)
    assert out[["estimate", "se", "ci_low", "ci_high", "deff", "cv"]].isna().all(axis=None)
    assert out["n"].tolist() == [100]
    assert frame["estimate"].tolist() == [0.5]
    shown = suppress(frame.assign(quality="ok"))
    pd.testing.assert_frame_equal(shown, frame.assign(quality="ok"))


@pytest.mark.parametrize(
    ("change", "want"),
    [
        ({"n": 12, "n_least": 2}, True),  # 10 of 12 answering yes tells of two
        ({"n": 12, "n_least": 0}, True),  # all of a small group
        ({"n": 12, "n_least": 3}, False),
        ({"n": 29, "n_least": 2}, True),
        ({"n": 30, "n_least": 0}, False),
        ({"n": 12, "n_least": 0, "is_share": False}, False),
        ({"n": 12, "n_least": 0, "unit": "village"}, False),
        ({"n": 100, "n_least": 50, "top_share": 0.85, "is_share": False}, True),
        ({"n": 100, "n_least": 50, "top_share": 0.84, "is_share": False}, False),
    ],
)
def test_small_groups_and_dominated_amounts(change: dict[str, object], want: bool) -> None:
    frame = rows(**change)
    assert too_few(frame, DISCLOSURE).tolist() == [want]
    assert (grade_quality(frame, DISCLOSURE, SURVEY) == "suppressed").tolist() == [want]


def test_sides_and_largest_respondents_of_a_domain() -> None:
    codes = np.array([0, 0, 0, 1, 1, -1])
    yes = np.array([[1.0], [1.0], [0.0], [1.0], [np.nan], [1.0]])
    assert least_side(yes, np.ones_like(yes), codes, 2).tolist() == [[1.0], [0.0]]
    money = np.array([[60.0], [-20.0], [20.0], [0.0], [np.nan], [5.0]])
    np.testing.assert_allclose(top_share(money, codes, 2, 2), [[0.8], [0.0]])


@pytest.mark.parametrize(
    ("counts", "want"),
    [
        ([80, 60], []), ([4, 30, 12], [0, 2]), ([4, 3, 50, 20], [0, 1, 3]), ([4, 7, 50], [0, 1]), ([9, 0, 40], [0, 2]),
        ([0, 0, 12], []), ([3], [0]),
    ],
)  # fmt: skip
def test_counts_of_parts_with_a_known_total(counts: list[int], want: list[int]) -> None:
    assert np.flatnonzero(hide_counts(pd.Series(counts), 10)).tolist() == want


def test_what_a_design_takes_without_a_plan_is_what_the_plan_of_2020_says() -> None:
    """A plan that is changed and a default that is not would give a workbench other words and bounds than the reports."""
    plan = load_plan()
    rules, draw = Rules(), plan.choices["draw"]
    assert (rules.min_n, rules.warn_n) == (plan.disclosure["min_households"], plan.choices["survey"]["min_n"])
    assert (rules.warn_cv, rules.max_cv) == (plan.disclosure["caution_cv"], plan.disclosure["suppress_cv"])
    assert pytest.approx(draw["icc_town"] + draw["icc_village"]) == HOMOGENEITY
    assert plan.choices["survey"]["confidence"] == inspect.signature(Design.mean).parameters["level"].default
