"""How many towns of each county: from a number, from a planning variable, or from a wanted precision and a budget."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.draw import faults
from kaohe.design.draw.allocate import allocate
from kaohe.design.draw.planning import Planning
from kaohe.design.draw.precision import Frontier, Steps
from kaohe.design.draw.sample import Sizes


def plan_towns(
    strata: pd.DataFrame, sizes: Sizes, planning: Planning, steps: Mapping[str, Steps], *, total: int | None = None,
    neyman: str = "", wanted_se: float | Mapping[str, float] | None = None, budget: float = 0.0,
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Towns to draw in each county.

    Parameters
    ----------
    strata : DataFrame
        As from `counties_of`: county, city, n_towns, n_households.
    sizes, planning : Sizes, Planning
    steps : mapping of county to Steps
        From `county_steps`: the numbers of towns that can be drawn, with the variance that each gives.
    total : int, optional
        Towns in all: shared out in proportion to households, or, with `neyman`, to households times
        the planning share's standard deviation.
    neyman : str
        Column of `strata` with each county's planning share, 0 to 1.
    wanted_se : float or mapping of city to float
        Standard error of each city's share (0 to 1) that is to be reached with the fewest towns. One of
        `total` and `wanted_se` is given.
    budget : float
        Yuan; 0 for none. Costs by `planning`.
    names : mapping, optional
        Names of cities by code, for refusals.

    Returns
    -------
    DataFrame
        county, city, n_towns, n_households, towns (2 at least, or all there are), extra (towns among them
        that were added so that none taken with certainty leaves a single place), cost (yuan).

    Raises
    ------
    InputRefused
        K913 for a total that the counties cannot give or take; K914 for a precision or a budget that
        cannot be met, with what can be; K915, K922.

    Notes
    -----
    Neyman (1934); Cochran (1977), chapter 5. For a wanted precision `Frontier.fewest`.
    """
    if (total is None) == (wanted_se is None):
        raise faults.bad_choice("allocation", "both or neither", "a number of towns, or a wanted standard error")
    counties = strata["county"].astype(str)
    if total is not None:
        most = strata["n_towns"].to_numpy(np.int64)
        sd = _deviations(strata, neyman) if neyman else 1.0
        shared = allocate(strata["n_households"].to_numpy(float), total, sd=sd, least=np.minimum(2, most), most=most)
        towns = np.array([steps[c].from_(n) for c, n in zip(counties, shared.tolist(), strict=True)])
        extra = towns - shared
        needed = float(towns.sum()) * planning.town_cost(sizes)
        if budget and needed > budget:
            raise _over_budget(needed, budget, "a larger budget, or fewer towns, villages or households")
    else:
        planned = Precision.of(strata, steps, wanted_se, names or {})
        towns = counties.map(planned.towns()).to_numpy(np.int64)
        extra = np.zeros(len(towns), dtype=np.int64)
        planned.check_budget(budget, planning.town_cost(sizes))
    cost = towns * planning.town_cost(sizes)
    return strata[["county", "city", "n_towns", "n_households"]].assign(towns=towns, extra=extra, cost=cost)


def _deviations(strata: pd.DataFrame, column: str) -> pd.Series:
    share = pd.to_numeric(strata[column], errors="coerce")
    if not share.between(0, 1).all():
        raise faults.bad_choice(
            column, strata.loc[~share.between(0, 1), column].iloc[0], "a share from 0 to 1 for each county"
        )
    return np.sqrt(share * (1 - share))


class Precision:
    """Wanted standard errors of cities and the towns that reach them."""

    def __init__(self, frontiers: Mapping[str, Frontier], wanted: Mapping[str, float], names: Mapping[str, str]):
        self.frontiers, self.wanted, self.names = frontiers, wanted, names

    @classmethod
    def of(
        cls, strata: pd.DataFrame, steps: Mapping[str, Steps], wanted: float | Mapping[str, float] | None,
        names: Mapping[str, str],
    ) -> Precision:  # fmt: skip
        """From strata and their steps. Raises K915, K922."""
        cities = {str(c): part["county"].astype(str).tolist() for c, part in strata.groupby("city", sort=True)}
        frontiers = {c: Frontier.of({k: steps[k] for k in counties}) for c, counties in cities.items()}
        return cls(frontiers, _wanted(list(cities), wanted), names)

    def towns(self, factor: float = 1.0) -> dict[str, int]:
        """Towns of each county for errors `factor` times as large. Raises K914."""
        out: dict[str, int] = {}
        for city, frontier in self.frontiers.items():
            out |= frontier.fewest(self.wanted[city] * factor, self.names.get(city, f"city {city}"))
        return out

    def check_budget(self, budget: float, each: float) -> None:
        """Refuse (K914) a budget below the cost, with the factor by which errors would have to grow to keep within it."""
        cost = sum(self.towns().values()) * each
        if not budget or cost <= budget:
            return
        least = sum(self.towns(1e6).values()) * each
        if least > budget:
            raise _over_budget(
                cost, budget, f"the fewest towns that can be drawn cost {least:,.0f}: take fewer villages or households"
            )
        low, high = 1.0, 1e6
        for _ in range(60):
            middle = (low * high) ** 0.5
            low, high = (low, middle) if sum(self.towns(middle).values()) * each <= budget else (middle, high)
        raise _over_budget(
            cost, budget, f"with this budget standard errors {np.ceil(high * 1000) / 1000:g} times as large can be had"
        )


def _wanted(cities: list[str], wanted: float | Mapping[str, float] | None) -> dict[str, float]:
    if not isinstance(wanted, Mapping):
        return dict.fromkeys(cities, float(wanted or 0.0))
    for city in wanted:
        if city not in cities:
            raise faults.unknown("city of a wanted precision", city, cities)
    missing = [c for c in cities if c not in wanted]
    if missing:
        raise faults.bad_choice("wanted precision", f"none for {missing[0]}", "one for every city")
    return {c: float(wanted[c]) for c in cities}


def _over_budget(cost: float, budget: float, remedy: str) -> InputRefused:
    return faults.infeasible(
        "budget", f"{cost:,.0f} yuan needed, {budget:,.0f} there", "a cost within the budget", remedy
    )
