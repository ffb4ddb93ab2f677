"""Which team goes to which city, by a lot that anybody can repeat.

Permitted is an assignment in which no team goes to its own city, no two teams go to each other's
city, and no excluded pair meets. Random permutations are drawn until one is permitted: all
permitted assignments are then equally likely. Before that they are counted exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt

from kaohe.base.errors import InputRefused
from kaohe.design.draw import faults
from kaohe.design.draw.chance import Chance
from kaohe.design.faults import few

Bools = npt.NDArray[np.bool_]
MOST_TEAMS = 16
RAREST = 1e-6  # of all permutations: fewer permitted ones are not looked for by chance
LABEL = "teams {attempt}"


@dataclass(frozen=True)
class TeamDraw:
    """The result of a draw.

    Attributes
    ----------
    cities : tuple of str
        In the order given; team i is that of city i.
    goes_to : tuple of str
        The city that team i assesses.
    attempts : int
        Number of the permutation that was permitted, from 1.
    permitted : int
        How many assignments are permitted; each had the same chance.
    """

    cities: tuple[str, ...]
    goes_to: tuple[str, ...]
    attempts: int
    permitted: int


def draw_teams(
    cities: Sequence[str], seed: str, *, excluded: Collection[tuple[str, str]] = (), mutual: bool = False
) -> TeamDraw:
    """Draw which team assesses which city.

    Parameters
    ----------
    cities : sequence of str
        One team each; the order belongs to the draw.
    seed : str
        The public text.
    excluded : collection of (team's city, city)
        Pairs that must not meet.
    mutual : bool
        Permit two teams to go to each other's city.

    Raises
    ------
    InputRefused
        K911 for a city that stands twice, K915 for an unknown one in `excluded`, K918 when no
        assignment is permitted (with the teams that stand in one another's way) or hardly any,
        K920 for a seed that cannot be used.

    Notes
    -----
    Attempt a = 1, 2, … shuffles the cities with the stream ``teams a`` (see `Chance.shuffled`); team
    i goes to the i-th city of the order; the first permitted attempt holds. Rejection from uniform
    permutations leaves the permitted ones uniform.

    Examples
    --------
    >>> draw_teams(["甲", "乙", "丙"], "example").permitted
    2
    """
    names = list(cities)
    if len(set(names)) != len(names) or not 3 <= len(names) <= MOST_TEAMS:
        raise InputRefused(
            "K911", "A unit stands twice in the register", where="teams", got=few(names, 20),
            expected=f"3 to {MOST_TEAMS} cities, each once",
        )  # fmt: skip
    allowed = allowed_pairs(names, excluded)
    _check_matching(names, allowed)
    permitted = count_permitted(allowed, mutual=mutual)
    if permitted < max(1.0, RAREST * factorial(len(names))):
        raise InputRefused(
            "K918", "The teams cannot be drawn", where="exclusions", got=f"{permitted} permitted assignments",
            expected="exclusions that leave enough of them", remedy="take exclusions back, or let the office decide",
        )  # fmt: skip
    attempt = 0
    while True:
        attempt += 1
        order = Chance(seed, LABEL.format(attempt=attempt)).shuffled(range(len(names)))
        if is_permitted(order, allowed, mutual=mutual):
            return TeamDraw(tuple(names), tuple(names[j] for j in order), attempt, permitted)


def allowed_pairs(names: Sequence[str], excluded: Collection[tuple[str, str]]) -> Bools:
    """Which team may go to which city: all but its own and the excluded.

    Raises
    ------
    InputRefused
        K915 for a name in `excluded` that is not among `names`.
    """
    allowed = ~np.eye(len(names), dtype=bool)
    at = {name: i for i, name in enumerate(names)}
    for team, city in excluded:
        for name in (team, city):
            if name not in at:
                raise faults.unknown("exclusion", name, names)
        allowed[at[team], at[city]] = False
    return allowed


def is_permitted(order: Sequence[int], allowed: Bools, *, mutual: bool = False) -> bool:
    """True when team i may go to city order[i] for every i."""
    return all(allowed[i, j] and (mutual or order[j] != i) for i, j in enumerate(order))


def count_permitted(allowed: Bools, *, mutual: bool = False) -> int:
    """How many assignments are permitted, exactly.

    Parameters
    ----------
    allowed : bool array, n × n
        As from `allowed_pairs`; n up to `MOST_TEAMS`.
    mutual : bool
        Let two teams go to each other's city.

    Notes
    -----
    An assignment is a set of cycles over the cities. `ways[S]` counts the single cycles through all
    of the set S (paths from its lowest member, by dynamic programming over sets: Held & Karp 1962);
    `covers[S]` the sets of cycles over S, by the cycle that holds its lowest member. Without mutual
    pairs cycles of two count zero. For n = 3, 4, … without exclusions: 2, 6, 24, 160, 1140 (OEIS A038205).

    Examples
    --------
    >>> [count_permitted(~np.eye(n, dtype=bool)) for n in (3, 4, 5, 6)]
    [2, 6, 24, 160]
    """
    n = len(allowed)
    ways = _single_cycles(allowed.astype(np.int64))
    if not mutual:
        ways[np.bitwise_count(np.arange(1 << n)) == 2] = 0
    filled = np.flatnonzero(ways)
    covers = np.zeros(1 << n, dtype=np.int64)
    covers[0] = 1
    for first in range(n - 1, -1, -1):
        cycles = filled[filled & -filled == 1 << first]
        wholes = range(1 << first, 1 << n, 2 << first) if first else [(1 << n) - 1]
        for whole in wholes:
            inside = cycles[cycles & ~whole == 0]
            covers[whole] = np.sum(ways[inside] * covers[whole ^ inside])
    return int(covers[-1])


def _single_cycles(step: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Number of cycles through all members of each set."""
    n = len(step)
    ways = np.zeros(1 << n, dtype=np.int64)
    for start in range(n):
        paths = np.zeros((1 << n, n), dtype=np.int64)
        paths[1 << start, start] = 1
        higher = np.arange(start + 1, n)
        for inside in range(1 << start, 1 << n, 2 << start):
            ends = paths[inside]
            ways[inside] = ends @ step[:, start]
            onward = higher[inside >> higher & 1 == 0]
            paths[inside | 1 << onward, onward] += (ends @ step)[onward]
    return ways


def _check_matching(names: Sequence[str], allowed: Bools) -> None:
    """Refuse exclusions that leave some teams fewer cities than they are.

    Raises
    ------
    InputRefused
        K918 with these teams (Hall 1935).
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    team_of = maximum_bipartite_matching(csr_matrix(allowed), perm_type="row")
    unmatched = sorted(set(range(len(names))) - set(team_of.tolist()))
    if not unmatched:
        return
    teams, cities = {unmatched[0]}, set[int]()
    grown = True
    while grown:
        reach = {int(j) for i in teams for j in np.flatnonzero(allowed[i])} - cities
        cities |= reach
        fresh = {int(team_of[j]) for j in reach} - teams
        teams |= fresh
        grown = bool(fresh)
    raise InputRefused(
        "K918", "The teams cannot be drawn", where="exclusions",
        got=f"the {len(teams)} teams of {few((names[i] for i in sorted(teams)), 16)} may go to "
        f"{len(cities)} cities: {few((names[j] for j in sorted(cities)), 16)}",
        expected="for any teams at least as many cities", remedy="take exclusions of these teams back",
    )  # fmt: skip
