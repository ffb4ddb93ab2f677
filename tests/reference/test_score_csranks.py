"""Rank confidence sets of PISA 2018 against the R package csranks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kaohe.grade.rank_sets import critical_values, rank_intervals, rank_sets
from kaohe.grade.ranks import ranks

FILE = Path(__file__).parent / "score" / "csranks_pisa" / "pisa2018_math_csranks.csv"
DRAWS = 100_000
MARGIN = 0.1  # csranks draws its critical values from 1,000 replications: what lies this near may fall either way


@pytest.fixture(scope="module")
def pisa() -> pd.DataFrame:
    return pd.read_csv(FILE).set_index("jurisdiction")


def near_the_limit(frame: pd.DataFrame, limits: np.ndarray) -> np.ndarray:
    """How many comparisons of each jurisdiction lie within `MARGIN` of its critical value."""
    x, se = frame["score"].to_numpy(), frame["se"].to_numpy()
    z = np.abs(x[:, None] - x[None, :]) / np.sqrt(se[:, None] ** 2 + se[None, :] ** 2)
    return (np.abs(z - limits[:, None]) < MARGIN).sum(axis=1)


@pytest.mark.parametrize(("joint", "column"), [(False, "marg1"), (True, "simul1")])
def test_single_step_sets(pisa: pd.DataFrame, joint: bool, column: str) -> None:
    variance = pisa["se"].to_numpy() ** 2
    mine = rank_intervals(pisa["score"], variance, simultaneous=joint, rng=11, draws=DRAWS)
    marginal, one = critical_values(np.diag(variance), 0.95, rng=11, draws=DRAWS)
    doubt = near_the_limit(pisa, np.full(38, one) if joint else marginal)
    off = (mine["low"] - pisa[f"{column}_L"]).abs() + (mine["high"] - pisa[f"{column}_U"]).abs()
    assert (off.to_numpy() <= doubt).all()
    assert (off == 0).sum() >= 36
    if joint:
        assert (off == 0).all()


@pytest.mark.parametrize(("joint", "column"), [(False, "marg"), (True, "simul")])
def test_step_down_sets(pisa: pd.DataFrame, joint: bool, column: str) -> None:
    mine = rank_intervals(
        pisa["score"], pisa["se"] ** 2, simultaneous=joint, rng=11, draws=DRAWS, stepdown=True
    )  # fmt: skip
    off = (mine["low"] - pisa[f"{column}_L"]).abs() + (mine["high"] - pisa[f"{column}_U"]).abs()
    assert off.max() <= 1
    assert (off == 0).sum() >= (38 if joint else 36)


def test_who_may_be_among_the_best_and_the_worst_five(pisa: pd.DataFrame) -> None:
    best, worst = (
        rank_intervals(pisa["score"], pisa["se"] ** 2, simultaneous=True, rng=11, draws=DRAWS, stepdown=True, side=side)
        for side in ("best", "worst")
    )
    assert ((best["low"] <= 5) == pisa["in_top5_set"]).all()
    assert (best["high"] == 38).all()
    assert ((worst["high"] >= 34) == pisa["in_bottom5_set"]).all()
    assert (worst["low"] == 1).all()


def test_ranks_are_those_published(pisa: pd.DataFrame) -> None:
    assert ranks(pisa["score"])["rank"].tolist() == pisa["rank"].tolist()


def test_covariance_matrix_and_variances_agree(pisa: pd.DataFrame) -> None:
    variance = pisa["se"].to_numpy() ** 2
    a = rank_sets(pisa["score"], variance, rng=5, draws=20_000)
    b = rank_sets(pisa["score"], np.diag(variance), rng=5, draws=20_000)
    pd.testing.assert_frame_equal(a[0], b[0])
    pd.testing.assert_frame_equal(a[1], b[1])


def test_sets_hold_the_rank_and_widen_with_the_level(pisa: pd.DataFrame) -> None:
    variance = pisa["se"].to_numpy() ** 2
    narrow = rank_intervals(pisa["score"], variance, 0.80, rng=5)
    wide = rank_intervals(pisa["score"], variance, 0.99, rng=5)
    assert (narrow["low"] <= pisa["rank"]).all()
    assert (narrow["high"] >= pisa["rank"]).all()
    assert (wide["low"] <= narrow["low"]).all()
    assert (wide["high"] >= narrow["high"]).all()
    assert (wide["high"] - wide["low"]).sum() > (narrow["high"] - narrow["low"]).sum()


def test_correlated_scores_are_told_apart_better() -> None:
    scores = pd.Series({"a": 3.0, "b": 0.0})
    tied = np.array([[1.0, 0.95], [0.95, 1.0]])
    assert rank_intervals(scores, tied, rng=1)["high"].tolist() == [1.0, 2.0]
    assert rank_intervals(scores, np.eye(2), rng=1)["high"].tolist() == [1.0, 2.0]  # 3/√2 = 2.12 > 1.96
    opposed = np.array([[1.0, -0.95], [-0.95, 1.0]])
    assert rank_intervals(scores, opposed, rng=1)["high"].tolist() == [2.0, 2.0]


def test_without_error_ranks_are_exact_and_unknown_error_excludes_nothing() -> None:
    scores = pd.Series([3.0, 2.0, 2.0, 1.0], index=list("abcd"))
    exact = rank_intervals(scores, np.zeros(4), rng=1)
    assert exact["low"].tolist() == [1, 2, 2, 4]
    assert exact["high"].tolist() == [1, 3, 3, 4]
    vague = rank_intervals(scores, np.array([0.0, np.nan, 0.0, 0.0]), rng=1)
    assert vague.loc["b"].tolist() == [1, 4]
    assert vague.loc["a"].tolist() == [1, 2]
