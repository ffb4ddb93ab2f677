"""Poverty by line and its decomposition where nobody, or everybody, of a group is poor: bounds worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kaohe.estimate import Design
from kaohe.estimate.curves import poverty_curve
from kaohe.estimate.decompose import decomposition

PARTS = ("population", "rate", "contribution", "ratio")


def sample() -> pd.DataFrame:
    """Two groups of twelve towns with ten households; nobody of group a below 5,000, a third of some towns of b."""
    town = np.repeat(np.arange(24), 10)
    f = pd.DataFrame({"g": np.where(town < 12, "a", "b"), "h": town // 6, "t": town, "w": 1.0, "y": 9000.0, "m": 2.0})
    return f.assign(y=f["y"].mask((town % 3 == 0) & (town >= 12) & (np.arange(240) % 10 < 7), 4000.0))


def bound(n: float, deff: float, df: float) -> float:
    """One-sided Clopper–Pearson for none of n, n over the design effect and (t_{n−1}/t_df)² (Korn & Graubard 1998)."""
    shrink = (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, df)) ** 2
    return float(1 - 0.05 ** (1 / min(n, n / deff * shrink)))


def whole_effect(f: pd.DataFrame) -> float:
    """Variance of the share of both groups over p(1 − p)/(n − 1), from the counts of the towns."""
    poor = (f["y"] < 5000).astype(float)
    towns = (poor - poor.mean()).groupby(f["t"]).sum()
    between = towns.groupby(towns.index // 6).apply(lambda v: 6 / 5 * ((v - v.mean()) ** 2).sum()).sum() / len(f) ** 2
    return float(between / (poor.mean() * (1 - poor.mean()) / (len(f) - 1)))


@pytest.mark.parametrize("size", ["", "m"])
def test_a_group_without_poor_takes_the_design_effect_of_all(size: str) -> None:
    f = sample()
    effect = whole_effect(f)
    assert effect > 3
    design = Design(f, weight="w", strata="h", psu="t")
    found = poverty_curve(design, "y", [5000], by="g", size=size).set_index("g").loc["a"]
    assert (found["estimate"], found["method"]) == (0.0, "one_sided")
    assert found["ci_high"] == pytest.approx(bound(120, effect, 10), rel=1e-9)
    assert found["deff"] == pytest.approx(effect, rel=1e-9)
    one = design.poverty("y", "headcount", line=5000, by="g").set_index("g").loc["a"]
    assert found["ci_high"] == pytest.approx(one["ci_high"], rel=1e-9)


def test_where_nobody_at_all_is_poor_answers_of_a_town_count_as_alike() -> None:
    """Ten answers a town, correlation 0.05: 1 + 9 · 0.05."""
    design = Design(sample(), weight="w", strata="h", psu="t")
    found = poverty_curve(design, "y", [1000, 99000], by="g").set_index(["g", "line"])
    assert found.loc[("a", 1000.0), "ci_high"] == pytest.approx(bound(120, 1.45, 10), rel=1e-9)
    assert found.loc[("b", 99000.0), "ci_low"] == pytest.approx(1 - bound(120, 1.45, 10), rel=1e-9)


def test_shares_of_a_decomposition_allow_for_the_design_too() -> None:
    """A group that stands for all of the poor, and one for none: both of 240 households in 24 towns."""
    design = Design(sample(), weight="w", strata="h", psu="t")
    found = decomposition(design, "y", 5000, by="g").set_index(["g", "part"])
    none, all_of_it = found.loc[("a", "contribution")], found.loc[("b", "contribution")]
    assert (none["estimate"], all_of_it["estimate"]) == (0.0, 1.0)
    assert none["ci_high"] == pytest.approx(
        bound(none["n"], 1 + (none["n"] / none["n_psu"] - 1) * 0.05, none["df"]), rel=1e-9
    )
    assert all_of_it["ci_low"] == pytest.approx(1 - none["ci_high"], rel=1e-9)
