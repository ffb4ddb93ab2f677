"""Calibration, raking, nonresponse and diagnostics against R survey 4.1-1."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.rcases import check, data, expected, margins, same

from kaohe.design import calibrate, rake
from kaohe.design.diagnose import diagnose, effective_size, kish_deff
from kaohe.design.nonresponse import weighting_classes
from kaohe.estimate import Calibration, Design

WAYS = {
    "linear": ("linear", None),
    "linear_bounded": ("linear", (0.6, 1.7)),
    "raking": ("raking", None),
    "raking_bounded": ("raking", (0.6, 1.7)),
    "logit_bounded": ("logit", (0.5, 2.5)),
}


@pytest.mark.parametrize("name", list(WAYS))
def test_calibration_to_counts_and_a_total(name: str) -> None:
    method, bounds = WAYS[name]
    m, x, e = margins(), data("apiclus1"), expected("c10")[name]
    x["one"], x["H"], x["M"] = 1.0, (x["stype"] == "H") * 1.0, (x["stype"] == "M") * 1.0
    totals = {"one": 6194, "H": m["stype"]["H"], "M": m["stype"]["M"], "api99": m["api99_total"]}
    made = calibrate(x, totals, weight="pw", method=method, bounds=bounds)
    same(made.weights, e["weights"], 1e-8)
    same([made.g.min(), made.g.max()], [e["g_min"], e["g_max"]], 1e-8)
    for column, total in totals.items():
        assert made.weights @ x[column] == pytest.approx(total, rel=1e-10)
    x["w"] = made.weights
    d = Design(x, weight="w", psu="dnum", fpc=["fpc"], calibration=Calibration("pw", ("stype",), ("api99",)))
    check(d.total("enroll"), e["total_enroll"], 1e-8)
    check(d.mean("api00"), e["mean_api00"], 1e-8)
    check(d.ratio("api.stu", "enroll"), e["ratio"], 1e-8)
    check(d.mean("api00", by="sch.wide"), e["mean_by_schwide"], 1e-8, ci=False)
    # a calibrated total is known: no error is left but that of rounding
    assert d.total("api99")["se"][0] < 1e-6


def test_raking_to_two_margins() -> None:
    m, x, e = margins(), data("apiclus1"), expected("c09")["clus_two_margins"]
    made = rake(x, {k: m[k] for k in ("stype", "sch.wide")}, weight="pw")
    same(made.weights, e["weights"], 1e-8)
    same(made.g * x["pw"], made.weights, 1e-14)


def test_raking_to_three_margins_and_its_errors() -> None:
    m, e = margins(), expected("c09")["strat_three_margins_calibrate"]
    x = data("apistrat").assign(id=lambda d: range(len(d)))
    names = ("stype", "sch.wide", "awards")
    made = rake(x, {k: m[k] for k in names}, weight="pw")
    same(made.weights, e["weights"], 1e-8)
    x["w"] = made.weights
    d = Design(x, weight="w", strata="stype", psu="id", fpc=["fpc"], calibration=Calibration("pw", names))
    check(d.total("enroll"), e["total_enroll"], 1e-8)
    check(d.mean("api00"), e["mean_api00"], 1e-8)
    check(d.mean("api00", by="sch.wide"), e["by_schwide"], 1e-8, ci=False)


def test_weighting_classes_by_county() -> None:
    x, e = data("province"), expected("c17")
    x["ok"] = x["respondent"] == 1
    made = weighting_classes(
        x, weight="base_weight", responded="ok", classes=[], partition="county", min_respondents=1, max_factor=np.inf
    )
    same(made.factors * x["base_weight"] * x["ok"], e["class_adjusted_weights"], 1e-10)
    factors = made.account.set_index("county")["factor"]
    same(factors.to_numpy(), e["class_factors"], 1e-10)
    x["w"] = made.factors * x["base_weight"]
    d = Design(x[x["ok"]], weight="w", strata="county", psu="township", lonely="adjust")
    check(d.mean("income_pc"), e["est_class"], 1e-8)


def test_whole_chain_with_residual_errors_by_city() -> None:
    e, x, counties = expected("c25"), data("province"), data("province_counties")
    x["ok"] = x["respondent"] == 1
    made = weighting_classes(
        x, weight="base_weight", responded="ok", classes=[], partition="county", min_respondents=1, max_factor=np.inf
    )
    x["w1"] = x["base_weight"] * made.factors
    y = x[x["ok"]].reset_index(drop=True)
    assert y["hhid"].tolist() == e["hhid"]
    y["sat4"] = np.where(y["satisfaction"].isna(), np.nan, y["satisfaction"] >= 4)
    by_city = counties.groupby("city")["N_households"].sum()
    whole = by_city.sum()
    raked = rake(
        y, {"city": by_city.to_dict(), "registered_poor": {0: 0.72 * whole, 1: 0.28 * whole}}, weight="w1", tol=1e-12
    )
    right = e["calibrate_raking"]
    same(raked.weights, right["weights"], 1e-8)
    y["w2"] = raked.weights
    d = Design(
        y, weight="w2", strata="county", psu="township", lonely="adjust",
        calibration=Calibration("w1", ("city", "registered_poor")),
    )  # fmt: skip
    assert d.df == right["degf"]
    check(d.mean("income_pc"), right["mean_income"], 1e-8)
    check(d.mean("sat4"), right["sat4"], 1e-8)
    check(d.mean("income_pc", by="city"), right["by_city"], 1e-8, ci=False)
    check(d.mean("sat4", by="city"), right["sat4_by_city"], 1e-8, ci=False)
    fixed = Design(y, weight="w2", strata="county", psu="township", lonely="adjust").mean("income_pc")
    check(fixed, e["WRONG_fixed_weights"]["mean_income"], 1e-8)
    assert fixed["se"][0] > 1.05 * d.mean("income_pc")["se"][0]


def test_weight_diagnostics() -> None:
    x, e = data("province"), expected("c24")
    w = x["base_weight"].to_numpy(float)
    same([kish_deff(w), effective_size(w)], [e["kish_deff"], e["n_eff"]], 1e-10)
    whole = diagnose(x.assign(all="x"), weight="base_weight", by="all").iloc[0]
    same(
        [whole["n"], whole["sum_weights"], whole["cv"], whole["w_min"], whole["w_max"]],
        [e["n"], e["sum"], e["cv_n"], e["min"], e["max"]],
        1e-10,
    )
    same([whole["w_max"] / whole["w_median"]], [e["max_over_median"]], 1e-10)
    by_city = diagnose(x, weight="base_weight", by="city")
    same(by_city["deff_kish"], [r["deff"] for r in e["by_city"]], 1e-10)
    same(by_city["sum_weights"], [r["sum"] for r in e["by_city"]], 1e-10)
    stages = (x["N_town"] / x["n_town"]) * (x["N_vill"] / x["n_vill"]) * (x["N_hh"] / x["n_hh"])
    same(stages, e["weights_from_stages"], 1e-10)
    same(w, stages, 1e-3)
