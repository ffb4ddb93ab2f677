"""Replicate weights of a calibrated design carry its calibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.design import Calibration, calibrate_to, rake_to
from kaohe.estimate import Design, ReplicateDesign

KEYS = {"strata": "h", "psu": "t"}


def sample() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    town = np.repeat(np.arange(48), 15)
    f = pd.DataFrame({"h": town // 6, "t": town, "w": rng.uniform(10, 30, 720), "k": rng.integers(0, 3, 720)})
    f["x"] = rng.integers(1, 7, 720).astype(float)
    f["y"] = 3 * f["x"] + 2 * f["k"] + rng.normal(0, 1, 720) + rng.normal(0, 0.5, 48)[town]
    return f


TOTALS = {"k": {0: 4900.0, 1: 4700.0, 2: 5000.0}}


@pytest.mark.parametrize("method", ["linear", "raking", "logit"])
def test_a_total_that_is_met_has_no_error_and_others_agree_with_the_residuals(method: str) -> None:
    f = sample()
    made = calibrate_to(
        f, TOTALS, {"x": 51500.0}, weight="w", method=method, bounds=(0.5, 2) if method == "logit" else None, tol=1e-12
    )
    d = Design(made.frame, weight=made.weight, calibration=made.calibration, **KEYS)
    r = d.replicate("JKn")
    met = r.total("x").iloc[0]
    assert met["estimate"] == pytest.approx(51500.0, rel=1e-9)
    assert met["se"] < 1e-5
    both = (r.total("y").iloc[0], d.total("y").iloc[0])
    assert both[0]["estimate"] == pytest.approx(both[1]["estimate"], rel=1e-9)
    assert both[0]["se"] == pytest.approx(both[1]["se"], rel=0.03)
    plain = Design(made.frame, weight=made.weight, **KEYS).replicate("JKn").total("y").iloc[0]
    assert plain["se"] > 3 * both[0]["se"]  # what was given before: the calibration dropped


def test_a_linear_replicate_by_the_closed_formula() -> None:
    """w (1 + x' T⁻¹ (t − t̂)) of each replicate, T = Σ w x x' (Särndal et al. 1992, eq. 6.4.8 with constant variances)."""
    f = sample().assign(one=1.0)
    made = calibrate_to(f, {}, {"one": 14600.0, "x": 51500.0}, weight="w")
    r = Design(made.frame, weight=made.weight, calibration=made.calibration, **KEYS).replicate("JKn")
    x, base = f[["one", "x"]].to_numpy(), f["w"].to_numpy()
    for k in (0, 17, 47):
        w = base * np.where(f["t"] == k, 0.0, np.where(f["h"] == k // 6, 6 / 5, 1.0))
        want = w * (1 + x @ np.linalg.solve(x.T @ (w[:, None] * x), np.array([14600.0, 51500.0]) - w @ x))
        np.testing.assert_allclose(r.made.weights[:, k], want, rtol=1e-8, atol=1e-9)


def test_parts_that_a_replicate_leaves_alone_keep_their_weight() -> None:
    f = sample().assign(c=lambda f: f["h"] // 4)
    made = rake_to(f, {0: {"k": {0: 2400.0, 1: 2500.0, 2: 2300.0}}, 1: {"k": {0: 2300.0, 1: 2400.0, 2: 2500.0}}},
                   weight="w", partition="c")  # fmt: skip
    d = Design(made.frame, weight=made.weight, calibration=made.calibration, **KEYS)
    r = d.replicate("JKn")
    other = (f["c"] == 1).to_numpy()
    np.testing.assert_array_equal(r.made.weights[other, 0], d.w[other])
    reached = pd.DataFrame(r.made.weights).groupby([f["c"], f["k"]]).sum()
    np.testing.assert_allclose(
        reached, np.repeat([[2400.0], [2500], [2300], [2300], [2400], [2500]], 48, axis=1), rtol=1e-9
    )


def test_what_the_record_does_not_say_is_refused_and_reweight_serves() -> None:
    f = sample()
    made = rake_to(f, TOTALS, weight="w")
    record = Calibration("w", ("k",))
    d = Design(made.frame, weight=made.weight, calibration=record, **KEYS)
    with pytest.raises(InputRefused, match="reweight="):
        d.replicate("JKn")
    cut = made.frame.assign(cut=made.frame[made.weight].clip(upper=28.0))
    last = replace(made.calibration, after="")
    with pytest.raises(InputRefused, match=r"K420[\s\S]*trimmed afterwards[\s\S]*reweight="):
        Design(cut, weight="cut", calibration=last, **KEYS).replicate("JKn")
    with pytest.raises(InputRefused, match=r"K420[\s\S]*weight cut[\s\S]*reweight="):
        Design(cut, weight="cut", calibration=made.calibration, **KEYS).replicate("JKn")

    def again(w: np.ndarray) -> np.ndarray:
        return rake_to(f.assign(w=w), TOTALS, weight="w").frame["w_raked"].to_numpy()

    with_record = (
        Design(made.frame, weight=made.weight, calibration=made.calibration, **KEYS).replicate("JKn").total("y")
    )
    assert d.replicate("JKn", reweight=again).total("y")["se"][0] == pytest.approx(with_record["se"][0], rel=1e-6)


@pytest.mark.parametrize("kind", ["mean", "ratio", "total"])
def test_replicate_weights_of_records_without_weight_do_not_count(kind: str) -> None:
    """Means of the replicates 4, 3.5 and 1.5 about 3, totals 24, 21, 9 about 18; 2/3 of the squares. R: subset(w > 0)."""
    f = pd.DataFrame({
        "w": [2.0, 2, 2, 0], "x": 1.0, "y": [1.0, 2, 6, 40],
        "r1": [0.0, 3, 3, 1], "r2": [3.0, 0, 3, 0], "r3": [3.0, 3, 0, 1],
    })  # fmt: skip
    d = ReplicateDesign(f, weight="w", repweights=["r1", "r2", "r3"], kind="JK1")
    found = {"mean": lambda: d.mean("y"), "ratio": lambda: d.ratio("y", "x"), "total": lambda: d.total("y")}[kind]()
    scale = 6.0 if kind == "total" else 1.0
    assert found["estimate"][0] == pytest.approx(3 * scale)
    assert found["se"][0] == pytest.approx(scale * np.sqrt(2 / 3 * (1 + 0.25 + 2.25)), rel=1e-12)
