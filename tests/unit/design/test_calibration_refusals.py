"""What raking and calibration refuse, by name; and what they leave alone."""

from __future__ import annotations

import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.design import calibrate, rake


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"w": [1.0, 1.0, 1.0, 1.0], "a": list("xxyy"), "b": list("pqpq"), "one": 1.0, "v": [0.0, 0, 1, 1]}
    )


def refused(totals: dict[str, dict[str, float]], data: pd.DataFrame | None = None) -> str:
    with pytest.raises(InputRefused) as caught:
        rake(frame() if data is None else data, totals, where="韶关市")
    return str(caught.value)


def test_levels_on_one_side_only() -> None:
    assert refused({"a": {"x": 5, "z": 5}}) == (
        "K320 A margin and the sample do not match\n"
        "  where     韶关市 › a\n"
        "  got       in the register only: z; in the sample only: y\n"
        "  expected  the same levels on both sides\n"
        "  remedy    merge the level with a neighbour on both sides, or correct the register totals"
    )
    data = frame().assign(a=["x", "x", "y", None])
    assert "1 sampled records without a level" in refused({"a": {"x": 5, "y": 5}}, data)


def test_an_empty_level_of_the_register_asks_nothing() -> None:
    made = rake(frame(), {"a": {"x": 6, "y": 2, "z": 0}})
    assert made.weights.tolist() == [3, 3, 1, 1]


def test_margins_with_different_sums() -> None:
    assert refused({"a": {"x": 5, "y": 5}, "b": {"p": 5, "q": 6}}) == (
        "K321 Margins add up to different totals\n"
        "  where     韶关市\n"
        "  got       a: 10; b: 11\n"
        "  expected  one number of households in every margin\n"
        "  remedy    correct the register totals"
    )


def test_totals_that_are_no_counts() -> None:
    assert refused({"a": {"x": float("nan"), "y": 5}}) == (
        "K322 A register total is not a count\n"
        "  where     韶关市 › a\n"
        "  got       x = nan\n"
        "  expected  a finite total of 0 or more"
    )


def test_margins_that_cannot_be_met_together() -> None:
    """x and p stand for the same records, and so do y and q: their totals must agree, and do not."""
    data = frame().assign(b=list("ppqq"))
    text = refused({"a": {"x": 5, "y": 5}, "b": {"p": 2, "q": 8}}, data)
    assert text.startswith("K323 Calibration does not converge\n  where     韶关市\n  got       after 500 passes a ")
    assert "is off by" in text
    assert "expected  all margins met within 1e-10" in text


def test_inputs_are_left_alone() -> None:
    data = frame()
    rake(data, {"a": {"x": 6, "y": 2}})
    pd.testing.assert_frame_equal(data, frame())


def test_trace_falls_and_margins_are_hit() -> None:
    made = rake(frame().assign(w=[1.0, 2.0, 3.0, 4.0]), {"a": {"x": 6, "y": 2}, "b": {"p": 3, "q": 5}})
    assert made.trace[-1] <= 1e-10
    assert list(made.trace) == sorted(made.trace, reverse=True)
    assert (made.reached["after"] / made.reached["target"]).to_list() == pytest.approx([1.0] * 4, abs=1e-10)


@pytest.mark.parametrize(("method", "bounds"), [("magic", None), ("logit", None), ("linear", (1.1, 2.0))])
def test_methods_and_bounds(method: str, bounds: tuple[float, float] | None) -> None:
    with pytest.raises(InputRefused, match="K324 Unknown calibration method or bounds"):
        calibrate(frame(), {"one": 8}, method=method, bounds=bounds)


def test_totals_that_contradict_one_another() -> None:
    data = frame().assign(two=2.0)
    with pytest.raises(InputRefused, match="K325 The totals contradict one another"):
        calibrate(data, {"one": 8, "two": 20})


def test_negative_weights() -> None:
    data = frame().assign(v=[0.0, 1, 2, 30])
    with pytest.raises(InputRefused) as caught:
        calibrate(data, {"one": 4, "v": 120})
    assert "K326 Calibration gives negative weights" in str(caught.value)
    made = calibrate(data, {"one": 4, "v": 100}, method="raking")
    assert (made.weights > 0).all()
    assert made.weights @ data["v"] == pytest.approx(100)


def test_bounds_too_tight() -> None:
    with pytest.raises(InputRefused) as caught:
        calibrate(frame(), {"one": 8}, method="linear", bounds=(0.5, 1.5), where="韶关市")
    assert str(caught.value) == (
        "K315 No weights within the bounds meet the totals\n  where     韶关市\n"
        "  got       one: nearest 6 for 8 with g from 0.5 to 1.5\n  expected  bounds wide enough for every total\n"
        "  remedy    widen the bounds, or leave this total out"
    )
