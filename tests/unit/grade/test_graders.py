"""Agreement of graders: published values, and tables worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import KaoheError
from kaohe.base.plan import Plan
from kaohe.grade import graders

# Agresti (1990), p. 367; R's vcd prints for Kappa(SexualFun): Unweighted 0.1293, ASE 0.0686; Weighted 0.2374, ASE 0.0783.
COUPLES = np.array([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]])
# Ten things, fourteen graders, five grades, as the encyclopaedia's example of Fleiss' kappa; its κ is 0.210.
FOURTEEN = np.array(
    [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
     [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
)  # fmt: skip


@pytest.mark.parametrize(("weights", "error"), [("none", 0.06860), ("linear", 0.07832)])
def test_published_errors_of_kappa(weights: str, error: float) -> None:
    assert graders.kappa_error(COUPLES, weights=weights) == pytest.approx(error, abs=5e-6)


def test_the_error_of_a_table_of_two_by_hand() -> None:
    """Shares 0.4, 0.1, 0.2, 0.3; o = 0.7, e = 0.5, kappa = 0.4, 1 - kappa = 0.6; rows 0.5, 0.5; columns 0.6, 0.4.

    Cell (i, j) adds p (1 if i = j else 0, less 0.6 (column i + row j)) squared: 0.4 · 0.34² + 0.3 · 0.46² + 0.1 · 0.66² +
    0.2 · 0.54² = 0.2116; less (0.4 - 0.5 · 0.6)² = 0.01: 0.2016. Over n (1 - e)² = 12.5: 0.016128, its root 0.126996.
    """
    assert graders.kappa_error(np.array([[20, 5], [10, 15]]), weights="none") == pytest.approx(0.126996, abs=5e-7)


def test_fleiss_published_value() -> None:
    assert graders.fleiss_kappa(FOURTEEN) == pytest.approx(0.210, abs=5e-4)


def test_fleiss_refuses_unequal_numbers_of_graders() -> None:
    with pytest.raises(KaoheError, match="2, 3 graders"):
        graders.fleiss_kappa(np.array([[2, 0], [1, 2]]))


def test_agreement_by_item_counts_directions_and_gaps(plan: Plan) -> None:
    f = pd.DataFrame({"item": [1] * 4, "a": ["好", "好", "较差", ""], "b": ["好", "一般", "一般", "好"]})
    row = graders.agreement_by(f, "a", "b", plan, by="item").iloc[0]
    assert row[["n", "n_missing"]].tolist() == [3, 1]
    assert row[["same", "higher", "lower", "steps"]].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1 / 3])
    with pytest.raises(KaoheError, match="一般般"):
        graders.agreement_by(f.assign(b="一般般"), "a", "b", plan)


def test_nothing_to_compare_is_said_not_invented(plan: Plan) -> None:
    none = graders.agreement_by(pd.DataFrame({"a": [], "b": []}), "a", "b", plan).iloc[0]
    assert none["n"] == 0
    assert none[["same", "kappa", "se", "ci_low"]].isna().all()
    alike = graders.agreement_by(pd.DataFrame({"a": ["好"] * 5, "b": ["好"] * 5}), "a", "b", plan).iloc[0]
    assert (alike["same"], np.isnan(alike["kappa"])) == (1.0, True)


def test_rows_without_a_team_are_a_group_of_their_own(plan: Plan) -> None:
    f = pd.DataFrame({"team": ["甲", None, "", "甲", "乙"], "a": ["好"] * 5, "b": ["好", "较好", "好", "好", "较好"]})
    made = graders.agreement_by(f, "a", "b", plan, by="team").set_index("team")["n"]
    assert made.to_dict() == {"甲": 2, "乙": 1, "未注明": 2, "合计": 5}
    numbers = graders.agreement_by(f.assign(team=[1, None, 2, 1, 1]), "a", "b", plan, by="team").set_index("team")["n"]
    assert numbers.to_dict() == {1: 3, 2: 1, "未注明": 1, "合计": 5}


def test_weights_are_said_and_unknown_ones_refused(plan: Plan) -> None:
    f = pd.DataFrame({"a": ["好", "较好"], "b": ["好", "好"]})
    assert graders.agreement_by(f, "a", "b", plan, weights="linear")["weights"].tolist() == ["linear"]
    with pytest.raises(KaoheError, match=r"K432(.|\n)*cubic"):
        graders.agreement_by(f, "a", "b", plan, weights="cubic")


def test_intervals_are_those_of_the_normal_distribution(plan: Plan) -> None:
    """The 97.5 % point is 1.959964 in any table of the normal distribution."""
    f = pd.DataFrame({"a": ["好", "较好"] * 20, "b": ["好", "较好", "好", "好"] * 10})
    row = graders.agreement_by(f, "a", "b", plan).iloc[0]
    assert row["ci_high"] - row["kappa"] == pytest.approx(1.959964 * row["se"], rel=1e-6)


@pytest.mark.parametrize(("level", "point"), [(0.9, 1.644854), (0.99, 2.575829)])
def test_intervals_have_the_level_that_was_asked(plan: Plan, level: float, point: float) -> None:
    f = pd.DataFrame(
        {"a": ["好", "较好"] * 20, "b": ["好", "较好", "好", "好"] * 10, "c": ["好", "较好", "较好", "好"] * 10}
    )
    row = graders.agreement_by(f, "a", "b", plan, level=level).iloc[0]
    assert row["level"] == level
    assert row["kappa"] - row["ci_low"] == pytest.approx(point * row["se"], rel=1e-6)
    pair = graders.several_graders(f, ["a", "b", "c"], plan, level=level).iloc[1]
    assert pair["kappa"] - pair["ci_low"] == pytest.approx(point * pair["se"], rel=1e-6)
    for call in (
        lambda: graders.agreement_by(f, "a", "b", plan, level=95),
        lambda: graders.several_graders(f, ["a", "b"], plan, level=95),
    ):
        with pytest.raises(KaoheError, match="K412"):
            call()


def test_several_graders_refuse_what_they_cannot_read_and_count_the_ungraded(plan: Plan) -> None:
    f = pd.DataFrame({"a": ["好", "好", ""], "b": ["好", "较好", "好"], "c": ["好", "好", "好"]})
    made = graders.several_graders(f, ["a", "b", "c"], plan)
    assert made[["n", "n_missing"]].to_numpy().tolist() == [[2, 1]] * 4
    with pytest.raises(KaoheError, match=r"K432(.|\n)*优秀"):
        graders.several_graders(f.assign(c="优秀"), ["a", "b", "c"], plan)
    with pytest.raises(KaoheError, match=r"K432(.|\n)*no column d"):
        graders.several_graders(f, ["a", "d"], plan)
    with pytest.raises(KaoheError, match=r"K432(.|\n)*two or more"):
        graders.several_graders(f, ["a"], plan)
