"""Raking apart in every part of a partition against R survey 4.1-1: weights, totals and errors by residuals.

Regions are made of whole strata and one of them lacks a level; the halves cut through strata and towns. Domains cross the parts, lie inside
one, or are one stratum. Data, R code and printed digits stand in survey_apart/ (sample.csv, make_cases.R, cases.json).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kaohe.design import Weighted, calibrate_to, rake_to
from kaohe.estimate import Design

FOLDER = Path(__file__).parent / "survey_apart"
STAGES: dict[str, Any] = {"strata": "county", "psu": ["town", "village", "hh"], "fpc": ["N1", "N2", "N3"]}
DOMAINS: dict[str, Any] = {
    "all": None, "far": "road == 'far'", "men": "head == 'm' and size > 2", "inside": "region == 'A' and road == 'near'",
    "part": "region == 'B' and kind == 'e'", "county": "county == 'c4'",
    "town": lambda f: f["town"].isin(f.loc[f["region"] == "A", "town"].unique()[1:4]),
}  # fmt: skip


@cache
def cases() -> dict[str, Any]:
    return json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


def frame() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "sample.csv").assign(one=1.0)


@cache
def raked(partition: str, way: str = "rake") -> Weighted:
    margins = cases()[partition]["margins"]
    if way == "rake":
        return rake_to(frame(), margins, weight="w", partition=partition, tol=1e-13, max_iter=3000)
    return calibrate_to(frame(), margins, weight="w", partition=partition, method="raking", tol=1e-13)


@cache
def sample(partition: str, way: str = "rake") -> Design:
    made = raked(partition, way)
    return Design(made.frame, weight=made.weight, calibration=made.calibration, **STAGES)


def check(found: pd.DataFrame, want: dict[str, Any]) -> None:
    """Estimates and errors to 1e-9; what is known without error has none here, a rounding of 0 in R."""
    np.testing.assert_allclose(found["estimate"], np.atleast_1d(want["estimate"]), rtol=1e-9)
    se = np.atleast_1d(want["se"])
    np.testing.assert_allclose(found["se"], np.where(se < 1e-9 * np.abs(want["estimate"]), 0.0, se), rtol=1e-9)


@pytest.mark.parametrize("way", ["rake", "calibrate"])
@pytest.mark.parametrize("partition", ["region", "half"])
def test_weights_and_what_they_reach(partition: str, way: str) -> None:
    made, e = raked(partition, way), cases()[partition]
    np.testing.assert_allclose(made.frame[made.weight], e["weights"], rtol=1e-9)
    d = sample(partition, way)
    for part, margins in e["margins"].items():
        for column, totals in margins.items():
            found = d.total("one", by=column, where=d.frame[partition] == part)
            assert found[column].tolist() == list(totals)
            np.testing.assert_allclose(found["estimate"], list(totals.values()), rtol=1e-9)
            assert found["se"].tolist() == [0.0] * len(totals)


@pytest.mark.parametrize("domain", list(DOMAINS))
@pytest.mark.parametrize("partition", ["region", "half"])
def test_errors_in_domains_across_parts_and_inside_them(partition: str, domain: str) -> None:
    e, where = cases()[partition]["stats"][domain], DOMAINS[domain]
    d = sample(partition)
    check(d.mean("income", where=where), e["mean"])
    check(d.total("income", where=where), e["total"])
    check(d.total("size", where=where), e["size"])
    check(d.ratio("income", "size", where=where), e["ratio"])
    safe = d.proportion("safe", where=where, method="xlogit", df=9)
    np.testing.assert_allclose(safe[["estimate", "ci_low", "ci_high"]], [e["safe"]], rtol=1e-9)


@pytest.mark.parametrize("partition", ["region", "half"])
def test_domains_that_share_the_parts_vary_together(partition: str) -> None:
    e, d = cases()[partition]["road"], sample(partition)
    found = d.mean("size", by="road")
    assert found["road"].tolist() == e["level"]
    check(found, e)
    np.testing.assert_allclose(d.covariance("size", by="road"), e["vcov"], rtol=1e-9)
    check(d.contrast("size", by="road", weights={"far": 1, "near": -1}), e["difference"])
