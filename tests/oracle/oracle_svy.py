"""The Python package svy 0.35 as a second oracle: `make test-oracle`, never part of the other runs.

svy_numbers.py writes its numbers in an environment of its own (KAOHE_SVY_NUMBERS names the file).
Known differences, asserted below where they can be: quantiles where p·n is an integer (svy misses
the tie), sizes beyond the second stage (svy has two stages), trimming (svy shares out in
proportion), Wilson intervals (svy shrinks the effective size and takes t as well), no bounded or
logit calibration there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.reference.test_survey_generated import frame

from kaohe.design import post_stratify, rake_to
from kaohe.design.trim import trim
from kaohe.estimate import Design

KINDS = {"exited": 19000.0, "general": 27000.0, "poor": 13000.0}
CITIES = {"A": 26000.0, "B": 15000.0, "C": 18000.0}


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    return json.loads(Path(os.environ["KAOHE_SVY_NUMBERS"]).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def design() -> Design:
    return Design(frame(), weight="w", strata="county", psu="town")


def same(found: pd.DataFrame, want: list[dict[str, Any]], *, ci: bool = True) -> None:
    names = {"estimate": "est", "se": "se", "df": "df", "n": "n"} | ({"ci_low": "lci", "ci_high": "uci"} if ci else {})
    for ours, other in names.items():
        np.testing.assert_allclose(found[ours].to_numpy(float), [r[other] for r in want], rtol=1e-9, err_msg=ours)


def test_means_totals_and_ratios_with_their_domains(theirs: dict[str, Any], design: Design) -> None:
    same(design.mean("income"), theirs["mean"])
    same(design.mean("income", by="kind"), theirs["mean_by_kind"])
    same(design.mean("size", by="city"), theirs["mean_by_city"])
    same(design.total("size"), theirs["total"])
    same(design.total("size", by="kind"), theirs["total_by_kind"])
    same(design.ratio("jobs", "labour"), theirs["ratio"])
    same(design.ratio("jobs", "labour", by="city"), theirs["ratio_by_city"])


def test_shares(theirs: dict[str, Any], design: Design) -> None:
    for method, ours in (("logit", "logit"), ("korn-graubard", "beta")):
        want = [r for r in theirs[f"share_{method}"] if r["safe"] == 1]
        same(design.proportion("safe", method=ours, capped=False), want)
    wilson = next(r for r in theirs["share_wilson"] if r["safe"] == 1)
    assert wilson["lci"] < design.proportion("safe", method="wilson")["ci_low"][0]


def test_the_median_where_no_weight_is_hit(theirs: dict[str, Any], design: Design) -> None:
    same(design.quantile("income", 0.5), theirs["median"])


def test_two_stages_with_sizes(theirs: dict[str, Any]) -> None:
    d = Design(frame(), weight="w", strata="county", psu=["town", "village"], fpc=["N1", "N2"])
    same(d.mean("income"), theirs["two_stage_mean"])
    same(d.total("size"), theirs["two_stage_total"])


def test_raking_and_post_stratification(theirs: dict[str, Any]) -> None:
    raked = rake_to(frame(), {"kind": KINDS, "city": CITIES}, weight="w", tol=1e-13)
    np.testing.assert_allclose(raked.frame["w_raked"], theirs["raked"], rtol=1e-9)
    post = post_stratify(frame(), "kind", KINDS, weight="w")
    np.testing.assert_allclose(post.frame["w_post"], theirs["post"], rtol=1e-12)
    d = Design(post.frame, weight="w_post", strata="county", psu="town", calibration=post.calibration)
    same(d.mean("income"), theirs["post_mean"])


def test_trimming_in_proportion(theirs: dict[str, Any]) -> None:
    w = frame()["w"].to_numpy(float)
    np.testing.assert_allclose(trim(w, upper=400.0, rule="proportional").weights, theirs["trimmed"], rtol=1e-9)
    assert not np.allclose(trim(w, upper=400.0).weights, theirs["trimmed"], rtol=1e-3)


def test_the_jackknife(theirs: dict[str, Any], design: Design) -> None:
    same(design.replicate("JKn", centre="mean").mean("income"), theirs["jackknife"])
