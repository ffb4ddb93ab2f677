"""The Design class: domains, missing answers, categories, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.estimate import Design
from kaohe.estimate.quantiles import weighted_quantile


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 240
    town = np.repeat(np.arange(24), 10)
    return pd.DataFrame({
        "h": town // 4, "t": town, "w": rng.uniform(5, 20, n), "v": rng.normal(10, 3, n) + town % 5,
        "x": rng.integers(1, 6, n).astype(float), "ok": (rng.random(n) < 0.6).astype(float),
        "c": rng.choice(["甲", "乙", "丙"], n), "d": rng.choice(["east", "west"], n),
    })  # fmt: skip


def design(frame: pd.DataFrame) -> Design:
    return Design(frame, weight="w", strata="h", psu="t")


def test_columns_of_a_table_of_estimates(frame: pd.DataFrame) -> None:
    out = design(frame).mean(["v", "x"], by=["d", "c"])
    assert out.columns.tolist() == [
        "d", "c", "variable", "estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu", "n_missing", "deff", "cv",
        "method", "quality",
    ]  # fmt: skip
    assert len(out) == 2 * 3 * 2
    assert out["n"].sum() == 2 * len(frame)


def test_missing_answers_are_a_domain_and_are_counted(frame: pd.DataFrame) -> None:
    holes = frame.assign(v=frame["v"].where(frame["x"] != 3))
    found = design(holes).mean("v").iloc[0]
    want = design(frame).mean("v", where=frame["x"] != 3).iloc[0]
    for column in ("estimate", "se", "ci_low", "df", "n", "n_psu", "deff"):
        assert found[column] == pytest.approx(want[column], rel=1e-13)
    assert found["n_missing"] == (frame["x"] == 3).sum()
    assert want["n_missing"] == 0


def test_shares_of_a_category_add_to_one(frame: pd.DataFrame) -> None:
    out = design(frame).proportion("c")
    assert out["variable"].tolist() == ["c=丙", "c=乙", "c=甲"]
    assert out["estimate"].sum() == pytest.approx(1)
    assert ((out["ci_low"] > 0) & (out["ci_high"] < 1)).all()


def test_a_domain_in_one_unit_is_not_estimable(frame: pd.DataFrame) -> None:
    out = design(frame).mean("v", where=frame["t"] == 5).iloc[0]
    assert np.isnan(out["se"])
    assert np.isnan(out["ci_low"])
    assert out["quality"] == "not_estimable"
    assert out["estimate"] == pytest.approx(np.average(frame.loc[50:59, "v"], weights=frame.loc[50:59, "w"]))


def test_an_empty_domain_has_no_number(frame: pd.DataFrame) -> None:
    out = design(frame).mean("v", where=np.zeros(len(frame), dtype=bool)).iloc[0]
    assert np.isnan(out["estimate"])
    assert out["n"] == 0
    assert out["quality"] == "not_estimable"
    total = design(frame).total("v", where=np.zeros(len(frame), dtype=bool)).iloc[0]
    assert np.isnan(total["estimate"])


def test_zero_weights_stay_in_the_design_and_count_nowhere(frame: pd.DataFrame) -> None:
    out = design(frame.assign(w=frame["w"].where(frame["t"] != 3, 0.0))).mean("v").iloc[0]
    assert out["n"] == 230
    assert out["n_psu"] == 23


def test_the_frame_is_not_changed(frame: pd.DataFrame) -> None:
    before = frame.copy()
    d = design(frame)
    d.mean("v", by="c")
    d.proportion("c", by="d")
    d.total("x", where=frame["ok"] == 1)
    pd.testing.assert_frame_equal(frame, before)


def test_refusals_by_whole_text(frame: pd.DataFrame) -> None:
    d = design(frame)
    cases = [
        (lambda: d.mean("c"), "K401 A variable is not a number\n  where     column c\n  got       str\n"
         "  expected  numbers; use proportion for categories"),
        (lambda: d.mean("v", where="ok"), "K402 A domain is not a yes or no for each record\n"
         "  got       240 values of float64\n  expected  240 booleans"),
        (lambda: d.ratio(["v", "x", "ok"], ["x", "v"]), "K403 Numerators and denominators do not pair\n"
         "  got       3 and 2\n  expected  equally many"),
        (lambda: d.proportion("ok", method="bayes"), "K404 Unknown interval\n  got       bayes\n"
         "  expected  t, logit, beta, asin, wilson, likelihood"),
        (lambda: d.proportion("x"), "K405 A share needs 0 and 1\n  where     column x\n"
         f"  got       {frame.loc[frame['x'] > 1, 'x'].iloc[0]:g} in {(frame['x'] > 1).sum()} rows\n"
         "  expected  0, 1 or missing"),
        (lambda: weighted_quantile(np.ones(2), np.ones(2), [1.5]), "K406 Unknown quantile\n"
         "  got       rule math, probabilities [1.5]\n"
         "  expected  math, school, shahvaish, hf1 to hf9; probabilities between 0 and 1"),
        (lambda: d.mean("vv"), "K301 A column is missing\n  where     variables\n  got       vv\n"
         "  expected  a column such as v, h, t"),
    ]  # fmt: skip
    for call, text in cases:
        with pytest.raises(InputRefused) as caught:
            call()
        assert str(caught.value) == text
