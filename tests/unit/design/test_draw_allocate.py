"""Allocations against hand-worked cases and against trying every one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.design.draw import Planning, Sizes, allocate, allocate_precision, plan_towns

# 64 large cities in two strata (Cochran 1977, chapter 5): N = 16 and 48, S² = 53,843 and 5,581, n = 24
N, S2 = np.array([16.0, 48.0]), np.array([53_843.0, 5_581.0])


def error_of_total(n: np.ndarray) -> float:
    return float(np.sqrt(np.sum(N**2 * S2 / n * (1 - n / N))))


def test_two_strata_of_cities_proportional_and_optimum() -> None:
    proportional, optimum = allocate(N, 24), allocate(N, 24, sd=np.sqrt(S2))
    assert proportional.tolist() == [6, 18]
    assert optimum.tolist() == [12, 12]
    assert error_of_total(proportional) == pytest.approx(1372, abs=0.5)
    assert error_of_total(optimum) == pytest.approx(1044, abs=0.5)


@pytest.mark.parametrize("seed", range(6))
def test_no_other_whole_numbers_do_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, sd = rng.uniform(10, 100, 4), rng.uniform(0.2, 2, 4)
    least, most = np.array([1, 2, 1, 2]), np.array([4, 9, 3, 9])
    found = allocate(size, 13, sd=sd, least=least, most=most)
    best = min(
        float(np.sum((size * sd) ** 2 / np.array(n)))
        for n in product(*(range(a, b + 1) for a, b in zip(least, most, strict=True)))
        if sum(n) == 13
    )
    assert found.sum() == 13
    assert float(np.sum((size * sd) ** 2 / found)) == pytest.approx(best, rel=1e-12)


def test_whole_quotas_are_met_exactly_and_lacks_are_shared() -> None:
    assert allocate([5, 3, 2], 10, least=2, most=[99, 99, 99]).tolist() == [5, 3, 2]
    assert allocate([5, 3, 2], 20, least=2, most=[99, 99, 99]).tolist() == [10, 6, 4]
    # only three of the first kind: seven left to share 3 : 2
    assert allocate([5, 3, 2], 10, least=2, most=[3, 99, 99]).tolist() == [3, 4, 3]


def test_totals_outside_the_bounds_are_refused() -> None:
    for total in (3, 12):
        with pytest.raises(InputRefused) as caught:
            allocate([1, 1], total, least=2, most=[4, 5])
        assert caught.value.code == "K913"


@pytest.mark.parametrize("wanted", [0.02, 0.03, 0.05])
def test_no_smaller_number_reaches_the_precision(wanted: float) -> None:
    share, variance = np.array([0.5, 0.3, 0.2]), np.array([0.01, 0.02, 0.005])
    found = allocate_precision(share, variance, wanted, least=1, most=[20, 20, 20])
    assert np.sum(share**2 * variance / found) <= wanted**2 * (1 + 1e-9)
    fewer = (n for n in product(range(1, 21), repeat=3) if sum(n) == found.sum() - 1)
    assert all(np.sum(share**2 * variance / np.array(n)) > wanted**2 for n in fewer)


def test_a_precision_that_all_units_do_not_give_says_what_they_give() -> None:
    with pytest.raises(InputRefused) as caught:
        allocate_precision([0.5, 0.5], [0.04, 0.04], 0.01, most=[4, 4], where="city 440200000000")
    # 0.25 · 0.04 / 4, twice: 0.005
    assert caught.value.code == "K914"
    assert "0.07071 with every unit there is" in caught.value.got


def strata() -> pd.DataFrame:
    return pd.DataFrame({
        "county": ["440203000000", "440204000000", "441602000000"], "city": ["440200000000"] * 2 + ["441600000000"],
        "n_towns": [9, 5, 7], "n_households": [9000, 3000, 4000],
    })  # fmt: skip


PLANNING = Planning(0.5, 0.04, 0.06, cost_town=100, cost_village=50, cost_household=10)
SIZES = Sizes(villages=2, households=10)


def test_the_variance_and_cost_of_a_town_by_hand() -> None:
    # 0.25 · (0.04 + 0.06/2 + 0.9/20) = 0.25 · 0.115; 100 + 2 · (50 + 10 · 10)
    assert PLANNING.town_variance(SIZES) == pytest.approx(0.02875)
    assert PLANNING.town_cost(SIZES) == 400


def test_towns_in_proportion_with_two_of_each_county() -> None:
    out = plan_towns(strata(), SIZES, PLANNING, total=8)
    assert out["towns"].tolist() == [4, 2, 2]
    assert out["cost"].tolist() == [1600, 800, 800]


def test_neyman_goes_where_the_share_is_near_a_half() -> None:
    even = plan_towns(strata(), SIZES, PLANNING, total=12)["towns"].tolist()
    skewed = plan_towns(strata().assign(p=[0.05, 0.5, 0.5]), SIZES, PLANNING, total=12, neyman="p")["towns"].tolist()
    # 9000 · √.0475, 3000 · .5, 4000 · .5: 1962, 1500, 2000; of 12 towns 4.3, 3.3, 4.4
    assert (even, skewed) == ([7, 2, 3], [4, 3, 5])


def test_a_wanted_precision_by_city() -> None:
    out = plan_towns(strata(), SIZES, PLANNING, wanted_se={"440200000000": 0.07, "441600000000": 0.09})
    # 0.02875 / 0.09² = 3.5 towns: 4; shares 3/4 and 1/4 of 0.02875: (.5625/4 + .0625/2) · .02875 = .00494 > .0049 > with 5
    assert out["towns"].tolist() == [5, 2, 4]


def test_a_budget_that_does_not_suffice_says_what_it_gives() -> None:
    with pytest.raises(InputRefused) as caught:
        plan_towns(strata(), SIZES, PLANNING, wanted_se=0.07, budget=4000)
    assert caught.value.code == "K914"
    # .02875 / .07² is 5.9: six towns for the second city, five and two for the first: 13 · 400
    assert caught.value.got == "5,200 yuan needed, 4,000 there"
    factor = float(caught.value.remedy.split("errors ")[1].split(" times")[0])
    assert plan_towns(strata(), SIZES, PLANNING, wanted_se=0.07 * factor, budget=4000)["cost"].sum() <= 4000
    with pytest.raises(InputRefused, match="two towns a county alone cost 2,400"):
        plan_towns(strata(), SIZES, PLANNING, wanted_se=0.07, budget=2000)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"wanted_se": {"440200000000": 0.05, "440000000001": 0.05}}, "K915"), ({"wanted_se": {"440200000000": 0.05}}, "K922"),
        ({"total": 5}, "K913"), ({"total": 22}, "K913"), ({}, "K922"), ({"total": 8, "wanted_se": 0.1}, "K922"),
        ({"wanted_se": 0.01}, "K914"), ({"total": 8, "budget": 100}, "K914"), ({"wanted_se": 0.0}, "K914"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(more: dict[str, object], code: str) -> None:
    with pytest.raises(InputRefused) as caught:
        plan_towns(strata(), SIZES, PLANNING, **more)  # type: ignore[arg-type]
    assert caught.value.code == code
