"""Rules of the weights that small numbers show: towns set aside, kinds drawn apart, bounds reached, records of weight 0."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.design import calibrate_to, trim_to
from kaohe.design.weights import drawn_by_counts, household_factors, village_factors

COUNTY = "440203"


def listed(**chances: float) -> pd.DataFrame:
    """Two of five towns of a county, two of four villages of each, ten of twenty households in every one."""
    villages = [f"{COUNTY}10{t}20{v}" for t in (1, 2) for v in (1, 2)]
    return pd.DataFrame({"village": villages, "selection": "抽样"}).assign(
        n_counties=1, m_counties=1, n_towns=5, m_towns=2, n_villages=4, m_villages=2, n_households=20, m_households=10,
        **chances,
    )  # fmt: skip


def test_a_town_whose_rows_were_all_set_aside_is_made_up_for_by_the_others() -> None:
    """Chances 0.4 and 0.5: factors 2.5 and 2. With one of the two towns lost the other stands for both: 5 and 2."""
    whole = village_factors(listed(p_town=0.4, p_village=0.5))
    assert whole["f_town"].tolist() == pytest.approx([2.5] * 4)
    left = village_factors(listed(p_town=0.4, p_village=0.5).iloc[:2])
    assert left["f_town"].tolist() == pytest.approx([5.0, 5.0])
    assert left["f_village"].tolist() == pytest.approx([2.0, 2.0])


def households(n_kind: dict[str, list[float]]) -> pd.DataFrame:
    """Of each village one 甲 and three 乙, with the registered number of each kind there."""
    rows = [
        (f"{v}-{i}", v, "抽样", "甲" if i == 0 else "乙", 3.0, "完成", numbers[min(i, 1)])
        for v, numbers in n_kind.items() for i in range(4)
    ]  # fmt: skip
    columns = ["household", "village", "selection", "hh_kind", "register_size", "outcome", "n_kind"]
    return pd.DataFrame(rows, columns=columns)


def test_a_village_without_numbers_by_kind_has_the_factor_of_the_whole_village() -> None:
    """20 households, 4 drawn: 5 each. By kind: 2 registered 甲 of 1 drawn (2), 18 乙 of 3 drawn (6)."""
    one, other = listed()["village"].iloc[:2]
    made = household_factors(households({one: [2.0, 18.0], other: [np.nan, np.nan]}), village_factors(listed()))
    factor = made.set_index("household")["f_household"]
    assert factor[[f"{one}-{i}" for i in range(4)]].tolist() == pytest.approx([2, 6, 6, 6])
    assert factor[[f"{other}-{i}" for i in range(4)]].tolist() == pytest.approx([5, 5, 5, 5])


def test_kinds_drawn_apart_are_no_draw_by_counts() -> None:
    """With the same factor for every household of a village the stage sizes tell the chances; with 2 and 6 they do not."""
    one = listed()["village"].iloc[0]
    villages = village_factors(listed())
    assert drawn_by_counts(villages)
    assert drawn_by_counts(household_factors(households({one: [np.nan, np.nan]}), villages))
    assert not drawn_by_counts(household_factors(households({one: [2.0, 18.0]}), villages))


def test_records_at_the_bounds_are_counted() -> None:
    """Weights 10, x 1, 2, 3, 10, total 190 for 160, g at most 1.2.

    The last gets 1.2 (120), the third too (36, since 1 + 3 λ is above); 30 + 50 λ = 34 leaves λ = 0.08. R's
    calibrate(bounds = c(0.5, 1.2), calfun = "linear") gives the same.
    """
    f = pd.DataFrame({"x": [1.0, 2.0, 3.0, 10.0], "w": 10.0})
    made = calibrate_to(f, None, {"x": 190.0}, weight="w", bounds=(0.5, 1.2))
    assert made.frame["w_calibrated"].tolist() == pytest.approx([10.8, 11.6, 12.0, 12.0], abs=1e-6)
    assert made.facts["at_bounds"] == 2


def test_records_of_weight_0_take_no_part_in_trimming() -> None:
    """3 of 10 cut off at 7 go to the three others, one each; the record that stands for nobody stays at 0."""
    made = trim_to(pd.DataFrame({"w": [0.0, 1.0, 2.0, 3.0, 10.0]}), weight="w", upper=7.0)
    assert made.frame["w_trimmed"].tolist() == pytest.approx([0, 2, 3, 4, 7])
    raised = trim_to(pd.DataFrame({"w": [0.0, 1.0, 5.0, 6.0]}), weight="w", lower=2.0)
    assert raised.frame["w_trimmed"].tolist() == pytest.approx([0, 2, 4.5, 5.5])
