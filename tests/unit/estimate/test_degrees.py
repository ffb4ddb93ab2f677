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
