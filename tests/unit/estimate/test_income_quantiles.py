"""Quantiles of income that single households would decide, or whose share below the line is withheld, are not there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import load_plan
from kaohe.estimate.others import income_table

QUANTILES = ["p10", "p25", "p50", "p75", "p90"]


def table(sample: pd.DataFrame, quality: str = "ok") -> pd.DataFrame:
    row = {
        "domain_type": "province",
        "domain": "440000",
        "indicator": "poor",
        "estimate": 0.1,
        "ci_low": 0.05,
        "ci_high": 0.2,
    }
    return income_table(sample, pd.DataFrame([{**row, "quality": quality}]), load_plan())


def households(n: int = 120) -> pd.DataFrame:
    """Incomes 1,001, 1,002 … yuan, each household of one person and of weight 1."""
    return pd.DataFrame({"income_per_head": 1001.0 + np.arange(n), "hh_size": 1.0, "weight": 1.0, "poor": 0.0})


def test_quantiles_of_equal_weights_are_those_of_the_ordered_list() -> None:
    """120 households: the 12th, 30th, 60th, 90th and 108th, to 10 yuan."""
    assert table(households())[QUANTILES].iloc[0].tolist() == [1010.0, 1030.0, 1060.0, 1090.0, 1110.0]


@pytest.mark.parametrize(
    ("place", "size", "weight", "shown"),
    [
        (0, 1.0, 15.0, [False, True, True, True, True]),  # of 134 persons it holds 15, p10 stands at 13.4
        (0, 5.0, 3.0, [False, True, True, True, True]),
        (119, 1.0, 15.0, [True, True, True, True, False]),
        (0, 1.0, 200.0, [False, False, False, True, True]),  # of 319: 79.75 and 159.5 lie in it; p75 at 239.25
        (60, 1.0, 2000.0, [True, True, True, True, True]),  # in the middle: 61 households at or below, 60 at or above
    ],
)
def test_a_quantile_that_a_few_heavy_households_hold_is_missing(
    place: int, size: float, weight: float, shown: list[bool]
) -> None:
    sample = households()
    sample.loc[place, ["hh_size", "weight"]] = [size, weight]
    assert table(sample)[QUANTILES].iloc[0].notna().tolist() == shown


def test_the_floor_counts_households_on_either_side() -> None:
    """Weight 1 and 100 households: 10 at or below p10, 11 at or above p90; one fewer is too few."""
    assert table(households(100))[QUANTILES].notna().all(axis=None)
    assert table(households(99))[QUANTILES].iloc[0].notna().tolist() == [False, True, True, True, False]


def test_nothing_of_a_domain_is_shown_whose_share_below_the_line_is_withheld() -> None:
    row = table(households(), "suppressed").iloc[0]
    assert row[[*QUANTILES, "share_below", "share_low", "share_high"]].isna().all()
    assert (row["n"], row["quality"]) == (120, "suppressed")
