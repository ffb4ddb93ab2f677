"""Draws the demonstration's sample from its population: county, town, village, household.

Every county is a stratum; towns, villages and households are drawn without replacement and
with equal chances. The 重点调查 supplement is chosen, not drawn, and carries no weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.base.tables import HH_KINDS, OUTCOMES, PURPOSIVE, RANDOM
from kaohe.run.demo.population import RESPONSE, RESPONSE_BY_SIZE, Population, size_group_index
from kaohe.run.demo.streams import stream


@dataclass(frozen=True)
class Design:
    """Sizes of the stages.

    Attributes
    ----------
    towns, villages, households : int
        Number of units taken at each stage: towns of a county, villages of a town, households of a village.
    key_villages : int
        Number of 重点调查 villages of a city.
    """

    towns: int = 3
    villages: int = 2
    households: int = 13
    key_villages: int = 2


@dataclass(frozen=True)
class Sample:
    """One drawn sample, as the clean tables hold it (without lineage).

    Attributes
    ----------
    villages : DataFrame
        As the contract ``sample_villages``, with ``town, county, city`` added.
    households : DataFrame
        As the contract ``sample_households``.
    answers : DataFrame
        As the contract ``households`` for completed interviews (no dates, no personal columns).
    rows : array of int
        Position in the population of each row of `households`.
    """

    villages: pd.DataFrame
    households: pd.DataFrame
    answers: pd.DataFrame
    rows: np.ndarray


def draw_sample(people: Population, sample_seed: int, plan: Plan, design: Design | None = None) -> Sample:
    """Draw one sample; the same seed gives the same one.

    Parameters
    ----------
    people : Population
        Where to draw from.
    sample_seed : int
        Seed of the draw and of nonresponse.
    plan : Plan
        For the questions.
    design : Design, optional
        Sizes of the stages.
    """
    sizes = design or Design()
    rng = stream(sample_seed, "sample")
    chosen = _villages(people, rng, sizes)
    rows = np.concatenate(
        [
            people.start[v] + np.sort(rng.choice(n, min(sizes.households, n), replace=False))
            for v, n in zip(chosen["position"], chosen["n_households"], strict=True)
        ]
    )
    chosen["m_households"] = np.minimum(sizes.households, chosen["n_households"])
    villages = chosen.drop(columns="position")
    households = _households(people, rng, villages, rows)
    done = (households["outcome"] == OUTCOMES[0]).to_numpy()
    answers = people.answers(rows[done], plan.table_questions("household", asked=True))
    by_village = villages.set_index("village")
    village = households.loc[done, "village"].reset_index(drop=True)
    answers.insert(0, "household", households.loc[done, "household"].reset_index(drop=True))
    answers.insert(1, "city", by_village["city"].loc[village].to_numpy())
    answers.insert(2, "county", by_village["county"].loc[village].to_numpy())
    answers.insert(3, "village", village)
    return Sample(villages, households, answers, rows)


def _villages(people: Population, rng: np.random.Generator, sizes: Design) -> pd.DataFrame:
    """Villages drawn within towns within counties, then the chosen supplement of each city."""
    frame = people.geography.villages
    by_town = _positions(frame["town"])
    towns_of = _positions(people.geography.towns["parent"])
    town_codes = people.geography.towns["code"].to_numpy()
    picked: list[tuple[int, int, int, int, int]] = []
    for towns in towns_of.values():
        m_towns = min(sizes.towns, len(towns))
        for town in np.sort(rng.choice(towns, m_towns, replace=False)):
            inside = by_town[town_codes[town]]
            m = min(sizes.villages, len(inside))
            picked += [
                (int(v), len(towns), m_towns, len(inside), m) for v in np.sort(rng.choice(inside, m, replace=False))
            ]
    columns = ["position", "n_towns", "m_towns", "n_villages", "m_villages"]
    out = pd.DataFrame(picked, columns=columns).assign(selection=RANDOM)
    key = _key_villages(people, out["position"].to_numpy(), sizes.key_villages)
    towns_in = people.geography.towns["parent"].value_counts()
    extra = pd.DataFrame({"position": np.array(key, dtype=np.int64)})
    extra["n_towns"] = towns_in.loc[frame["county"].iloc[key]].to_numpy()
    extra["n_villages"] = frame["town"].value_counts().loc[frame["town"].iloc[key]].to_numpy()
    extra = extra.assign(m_towns=np.minimum(sizes.towns, extra["n_towns"]), selection=PURPOSIVE)
    extra["m_villages"] = np.minimum(sizes.villages, extra["n_villages"])
    out = pd.concat([out, extra[[*columns, "selection"]]], ignore_index=True)
    places = frame.iloc[out["position"]].reset_index(drop=True)
    for column in ("village", "town", "county", "city", "n_households"):
        out[column] = places[column]
    counties = people.geography.counties["parent"].value_counts()
    out["n_counties"] = counties.loc[out["city"]].to_numpy()
    out["m_counties"] = out["n_counties"]
    order = [
        "village", "selection", "n_counties", "m_counties", "n_towns", "m_towns", "n_villages", "m_villages",
        "n_households", "town", "county", "city", "position",
    ]  # fmt: skip
    return out[order]


def _positions(column: pd.Series) -> dict[str, np.ndarray]:
    return {str(k): np.asarray(v) for k, v in column.reset_index(drop=True).groupby(column.to_numpy()).indices.items()}


def _key_villages(people: Population, drawn: np.ndarray, per_city: int) -> list[int]:
    """Each city's villages with the worst effects among those not drawn."""
    frame = people.geography.villages
    score = people.effects.village.mean(axis=1).to_numpy().copy()
    free = np.ones(len(frame), dtype=bool)
    free[drawn] = False
    out: list[int] = []
    for city in people.geography.cities["code"]:
        which = np.flatnonzero(free & (frame["city"] == city).to_numpy())
        out += sorted(int(v) for v in which[np.argsort(score[which], kind="stable")[:per_city]])
    return out


def _households(people: Population, rng: np.random.Generator, villages: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    counts = villages["m_households"].to_numpy()
    of = np.repeat(np.arange(len(villages)), counts)
    kind = people.columns["hh_kind"][rows]
    size = people.columns["register_size"][rows]
    response = np.array(RESPONSE)[kind] + np.array(RESPONSE_BY_SIZE)[size_group_index(size)]
    draw, why = rng.random(len(rows)), rng.random(len(rows))
    missed = np.where(why < 0.42, 1, np.where(why < 0.93, 2, 3))
    outcome = np.where(draw < response, 0, missed)
    selection = villages["selection"].to_numpy()[of]
    county = villages["county"].to_numpy()[of]
    letter = np.where(selection == RANDOM, "H", "Z")
    group = pd.Series(county) + letter
    serial = group.groupby(group).cumcount() + 1
    return pd.DataFrame(
        {
            "household": [f"{c[:6]}{x}{s:04d}" for c, x, s in zip(county, letter, serial, strict=True)],
            "village": villages["village"].to_numpy()[of],
            "selection": selection,
            "hh_kind": np.array(HH_KINDS, dtype=object)[kind],
            "register_size": size.astype(np.float64),
            "outcome": np.array(OUTCOMES, dtype=object)[outcome],
        }
    )
