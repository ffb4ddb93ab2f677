"""Degrees of freedom and quality of contrasts: Welch's by hand, coverage, and the worst domain's word."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kaohe.base.errors import InputRefused
from kaohe.estimate import Design
from kaohe.estimate.rest import against_rest

WEIGHTS = {"s": 1, "b": -1}


def test_two_independent_strata_are_welch() -> None:
    """scipy's own t test of unequal variances, on the values of two strata of single records."""
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 3, 4), rng.normal(1, 1, 9)
    f = pd.DataFrame({"c": ["s"] * 4 + ["b"] * 9, "w": 1.0, "y": np.r_[a, b]})
    found = Design(f, weight="w", strata="c").contrast("y", by="c", weights=WEIGHTS).iloc[0]
    want = stats.ttest_ind(a, b, equal_var=False)
    assert found["df"] == pytest.approx(want.df, rel=1e-12)
    assert [found["t"], found["p_value"]] == pytest.approx([want.statistic, want.pvalue], rel=1e-10)
    rest = against_rest(Design(f, weight="w", strata="c"), "y", by="c").set_index("c").loc["s"]
    assert [rest["difference_df"], rest["p_value"]] == pytest.approx([want.df, want.pvalue], rel=1e-10)


def three_towns_and_forty() -> pd.DataFrame:
    h = np.r_[np.zeros(3), np.repeat(np.arange(1, 11), 4)].astype(int)
    return pd.DataFrame({"h": h, "t": np.arange(43), "w": 1.0, "c": np.where(h == 0, "s", "b")})


def test_a_domain_of_three_towns_is_covered() -> None:
    """Variances and means written out; the degrees of freedom alone come from the design. Those of the union cover 86 %."""
    rng = np.random.default_rng(7)
    f = three_towns_and_forty()
    hit, union = [], []
    for _ in range(400):
        f["y"] = rng.normal(size=43)
        found = Design(f, weight="w", strata="h", psu="t").contrast("y", by="c", weights=WEIGHTS).iloc[0]
        hit.append(found["ci_low"] <= 0 <= found["ci_high"])
        union.append(abs(found["estimate"]) <= stats.t.ppf(0.975, 32) * found["se"])
    assert np.mean(hit) > 0.9
    assert np.mean(hit) - np.mean(union) > 0.05


def test_the_rules_by_name_and_the_bound_of_the_union() -> None:
    rng = np.random.default_rng(8)
    f = three_towns_and_forty().assign(y=rng.normal(size=43))
    d = Design(f, weight="w", strata="h", psu="t")

    def df(**options: object) -> float:
        return float(d.contrast("y", by="c", weights=WEIGHTS, **options)["df"].iloc[0])

    s, b = f[f["c"] == "s"]["y"], f[f["c"] == "b"]
    v = np.r_[s.var() / 3, b.groupby("h")["y"].var() / 4 / 100]
    assert df() == pytest.approx(v.sum() ** 2 / (v[0] ** 2 / 2 + (v[1:] ** 2).sum() / 3), rel=1e-9)
    assert df(df="units") == 32
    assert df(df=np.inf) == np.inf
    with pytest.raises(InputRefused, match="K419"):
        df(df="many")
    half = f.assign(c=np.where(f["t"] % 2 == 0, "s", "b"))
    both = Design(half, weight="w", strata="h", psu="t").contrast("y", by="c", weights=WEIGHTS).iloc[0]
    assert both["df"] <= 32


def test_quality_is_at_best_that_of_the_worst_domain() -> None:
    rng = np.random.default_rng(9)
    town = np.repeat(np.arange(40), 10)
    f = pd.DataFrame({"h": town // 10, "t": town, "w": 1.0, "y": rng.normal(100, 5, 400), "p": rng.random(400) < 0.4})
    f["c"] = np.where(town < 20, "s", "b")
    f["few"] = np.where(np.isin(np.arange(400), [3, 15, 77]), "s", "b")
    f["wild"] = np.where(f["c"] == "s", rng.normal(1, 90, 400), f["y"])
    f["none"] = np.where(f["c"] == "s", 0.0, f["p"])
    d = Design(f, weight="w", strata="h", psu="t")

    def word(variable: str, by: str, kind: str = "mean") -> str:
        return str(d.contrast(variable, by=by, kind=kind, weights=WEIGHTS)["quality"].iloc[0])

    assert word("y", "c") == "ok"
    assert word("p", "c", "proportion") == "ok"
    assert word("y", "few") == "suppressed"
    assert d.mean("wild", by="c").set_index("c").loc["s", "cv"] > 0.5
    assert word("wild", "c") == "suppressed"
    assert word("none", "c", "proportion") == "caution"


def test_merge_is_refused_beyond_the_first_stage() -> None:
    """Where a stratum of one town is merged it is; a town of one village has nothing that it could join."""
    f = pd.DataFrame({"h": list("aaaabbbb"), "t": [1, 1, 2, 2, 3, 3, 4, 4], "v": [1, 2, 3, 4, 5, 6, 7, 7], "w": 2.0})
    f["N"], f["M"], f["y"] = 5, 6, [1.0, 2, 3, 4, 5, 6, 7, 8]
    keys = {"weight": "w", "strata": "h", "psu": ["t", "v"], "fpc": ["N", "M"]}
    for lonely in ("merge", "fail"):
        with pytest.raises(InputRefused) as caught:
            Design(f, lonely=lonely, **keys)
        text = str(caught.value)
        assert "K306" in text
        assert "stage 2" in text
        assert "'adjust', 'average' or 'certainty'" in text
    first = f.assign(h=list("aaaabbcc"), v=range(8))
    with pytest.raises(InputRefused, match="'merge'"):
        Design(first, **keys)
    assert Design(first, lonely="merge", **keys).notes == ("stratum b was merged with c", "stratum c was merged with b")
