"""Covariances between domains: by hand, and against the variance of a difference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kaohe.estimate import Design
from kaohe.estimate.between import between_domains
from support.rcases import data


def test_totals_of_two_domains_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "h": ["A"] * 6 + ["B"] * 4, "psu": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5], "w": 2.0,
            "y": [1.0, 4, 2, 5, 6, 3, 7, 1, 2, 2], "d": [0, 1, 0, 1, 0, 1, 0, 0, 1, 1],
        }
    )  # fmt: skip
    design = Design(frame, weight="w", strata="h", psu=["psu"])
    got = design.joint(frame[["y"]].to_numpy(), None, frame["d"].to_numpy(), 2)[1]
    # PSU totals of w·y: stratum A (2, 4, 12) and (8, 10, 6), stratum B (16, 0) and (0, 8)
    one = {"A": np.array([2.0, 4, 12]), "B": np.array([16.0, 0])}
    other = {"A": np.array([8.0, 10, 6]), "B": np.array([0.0, 8])}
    by_hand = sum(
        len(one[h]) / (len(one[h]) - 1) * ((one[h] - one[h].mean()) * (other[h] - other[h].mean())).sum() for h in "AB"
    )
    assert by_hand == pytest.approx(-24 - 128)
    assert got[0, 1] == pytest.approx(by_hand, abs=1e-12)
    assert got[1, 0] == pytest.approx(by_hand, abs=1e-12)


def test_the_variance_of_a_difference_follows_from_it() -> None:
    frame = data("apiclus1")
    design = Design(frame, weight="pw", psu=["dnum"], fpc=["fpc"])
    codes = (frame["stype"] == "E").astype(int).to_numpy()
    num = frame[["api00"]].to_numpy(dtype=float)
    cov = design.joint(num, np.ones_like(num), codes, 2)[1]
    domain = pd.Series(np.where(codes == 1, "primary", "other"))
    difference = Design(frame.assign(k=domain.to_numpy()), weight="pw", psu=["dnum"], fpc=["fpc"]).contrast(
        "api00", by="k", weights={"primary": 1.0, "other": -1.0}
    )
    assert cov[0, 1] != 0
    assert cov[0, 0] + cov[1, 1] - 2 * cov[0, 1] == pytest.approx(float(difference["se"].iloc[0]) ** 2, rel=1e-9)


def test_domains_that_share_nothing_are_left_out() -> None:
    frame = pd.DataFrame(
        {"h": ["A"] * 4 + ["B"] * 4, "psu": range(8), "w": 1.0, "y": [1.0, 3, 5, 2, 0, 9, 2, 4], "d": [0] * 4 + [1] * 4}
    )
    design = Design(frame, weight="w", strata="h", psu=["psu"])
    y = frame[["y"]].to_numpy()
    scored: Any = SimpleNamespace(names=["y"], num=y, den=np.ones_like(y))
    known = pd.DataFrame({"domain_type": "helper", "domain": ["a", "b"], "indicator": "y", "se": 0.1})
    assert between_domains(design, scored, frame["d"].to_numpy(), ["a", "b"], "helper", known).empty
    shared = between_domains(design, scored, np.arange(8) % 2, ["a", "b"], "helper", known)
    assert list(shared[["domain", "other"]].itertuples(index=False, name=None)) == [("a", "b"), ("b", "a")]
    assert shared["cov"].nunique() == 1
    none = between_domains(design, scored, np.arange(8) % 2, ["a", "b"], "helper", known.assign(se=[0.1, np.nan]))
    assert none.empty
