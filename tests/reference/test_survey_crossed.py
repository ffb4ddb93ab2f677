"""Strata of two columns against R survey 4.1-1 with interaction(region, zone), and what goes with them.

A stratum taken whole, a domain in two strata only, ids that begin anew in every stratum, gaps that differ by variable, ties, a
constant, an unused level. Data, R code and printed digits stand in survey_crossed/ (sample.csv, make_cases.R, cases.json).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.support.rcases import same

from kaohe.design import rake_to
from kaohe.estimate import Design

FOLDER = Path(__file__).parent / "survey_crossed"
STRATA = ["region", "zone"]
SHAPES: dict[str, dict[str, Any]] = {
    "three": {"weight": "w", "psu": ["unit", "place", "id"], "fpc": ["N1", "N2", "N3"]},
    "one": {"weight": "wz", "psu": "unit"},
    "sized": {"weight": "w", "psu": "unit", "fpc": ["N1"]},
}


@cache
def cases() -> dict[str, Any]:
    return json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


def frame() -> pd.DataFrame:
    f = pd.read_csv(FOLDER / "sample.csv")
    return f.assign(kind=pd.Categorical(f["kind"], ["x", "y", "z", "never"]))


def sample(shape: str, f: pd.DataFrame | None = None, **more: Any) -> Design:
    return Design(frame() if f is None else f, **({"strata": STRATA, "nest": True} | SHAPES[shape] | more))


def check(found: pd.DataFrame, want: dict[str, Any]) -> None:
    """Estimates, errors and limits to 1e-9; an error that is rounding of 0 in R is 0 here, and R's limits are compared to its digits."""
    estimate, se = np.atleast_1d(want["estimate"]), np.atleast_1d(want["se"])
    same(found["estimate"], estimate, 1e-9)
    same(found["se"], np.where(se < 1e-13 * np.abs(estimate), 0.0, se), 1e-9)
    if "ci_lo" in want:
        same(found["ci_low"], np.atleast_1d(want["ci_lo"]), 1e-9)
        same(found["ci_high"], np.atleast_1d(want["ci_hi"]), 1e-9)


@pytest.mark.parametrize("shape", list(SHAPES))
def test_estimates(shape: str) -> None:
    e, d = cases()[shape], sample(shape)
    assert d.df == e["degf"]
    assert len(np.unique(d.structure.stages[0].group)) == e["strata"] == 5
    whole = {"df": float(e["degf"])}  # R's intervals with the degrees of freedom of the whole design
    check(d.mean(["income", "persons", "flat"], **whole), e["mean"])
    check(d.total(["income", "poor"], **whole), e["total"])
    check(d.ratio("income", "persons", **whole), e["ratio"])
    check(d.mean("debt", **whole), e["debt"])
    check(d.mean("land", **whole), e["land"])
    check(d.total("land", **whole), e["land_total"])
    assert d.mean("land")["df"].tolist() == [e["degf_land"]]
    same(d.mean("income")["deff"], [e["deff"]], 1e-9)
    same(d.mean("income", deff="wor")["deff"], [e["deff_wor"]], 1e-9)


@pytest.mark.parametrize("shape", list(SHAPES))
def test_domains_and_their_differences(shape: str) -> None:
    e, d = cases()[shape], sample(shape)
    for found, want, column in (
        (d.mean("income", by="kind"), e["by_kind"], "kind"),
        (d.mean("income", by="only"), e["by_only"], "only"),
        (d.total("income", by="only"), e["total_by_only"], "only"),
        (d.mean("land", by="kind"), e["land_by_kind"], "kind"),
    ):
        assert found[column].tolist() == [level for level in want["level"] if level != "never"]
        kept = [k for k, level in enumerate(want["level"]) if level != "never"]
        check(found, {k: np.array(want[k], dtype=float)[kept] for k in ("estimate", "se")})
    assert d.mean("income", by="only")["df"].tolist() == e["degf_only"]
    whole = float(e["degf"])
    for by, weights, key in (("kind", {"x": 1, "y": -1}, "shared"), ("only", {"p": 1, "q": -1}, "apart")):
        found = d.contrast("income", by=by, weights=weights, df="units")
        same(found["estimate"], [e[key]["estimate"]], 1e-9)
        same(found["se"], [e[key]["se"]], 1e-9)
        assert found["df"].tolist() == [whole]
    same(d.covariance("income", by="kind"), e["shared_vcov"], 1e-9)


@pytest.mark.parametrize("shape", list(SHAPES))
def test_means_of_variables_with_gaps_of_their_own(shape: str) -> None:
    e, d = cases()[shape]["both"], sample(shape)
    found = d.contrast(["debt", "land"], weights={"debt": 1, "land": -2})
    same(found["estimate"], [e["estimate"]], 1e-9)
    same(found["se"], [e["se"]], 1e-9)
    same(d.covariance(["debt", "land"]), e["vcov"], 1e-9)
    each = d.mean(["debt", "land"])
    same(each["se"] ** 2, np.diag(e["vcov"]), 1e-9)
    assert each["n"].tolist() == [
        int((frame()[v].notna() & (frame()[SHAPES[shape]["weight"]] > 0)).sum()) for v in ("debt", "land")
    ]


@pytest.mark.parametrize("shape", list(SHAPES))
def test_shares_and_quantiles_with_ties(shape: str) -> None:
    e, d = cases()[shape], sample(shape)
    for method, want in e["share"].items():
        same(d.proportion("poor", method=method, df=float(e["degf"]))[["estimate", "ci_low", "ci_high"]], [want], 1e-9)
    for rule, want in e["ties"].items():
        check(d.quantile("persons", [0.1, 0.25, 0.5, 0.75], rule=rule), want)


def test_after_raking_and_with_replicate_weights() -> None:
    e, f = cases()["raked"], frame()
    made = rake_to(f.assign(kind=f["kind"].astype(str)), {"kind": e["totals"]}, weight="w")
    same(made.frame[made.weight], e["weights"], 1e-9)
    d = sample("one", made.frame, weight=made.weight, calibration=made.calibration)
    check(d.mean(["income", "poor"]), e["mean"])
    check(d.total("income"), e["total"])
    check(d.mean("income", by="only"), e["by_only"])
    check(d.mean("debt"), e["debt"])
    j, replicated = cases()["jackknife"], sample("one", weight="w").replicate("JKn")
    check(replicated.mean("income"), j["mean"])
    check(replicated.ratio("income", "persons"), j["ratio"])
    check(replicated.mean("income", by="only"), j["by_only"])


KINDS: dict[str, Any] = {
    "text": lambda f: f.astype({"region": str, "zone": str}),
    "nullable integers": lambda f: f.astype({"region": "Int64", "zone": "Int8", "persons": "Int64", "poor": "boolean", "unit": "UInt16"}),
    "arrow": lambda f: f.convert_dtypes(dtype_backend="pyarrow"),
    "categories with unused levels": lambda f: f.assign(
        region=pd.Categorical(f["region"], [2, 5, 11, 1]), zone=pd.Categorical(f["zone"], [11, 1, 3])
    ),
    "a float and an object": lambda f: f.assign(region=f["region"].astype(float), zone=f["zone"].astype(object), poor=f["poor"] == 1),
    "rows in another order": lambda f: f.sample(frac=1, random_state=5),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("strata", [STRATA, STRATA[::-1], tuple(STRATA)])
def test_strata_columns_of_every_kind_in_any_order(kind: str, strata: Any) -> None:
    e, d = cases()["three"], sample("three", KINDS[kind](frame()), strata=strata)
    assert d.df == e["degf"]
    check(d.mean(["income", "persons", "flat"]), e["mean"])
    same(d.proportion("poor", method="t")[["estimate", "ci_low", "ci_high"]], [e["share"]["mean"]], 1e-9)
    check(d.mean("land", df=float(e["degf"])), e["land"])
