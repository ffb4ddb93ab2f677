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
PART = "area != 'north' and kind != 'c'"
DOMAINS: dict[str, dict[str, Any]] = {
    "all": {}, "kind": {"by": "kind"}, "area": {"by": "area"}, "where": {"where": PART, "line_of": PART},
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


@pytest.mark.parametrize("shape", [*SHAPES, "raked"])
def test_a_region_alone_has_the_line_of_all(shape: str) -> None:
    """R's numbers of the areas, whose line is that of all records, asked for one at a time with where=."""
    for area, want in cases()[shape]["area"].items():
        found = sample(shape).poverty("income", MEASURES, line="relative", where=f"area == '{area}'")
        np.testing.assert_allclose(found["estimate"], want["estimate"], rtol=1e-9)
        np.testing.assert_allclose(found["se"], want["se"], rtol=1e-9)


def test_the_line_may_be_that_of_others() -> None:
    """Half of the median 9 of a, 10, 8 and 9, is 4.5: one of the two of b is below it. Its error is the jackknife's, roughly."""
    f = pd.DataFrame({"w": [1.0] * 5, "y": [8.0, 9, 10, 4, 5], "g": list("aaabb")})
    found = Design(f, weight="w").poverty(
        "y", ["headcount", "gap"], line="relative", share=0.5, where="g == 'b'", line_of="g == 'a'"
    )
    assert found["estimate"].tolist() == pytest.approx([0.5, 0.5 / 4.5 / 2])
    asked = {"line": "relative", "where": "kind == 'a'", "line_of": "kind == 'b'"}
    first = sample("first")
    ours, theirs = (d.poverty("income", ["gap", "severity"], **asked) for d in (first, first.replicate("JKn")))
    assert ours["estimate"].tolist() == pytest.approx(theirs["estimate"].tolist(), rel=1e-12)
    assert (ours["se"] / theirs["se"]).between(0.8, 1.25).all()


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


GROUPS = {
    **{k: f"kind == '{k}'" for k in "abc"},
    **{k: f"area == '{k}'" for k in ("east", "north", "west")},
    "all": None,
}


@pytest.mark.parametrize("group", list(GROUPS))
@pytest.mark.parametrize("shape", ["three", "first"])
def test_the_default_interval_of_a_headcount(shape: str, group: str) -> None:
    """Korn & Graubard's written out in R (its svyciprop says the same without the cap), with the degrees of freedom of the domain."""
    d, e = sample(shape), cases()["default"][shape]["headcount"][group]
    for capped in (True, False):
        found = d.poverty("income", "headcount", line=11000, where=GROUPS[group], capped=capped).iloc[0]
        want = [e["estimate"], e["se"], *e["capped" if capped else "open"], e["df"], e["n"]]
        same(found[["estimate", "se", "ci_low", "ci_high", "df", "n"]], want, 1e-9)
        assert found["method"] == "beta"


@pytest.mark.parametrize("by", [None, "kind", "area"])
@pytest.mark.parametrize("shape", ["three", "first"])
def test_the_default_interval_below_an_estimated_line(shape: str, by: str | None) -> None:
    e, found = cases()["default"][shape]["arpr"], sample(shape).poverty("income", "arpr", by=by)
    wanted = [e["all"]] if by is None else [e[level] for level in found[by]]
    same(found["df"], [w["df"] for w in wanted], 1e-12)
    same(found[["ci_low", "ci_high"]], [w["ci"] for w in wanted], 1e-9)


@pytest.mark.parametrize("name", ["kind", "area", "mixed", "few"])
@pytest.mark.parametrize("shape", ["three", "first"])
def test_the_default_interval_of_a_difference(shape: str, name: str) -> None:
    """The smallest of three degrees of freedom, each worked in R; `few` is two towns of one county against an area."""
    e, f = cases()["default"][shape]["contrast"][name], frame()
    few = f["town"].isin(f["town"].unique()[:2])
    side = {
        "kind": f["kind"], "area": f["area"].map({"north": "a", "west": "b"}),
        "mixed": pd.Series(np.select([f["area"] == "north", (f["area"] == "west") & (f["kind"] == "a")], ["a", "b"], "other")),
        "few": pd.Series(np.select([few, f["area"] == "west"], ["a", "b"], "other")),
    }[name]  # fmt: skip
    d = Design(f.assign(side=side), weight="w", **SHAPES[shape])
    found = d.contrast("income", by="side", weights={"a": 1, "b": -1}).iloc[0]
    same(
        found[["estimate", "se", "ci_low", "ci_high", "df", "p_value"]],
        [e["estimate"], e["se"], *e["ci"], e["df"], e["p"]],
        1e-9,
    )
    assert e["df"] == min(e["rules"].values())
    same(d.contrast("income", by="side", weights={"a": 1, "b": -1}, df="units")["df"], [e["rules"]["units"]], 1e-12)
    assert d.test("income", by="side", where=side.isin(["a", "b"]))["p_value"][0] == pytest.approx(e["p"], rel=1e-9)


@pytest.mark.parametrize("shape", ["three", "first"])
def test_equal_means_as_regression_tests_them(shape: str) -> None:
    """Wald's statistic over p is R's F; with R's own degrees of freedom the t test of two domains is svyttest's."""
    e, d = cases()["equal"][shape], sample(shape)
    for by in ("kind", "area", "county"):
        found = d.test("income", by=by, df=np.inf).iloc[0]
        same(found[["f", "df_1"]].astype(float), [e[by]["f"], e[by]["df_1"]], 1e-9)
        units = d.test("income", by=by, df="units").iloc[0]
        free = e[by]["df_2"] + e[by]["df_1"]  # R's df_2 is units minus strata less the differences
        assert units["df_2"] == free - e[by]["df_1"] + 1
        same([units["statistic"], units["f"]], [e[by]["f"] * e[by]["df_1"], e[by]["f"] * units["df_2"] / free], 1e-9)
    two = d.contrast("income", by="kind", weights={"b": 1, "a": -1}, df=e["t"]["df"]).iloc[0]
    same(two[["t", "p_value"]].astype(float), [e["t"]["t"], e["t"]["p"]], 1e-9)
    tested = d.test("income", by="kind", where="kind != 'c'", df=e["t"]["df"]).iloc[0]
    same(tested[["f", "df_2", "p_value"]].astype(float), [e["two"]["f"], e["two"]["df_2"], e["two"]["p"]], 1e-9)


def test_a_jackknife_with_a_stratum_taken_whole() -> None:
    """R leaves its replicates out; R's svytotal says more than its own weights do, and its degrees of freedom are a rank."""
    e = cases()["census"]
    d = Design(pd.DataFrame(e["frame"]), weight="w", strata="h", psu="u", fpc="N")
    j = d.replicate("JKn")
    same(d.total("v")["se"], [e["total"]["linear"]], 1e-9)
    for found, want in ((j.total("v"), e["total"]), (j.mean("v"), e["mean"])):
        same(found["se"], [want["weights"]], 1e-9)
        same([want["linear"]], [want["weights"]], 1e-9)
        assert found["df"].tolist() == [e["degf"][0]]
    assert int((j.made.rscales > 0).sum()) == e["replicates"][0]
    assert e["total"]["svytotal"] > 1.9 * e["total"]["weights"]
