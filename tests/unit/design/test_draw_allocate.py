"""Allocations against hand-worked cases and against trying every one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.tables import HH_KINDS
from kaohe.design.draw import (
    Frontier,
    Planning,
    Sizes,
    Steps,
    allocate,
    counties_of,
    county_steps,
    draw_sample,
    expected_errors,
    plan_towns,
    with_places,
)

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


def frame(**towns: tuple[int, int]) -> pd.DataFrame:
    """A register with, for each county, so many towns of ten villages with so many households each."""
    rows = [
        {"village": f"{county[1:]}{town:03}{village:03}", "n_households": households}
        for county, (n, households) in towns.items() for town in range(1, n + 1) for village in range(1, 11)
    ]  # fmt: skip
    return with_places(pd.DataFrame(rows))


# counties of 9,000 and 3,000 households in one city, one of 4,000 in another
FRAME = frame(c440203=(9, 100), c440204=(5, 60), c441602=(8, 50))
STRATA = counties_of(FRAME)
PLANNING = Planning(0.5, 0.04, 0.06, cost_town=100, cost_village=50, cost_household=10)
SIZES = Sizes(villages=2, households=10)
STEPS = county_steps(FRAME, SIZES, PLANNING)
FIRST, SECOND = "440200000000", "441600000000"


def test_the_variance_and_cost_of_towns_by_hand() -> None:
    # 0.25 · [0.04 (1/n − 1/8) + 0.06 (1/2n − 1/80) + 0.9 (1/20n − 1/4000)] = 0.25 · (0.115/n − 0.005975)
    steps = STEPS["441602000000"]
    assert steps.towns.tolist() == [2, 3, 4, 5, 6, 7, 8]
    assert steps.variance == pytest.approx([0.25 * (0.115 / n - 0.005975) for n in range(2, 9)])
    # 100 + 2 · (50 + 10 · 10)
    assert PLANNING.town_cost(SIZES) == 400


def test_a_ratio_by_kind_costs_precision_by_hand() -> None:
    """Villages of 30, 10 and 10 households of the kinds, 8, 4 and 8 taken: Σ N²/n = 900/8 + 100/4 + 100/8 for 2,500/20."""
    village = FRAME[FRAME["county"] == "441602000000"].reset_index(drop=True)
    counts = dict(zip(HH_KINDS, (30, 10, 10), strict=True))
    kinds = pd.DataFrame(counts, index=village["village"])
    sizes = Sizes(villages=2, households=20, rule=(2.0, 1.0, 2.0))
    equal = county_steps(village, Sizes(villages=2, households=20), PLANNING)["441602000000"].variance
    by_kind = county_steps(village, sizes, PLANNING, kinds)["441602000000"].variance
    # all 80 villages · 50 = 4,000; each has 1/q = 80/(2 n); σ² · 0.9 · 80 · (150 − 125) · 40/n / 4000²
    assert by_kind - equal == pytest.approx([0.25 * 0.9 * 80 * 25 * 40 / n / 4000**2 for n in range(2, 9)])
    assert county_steps(village, sizes, PLANNING)["441602000000"].variance == pytest.approx(equal)


def test_the_planned_variance_is_the_mean_of_the_errors_expected_of_many_draws() -> None:
    rng = np.random.default_rng(1)
    uneven = FRAME[FRAME["city"] == FIRST][["village"]].assign(n_households=lambda f: rng.integers(20, 200, len(f)))
    there = with_places(uneven)
    steps = county_steps(there, SIZES, PLANNING)
    wanted = {"440203000000": 4, "440204000000": 3}
    planned = sum(float(steps[c].variance[steps[c].towns == n][0]) for c, n in wanted.items())
    found = []
    for seed in range(80):
        drawn = draw_sample(uneven, wanted, f"s{seed}", SIZES).sample_villages
        weight = drawn["n_households"] / (drawn["m_households"] * drawn["p"])
        people = drawn[["city", "town", "village"]].assign(weight=weight)
        people = people.loc[people.index.repeat(drawn["m_households"].astype(int))]
        found.append(expected_errors(people, there, PLANNING)["se"].iloc[0] ** 2)
    assert np.mean(found) == pytest.approx(planned, rel=0.03)


def test_a_number_that_leaves_a_single_place_is_no_step() -> None:
    # sizes 1, 1, 6: two towns would be the large one with certainty and one of the others
    there = with_places(pd.DataFrame({
        "village": ["440203001001", "440203002001", "440203003001"], "n_households": [10, 10, 60],
    }))  # fmt: skip
    steps = county_steps(there, SIZES, PLANNING)
    assert steps["440203000000"].towns.tolist() == [3]
    out = plan_towns(counties_of(there), SIZES, PLANNING, steps, total=2)
    assert out[["towns", "extra", "cost"]].to_numpy().tolist() == [[3, 1, 1200]]
    with pytest.raises(InputRefused, match="1,200 yuan needed, 1,000 there"):
        plan_towns(counties_of(there), SIZES, PLANNING, steps, total=2, budget=1000)


@pytest.mark.parametrize("seed", range(8))
def test_no_smaller_number_reaches_the_precision(seed: int) -> None:
    """Against trying every one; the variances of one county need not fall by less and less."""
    rng = np.random.default_rng(seed)
    steps = {
        str(c): Steps(np.sort(rng.choice(np.arange(2, 9), 4, replace=False)), np.sort(rng.uniform(0, 0.01, 4))[::-1])
        for c in range(3)
    }
    every = [
        (sum(n for n, _ in way), sum(v for _, v in way))
        for way in product(*(list(zip(s.towns.tolist(), s.variance.tolist(), strict=True)) for s in steps.values()))
    ]
    wanted = float(np.median([v for _, v in every])) ** 0.5
    found = Frontier.of(steps).fewest(wanted, "a city")
    least = min(n for n, v in every if v <= wanted**2)
    assert sum(found.values()) == least
    reached = sum(float(steps[c].variance[steps[c].towns == n][0]) for c, n in found.items())
    assert reached == pytest.approx(min(v for n, v in every if n == least))


def test_a_precision_that_all_towns_do_not_give_says_what_they_give() -> None:
    with pytest.raises(InputRefused) as caught:
        plan_towns(STRATA, SIZES, PLANNING, STEPS, wanted_se={FIRST: 0.07, SECOND: 0.01}, names={SECOND: "河源市"})
    # 0.25 · (0.115/8 − 0.005975) = 0.0021
    assert (caught.value.code, caught.value.where) == ("K914", "河源市")
    assert "0.04583 with every town there is" in caught.value.got


def test_towns_in_proportion_with_two_of_each_county() -> None:
    out = plan_towns(STRATA, SIZES, PLANNING, STEPS, total=8)
    assert out["towns"].tolist() == [4, 2, 2]
    assert out["cost"].tolist() == [1600, 800, 800]
    assert out["extra"].tolist() == [0, 0, 0]


def test_neyman_goes_where_the_share_is_near_a_half() -> None:
    even = plan_towns(STRATA, SIZES, PLANNING, STEPS, total=12)["towns"].tolist()
    planned = STRATA.assign(p=[0.05, 0.5, 0.5])
    skewed = plan_towns(planned, SIZES, PLANNING, STEPS, total=12, neyman="p")["towns"].tolist()
    # 9000 · √.0475, 3000 · .5, 4000 · .5: 1962, 1500, 2000; of 12 towns 4.3, 3.3, 4.4
    assert (even, skewed) == ([7, 2, 3], [4, 3, 5])


def test_a_wanted_precision_by_city() -> None:
    out = plan_towns(STRATA, SIZES, PLANNING, STEPS, wanted_se={FIRST: 0.07, SECOND: 0.09})
    # second: .115/n ≤ .0081 · 4 + .005975 gives 3. First: shares 3/4 and 1/4, .0046578 + .00045 > .0049 with three each,
    # .140625 (.115/4 − .0052111) + .015625 (.115/2 − .0095) = .00406 with four and two
    assert out["towns"].tolist() == [4, 2, 3]


def test_a_budget_that_does_not_suffice_says_what_it_gives() -> None:
    with pytest.raises(InputRefused) as caught:
        plan_towns(STRATA, SIZES, PLANNING, STEPS, wanted_se=0.07, budget=4000)
    assert caught.value.code == "K914"
    # .115/n ≤ .0049 · 4 + .005975: five towns for the second city, four and two for the first: 11 · 400
    assert caught.value.got == "4,400 yuan needed, 4,000 there"
    factor = float(caught.value.remedy.split("errors ")[1].split(" times")[0])
    assert plan_towns(STRATA, SIZES, PLANNING, STEPS, wanted_se=0.07 * factor, budget=4000)["cost"].sum() <= 4000
    with pytest.raises(InputRefused, match="the fewest towns that can be drawn cost 2,400"):
        plan_towns(STRATA, SIZES, PLANNING, STEPS, wanted_se=0.07, budget=2000)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"wanted_se": {"440200000000": 0.05, "440000000001": 0.05}}, "K915"), ({"wanted_se": {"440200000000": 0.05}}, "K922"),
        ({"total": 5}, "K913"), ({"total": 23}, "K913"), ({}, "K922"), ({"total": 8, "wanted_se": 0.1}, "K922"),
        ({"wanted_se": 0.01}, "K914"), ({"total": 8, "budget": 100}, "K914"), ({"wanted_se": 0.0}, "K914"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(more: dict[str, object], code: str) -> None:
    with pytest.raises(InputRefused) as caught:
        plan_towns(STRATA, SIZES, PLANNING, STEPS, **more)  # type: ignore[arg-type]
    assert caught.value.code == code
