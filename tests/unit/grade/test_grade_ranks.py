from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.grade import ranks
from kaohe.grade.ranks import bands, rank_array


def oracle(scores: list[float]) -> list[float]:
    return [float("nan") if s != s else 1 + sum(o > s + 1e-9 for o in scores if o == o) for s in scores]


def test_ranks_equal_a_brute_force_count() -> None:
    rng = np.random.default_rng(1)
    for n in (1, 2, 14, 235):
        scores = rng.choice(np.linspace(50, 100, 30), n)
        scores[rng.random(n) < 0.1] = np.nan
        assert np.array_equal(rank_array(scores), oracle(list(scores)), equal_nan=True)


@pytest.mark.case("P17")
def test_ties_within_tolerance_share_the_better_rank() -> None:
    found = ranks(pd.Series({"a": 0.1 + 0.2, "b": 0.3, "c": 0.29, "d": 0.3 + 1e-8}))
    assert found["rank"].tolist() == [2, 2, 4, 1]
    assert found["tied"].tolist() == [True, True, False, False]
    assert set(found["n_ranked"]) == {4}


def test_without_a_score_no_rank() -> None:
    found = ranks(pd.Series({"a": np.nan, "b": 1.0, "c": np.nan}))
    assert found["rank"].isna().tolist() == [True, False, True]
    assert not found["tied"].any()
    assert set(found["n_ranked"]) == {1}


def test_scenarios_are_ranked_row_by_row() -> None:
    grid = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 5.0]])
    assert rank_array(grid).tolist() == [[1, 3, 2], [2, 2, 1]]
    assert rank_array(np.zeros((4, 0))).shape == (4, 0)


def test_bands_hold_scores_within_a_step_of_their_best() -> None:
    scores = pd.Series({"a": 95.0, "b": 94.2, "c": 94.0, "d": 93.99, "e": np.nan, "f": 80.0})
    assert bands(scores, 1.0).to_dict() == {
        "a": "第1档",
        "b": "第1档",
        "c": "第1档",
        "d": "第2档",
        "e": "",
        "f": "第3档",
    }


@pytest.mark.parametrize("width", [0.5, 1.0, 3.0])
def test_no_band_is_wider_than_the_step_and_bands_follow_the_ranks(width: float) -> None:
    scores = pd.Series(np.random.default_rng(2).uniform(60, 100, 235))
    named = bands(scores, width)
    spread = scores.groupby(named).agg(lambda s: s.max() - s.min())
    assert spread.max() <= width + 1e-9
    number = named.str.extract(r"(\d+)")[0].astype(int)
    order = scores.sort_values(ascending=False).index
    assert number[order].is_monotonic_increasing
