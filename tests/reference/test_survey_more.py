"""Trimming, propensity, replicates, quantiles, poverty: against R survey 4.1-1, laeken 0.5.2 and numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from tests.support.rcases import check, data, expected, same

from kaohe.design.propensity import class_factors, fit_propensity, propensity_classes
from kaohe.design.trim import trim
from kaohe.estimate import Design
from kaohe.estimate.quantiles import weighted_quantile
from kaohe.estimate.replicates import Replicates, balanced, jackknife, replicate_covariance

Estimator = Callable[[np.ndarray], np.ndarray]


@pytest.mark.parametrize(("name", "strict"), [("trimmed_once", False), ("trimmed_strict", True)])
def test_trimming_with_equal_redistribution(name: str, strict: bool) -> None:
    e = expected("c12")
    made = trim(np.array(e["before"]), lower=25, upper=45, strict=strict)
    same(made.weights, e[name], 1e-10)
    assert made.weights.sum() == pytest.approx(e["sums"][0], rel=1e-12)


def test_trimming_the_province() -> None:
    e, w = expected("c12")["province"], data("province")["base_weight"].to_numpy(float)
    made = trim(w, upper=e["upper"])
    same(made.weights, e["weights_after"], 1e-10)
    assert made.trimmed == e["n_above_before"]


def test_proportional_trimming_keeps_the_ratios_of_those_within() -> None:
    w = np.array([1.0, 2.0, 3.0, 4.0, 30.0])
    made = trim(w, upper=20.0, rule="proportional")
    same(made.weights, [2, 4, 6, 8, 20], 1e-12)


COLUMNS = ["registered_poor", "hhsize", "head_female"]


@pytest.mark.parametrize(
    ("weight", "coefficients", "fitted"),
    [(None, "glm_coef", "propensity_unweighted"), ("base_weight", "svyglm_coef", "propensity_weighted")],
)
def test_response_propensity(weight: str | None, coefficients: str, fitted: str) -> None:
    e, x = expected("c17"), data("province")
    made = fit_propensity(x, COLUMNS, responded="respondent", weight=weight)
    same(list(made.coefficients.values()), list(e[coefficients].values()), 1e-8)
    same(made.p, e[fitted], 1e-8)


def test_propensity_classes_and_weights() -> None:
    e, x = expected("c17"), data("province")
    p = fit_propensity(x, COLUMNS, responded="respondent").p
    classes = propensity_classes(p)
    assert classes.tolist() == e["class5_id"]
    factors = class_factors(x, classes, responded="respondent", weight="base_weight")
    same([factors[classes == k][0] for k in range(1, 6)], e["class5_factor"], 1e-8)
    x["w"] = x["base_weight"] / p
    respondents = x[x["respondent"] == 1]
    same([respondents["w"].sum()], [e["sums"][2]], 1e-8)
    d = Design(respondents, weight="w", strata="county", psu="township", lonely="adjust")
    check(d.mean("income_pc"), e["est_prop_unweighted"], 1e-8)


def mean(d: pd.DataFrame, v: str) -> Estimator:
    return lambda w: np.array([np.average(d[v], weights=w)])


def total(d: pd.DataFrame, v: str) -> Estimator:
    return lambda w: np.array([(w * d[v]).sum()])


def ratio(d: pd.DataFrame, a: str, b: str) -> Estimator:
    return lambda w: np.array([(w * d[a]).sum() / (w * d[b]).sum()])


def error(made: Replicates, w: np.ndarray, f: Estimator, centre: str = "mean") -> float:
    return float(np.sqrt(replicate_covariance(made, w, f, centre=centre)[1][0, 0]))


@pytest.mark.parametrize("kind", ["jk1", "jkn"])
def test_jackknife(kind: str) -> None:
    e = expected("c15")[kind]
    x = data("apiclus1") if kind == "jk1" else data("apistrat").assign(dnum=range(200))
    d = Design(x, weight="pw", strata=None if kind == "jk1" else "stype", psu="dnum")
    made = jackknife(d.structure, d.w, stratified=kind == "jkn")
    same([error(made, d.w, mean(x, "api00"))], [e["mean"][0]["se"]], 1e-10)
    same([error(made, d.w, total(x, "enroll"))], [e["total"][0]["se"]], 1e-10)
    same([error(made, d.w, ratio(x, "api.stu", "enroll"))], [e["ratio"][0]["se"]], 1e-10)


def test_balanced_replication_and_fay() -> None:
    e, x = expected("c15"), data("scd").assign(w=1.0)
    d = Design(x, weight="w", strata="ESA", psu="ambulance", nest=True)
    brr, fay = balanced(d.structure, d.w), balanced(d.structure, d.w, rho=0.3)
    same(brr.weights, e["brr"]["repweights"], 1e-10)
    same(fay.weights, e["fay_rho_0.3"]["repweights"], 1e-10)
    same([error(brr, d.w, total(x, "arrests"))], [e["brr"]["total"][0]["se"]], 1e-10)
    same([error(brr, d.w, ratio(x, "alive", "arrests"))], [e["brr"]["ratio"][0]["se"]], 1e-10)
    same([error(fay, d.w, ratio(x, "alive", "arrests"))], [e["fay_rho_0.3"]["ratio"][0]["se"]], 1e-10)


def test_bootstrap_weights_of_the_case_with_both_centrings() -> None:
    e, x = expected("c15")["bootstrap"], data("apiclus1")
    table = pd.DataFrame(e["repweights_by_psu"]).set_index("dnum")
    made = Replicates(table.loc[x["dnum"]].to_numpy(float), 1 / (e["replicates"] - 1), np.ones(60), "bootstrap")
    w = x["pw"].to_numpy(float)
    for name, f, centre in (
        ("mean_centred_at_rep_mean", mean(x, "api00"), "mean"),
        ("mean_centred_at_estimate", mean(x, "api00"), "estimate"),
        ("ratio_centred_at_estimate", ratio(x, "api.stu", "enroll"), "estimate"),
    ):
        same([error(made, w, f, centre)], [e[name][0]["se"]], 1e-10)


NUMPY = {
    "hf1": "inverted_cdf", "hf2": "averaged_inverted_cdf",
    "hf4": "interpolated_inverted_cdf", "hf5": "hazen", "hf6": "weibull", "hf7": "linear", "hf8": "median_unbiased",
    "hf9": "normal_unbiased",
}  # fmt: skip


@pytest.mark.parametrize("rule", list(NUMPY))
def test_quantile_rules_with_equal_weights_are_numpys(rule: str) -> None:
    x = np.random.default_rng(1).normal(size=41)
    probs = [0.02, 0.1, 0.25, 0.5, 0.61, 0.8, 0.99]
    for w in (np.ones(41), np.full(41, 7.3)):
        same(weighted_quantile(x, w, probs, rule), np.quantile(x, probs, method=NUMPY[rule]), 1e-12)


@pytest.mark.parametrize("rule", ["hf1", "hf2"])
def test_a_whole_weight_is_that_many_equal_records(rule: str) -> None:
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=30), rng.integers(1, 6, 30)
    probs = [0.05, 0.25, 0.5, 0.75, 0.9]
    many = weighted_quantile(np.repeat(x, w), np.ones(w.sum()), probs, rule)
    same(weighted_quantile(x, w.astype(float), probs, rule), many, 1e-12)


def test_a_hit_is_found_in_spite_of_rounding() -> None:
    """0.1 ten times: cumsum gives 0.30000000000000004 and 0.7999999999999999."""
    x, w = np.arange(1.0, 11), np.full(10, 0.1)
    assert weighted_quantile(x, w, [0.3, 0.8]).tolist() == [3, 8]


def eusilc() -> Design:
    x = data("eusilc").assign(id=lambda d: range(len(d)))
    return Design(x, weight="rb050", psu="id")


def test_quantiles_of_eusilc() -> None:
    e = expected("c20")
    found = eusilc().quantile("eqIncome", [0.1, 0.2, 0.5, 0.8, 0.9], rule="school")
    same(found["estimate"], e["quantiles"], 1e-10)
    assert ((found["ci_low"] < found["estimate"]) & (found["estimate"] < found["ci_high"])).all()


@pytest.mark.parametrize(("measure", "factor"), [("arpr", 100), ("rmpg", 100), ("gini", 100), ("qsr", 1)])
def test_poverty_measures_of_laeken(measure: str, factor: float) -> None:
    e, d = expected("c20")[measure], eusilc()
    same(d.poverty("eqIncome", measure)["estimate"] * factor, [e["overall"]], 1e-10)
    regions = d.poverty("eqIncome", measure, by="db040").set_index("db040")
    same(
        [regions.loc[r["stratum"], "estimate"] * factor for r in e["by_region"]],
        [r["value"] for r in e["by_region"]],
        1e-10,
    )


def test_other_shares_of_the_median() -> None:
    d = eusilc()
    found = [d.poverty("eqIncome", "arpr", share=p)["estimate"][0] * 100 for p in (0.4, 0.5, 0.7)]
    same(found, expected("c20")["arpr_p"], 1e-10)
