"""Poverty and inequality against R: laeken's estimates, linearised variables written out from the papers, replicates by survey.

Data, R code and printed digits stand in survey_inequality/ (sample.csv, make_cases.R, cases.json). Half of the incomes are round
hundreds, so there are ties; some are missing. Deville (1999), Osier (2009), Langel & Tillé (2011, 2013).
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
from kaohe.estimate import Design, ReplicateDesign

FOLDER = Path(__file__).parent / "survey_inequality"
MEASURES = ["arpr", "rmpg", "qsr", "gini", "headcount", "gap", "severity"]
FIRST = {"strata": "county", "psu": "town"}
SHAPES: dict[str, dict[str, Any]] = {
    "three": {"strata": "county", "psu": ["town", "village", "hh"], "fpc": ["N1", "N2", "N3"]},
    "two": {"strata": "county", "psu": ["village", "hh"], "fpc": ["NV", "N3"]},
    "first": FIRST,
}
DOMAINS: dict[str, dict[str, Any]] = {
    "all": {}, "kind": {"by": "kind"}, "area": {"by": "area"}, "where": {"where": "area != 'north' and kind != 'c'"},
}  # fmt: skip


@cache
def cases() -> dict[str, Any]:
    return json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


def frame() -> pd.DataFrame:
    f = pd.read_csv(FOLDER / "sample.csv")
    return f.assign(NV=f["county"].map(cases()["NV"]))


@cache
def sample(shape: str) -> Design:
    if shape != "raked":
        return Design(frame(), weight="w", **SHAPES[shape])
    made = rake_to(frame(), {"kind": cases()["kind"]}, weight="w", tol=1e-13)
    return Design(made.frame, weight=made.weight, calibration=made.calibration, **SHAPES["three"])


def compare(d: Design, e: dict[str, Any], domain: str, rtol: float = 1e-9) -> None:
    """Every measure in every domain of one kind, in R's order."""
    found = d.poverty("income", MEASURES, line="relative", **DOMAINS[domain])
    wanted = e[domain]
    if "by" in DOMAINS[domain]:
        assert found[domain].drop_duplicates().tolist() == list(wanted)
    for k, want in enumerate(wanted.values()):
        part = found.iloc[k * len(MEASURES) : (k + 1) * len(MEASURES)]
        assert part["measure"].tolist() == want["measure"]
        np.testing.assert_allclose(part["estimate"], want["estimate"], rtol=rtol)
        np.testing.assert_allclose(part["se"], want["se"], rtol=rtol)


@pytest.mark.parametrize("domain", list(DOMAINS))
@pytest.mark.parametrize("shape", [*SHAPES, "raked"])
def test_linearised_errors_by_the_published_formulas(shape: str, domain: str) -> None:
    """Several stages with sizes, one with replacement, raked weights; domains that cross strata and that are strata."""
    compare(sample(shape), cases()[shape], domain)


@pytest.mark.parametrize("domain", list(DOMAINS))
def test_the_jackknife_by_laekens_functions(domain: str) -> None:
    compare(sample("first").replicate("JKn"), cases()["jackknife"], domain)


@pytest.mark.parametrize("domain", list(DOMAINS))
def test_bootstrap_weights_of_r_by_laekens_functions(domain: str) -> None:
    e, f = cases()["factors"], frame()
    factors = pd.DataFrame(e["table"], index=e["town"]).loc[f["town"]].to_numpy(float)
    d = ReplicateDesign(
        f, weight="w", repweights=factors * f["w"].to_numpy()[:, None], kind="bootstrap", scale=e["scale"], **FIRST
    )
    compare(d, cases()["few"], domain)


def test_linearisation_and_replication_are_of_one_size() -> None:
    """Ours, linearised, against R's replicates: the jackknife for what is smooth, the bootstrap for what has a quantile in it."""
    found = sample("first").poverty("income", MEASURES, line="relative").set_index("measure")["se"]
    jackknife, bootstrap = (
        dict(zip(MEASURES, cases()[k]["all"]["all"]["se"], strict=True)) for k in ("jackknife", "bootstrap")
    )
    assert found["gini"] == pytest.approx(jackknife["gini"], rel=0.05)
    for name, rel in (("arpr", 0.15), ("qsr", 0.15), ("gap", 0.15), ("severity", 0.15), ("rmpg", 0.3)):
        assert found[name] == pytest.approx(bootstrap[name], rel=rel), name
    same(
        sample("first").poverty("income", MEASURES, line="relative")["estimate"],
        cases()["first"]["all"]["all"]["estimate"],
        1e-9,
    )
