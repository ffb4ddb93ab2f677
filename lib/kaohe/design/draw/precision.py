"""What variance a number of towns lets one expect, county by county, and the fewest towns for a wanted error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.tables import HH_KINDS
from kaohe.design.draw import faults
from kaohe.design.draw.allocate import Ints, allocate
from kaohe.design.draw.planning import Planning
from kaohe.design.draw.pps import Floats, enough, inclusion_probabilities
from kaohe.design.draw.sample import Sizes


@dataclass(frozen=True)
class Steps:
    """What can be drawn in one county.

    Attributes
    ----------
    towns : int array
        Numbers of towns that can be drawn, rising; one that would leave a single place beside
        towns taken with certainty is not among them.
    variance : float array
        The county's part of the anticipated variance of its city's share with so many.
    """

    towns: Ints
    variance: Floats

    def from_(self, towns: int) -> int:
        """The smallest possible number from `towns` on."""
        return int(self.towns[np.searchsorted(self.towns, towns)])


def county_steps(
    frame: pd.DataFrame, sizes: Sizes, planning: Planning, kinds: pd.DataFrame | None = None
) -> dict[str, Steps]:
    """Possible numbers of towns of each county and the variance that each lets one expect.

    Parameters
    ----------
    frame : DataFrame
        The register of villages as from `with_places`: village, town, county, city, n_households.
    sizes, planning : Sizes, Planning
    kinds : DataFrame, optional
        Households by village (index) and kind (columns `HH_KINDS`), for a ratio by kind; without it
        equal chances within villages are assumed.

    Returns
    -------
    dict of county code to Steps

    Notes
    -----
    Model of `expected_errors`; its expectation over the draw. With chances p of a town, q of a village,
    and n of N households of a kind, and A the parts of the city's N_c households:
    σ² [ρ_t Σ A_t² (1/p − 1) + ρ_v Σ A_v² (1/q − 1) + (1 − ρ_t − ρ_v)(Σ Σ_k N_vk²/(n_vk q) − N)/N_c²],
    sums over the county's towns, villages and kinds. Särndal, Swensson & Wretman (1992), section 12.2
    (anticipated variance), and section 4.3 (several stages).
    """
    out = {}
    in_city = frame.groupby("city")["n_households"].sum()
    for county, part in frame.groupby("county", sort=True):
        whole = float(in_city[part["city"].iloc[0]])
        towns = [_within(own, sizes, kinds) for _, own in part.groupby("town", sort=True)]
        size = np.array([t.size for t in towns])
        least = min(2, len(towns))
        numbers = [n for n in range(least, len(towns) + 1) if enough(size, n) == n]
        chances = [inclusion_probabilities(size, n) for n in numbers]
        variance = [_variance(towns, p, whole, planning) for p in chances]
        out[str(county)] = Steps(np.array(numbers, dtype=np.int64), np.array(variance))
    return out


@dataclass(frozen=True)
class _Town:
    """Sizes of a town and its villages, the villages' chances in it, and Σ N_k²/n_k of each."""

    size: float
    villages: Floats
    chances: Floats
    spread: Floats


def _within(own: pd.DataFrame, sizes: Sizes, kinds: pd.DataFrame | None) -> _Town:
    size = own["n_households"].to_numpy(float)
    chances = inclusion_probabilities(size, enough(size, min(sizes.villages, len(size))))
    if sizes.rule and kinds is not None:
        spread = np.array([_by_kind(kinds.loc[v].to_numpy(np.int64), sizes) for v in own["village"]])
    else:
        spread = size**2 / np.minimum(sizes.households, size)
    return _Town(float(size.sum()), size, chances, spread)


def _by_kind(counts: Ints, sizes: Sizes) -> float:
    there = counts > 0
    ratio = np.array(sizes.rule)[there]
    size = counts[there].astype(float)
    taken = allocate(ratio, min(sizes.households, int(size.sum())), least=2, most=counts[there])
    return float(np.sum(size**2 / taken))


def _variance(towns: Sequence[_Town], p: Floats, whole: float, planning: Planning) -> float:
    between = within = rest = 0.0
    for town, chance in zip(towns, p, strict=True):
        q = chance * town.chances
        between += town.size**2 * (1 / chance - 1)
        within += float(np.sum(town.villages**2 * (1 / q - 1)))
        rest += float(np.sum(town.spread / q)) - town.size
    parts = (planning.icc_town * between, planning.icc_village * within, planning.icc_rest * max(rest, 0.0))
    return planning.share * (1 - planning.share) * sum(parts) / whole**2


def count_kinds(households: pd.DataFrame) -> pd.DataFrame:
    """Numbers of the register's `households` (columns village, hh_kind) by village (index) and kind (columns `HH_KINDS`)."""
    counts = households.groupby(["village", "hh_kind"]).size().unstack(fill_value=0)
    return counts.reindex(columns=list(HH_KINDS), fill_value=0)


@dataclass(frozen=True)
class Frontier:
    """The least variance of a city for every number of towns, and the towns of each county that give it.

    Attributes
    ----------
    counties : tuple of str
        Codes, in the order of `picks`.
    variance : float array
        By number of towns in all, from 0; infinite where that number cannot be drawn.
    picks : tuple of int array
        For each county and number of towns in it and the counties before: its own number of towns.
    """

    counties: tuple[str, ...]
    variance: Floats
    picks: tuple[Ints, ...]

    @classmethod
    def of(cls, steps: Mapping[str, Steps]) -> Frontier:
        """By dynamic programming over the counties: exact, whatever the shape of the variances.

        Parameters
        ----------
        steps : mapping of county to Steps
        """
        best, picks = np.zeros(1), []
        for each in steps.values():
            wide = np.full(len(best) + int(each.towns[-1]), np.inf)
            pick = np.zeros(len(wide), dtype=np.int64)
            for n, variance in zip(each.towns.tolist(), each.variance.tolist(), strict=True):
                there = slice(n, n + len(best))
                better = best + variance < wide[there]
                wide[there] = np.where(better, best + variance, wide[there])
                pick[there] = np.where(better, n, pick[there])
            best = wide
            picks.append(pick)
        return cls(tuple(steps), best, tuple(picks))

    def fewest(self, wanted_se: float, where: str) -> dict[str, int]:
        """Towns of each county: the fewest in all with which the standard error is at most `wanted_se`.

        Parameters
        ----------
        wanted_se : float
            Of a share, 0 to 1.
        where : str
            The city, for the refusal.

        Raises
        ------
        InputRefused
            K914 when not even all towns reach it, with the standard error they give.
        """
        reached = np.flatnonzero(self.variance <= wanted_se**2 * (1 + 1e-12)) if wanted_se > 0 else np.array([], int)
        if not len(reached):
            raise faults.infeasible(
                where, f"a standard error of {wanted_se:g} wanted; {np.sqrt(self.variance.min()):.4g} with every town there is",
                "a standard error that the towns of the register can give", "more households in each village, or a wider error",
            )  # fmt: skip
        left, out = int(reached[0]), {}
        for county, pick in zip(reversed(self.counties), reversed(self.picks), strict=True):
            out[county] = int(pick[left])
            left -= out[county]
        return out
