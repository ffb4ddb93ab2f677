"""Totals are told apart by their place, not by a name put together from margin and level; steps are counted."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.design import calibrate, calibrate_to


def linear(w: np.ndarray, x: np.ndarray, totals: list[float]) -> np.ndarray:
    """w (1 + x' T⁻¹ (t − t̂)), T = Σ w x x' (Deville & Särndal 1992, section 1)."""
    return w * (1 + x @ np.linalg.solve(x.T @ (w[:, None] * x), np.array(totals) - w @ x))


def test_a_numeric_column_may_bear_the_name_of_a_margin_and_level() -> None:
    rng = np.random.default_rng(2)
    f = pd.DataFrame({"w": rng.uniform(5, 9, 40), "k": list("ab") * 20, "k a": rng.uniform(1, 4, 40)})
    made = calibrate_to(f, {"k": {"a": 150.0, "b": 140.0}}, {"k a": 760.0}, weight="w")
    x = np.column_stack([f["k"] == "a", f["k"] == "b", f["k a"]]).astype(float)
    np.testing.assert_allclose(made.frame[made.weight], linear(f["w"].to_numpy(), x, [150, 140, 760]), rtol=1e-9)
    assert made.report[["margin", "level", "target"]].values.tolist() == [
        ["k", "a", 150.0], ["k", "b", 140.0], ["k a", "total", 760.0],
    ]  # fmt: skip
    np.testing.assert_allclose(made.report["after"], [150, 140, 760], rtol=1e-9)


def test_two_margins_may_be_read_as_one_another() -> None:
    """Margin k with level "a b", and margin "k a" with level "b": each has its own count."""
    f = pd.DataFrame({"w": [1.0] * 4, "k": ["a b", "a b", "c", "c"], "k a": ["b", "d", "b", "d"]})
    made = calibrate_to(f, {"k": {"a b": 6.0, "c": 4.0}, "k a": {"b": 5.5, "d": 4.5}}, weight="w")
    assert made.frame.groupby("k")["w_calibrated"].sum().round(9).tolist() == [6.0, 4.0]
    assert made.frame.groupby("k a")["w_calibrated"].sum().round(9).tolist() == [5.5, 4.5]


def test_a_margin_of_many_levels_warns_of_nothing() -> None:
    """One margin scales each level to its count."""
    f = pd.DataFrame({"w": 1.0, "k": [f"v{i % 150}" for i in range(600)]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = calibrate_to(f, {"k": {f"v{i}": 4.0 + i for i in range(150)}}, weight="w")
    np.testing.assert_allclose(made.frame[made.weight], 1 + (np.arange(600) % 150) / 4, rtol=1e-9)


def test_as_many_steps_are_made_as_are_allowed() -> None:
    """Linear calibration needs one step; raking of a far total needs more."""
    f = pd.DataFrame({"w": [10.0, 10.0, 20.0], "one": 1.0, "x": [1.0, 2.0, 3.0]})
    made = calibrate(f, {"one": 50.0, "x": 110.0}, max_iter=1)
    assert made.weights.tolist() == pytest.approx([150 / 11, 140 / 11, 260 / 11])
    assert calibrate(f, {"one": 40.0, "x": 90.0}, max_iter=0).weights.tolist() == [10.0, 10.0, 20.0]
    with pytest.raises(InputRefused) as caught:
        calibrate(f, {"one": 50.0, "x": 110.0}, max_iter=0)
    assert caught.value.message().startswith(
        "K323 Calibration does not converge\n  where     calibration\n  got       after 0 passes one is off by 0.2"
    )
    with pytest.raises(InputRefused, match="after 1 passes"):
        calibrate(f, {"one": 50.0, "x": 120.0}, method="raking", max_iter=1)
