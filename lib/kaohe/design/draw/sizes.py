"""How many towns of each county: from a number, from a planning variable, or from a wanted precision and a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.draw import faults
from kaohe.design.draw.allocate import allocate, allocate_precision
from kaohe.design.draw.sample import Sizes


@dataclass(frozen=True)
class Planning:
    """What is assumed before the survey.

    Attributes
    ----------
    share : float
        The share to be estimated, 0 to 1; its variance is share · (1 − share).
    icc_town, icc_village : float
        Parts of that variance between towns of a county, and between villages of a town.
    cost_town, cost_village, cost_household : float
        Yuan for each unit taken.

    Raises
    ------
    InputRefused
        K922 for a share or parts of the variance that cannot be, or costs below 0.
    """

    share: float = 0.5
    icc_town: float = 0.02
    icc_village: float = 0.03
    cost_town: float = 0.0
    cost_village: float = 0.0
    cost_household: float = 0.0

    def __post_init__(self) -> None:
        parts = (self.icc_town, self.icc_village, 1 - self.icc_town - self.icc_village)
        if not 0 < self.share < 1 or min(parts) < 0:
            raise faults.bad_choice(
                "planning", f"share {self.share:g}, icc {self.icc_town:g} and {self.icc_village:g}",
                "a share between 0 and 1; parts of the variance of 0 or more that add to 1 at most",
            )  # fmt: skip
        if min(self.cost_town, self.cost_village, self.cost_household) < 0:
            raise faults.bad_choice("costs", "below 0", "0 or more")

    def town_variance(self, sizes: Sizes) -> float:
        """Variance of a county's mean from one town with the villages and households of `sizes`.

        Notes
        -----
        Cochran (1977), chapter 10, without finite corrections.
        """
        within = 1 - self.icc_town - self.icc_village
        spread = self.icc_town + self.icc_village / sizes.villages + within / (sizes.villages * sizes.households)
        return self.share * (1 - self.share) * spread

    def town_cost(self, sizes: Sizes) -> float:
        """Yuan for one town with the villages and households of `sizes`; by definition the sum of the costs of the units."""
        return self.cost_town + sizes.villages * (self.cost_village + sizes.households * self.cost_household)


def plan_towns(
    strata: pd.DataFrame, sizes: Sizes, planning: Planning, *, total: int | None = None, neyman: str = "",
    wanted_se: float | Mapping[str, float] | None = None, budget: float = 0.0,
) -> pd.DataFrame:  # fmt: skip
    """Towns to draw in each county.

    Parameters
    ----------
    strata : DataFrame
        As from `counties_of`: county, city, n_towns, n_households.
    sizes, planning : Sizes, Planning
    total : int, optional
        Towns in all: shared out in proportion to households, or, with `neyman`, to households times
        the planning share's standard deviation.
    neyman : str
        Column of `strata` with each county's planning share, 0 to 1.
    wanted_se : float or mapping of city to float
        Standard error of each city's share that is to be reached with the fewest towns. One of
        `total` and `wanted_se` is given.
    budget : float
        Yuan; 0 for none. Costs by `planning`.

    Returns
    -------
    DataFrame
        county, city, n_towns, n_households, towns (2 at least, or all there are), cost.

    Raises
    ------
    InputRefused
        K913 for a total that the counties cannot give or take; K914 for a precision or a budget that
        cannot be met, with what can be; K915, K922.

    Notes
    -----
    As `kaohe.design.draw.allocate.allocate` and `kaohe.design.draw.allocate.allocate_precision`: Neyman (1934); Cochran (1977),
    chapter 5.
    """
    if (total is None) == (wanted_se is None):
        raise faults.bad_choice("allocation", "both or neither", "a number of towns, or a wanted standard error")
    least, most = np.minimum(2, strata["n_towns"].to_numpy(np.int64)), strata["n_towns"].to_numpy(np.int64)
    if total is not None:
        sd = _deviations(strata, neyman) if neyman else 1.0
        towns = allocate(strata["n_households"].to_numpy(float), total, sd=sd, least=least, most=most)
    else:
        towns = _by_precision(strata, sizes, planning, _wanted(strata, wanted_se))
    cost = towns * planning.town_cost(sizes)
    if budget and cost.sum() > budget:
        raise _over_budget(strata, sizes, planning, wanted_se, budget, float(cost.sum()))
    return strata[["county", "city", "n_towns", "n_households"]].assign(towns=towns, cost=cost)


def _deviations(strata: pd.DataFrame, column: str) -> pd.Series:
    share = pd.to_numeric(strata[column], errors="coerce")
    if not share.between(0, 1).all():
        raise faults.bad_choice(
            column, strata.loc[~share.between(0, 1), column].iloc[0], "a share from 0 to 1 for each county"
        )
    return np.sqrt(share * (1 - share))


def _wanted(strata: pd.DataFrame, wanted: float | Mapping[str, float] | None) -> dict[str, float]:
    cities = sorted(set(strata["city"]))
    if isinstance(wanted, Mapping):
        for city in wanted:
            if city not in cities:
                raise faults.unknown("city of a wanted precision", city, cities)
        missing = [c for c in cities if c not in wanted]
        if missing:
            raise faults.bad_choice("wanted precision", f"none for {missing[0]}", "one for every city")
        return {c: float(wanted[c]) for c in cities}
    return dict.fromkeys(cities, float(wanted or 0.0))


def _by_precision(strata: pd.DataFrame, sizes: Sizes, planning: Planning, wanted: Mapping[str, float]) -> np.ndarray:
    towns = np.zeros(len(strata), dtype=np.int64)
    for city, rows in strata.reset_index(drop=True).groupby("city").groups.items():
        part = strata.iloc[rows]
        share = part["n_households"].to_numpy(float) / part["n_households"].sum()
        variance = np.full(len(part), planning.town_variance(sizes))
        towns[rows] = allocate_precision(
            share, variance, wanted[str(city)], least=2, most=part["n_towns"].to_numpy(np.int64), where=f"city {city}"
        )
    return towns


def _over_budget(
    strata: pd.DataFrame, sizes: Sizes, planning: Planning, wanted_se: float | Mapping[str, float] | None, budget: float,
    cost: float,
) -> InputRefused:  # fmt: skip
    """The refusal of a budget, with the factor by which errors would have to grow to keep within it."""
    remedy = "a larger budget, or fewer towns, villages or households"
    if wanted_se is not None:
        wanted = _wanted(strata, wanted_se)
        least = float(np.minimum(2, strata["n_towns"]).sum()) * planning.town_cost(sizes)
        if least > budget:
            remedy = f"two towns a county alone cost {least:,.0f}: take fewer villages or households"
        else:
            low, high = 1.0, 1e6
            for _ in range(60):
                middle = (low * high) ** 0.5
                towns = _by_precision(strata, sizes, planning, {c: s * middle for c, s in wanted.items()})
                low, high = (low, middle) if towns.sum() * planning.town_cost(sizes) <= budget else (middle, high)
            remedy = f"with this budget standard errors {np.ceil(high * 1000) / 1000:g} times as large can be had"
    return faults.infeasible(
        "budget", f"{cost:,.0f} yuan needed, {budget:,.0f} there", "a cost within the budget", remedy
    )
