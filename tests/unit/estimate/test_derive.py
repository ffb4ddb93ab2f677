"""Derived questions and conditions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.asked import asked
from kaohe.base.codebook import Question
from kaohe.base.errors import InputRefused
from kaohe.base.plan import load_plan
from kaohe.estimate.derive import answer_column, derive
from kaohe.estimate.indicators import build_indicators

N = np.nan


def question(name: str, **more: object) -> Question:
    base = {"table": "household", "topic": "t", "label": name, "type": "number", "stat": "mean", "direction": "none"}
    return Question(id=name, **{**base, **more})


def formulas(**derived: str) -> dict[str, Question]:
    asked_ = {k: question(k) for k in "abc"}
    return asked_ | {k: question(k, type="derived", derive=v) for k, v in derived.items()}


FRAME = pd.DataFrame({"a": [1.0, 0.0, 1.0, N, 0.0], "b": [1.0, 1.0, N, 1.0, N], "c": [1.0, 1.0, 1.0, 1.0, 0.0]})


@pytest.mark.parametrize(
    ("formula", "want"),
    [
        ("sum(a, b, c)", [3, 2, N, N, N]),
        ("divide(b, a)", [1, N, N, N, N]),
        ("below(a, line)", [0, 1, 0, N, 1]),
        ("copy(a)", [1, 0, 1, N, 0]),
        ("all(a, b)", [1, 0, N, N, 0]),
        ("any(a, b)", [1, 1, 1, 1, N]),
        ("any(not a, not b)", [0, 1, N, N, 1]),
    ],
)
def test_formulas_know_what_they_do_not_know(formula: str, want: list[float]) -> None:
    before = FRAME.copy()
    out = derive(FRAME, formulas(d=formula), line=0.5)
    np.testing.assert_array_equal(out["d"], want)
    pd.testing.assert_frame_equal(FRAME, before)


def test_a_formula_may_stand_before_what_it_needs() -> None:
    out = derive(FRAME, formulas(second="sum(first, a)", first="sum(a, c)"), line=0)
    np.testing.assert_array_equal(out["second"], [3, 1, 3, N, 0])


def test_formulas_that_cannot_be_computed_are_refused() -> None:
    with pytest.raises(InputRefused) as caught:
        derive(FRAME, formulas(d="sum(e, a)", e="sum(d, a)"), line=0)
    assert str(caught.value) == (
        "K410 A derived question cannot be computed\n"
        "  where     question d\n"
        "  got       d → e → d\n"
        "  expected  formulas that do not lead back to themselves"
    )
    with pytest.raises(InputRefused) as caught:
        derive(FRAME.drop(columns="b"), formulas(d="sum(a, b)"), line=0)
    assert str(caught.value) == (
        "K410 A derived question cannot be computed\n"
        "  where     question d\n"
        "  got       b\n"
        "  expected  a number for each record"
    )


def test_the_codebooks_own_formulas_by_hand() -> None:
    plan = load_plan()
    frame = pd.DataFrame({
        "hh_kind": ["已退出相对贫困户"] * 3, "hh_size": [2.0, 4.0, 3.0], "income_wage": [10000.0, 40000.0, N],
        "income_business": [2000.0, 0.0, 5.0], "income_property": 0.0, "income_transfer": [900.0, 6000.0, 1.0],
        "house_safe": [1.0, 1.0, 0.0], "water_safe": [1.0, 0.0, 1.0], "serious_insured": [1.0, 1.0, N],
    })  # fmt: skip
    out = derive(frame, plan.questions, plan.poverty_line)
    np.testing.assert_array_equal(out["income_total"], [12900, 46000, N])
    np.testing.assert_array_equal(out["income_per_head"], [6450, 11500, N])
    assert plan.poverty_line == pytest.approx(18818 * 0.45)
    np.testing.assert_array_equal(out["poor"], [1, 0, N])
    np.testing.assert_array_equal(out["guarantees"], [1, 0, 0])
    np.testing.assert_array_equal(out["wrong_exit"], [1, 1, 1])
    np.testing.assert_array_equal(out["transfer_share"], [900, 6000, 1])


def test_wrong_exit_missed_and_overall_rates_by_hand() -> None:
    """Ten households: 4 exited (1 below standard), 1 not exited, 5 general (1 below, 1 with an open answer)."""
    plan = load_plan()
    kinds = ["已退出相对贫困户"] * 4 + ["未退出相对贫困户"] + ["一般农户"] * 5
    frame = pd.DataFrame({
        "hh_kind": kinds, "hh_size": [1.0, 2, 3, 4, 5, 1, 2, 3, 4, 5],
        "income_wage": [9000.0 * n for n in (1, 2, 3, 4, 5, 1, 2, 3, 4, 5)], "income_business": 0.0, "income_property": 0.0,
        "income_transfer": 0.0, "house_safe": [0.0] + [1.0] * 9, "water_safe": [1.0] * 5 + [0.0, N] + [1.0] * 3,
        "serious_insured": 1.0,
    })  # fmt: skip
    out = derive(frame, plan.questions, plan.poverty_line)
    np.testing.assert_array_equal(out["unmet"], [1, 0, 0, 0, 0, 1, N, 0, 0, 0])
    np.testing.assert_array_equal(out["wrong_exit_all"], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(out["missed_all"], [0, 0, 0, 0, 0, 1, N, 0, 0, 0])
    np.testing.assert_array_equal(out["poverty_overall"], [1, 0, 0, 0, 1, 1, N, 0, 0, 0])
    found = build_indicators(out.assign(**{q: 0.0 for q in plan.questions if q not in out}), "household", plan)
    value = {
        name: np.nansum(found.num[:, k]) / np.nansum(np.where(np.isnan(found.num[:, k]), np.nan, found.den[:, k]))
        for k, name in enumerate(found.names)
        if name in {"wrong_exit", "wrong_exit_all", "missed", "missed_all", "poverty_overall"}
    }
    # 错退率: 1 of 4 exited, 1 of 10; 漏评率: 1 of 4 general that answered, 1 of 9 that answered
    assert value["wrong_exit"] == pytest.approx(1 / 4)
    assert value["wrong_exit_all"] == pytest.approx(1 / 10)
    assert value["missed"] == pytest.approx(1 / 4)
    assert value["missed_all"] == pytest.approx(1 / 9)
    # 综合贫困发生率 over persons: (1 + 5 + 1) of 28
    assert value["poverty_overall"] == pytest.approx(7 / 28)


def test_to_whom_a_question_applies() -> None:
    questions = {
        "k": question("k", type="choice", levels=("甲", "乙"), positive=("甲",), stat="proportion"),
        "a": question("a"),
        "q": question("q", applies="a > 0"),
        "r": question("r", applies="k == 甲"),
        "s": question("s", applies="a == 1"),
        "u": question("u", applies="a >= 1"),
    }
    frame = pd.DataFrame({"a": [1.0, 0.0, 2.0, N], "k": ["甲", "乙", None, "甲"]})
    assert asked(frame, questions["a"], questions).tolist() == [True] * 4
    assert asked(frame, questions["q"], questions).tolist() == [True, False, True, False]
    assert asked(frame, questions["r"], questions).tolist() == [True, False, False, True]
    assert asked(frame, questions["s"], questions).tolist() == [True, False, False, False]
    assert asked(frame, questions["u"], questions).tolist() == [True, False, True, False]
    np.testing.assert_array_equal(answer_column(frame, questions["k"]), [1, 0, N, 1])
