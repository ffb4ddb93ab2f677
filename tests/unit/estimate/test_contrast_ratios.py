"""Contrasts of ratios to one denominator, against sums worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.estimate import Design


def sample() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    town = np.repeat(np.arange(18), 8)
    f = pd.DataFrame({"h": town // 6, "t": town, "w": rng.uniform(5, 20, 144), "x": rng.uniform(1, 4, 144)})
    return f.assign(**{k: rng.normal(3, 1, 144) * f["x"] + town % 4 for k in "abe"})


def by_hand(f: pd.DataFrame, weights: dict[str, float]) -> tuple[float, float]:
    """Σ c (Σ w v/Σ w x) and the error of its linear part, towns within strata with replacement."""
    x = float((f["w"] * f["x"]).sum())
    ratios = {k: float((f["w"] * f[k]).sum()) / x for k in weights}
    scores = sum(c * f["w"] * (f[k] - ratios[k] * f["x"]) / x for k, c in weights.items())
    towns = scores.groupby(f["t"]).sum()
    variance = sum(len(g) / (len(g) - 1) * ((g - g.mean()) ** 2).sum() for _, g in towns.groupby(towns.index // 6))
    return sum(c * ratios[k] for k, c in weights.items()), float(np.sqrt(variance))


@pytest.mark.parametrize("weights", [{"a": 1.0, "b": -1.0}, {"e": 2.0, "a": -1.0}, {"b": 0.5, "a": 0.5, "e": -1.0}])
def test_some_of_the_variables_are_contrasted(weights: dict[str, float]) -> None:
    f = sample()
    design = Design(f, weight="w", strata="h", psu="t")
    found = design.contrast(["a", "b", "e"], weights=weights, kind="ratio", denominator="x").iloc[0]
    estimate, se = by_hand(f, weights)
    assert found["estimate"] == pytest.approx(estimate, rel=1e-12)
    assert found["se"] == pytest.approx(se, rel=1e-10)
    assert found["n"] == 144


def test_domains_of_ratios_of_the_same_variables() -> None:
    """Two halves that share no stratum: variances add."""
    f = sample().query("h < 2")
    design = Design(f, weight="w", strata="h", psu="t")
    found = design.contrast(["a", "b"], by="h", weights={0: 1, 1: -1}, kind="ratio", denominator="x").set_index(
        "variable"
    )
    for k in ("a", "b"):
        (one, se), (other, other_se) = (by_hand(f[f["h"] == h], {k: 1.0}) for h in (0, 1))
        assert found.loc[k, "estimate"] == pytest.approx(one - other, rel=1e-12)
        assert found.loc[k, "se"] == pytest.approx(np.hypot(se, other_se), rel=1e-10)
