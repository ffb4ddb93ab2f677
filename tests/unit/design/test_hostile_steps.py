"""What the weighting steps refuse by name, and what they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kaohe.design import (
    base_weights,
    calibrate,
    calibrate_to,
    explain_weight,
    nonresponse_classes,
    nonresponse_propensity,
    post_stratify,
    rake,
    rake_to,
    trim_to,
)
from kaohe.design.diagnose import diagnose
from support.refusals import Refused, assert_refused

ROWS = 120
WANTED = {"甲": 500, "乙": 500, "丙": 500}


def frame(**more: Any) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({
        "w": rng.uniform(5, 20, ROWS), "c": rng.choice(list(WANTED), ROWS), "d": rng.choice(["east", "west"], ROWS),
        "x": rng.integers(1, 6, ROWS).astype(float), "N": 50.0, "n": 24.0, "ok": np.arange(ROWS) % 6 > 0,
    }).assign(**more)  # fmt: skip


HOLES = frame()["w"].where(np.arange(ROWS) > 3)
REFUSED: Refused = {
    "base weights of text": ("K401", lambda: base_weights(frame(N="a"), {"town": ("N", "n")})),
    "bounds that are no numbers": ("K324", lambda: calibrate_to(frame(), {}, {"x": 4000}, weight="w", bounds=(None, 2))),
    "logit bounds without end": ("K324", lambda: calibrate_to(frame(), {}, {"x": 4000}, weight="w", method="logit", bounds=(0, np.inf))),
    "parts without totals of their own": ("K322", lambda: calibrate_to(frame(), None, {"x": 20}, weight="w", partition="d")),
    "cells of no column": ("K301", lambda: post_stratify(frame(), None, WANTED, weight="w")),
    "a calibration that is no function": ("K319", lambda: trim_to(frame(), weight="w", upper=18, recalibrate=3)),
    "base weights without sizes": ("K311", lambda: base_weights(frame(), {})),
    "base weights without a pair": ("K311", lambda: base_weights(frame(), {"town": "N"})),
    "base weights of no records": ("K332", lambda: base_weights(frame()[:0], {"town": ("N", "n")})),
    "base weights with a name twice": ("K411", lambda: base_weights(pd.concat([frame(), frame()[["N"]]], axis=1), {"town": ("N", "n")})),
    "trimming text": ("K302", lambda: trim_to(frame(w="a"), weight="w", upper=18)),
    "trimming missing weights": ("K302", lambda: trim_to(frame(w=HOLES), weight="w", upper=18)),
    "trimming negative weights": ("K302", lambda: trim_to(frame(w=-1.0), weight="w", upper=18)),
    "trimming within missing groups": ("K308", lambda: trim_to(frame(c=frame()["c"].where(HOLES.notna())), weight="w", upper=18, by="c")),
    "a limit of text": ("K330", lambda: trim_to(frame(), weight="w", upper="a")),
    "a missing limit": ("K330", lambda: trim_to(frame(), weight="w", upper=np.nan)),
    "recalibration that gives nothing": ("K319", lambda: trim_to(frame(), weight="w", upper=18, recalibrate=lambda f, w: None)),
    "raking to a list": ("K322", lambda: rake_to(frame(), ["c"], weight="w")),
    "raking to nothing": ("K322", lambda: rake_to(frame(), {}, weight="w")),
    "raking to totals of text": ("K322", lambda: rake_to(frame(), {"c": WANTED | {"甲": "a"}}, weight="w")),
    "raking to a list of totals": ("K322", lambda: rake_to(frame(), {"c": [1, 2]}, weight="w")),
    "raking weights of text": ("K302", lambda: rake(frame(w="a"), {"c": WANTED})),
    "raking levels that are lists": ("K418", lambda: rake(frame(c=[[1]] * ROWS), {"c": WANTED})),
    "post-stratifying by nothing": ("K322", lambda: post_stratify(frame(), [], {}, weight="w")),
    "post-stratifying missing cells": ("K308", lambda: post_stratify(frame(c=frame()["c"].where(HOLES.notna())), ["c", "d"], {("甲", "east"): 1}, weight="w")),
    "calibrating infinite values": ("K416", lambda: calibrate_to(frame(x=np.inf), numeric={"x": 8000}, weight="w")),
    "calibrating to text": ("K322", lambda: calibrate_to(frame(), numeric={"x": "a"}, weight="w")),
    "calibrating to a list": ("K322", lambda: calibrate_to(frame(), numeric=["x"], weight="w")),
    "calibrating to nothing": ("K322", lambda: calibrate(frame(), {})),
    "calibrating far away": ("K323", lambda: calibrate_to(frame(), numeric={"x": 1e30}, weight="w", method="raking")),
    "calibrating without a step": ("K323", lambda: calibrate(frame(), {"x": 8000.0}, max_iter=0)),
    "calibrating clusters without names": ("K316", lambda: calibrate(frame(c=None), {"x": 8000.0}, cluster="c")),
    "calibrating such clusters to counts": ("K316", lambda: calibrate_to(frame(d=np.nan), {"c": WANTED}, weight="w", cluster="d")),
    "calibrating to a column that is not there": ("K301", lambda: calibrate_to(frame(), numeric={"zz": 8000}, weight="w")),
    "bounds that are one number": ("K324", lambda: calibrate_to(frame(), numeric={"x": 8000}, weight="w", bounds=3)),
    "bounds of text": ("K324", lambda: calibrate_to(frame(), numeric={"x": 8000}, weight="w", bounds=("a", 2))),
    "nonresponse with weights of text": ("K302", lambda: nonresponse_classes(frame(w="a"), weight="w", responded="ok", classes=["c"])),
    "propensity with missing weights": ("K302", lambda: nonresponse_propensity(frame(w=HOLES), ["x"], weight="w", responded="ok")),
    "propensity of infinite predictors": ("K313", lambda: nonresponse_propensity(frame(x=np.inf), ["x"], weight="w", responded="ok")),
    "fewer than no classes": ("K313", lambda: nonresponse_propensity(frame(), ["x"], weight="w", responded="ok", classes=-1)),
    "diagnostics of text": ("K302", lambda: diagnose(frame(), weight="c", by="d")),
    "explaining without the key": ("K301", lambda: explain_weight(frame(), 3, key="zz")),
}  # fmt: skip


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused_by_name(case: str) -> None:
    assert_refused(*REFUSED[case])


@pytest.mark.parametrize("step", [
    lambda f: base_weights(f, {"town": ("N", "n")}), lambda f: trim_to(f, weight="w", upper=18, by="c"),
    lambda f: rake_to(f, {"c": WANTED}, weight="w"), lambda f: calibrate_to(f, numeric={"x": 6000}, weight="w", method="raking"),
    lambda f: nonresponse_classes(f, weight="w", responded="ok", classes=["c"]),
])  # fmt: skip
def test_nullable_columns_and_repeated_indices_give_the_same_weights(step: Callable[[pd.DataFrame], Any]) -> None:
    want = step(frame())
    for other in (
        frame().convert_dtypes(dtype_backend="pyarrow"),
        frame().convert_dtypes(),
        frame().set_axis([0] * ROWS),
    ):
        found = step(other)
        np.testing.assert_allclose(
            found.frame[found.weight].to_numpy(float), want.frame[want.weight].to_numpy(float), rtol=1e-12
        )
        assert found.frame.index.equals(other.index)
