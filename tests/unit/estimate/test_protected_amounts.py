"""How wide an attacker's interval must be, worked by hand: shares in households, amounts in a part of their level.

Every household has weight 10. A withheld county of which a neighbour is withheld too lies between
0 and the sum of both (what the city leaves them), so the interval is that sum wide.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import load_plan
from kaohe.estimate.linked import Linked, Parts, check_protected, protect_estimates

Answers = dict[tuple[str, str, str], tuple[int, float]]


def linked(
    answers: Answers, private: str, *, rough: str = "", share: bool = False, protection: float = 5, part: float = 0.2
) -> Linked:
    """Estimates of one question: (city, county, helper) to (households, mean or share); one county withheld."""
    atoms = pd.DataFrame(list(answers), columns=["city", "county", "helper_city"])
    n = np.array([v[0] for v in answers.values()], dtype=float)
    top = 10 * n * [v[1] for v in answers.values()]
    rows = []
    for kind, column in (("province", ""), ("city", "city"), ("county", "county"), ("helper", "helper_city")):
        for name in sorted(set(atoms[column]) - {""}) if column else ["44"]:
            mine = (atoms[column] == name).to_numpy() if column else np.ones(len(atoms), dtype=bool)
            count = int(n[mine].sum())
            mean = top[mine].sum() / (10 * count)
            rows.append(("household", kind, name, "q", mean, count, name == private, name == rough))
    frame = pd.DataFrame(
        rows, columns=["unit", "domain_type", "domain", "indicator", "estimate", "n", "private", "rough"]
    )
    parts = Parts("household", atoms, ["q"], top[:, None], 10 * n[:, None], np.array([share]), np.array([False]))
    return Linked(frame, [parts], {"protection": protection, "protection_amount": part})


def beside(case: Linked) -> set[str]:
    """What is withheld beside the one withheld for the respondents' sake; the result stands the build's check."""
    extra = protect_estimates(case, {})
    frame = case.frame
    gone = extra | frame["private"] | frame["rough"]
    check_protected(frame.assign(estimate=frame["estimate"].mask(gone)), case)
    return set(frame.loc[extra, "domain"])


@pytest.mark.parametrize(
    ("mean", "part", "others"),
    [
        (7.7, 0.2, {"a2"}),
        (7.5, 0.2, {"a2", "a3"}),
        (7.5, 0.1, {"a2"}),
        (3.7, 0.1, {"a2"}),
        (3.5, 0.1, {"a2", "a3"}),
        (0.1, 0.0, set()),
    ],
)
def test_an_amount_is_bounded_no_tighter_than_a_part_of_the_provinces_level(
    mean: float, part: float, others: set[str]
) -> None:
    """a1: 8 households of 1, sum 80; a2: 20 households, sum 200·mean; the province's mean is 100.

    Needed: part · 100 · 80 = 1600 at 0.2, 800 at 0.1. Had with a2: 80 + 200·mean, so that mean 7.6
    (3.6) is the least that is enough. The city's total of 60,000 and more leaves half its room, 30,000.
    """
    rest = 100 * (80 + 200 + 600) - 80 - 200 * mean - 600 * 100  # what b1 must hold beside its own 100 a household
    case = linked(
        {("A", "a1", ""): (8, 1.0), ("A", "a2", ""): (20, mean), ("A", "a3", ""): (60, 100.0),
         ("B", "b1", ""): (100, 100 + rest / 1000)}, "a1", part=part,
    )  # fmt: skip
    assert case.frame["estimate"][0] == pytest.approx(100)
    assert beside(case) == others


@pytest.mark.parametrize(("mean", "others"), [(26.5, {"a2"}), (25.5, {"a2", "a3"})])
def test_an_amount_above_the_provinces_level_is_measured_by_its_own(mean: float, others: set[str]) -> None:
    """a1: 30 households of helper H with 100 (sum 30,000, open through H) and 10 of 10 (sum 1000): 77.5 on average.

    Needed: 0.2 · 31,000 = 6200; the province's level is below (52 at most). Had with a2: 1000 + 200·mean,
    enough from 26 on.
    """
    case = linked(
        {("A", "a1", "H"): (30, 100.0), ("A", "a1", ""): (10, 10.0), ("A", "a2", ""): (20, mean), ("A", "a3", ""): (60, 50.0)},
        "a1",
    )  # fmt: skip
    assert case.frame["estimate"][0] < 56
    assert beside(case) == others


@pytest.mark.parametrize(("mean", "others"), [(2.2, {"a2"}), (2.0, {"a2", "a3"})])
def test_half_of_the_room_that_the_city_leaves_is_enough(mean: float, others: set[str]) -> None:
    """City A holds 1000 in all, so that a1 lies between 0 and 1000 whatever is withheld: half of it is 500.

    By its amount a1 would need 0.2 · (province above 100) · 80, more than 1600. Had with a2: 80 + 200·mean,
    enough from 2.1 on.
    """
    left = (1000 - 80 - 200 * mean) / 600
    case = linked(
        {("A", "a1", ""): (8, 1.0), ("A", "a2", ""): (20, mean), ("A", "a3", ""): (60, left), ("B", "b1", ""): (100, 300.0)},
        "a1",
    )  # fmt: skip
    assert case.frame["estimate"][0] > 100
    assert beside(case) == others


@pytest.mark.parametrize(("protection", "others"), [(1, {"a2"}), (3, {"a2"}), (3.1, {"a2", "a3"}), (5, {"a2", "a3"})])
def test_a_share_is_bounded_no_tighter_than_so_many_households(protection: float, others: set[str]) -> None:
    """a1: 2 of 8 households say yes, a2: 1 of 20; together 3 households (30 weighted), so a1 has 0 to 3.

    Half of the room of a1 by the city (0 to 8 households) is 4, so that 5 asks for 4.
    """
    case = linked(
        {("A", "a1", ""): (8, 0.25), ("A", "a2", ""): (20, 0.05), ("A", "a3", ""): (60, 0.5)},
        "a1", share=True, protection=protection,
    )  # fmt: skip
    assert beside(case) == others


def test_what_is_withheld_for_its_error_covers_and_needs_no_cover() -> None:
    """a1 and a2 each between 0 and 6 households: a2, withheld for its error, is partner enough, and asks for none."""
    answers: Answers = {
        ("A", "a1", ""): (8, 0.25), ("A", "a2", ""): (40, 0.1), ("A", "a3", ""): (20, 0.5), ("B", "b1", ""): (30, 0.5),
        ("B", "b2", ""): (30, 0.5),
    }  # fmt: skip
    assert beside(linked(answers, "a1", share=True)) == {"a3"}
    assert beside(linked(answers, "a1", rough="a2", share=True)) == set()
    assert beside(linked(answers, "a1", rough="b1", share=True)) == {"a3"}


def test_a_part_of_a_sum_withheld_for_its_error_hides_another() -> None:
    """Of a sum and its four parts one is private: a second goes with it, unless one is gone for its error already."""
    questions = load_plan().questions
    names = ["income_total", "income_wage", "income_business", "income_property", "income_transfer"]
    values = [100.0, 50.0, 20.0, 10.0, 20.0]
    atoms = pd.DataFrame({"city": ["A"], "county": ["c"], "helper_city": [""]})
    part = Parts(
        "household", atoms, names, 40 * np.array([values]), np.full((1, 5), 40.0), np.zeros(5, bool), np.zeros(5, bool)
    )
    for rough, others in ((False, ["income_business"]), (True, [])):
        frame = pd.DataFrame({
            "unit": "household", "domain_type": "county", "domain": "c", "indicator": names, "estimate": values, "n": 40,
            "private": [False, False, False, True, False], "rough": [False, rough, False, False, False],
        })  # fmt: skip
        extra = protect_estimates(Linked(frame, [part], {"protection": 5, "protection_amount": 0.2}), questions)
        assert frame.loc[extra, "indicator"].tolist() == others
