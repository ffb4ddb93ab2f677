"""The teams' lot: permitted assignments counted and equally likely; impossible exclusions told before any draw."""

from __future__ import annotations

import hashlib
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chi2

from kaohe.base.errors import InputRefused
from kaohe.design.draw import count_permitted, draw_teams
from kaohe.design.draw.teams import allowed_pairs, is_permitted

FOURTEEN = [f"市{i:02d}" for i in range(14)]


def listed(n: int, excluded: set[tuple[int, int]], mutual: bool) -> list[tuple[int, ...]]:
    """All permitted assignments, by trying every permutation."""
    return [
        q for q in permutations(range(n))
        if all(q[i] != i and (i, q[i]) not in excluded and (mutual or q[q[i]] != i) for i in range(n))
    ]  # fmt: skip


# 0, 0, 2, 6, …: permutations without cycles of one or two (OEIS A038205)
@pytest.mark.parametrize(
    ("n", "count"), [(3, 2), (4, 6), (5, 24), (6, 160), (7, 1140), (8, 8988), (14, 19_452_141_696)]
)
def test_permitted_assignments_are_counted_as_published(n: int, count: int) -> None:
    assert count_permitted(~np.eye(n, dtype=bool)) == count


# derangements (OEIS A000166)
@pytest.mark.parametrize(("n", "count"), [(3, 2), (4, 9), (5, 44), (6, 265), (7, 1854)])
def test_with_exchanges_they_are_the_derangements(n: int, count: int) -> None:
    assert count_permitted(~np.eye(n, dtype=bool), mutual=True) == count


@pytest.mark.parametrize("seed", range(8))
def test_with_exclusions_they_are_counted_as_by_trying_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    excluded = {(int(a), int(b)) for a, b in rng.integers(0, 6, (5, 2)) if a != b}
    allowed = allowed_pairs(range(6), excluded)  # type: ignore[arg-type]
    for mutual in (False, True):
        assert count_permitted(allowed, mutual=mutual) == len(listed(6, excluded, mutual))


@pytest.mark.parametrize(("n", "excluded"), [(4, set()), (5, set()), (5, {(0, 1), (2, 3), (4, 1)})])
def test_every_permitted_assignment_is_equally_likely(n: int, excluded: set[tuple[int, int]]) -> None:
    names = [f"c{i}" for i in range(n)]
    every = listed(n, excluded, False)
    pairs = {(names[a], names[b]) for a, b in excluded}
    each = 60
    draws = each * len(every)
    found = [draw_teams(names, f"text {k}", excluded=pairs).goes_to for k in range(draws)]
    counts = np.array([found.count(tuple(names[j] for j in q)) for q in every])
    assert counts.sum() == draws
    assert ((counts - each) ** 2 / each).sum() < chi2.ppf(1 - 1e-4, len(every) - 1)


def by_the_protocol(cities: list[str], text: str) -> tuple[list[str], int]:
    """The draw written anew from the words of the protocol, with hashlib alone."""
    a = 0
    while True:
        a += 1
        k = 0
        order = list(range(len(cities)))
        for i in range(len(cities) - 1, 0, -1):
            while True:
                number = int(hashlib.sha256(f"{text}\nteams {a}\n{k}".encode()).hexdigest(), 16)
                k += 1
                if number < 2**256 // (i + 1) * (i + 1):
                    break
            j = number % (i + 1)
            order[i], order[j] = order[j], order[i]
        if all(order[i] != i and order[order[i]] != i for i in range(len(cities))):
            return [cities[j] for j in order], a


@pytest.mark.parametrize("text", ["2020-12-01", "2020年12月1日 双色球第2020113期 03 08 11 19 22 30 + 07"])
def test_another_implementation_of_the_protocol_gives_the_same(text: str) -> None:
    done = draw_teams(FOURTEEN, text)
    assert by_the_protocol(FOURTEEN, text) == (list(done.goes_to), done.attempts)
    assert done.permitted == 19_452_141_696
    assert is_permitted([FOURTEEN.index(c) for c in done.goes_to], allowed_pairs(FOURTEEN, []))


def test_excluded_pairs_do_not_meet_and_exchanges_happen_only_when_permitted() -> None:
    cities = FOURTEEN[:7]
    pairs = {("市00", c) for c in cities[1:5]}
    assert {draw_teams(cities, f"t{k}", excluded=pairs).goes_to[0] for k in range(30)} == {"市05", "市06"}
    exchanged = 0
    for k in range(30):
        to = dict(zip(cities, draw_teams(cities, f"t{k}", mutual=True).goes_to, strict=True))
        exchanged += any(to[to[c]] == c for c in cities)
    assert exchanged > 0


def test_teams_that_have_too_few_cities_are_named() -> None:
    pairs = {(t, c) for t in FOURTEEN[:3] for c in FOURTEEN if c not in {"市10", "市11"} and c != t}
    with pytest.raises(InputRefused) as caught:
        draw_teams(FOURTEEN, "text", excluded=pairs)
    assert caught.value.code == "K918"
    assert caught.value.got == "the 3 teams of 市00, 市01, 市02 may go to 2 cities: 市10, 市11"


def test_exclusions_that_leave_exchanges_only_are_impossible() -> None:
    # four cities of which each pair can only exchange: a matching exists, a permitted draw does not
    pairs = {(a, b) for a in "甲乙丙丁" for b in "甲乙丙丁" if a != b and {a, b} not in ({"甲", "乙"}, {"丙", "丁"})}
    with pytest.raises(InputRefused) as caught:
        draw_teams(list("甲乙丙丁"), "text", excluded=pairs)
    assert (caught.value.code, caught.value.got) == ("K918", "0 permitted assignments")
    assert draw_teams(list("甲乙丙丁"), "text", excluded=pairs, mutual=True).goes_to == tuple("乙甲丁丙")


@pytest.mark.parametrize(
    ("cities", "seed", "excluded", "code"),
    [
        (["a", "a", "b"], "t", [], "K911"),
        (["a", "b"], "t", [], "K911"),
        (FOURTEEN, "", [], "K920"),
        (FOURTEEN, "t", [("市00", "江门")], "K915"),
    ],
)
def test_what_cannot_be_is_refused(cities: list[str], seed: str, excluded: list[tuple[str, str]], code: str) -> None:
    with pytest.raises(InputRefused) as caught:
        draw_teams(cities, seed, excluded=excluded)
    assert caught.value.code == code
