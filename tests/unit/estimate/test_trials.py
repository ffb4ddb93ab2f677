"""A capped trial keeps to its distance and its bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.design import Calibration
from kaohe.estimate import Design
from kaohe.estimate.trials import Trial, Trials, try_calibrations

MARGINS = ("k", "m")


def sample() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    f = pd.DataFrame({"c": "x", "w": rng.uniform(8, 12, 160), "k": rng.choice(list("aab"), 160)})
    return f.assign(m=rng.choice(list("pppq"), 160), y=rng.normal(5, 1, 160))


def totals(f: pd.DataFrame) -> dict[str, dict[str, dict[object, float]]]:
    n = float(f["w"].sum())
    return {"x": {"k": {"a": 0.5 * n, "b": 0.5 * n}, "m": {"p": 0.6 * n, "q": 0.4 * n}}}


def tried(trial: Trial) -> Trials:
    def design(frame: pd.DataFrame, weight: str, record: Calibration | None) -> Design:
        return Design(frame, weight=weight, calibration=record)

    f = sample()
    return try_calibrations(
        f, totals(f), {"one": trial}, weight="w", partition="c", design=design, estimate=lambda d: d.mean("y")
    )


def linear(f: pd.DataFrame, w: np.ndarray) -> np.ndarray:
    """w (1 + x' T⁻ (t − t̂)), T = Σ w x x' (Deville & Särndal 1992, section 1)."""
    x = np.column_stack([f[m] == level for m, own in totals(f)["x"].items() for level in own]).astype(float)
    wanted = np.array([v for own in totals(f)["x"].values() for v in own.values()])
    return w * (1 + x @ np.linalg.pinv(x.T @ (w[:, None] * x)) @ (wanted - w @ x))


@pytest.mark.parametrize("bounds", [None, (0.5, 2.0)])
def test_a_cap_is_followed_by_the_trials_own_calibration(bounds: tuple[float, float] | None) -> None:
    """Cut, the excess shared out equally, linear anew, until none is above 1.5 times the median."""
    f = sample()
    w = linear(f, f["w"].to_numpy())
    upper = 1.5 * float(np.median(w))
    assert (w > upper).sum() == 13
    while (w > upper * (1 + 1e-6)).any():
        while (w > upper * (1 + 1e-12)).any():
            over = w > upper
            w = np.where(over, upper, w + (w - upper)[over].sum() / (~over).sum())
        w = linear(f, w)
    made = tried(Trial(MARGINS, "linear", bounds, 1.5))
    np.testing.assert_allclose(made.frames["one"]["w_trial"], w, rtol=1e-9)
    row = made.weights.iloc[0]
    assert (row["refused"], row["capped"]) == ("", 13)
    assert row["g_max"] == pytest.approx(float((w / f["w"]).max()), rel=1e-9)


def test_a_cap_that_drives_weights_out_of_the_bounds_is_refused() -> None:
    """Without the cap g reaches 1.65, with it 1.91: 1.8 holds the first and not the second."""
    assert tried(Trial(MARGINS, "linear", (0.5, 1.8))).weights.iloc[0]["g_max"] < 1.7
    made = tried(Trial(MARGINS, "linear", (0.5, 1.8), 1.5))
    assert made.weights.iloc[0][["refused", "part"]].tolist() == ["K319", "x"]
    assert made.frames == {}
