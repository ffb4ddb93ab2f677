"""Intervals of shares against R survey's svyciprop, and Clopper–Pearson bounds at 0 and 1."""

from __future__ import annotations

import numpy as np
import pytest
from tests.reference.test_survey_designs import clus1, clus2, strat
from tests.support.rcases import expected, same

from kaohe.estimate import Design
from kaohe.estimate.intervals import share_interval

METHODS = {"beta": "beta", "xlogit": "logit", "asin": "asin", "mean": "t"}


def designs() -> dict[str, Design]:
    return {"strat": strat(), "clus1": clus1(), "clus2": clus2()}


def with_shares(d: Design) -> Design:
    frame = d.frame.assign(
        yes=(d.frame["awards"] == "Yes").astype(float), high=d.frame["stype"] == "H", none=d.frame["ell"] == 0
    )
    d.frame = frame
    return d


@pytest.mark.parametrize("theirs", list(METHODS))
@pytest.mark.parametrize(("case", "variable"), [("awards_yes", "yes"), ("stype_H", "high"), ("ell_is_0", "none")])
def test_intervals(case: str, variable: str, theirs: str) -> None:
    for name, want in expected("c06")[case].items():
        d = with_shares(designs()[name])
        found = d.proportion(variable, method=METHODS[theirs], capped=False).iloc[0]
        row = want[theirs][0]
        same([found["estimate"], found["se"]], [row["estimate"], row["se"]], 1e-9)
        same([found["ci_high"]], [row["ci_hi"]], 1e-9)
        if (theirs, name, variable) == ("asin", "clus1", "none"):
            assert found["ci_low"] == 0  # R folds the limit below 0 back to 0.0003
        else:
            same([found["ci_low"]], [row["ci_lo"]], 1e-9)


@pytest.mark.parametrize("theirs", list(METHODS))
def test_intervals_in_a_domain(theirs: str) -> None:
    e = expected("c06")
    for name, want in e["domain_H_awards"].items():
        d = with_shares(designs()[name])
        found = d.proportion("yes", where=d.frame["stype"] == "H", method=METHODS[theirs], capped=False).iloc[0]
        assert found["df"] == e["domain_degf"][name]
        row = want[theirs][0]
        same([found["estimate"], found["se"]], [row["estimate"], row["se"]], 1e-9)
        same([found["ci_low"], found["ci_high"]], [row["ci_lo"], row["ci_hi"]], 1e-9)


def test_ninety_percent_level() -> None:
    for name, want in expected("c06")["ell_is_0_logit_level90"].items():
        found = with_shares(designs()[name]).proportion("none", method="logit", level=0.90).iloc[0]
        same([found["ci_low"], found["ci_high"]], [want[0]["ci_lo"], want[0]["ci_hi"]], 1e-7)


@pytest.mark.parametrize("method", list(METHODS.values()))
def test_a_share_fixed_by_the_design_has_no_width(method: str) -> None:
    want = expected("c06")["stype_H_strat_se_is_zero"][0]
    found = with_shares(strat()).proportion("high", method=method).iloc[0]
    same([found["estimate"], found["ci_low"], found["ci_high"]], [want["estimate"]] * 3, 1e-9)
    assert found["se"] == 0


def test_the_capped_interval_is_never_narrower_than_that_of_n_independent_answers() -> None:
    from scipy import stats

    p, n = np.array([0.02]), np.array([100.0])
    se = np.array([0.001])  # far below binomial: the uncapped effective size would be 19,600
    low, high, edge = share_interval(p, se, np.array([99.0]), n, n, np.ones(1), "beta")
    same([low[0], high[0]], [stats.beta.ppf(0.025, 2, 99), stats.beta.ppf(0.975, 3, 98)], 1e-12)
    assert not edge.any()


@pytest.mark.parametrize(("p", "limits"), [(0.0, (0.0, 1 - 0.05 ** (1 / 50))), (1.0, (0.05 ** (1 / 50), 1.0))])
def test_zero_and_one_have_a_one_sided_bound(p: float, limits: tuple[float, float]) -> None:
    one = np.ones(1)
    for method in ("beta", "logit", "asin", "t"):
        low, high, edge = share_interval(p * one, 0 * one, 99.0 * one, 100 * one, 100 * one, 2 * one, method)
        same([low[0], high[0]], limits, 1e-12)
        assert edge.all()
