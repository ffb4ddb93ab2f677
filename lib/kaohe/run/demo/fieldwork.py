"""Who goes where in the cross-assessment: teams by lot, places by purpose."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.run.demo.population import Population
from kaohe.run.demo.streams import stream


def draw_teams(people: Population, seed: int) -> pd.DataFrame:
    """Teams by lot, none to its own city and no two to each other's: ``team, leader_city, city`` (codes)."""
    rng = stream(seed, "teams")
    cities = people.geography.cities["code"].to_numpy()
    drawn = rng.permutation(cities)
    while (drawn == cities).any() or _exchange(cities, drawn):
        drawn = rng.permutation(cities)
    return pd.DataFrame(
        {"team": [f"第{i:02d}组" for i in range(1, len(cities) + 1)], "leader_city": cities, "city": drawn}
    )


def _exchange(cities: npt.NDArray[np.object_], drawn: npt.NDArray[np.object_]) -> bool:
    """Whether two teams go to each other's city."""
    to = dict(zip(cities, drawn, strict=True))
    return any(to[to[city]] == city for city in cities)


def visited_places(people: Population, seed: int) -> pd.DataFrame:
    """Places of the field forms: in each city two or three weak counties, two towns each, two villages each.

    Returns
    -------
    DataFrame
        Columns ``form`` (county, town, village), ``city, county, town, village`` (codes, empty
        below the form's level), in the order of the visit.
    """
    rng = stream(seed, "visited")
    geography = people.geography
    villages = geography.villages
    weak = people.effects.county.mean(axis=1)
    rows: list[tuple[str, str, str, str, str]] = []
    for city in geography.cities["code"]:
        inside = geography.counties.loc[geography.counties["parent"] == city, "code"]
        order = sorted(inside, key=lambda c: float(weak[c]) + 0.4 * rng.standard_normal())
        for county in sorted(order[: int(rng.integers(2, 4))]):
            rows.append(("county", city, county, "", ""))
            towns = geography.towns.loc[geography.towns["parent"] == county, "code"].to_numpy()
            for town in sorted(rng.choice(towns, min(2, len(towns)), replace=False)):
                rows.append(("town", city, county, str(town), ""))
                chosen = _two_villages(villages[villages["town"] == town], rng)
                rows += [("village", city, county, str(town), v) for v in chosen]
    return pd.DataFrame(rows, columns=["form", "city", "county", "town", "village"])


def _two_villages(inside: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """A designated village where there is one, and another."""
    poor = inside.loc[inside["designated"], "village"].to_numpy()
    codes = inside["village"].to_numpy()
    first = str(rng.choice(poor if len(poor) else codes))
    rest = [c for c in codes if c != first]
    return sorted([first, str(rng.choice(rest))]) if rest else [first]


def visit_dates(places: pd.DataFrame, plan: Plan, seed: int) -> list[date]:
    """A day in December for each form; the last county of one city is visited after the due date."""
    rng = stream(seed, "visit dates")
    due = plan.dates["cross_due"]
    counties = places["county"].drop_duplicates().tolist()
    late = counties[len(counties) // 3]
    first = {c: due - timedelta(days=int(rng.integers(6, 19))) for c in counties}
    first[late] = due + timedelta(days=3)
    return [first[c] + timedelta(days=int(rng.integers(0, 3))) for c in places["county"]]
