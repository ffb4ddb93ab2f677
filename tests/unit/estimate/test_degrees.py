"""Effective degrees of freedom, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kaohe.design import rake_to
from kaohe.estimate import Design
from kaohe.estimate.degrees import satterthwaite, stratum_variances
from kaohe.estimate.linear import ONE, score_matrix


def two_strata() -> pd.DataFrame:
    return pd.DataFrame({"h": list("aaabb"), "w": 1.0, "y": [1.0, 2.0, 3.0, 0.0, 6.0]})


def test_two_strata_by_hand() -> None:
    d = Design(two_strata(), weight="w", strata="h")
    found = d.total("y", df="satterthwaite").iloc[0]
    # Σ(y − ȳ)²·n/(n − 1): a 2·3/2 = 3 on 2 degrees, b 18·2/1 = 36 on 1
    assert found["se"] == pytest.approx(np.sqrt(39))
    assert found["df"] == pytest.approx(39**2 / (3**2 / 2 + 36**2 / 1))
    assert found["ci_high"] == pytest.approx(12 + stats.t.ppf(0.975, found["df"]) * np.sqrt(39))
    assert d.total("y").iloc[0]["df"] == 3


def test_equal_strata_lose_nothing() -> None:
    f = pd.DataFrame({"h": np.repeat(list("abcd"), 3), "w": 1.0, "y": [1.0, 2.0, 3.0] * 4})
    assert Design(f, weight="w", strata="h").total("y", df="satterthwaite")["df"].iloc[0] == pytest.approx(8)


def unequal_strata() -> Design:
    """Three units of weight 10 with variance 1, five of weight 2 with variance 10."""
    f = pd.DataFrame({"h": list("aaabbbbb"), "w": [10.0] * 3 + [2.0] * 5, "y": [1.0, 2, 3, 0, 2, 4, 6, 8]})
    return Design(f, weight="w", strata="h")


# The mean: Σw = 30 + 10 = 40, Σwy = 10·6 + 2·20 = 100, mean 2.5. With equal weights in a stratum the linearised values
# w(y − 2.5)/40 have v_h = n_h w_h² s_h²/40²: a 3·100·1 = 300, b 5·4·10 = 200, over 1600. Satterthwaite (1946):
# (300 + 200)²/(300²/2 + 200²/4) = 250000/55000 = 50/11 degrees of freedom; units minus strata are 6.
MEAN, SE, EFFECTIVE = 2.5, np.sqrt(500) / 40, 50 / 11


@pytest.mark.parametrize(
    ("df", "want"), [("units", 6.0), ("satterthwaite", EFFECTIVE), (11, 11.0), (2.5, 2.5), (np.float64(30), 30.0)]
)
def test_the_mean_has_students_interval_with_the_degrees_asked_for(df: str | float, want: float) -> None:
    found = unequal_strata().mean("y", df=df, level=0.9).iloc[0]
    assert found["estimate"] == pytest.approx(MEAN, rel=1e-14)
    assert found["se"] == pytest.approx(SE, rel=1e-14)
    assert found["df"] == pytest.approx(want, rel=1e-14)
    low, high = stats.t.interval(0.9, want, loc=MEAN, scale=SE)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((low, high), rel=1e-12)


def test_infinite_degrees_are_the_normal_distribution() -> None:
    for found in (unequal_strata().mean("y", df=np.inf).iloc[0], unequal_strata().total("y", df=np.inf).iloc[0]):
        want = stats.norm.interval(0.95, loc=found["estimate"], scale=found["se"])
        assert (found["ci_low"], found["ci_high"]) == pytest.approx(want, rel=1e-12)


def test_a_number_stands_for_every_domain_but_those_without_an_error() -> None:
    f = pd.DataFrame({"u": [1, 1, 2, 2, 3, 3], "w": 1.0, "y": [1.0, 2, 4, 3, 9, 5], "d": list("ababca")})
    found = Design(f, weight="w", psu="u").mean("y", by="d", df=40).set_index("d")
    # a in three units, b in two, c in one: of one unit nothing tells how it varies
    assert found["df"].tolist() == [40, 40, 0]
    assert found["se"].notna().tolist() == [True, True, False]
    low, high = stats.t.interval(0.95, 40, loc=found["estimate"]["b"], scale=found["se"]["b"])
    assert found.loc["b", ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high], rel=1e-12)


def three_stages() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    town = np.repeat(np.arange(16), 12)
    f = pd.DataFrame({
        "h": town // 4, "t": town, "v": np.repeat(np.arange(48), 4), "k": rng.choice(list("pq"), 192), "N": 9.0, "M": 7.0,
        "K": 40.0, "y": rng.gamma(1, 4, 192), "d": rng.choice(list("xy"), 192), "id": np.arange(192),
    })  # fmt: skip
    return f.assign(w=9 / 4 * 7 / 3 * 40 / 4)


@pytest.mark.parametrize("calibrated", [False, True])
def test_parts_of_strata_add_up_to_the_variance(calibrated: bool) -> None:
    f, record, weight = three_stages(), None, "w"
    if calibrated:
        made = rake_to(f, {"k": {"p": 4000, "q": 5000}}, weight="w")
        f, weight, record = made.frame, made.weight, made.calibration
    d = Design(f, weight=weight, strata="h", psu=["t", "v", "id"], fpc=["N", "M", "K"], calibration=record)
    inside = (f["d"] == "x").to_numpy()
    rows, scores = score_matrix(d.structure, d.blocks, d.w, d.values(["y"]), ONE, inside)
    parts = stratum_variances(d.structure, rows, scores, residuals=calibrated)
    found = d.mean("y", by="d", df="satterthwaite").iloc[0]
    assert parts.shape == (4, 1)
    assert parts.sum() == pytest.approx(found["se"] ** 2, rel=1e-12)
    assert found["df"] == pytest.approx(parts.sum() ** 2 / (parts**2 / 3).sum(), rel=1e-12)
    assert satterthwaite(d.structure, parts)[0] == pytest.approx(found["df"], rel=1e-12)
    assert found["df"] < 12


def test_never_more_than_units_minus_strata_that_hold_answers() -> None:
    f = three_stages()
    d = Design(f, weight="w", strata="h", psu="t")
    units = d.proportion("d", where=f["t"].isin([0, 1, 4, 5]))
    found = d.proportion("d", where=f["t"].isin([0, 1, 4, 5]), df="satterthwaite")
    assert (units["df"] == 2).all()
    assert (found["df"] <= 2).all()
    pd.testing.assert_series_equal(found["se"], units["se"])
