"""Unequal chances: as stated, exactly and in repeated draws; pairs that can and cannot meet; numbers from a public text."""

from __future__ import annotations

import hashlib
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from scipy.stats import chi2

from kaohe.base.errors import InputRefused
from kaohe.design.draw import (
    Chance,
    inclusion_probabilities,
    joint_probabilities,
    max_entropy,
    never_together,
    systematic,
)
from kaohe.design.draw.chance import below
from kaohe.design.draw.entropy import working_odds
from kaohe.design.draw.pps import enough
from kaohe.design.draw.sample import select

LEVEL = 1e-4  # of each test with chance; seeds are fixed
SIZES = np.array([40.0, 55.0, 70.0, 20.0, 130.0, 90.0, 61.0])


def fits(counts: np.ndarray, p: np.ndarray, joint: np.ndarray, draws: int) -> bool:
    """Chi-square of counts of inclusion against their chances, with the covariance that the joint chances give."""
    inner = (p > 0) & (p < 1)
    cov = draws * (joint - np.outer(p, p))[np.ix_(inner, inner)]
    gap = (counts - draws * p)[inner]
    assert (counts[~inner] == draws * p[~inner]).all()
    statistic = gap @ np.linalg.pinv(cov, hermitian=True) @ gap
    return bool(statistic < chi2.ppf(1 - LEVEL, inner.sum() - 1))


def test_chances_follow_size_and_large_units_are_certain() -> None:
    p = inclusion_probabilities([10, 20, 30, 40], 2)
    np.testing.assert_allclose(p, [0.2, 0.4, 0.6, 0.8])
    # 100 of 160 with 3 drawn is 1.875: certain; then 2 over 60: 20 is 0.67, 30 is 1: certain; 1 over the rest
    np.testing.assert_allclose(inclusion_probabilities([100, 30, 20, 10], 3), [1, 1, 2 / 3, 1 / 3])
    assert inclusion_probabilities([5, 5], 2).tolist() == [1, 1]
    assert inclusion_probabilities([5, 5], 0).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("sizes", "n", "code"), [([1, 0], 1, "K912"), ([1, -2], 1, "K912"), ([1, np.nan], 1, "K912"), ([1, 2], 3, "K913")]
)
def test_sizes_and_numbers_that_cannot_be_are_refused(sizes: list[float], n: int, code: str) -> None:
    with pytest.raises(InputRefused) as caught:
        inclusion_probabilities(sizes, n)
    assert caught.value.code == code


@pytest.mark.parametrize("n", [2, 3, 4])
def test_largest_entropy_has_its_chances_by_counting_all_samples(n: int) -> None:
    p = inclusion_probabilities(SIZES, n)
    odds, open_ = working_odds(p[p < 1]), np.flatnonzero(p < 1)
    left = n - int((p >= 1).sum())
    chance = {s: np.prod(odds[list(s)]) for s in combinations(range(len(open_)), left)}
    total = sum(chance.values())
    joint = np.zeros((len(SIZES), len(SIZES)))
    for members, weight in chance.items():
        taken = [*open_[list(members)], *np.flatnonzero(p >= 1)]
        joint[np.ix_(taken, taken)] += weight / total
    np.testing.assert_allclose(np.diag(joint), p, rtol=1e-10)
    np.testing.assert_allclose(joint_probabilities(p), joint, rtol=1e-8)
    assert (joint_probabilities(p) > 0).all()


@pytest.mark.parametrize("n", [2, 4])
def test_largest_entropy_draws_with_its_chances(n: int) -> None:
    p, draws = inclusion_probabilities(SIZES, n), 40_000
    drawn = max_entropy(p, np.random.default_rng(n).random((draws, len(p))))
    assert (drawn.sum(axis=1) == n).all()
    assert fits(drawn.sum(axis=0), p, joint_probabilities(p), draws)
    together = drawn.T.astype(float) @ drawn / draws
    assert np.abs(together - joint_probabilities(p)).max() < 4.5 * np.sqrt(0.25 / draws)


def test_systematic_selection_has_exact_chances_in_every_order() -> None:
    p = np.array([0.25, 0.75, 0.5, 0.1, 0.4])
    starts = (np.arange(2000) + 0.5) / 2000
    for order in permutations(range(5)):
        drawn = systematic(p, np.tile(order, (2000, 1)), starts)
        assert (drawn.sum(axis=1) == 2).all()
        np.testing.assert_allclose(drawn.mean(axis=0), p, atol=1e-12)


def test_random_order_systematic_draws_with_its_chances() -> None:
    rng, draws = np.random.default_rng(4), 40_000
    p = inclusion_probabilities(SIZES, 3)
    orders = np.argsort(rng.random((draws, len(p))), axis=1)
    drawn = systematic(p, orders, rng.random(draws))
    z = (drawn.sum(axis=0) - draws * p) / np.sqrt(draws * p * (1 - p))
    assert np.abs(z).max() < 4.5
    assert (drawn.T.astype(int) @ drawn > 0).all()


def meet(sizes: tuple[int, ...], n: int, i: int, j: int) -> bool:
    """By going through all orders and all starts between two ends of intervals."""
    total = sum(sizes)
    for order in permutations(range(len(sizes))):
        ends = np.cumsum([n * sizes[k] for k in order])  # in units of total
        begins = ends - [n * sizes[k] for k in order]
        edges = sorted({0, total, *(int(e) % total for e in ends)})
        for a, b in pairwise(edges):
            start = (a + b) / 2
            hit = [
                k
                for k, lo, hi in zip(order, begins, ends, strict=True)
                if any(lo <= start + m * total < hi for m in range(n))
            ]
            if {i, j} <= set(hit):
                return True
    return False


def test_pairs_that_never_meet_are_found_as_by_trying_every_order() -> None:
    rng = np.random.default_rng(8)
    apart = 0
    for _ in range(25):
        sizes = tuple(int(x) for x in rng.integers(1, 13, 5))
        n = 2
        if inclusion_probabilities(sizes, n).max() >= 1:
            continue
        found = set(never_together(sizes, n))
        assert found == {(i, j) for i, j in combinations(range(5), 2) if not meet(sizes, n, i, j)}
        apart += len(found)
    assert never_together((1, 1, 6, 6, 6), 2) == [(0, 1)]
    assert apart > 0


def test_a_single_place_beside_certain_units_is_made_two() -> None:
    assert enough([100, 5, 5, 5], 2) == 3
    assert enough([100, 90, 5, 5], 3) == 4
    p, drawn = select(np.array([100.0, 5, 5, 5]), 2, "text", "towns", "entropy")
    assert p.tolist() == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3])
    assert drawn.sum() == 3
    assert (joint_probabilities(p) > 0).all()


def test_systematic_is_refused_where_two_units_never_meet() -> None:
    with pytest.raises(InputRefused) as caught:
        select(np.array([1.0, 1, 6, 6, 6]), 2, "text", "towns 440203000000", "systematic")
    assert caught.value.code == "K921"
    assert select(np.array([1.0, 1, 6, 6, 6]), 2, "text", "towns 440203000000", "entropy")[1].sum() == 2


@pytest.mark.parametrize("scheme", ["entropy", "systematic"])
def test_public_chance_gives_the_stated_chances(scheme: str) -> None:
    draws = 1500
    drawn = np.array([select(SIZES, 3, f"text {k}", "towns", scheme)[1] for k in range(draws)])
    p = inclusion_probabilities(SIZES, 3)
    z = (drawn.sum(axis=0) - draws * p) / np.sqrt(draws * p * (1 - p))
    assert np.abs(z).max() < 4.2


def test_numbers_are_those_of_the_stated_hash() -> None:
    lot = Chance("2020年12月1日", "teams 1")
    for k in range(3):
        text = "2020年12月1日\nteams 1\n" + str(k)
        assert lot.number() == int(hashlib.sha256(text.encode("utf-8")).hexdigest(), 16)


def test_whole_numbers_are_equally_likely_and_the_last_part_is_passed_over() -> None:
    every = iter(range(16))
    assert [below(lambda: next(every), 5, bits=4) for _ in range(15)] == [0, 1, 2, 3, 4] * 3
    late = iter([15, 15, 7])
    assert below(lambda: next(late), 5, bits=4) == 2
    counts = np.bincount([Chance("s", f"{k}").below(7) for k in range(7000)], minlength=7)
    assert ((counts - 1000) ** 2 / 1000).sum() < chi2.ppf(1 - LEVEL, 6)


def test_shuffles_are_equally_likely() -> None:
    orders = [tuple(Chance("s", f"shuffle {k}").shuffled("abc")) for k in range(6000)]
    counts = np.array([orders.count(o) for o in permutations("abc")])
    assert ((counts - 1000) ** 2 / 1000).sum() < chi2.ppf(1 - LEVEL, 5)


@pytest.mark.parametrize("seed", ["", " ", "two\nlines", " blank"])
def test_a_text_that_can_be_read_in_two_ways_is_refused(seed: str) -> None:
    with pytest.raises(InputRefused) as caught:
        Chance(seed, "x")
    assert caught.value.code == "K920"


@pytest.mark.parametrize("p", [[0.36, 0.64], [0.5, 0.499999, 0.000001]])
def test_a_single_place_that_two_units_share_is_solved(p: list[float]) -> None:
    """One of few units is drawn with chances in proportion to the odds themselves."""
    odds = working_odds(np.array(p))
    np.testing.assert_allclose(odds / odds.sum(), p, rtol=1e-6)


def test_chances_far_apart_keep_their_digits() -> None:
    """Rows of the joint chances add up to n times the chance, also of many units of most different sizes."""
    p = inclusion_probabilities(np.random.default_rng(3).lognormal(0, 2, 60), 20)
    np.testing.assert_allclose(joint_probabilities(p).sum(axis=1), 20 * p, rtol=1e-9)
