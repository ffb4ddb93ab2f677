"""Calibration apart by a partition, and what is missing in columns that weights depend on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.design import calibrate_to, nonresponse_classes
from kaohe.estimate import Calibration, Design

FRAME = pd.DataFrame({"w": [10.0] * 8, "c": list("ppppqqqq"), "k": list("aabbaabb"), "ok": [1.0, 1, 0, 1, 1, 1, 1, 1]})
TOTALS = {"p": {"k": {"a": 30, "b": 10}}, "q": {"k": {"a": 20, "b": 50}}}


def test_margins_alone_are_met_in_each_part() -> None:
    """By hand: one margin scales each cell to its count."""
    made = calibrate_to(FRAME, TOTALS, weight="w", partition="c")
    np.testing.assert_allclose(made.frame["w_calibrated"], [15, 15, 5, 5, 10, 10, 25, 25], rtol=1e-12)


@pytest.mark.parametrize(
    ("frame", "totals", "text"),
    [
        (FRAME, TOTALS | {"z": TOTALS["p"]}, "K318 A part has no records"),
        (FRAME.assign(c=FRAME["c"].where(FRAME.index != 0)), TOTALS, "K308 A design column has empty cells"),
        (FRAME, TOTALS | {"q": {"ok": {1: 3}}}, "K318 Parts have totals of different margins"),
        (FRAME, {"p": TOTALS["p"]}, "K318 A part has no totals"),
    ],
)
def test_parts_that_do_not_agree_are_refused(frame: pd.DataFrame, totals: dict, text: str) -> None:
    with pytest.raises(InputRefused) as caught:
        calibrate_to(frame, totals, weight="w", partition="c")
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize("value", [np.nan, "yes"])
def test_what_is_no_answer_is_not_taken_for_a_response(value: object) -> None:
    frame = FRAME.assign(ok=FRAME["ok"].astype(object).where(FRAME.index != 0, value))
    with pytest.raises(InputRefused):
        nonresponse_classes(frame, weight="w", responded="ok", classes=["k"])


def test_a_record_outside_every_part_of_a_calibration_is_refused() -> None:
    """Its residual would count as 0 and make the error too small."""
    frame = FRAME.assign(c=FRAME["c"].where(FRAME.index != 0), b=10.0, y=1.0)
    with pytest.raises(InputRefused):
        Design(frame, weight="w", calibration=Calibration("b", ("k",), partition="c"))


def test_a_condition_in_another_order_is_refused_and_an_unknown_one_is_not_met() -> None:
    frame = FRAME.assign(y=pd.array([1, 2, None, 4, 5, 6, 7, 8], dtype="Int64"))
    d = Design(frame, weight="w")
    with pytest.raises(InputRefused):
        d.mean("y", where=frame["y"].sort_values() > 3)
    assert d.mean("y", where="y > 3")["n"].tolist() == [5]
