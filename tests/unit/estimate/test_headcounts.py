"""Headcounts are shares: their intervals are those of the 0/1 column, at the seam too, and never leave 0 to 1."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.estimate import Design, estimate_from_totals, fgt, psu_totals

SAME = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu", "n_missing", "deff", "cv", "method", "quality"]
KEYS = {"weight": "w", "strata": "h", "psu": "t"}


def sample(seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    town = np.repeat(np.arange(60), 10)
    f = pd.DataFrame({"h": town // 6, "t": town, "w": rng.uniform(20, 70, 600)})
    f["income"] = np.where(rng.random(600) < 0.03, np.nan, rng.lognormal(9, 0.5, 600) + 4000)
    f.loc[f["h"] == 2, "income"] += 20000  # nobody poor
    f.loc[f["h"] == 5, "income"] = 5000.0  # everybody
    f["poor"] = (f["income"] < 9000).astype(float).mask(f["income"].isna())
    return f


@pytest.mark.parametrize(
    "options", [{}, {"method": "logit"}, {"planned_deff": 2.0}, {"method": "wilson", "capped": False}]
)
def test_a_headcount_is_the_share_of_its_own_column(options: dict[str, object]) -> None:
    f = sample()
    d = Design(f, **KEYS)
    want = d.proportion("poor", by="h", **options)[SAME]
    found = d.poverty("income", ["gap", "headcount"], line=9000, by="h", **options)
    heads = found[found["measure"] == "headcount"]
    assert (heads["method"] == "one_sided").sum() == 2
    pd.testing.assert_frame_equal(heads[SAME].reset_index(drop=True), want, rtol=1e-9)
    assert (found.loc[found["measure"] == "gap", "method"] == "t").all()
    for deff in (True, False):
        totals = psu_totals(f, **KEYS, y=[fgt("income", 9000.0, "gap"), fgt("income", 9000.0)], by="h", deff=deff)
        seam = estimate_from_totals(totals, "fgt", **options)
        seam = seam[seam["measure"] == "headcount"][SAME].reset_index(drop=True)
        columns = SAME if deff else [c for c in SAME if c != "deff"]
        pd.testing.assert_frame_equal(seam[columns], want[columns], rtol=1e-9)


@pytest.mark.parametrize("line", [{"line": 3000.0}, {"line": "relative", "share": 0.05}])
def test_no_poor_at_all(line: dict[str, object]) -> None:
    """Kish's 1 + (m − 1)·0.05 with m = answers in a town stands for a design effect that nobody can know."""
    f = sample()
    found = Design(f, **KEYS).poverty("income", "headcount", **line).iloc[0]
    n = f["income"].notna().sum()
    effect = 1 + (n / 60 - 1) * 0.05
    assert found["deff"] == pytest.approx(effect, rel=1e-12)
    from scipy import stats

    size = n / effect * (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, 50)) ** 2
    assert found["ci_high"] == pytest.approx(1 - 0.05 ** (1 / size), rel=1e-9)
    assert [found["estimate"], found["ci_low"], found["method"], found["quality"]] == [0, 0, "one_sided", "caution"]


@pytest.mark.parametrize("method", ["beta", "logit", "t", "asin"])
def test_below_an_estimated_line_no_limit_leaves_0_to_1_and_none_is_zero_wide(method: str) -> None:
    d = Design(sample(), **KEYS)
    found = d.poverty("income", "arpr", by="h", method=method)
    known = found[found["se"].notna()]
    assert (known["ci_low"] >= 0).all()
    assert (known["ci_high"] <= 1).all()
    assert (known["ci_high"] - known["ci_low"] > 0.01).all()
    assert ((known["ci_low"] <= known["estimate"]) & (known["estimate"] <= known["ci_high"])).all()


def test_degrees_of_freedom_can_be_given() -> None:
    d = Design(sample(), **KEYS)
    for found in (d.poverty("income", ["gini", "headcount"], line=9000, df=7.5), d.quantile("income", df=7.5)):
        assert (found["df"] == 7.5).all()
    effective = d.poverty("income", "gap", line=9000, df="satterthwaite")["df"].iloc[0]
    f = d.frame.assign(gap=((9000 - d.frame["income"]) / 9000).clip(lower=0))
    assert effective == pytest.approx(Design(f, **KEYS).mean("gap", df="satterthwaite")["df"].iloc[0], rel=1e-9)
    for name, arguments in (
        ("total", ("poor",)),
        ("ratio", ("poor", "w")),
        ("proportion", ("poor",)),
        ("mean", ("poor",)),
    ):
        assert getattr(d, name)(*arguments, deff=None)["deff"].isna().all()
