"""The demonstration's places: real cities and counties, invented towns and villages, and who helps whom.

Sizes follow from the number of register households: about nine towns a county and eight
villages a town at the default size, fewer where the register is small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.places import parent_code
from kaohe.base.plan import Plan
from kaohe.run.demo.names import town_names, village_names
from kaohe.run.demo.streams import stream

MIN_HOUSEHOLDS = 16  # of a village
TOWNS = (3, 14)
VILLAGES = (3, 14)
LIMITS = (15_000, 10_000_000)
PAIRED_SHARE = 0.6
DESIGNATED_SHARE = 0.35
# Which city helps which: the demonstration's own arrangement, near to what geography suggests.
_HELPERS = {
    "440500000000": ("440300000000",), "440200000000": ("441900000000",),
    "441600000000": ("440300000000",), "441400000000": ("440100000000",),
    "441300000000": ("441900000000",), "441500000000": ("440300000000",),
    "441700000000": ("440400000000",), "440800000000": ("440600000000",),
    "440900000000": ("440400000000", "440100000000"), "441200000000": ("442000000000",),
    "441800000000": ("440100000000", "440600000000"), "445100000000": ("442000000000",),
    "445200000000": ("441900000000", "440300000000"), "445300000000": ("440600000000",),
}  # fmt: skip


@dataclass(frozen=True)
class Geography:
    """Places of the register, from city to village.

    Attributes
    ----------
    cities, counties, towns : DataFrame
        ``code, name`` and, below the city, ``parent``; in code order.
    villages : DataFrame
        One row a village in code order: ``village, name, town, county, city, designated``
        (bool), ``helper_city, unit`` (empty text where there is none), ``n_households``.
    units : DataFrame
        ``object, name`` of the helping units.
    """

    cities: pd.DataFrame
    counties: pd.DataFrame
    towns: pd.DataFrame
    villages: pd.DataFrame
    units: pd.DataFrame


def build_geography(seed: int, households: int, plan: Plan) -> Geography:
    """Places and pairing for a register of exactly `households` households.

    Raises
    ------
    InputRefused
        K902 when `households` lies outside what the demonstration can make.
    """
    low, high = LIMITS
    if not low <= households <= high:
        raise InputRefused(
            "K902",
            "The demonstration cannot be made in this size",
            got=f"{households} households",
            expected=f"{low} to {high} register households",
            remedy="give --households a number in this range",
        )
    members = sorted(plan.classes["city14"].members)
    cities = pd.DataFrame({"code": members, "name": [plan.gazetteer.name(c) for c in members]})
    county_rows = [p for c in members for p in plan.gazetteer.at_level("county", c)]
    counties = pd.DataFrame(
        {
            "code": [p.code for p in county_rows],
            "name": [p.name for p in county_rows],
            "parent": [p.parent for p in county_rows],
        }
    )
    towns, villages = _lower_levels(seed, households, counties)
    villages["designated"] = _designated(seed, len(villages), plan.classes["unit235"].n)
    villages["helper_city"] = _helpers(seed, villages, plan)
    units = _units(plan)
    villages["unit"] = _pair_units(seed, villages, units)
    return Geography(cities, counties, towns, villages, units)


def _lower_levels(seed: int, households: int, counties: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = stream(seed, "places")
    size = rng.gamma(6.0, 1.0, len(counties)) + 2.0
    target = households * size / size.sum()
    floor = TOWNS[0] * VILLAGES[0] * MIN_HOUSEHOLDS * 1.15
    target = np.maximum(target, floor)
    town_rows: list[tuple[str, str, str]] = []
    village_rows: list[tuple[str, str, str, float]] = []
    for code, expected in zip(counties["code"], target, strict=True):
        per_village = max(MIN_HOUSEHOLDS * 1.15, 58.0 * max(1.0, (households / 400_000) ** 0.75))
        per_town = max(VILLAGES[0], min(8.0, expected / TOWNS[0] / per_village)) * per_village
        n_towns = int(np.clip(round(expected / per_town), *TOWNS))
        names = town_names(rng, n_towns)
        for t in range(n_towns):
            town = f"{code[:6]}{100 + t:03d}000"
            town_rows.append((town, names[t], code))
            mean = expected / n_towns / per_village
            n_villages = int(np.clip(round(mean * rng.uniform(0.75, 1.25)), *VILLAGES))
            for v, name in enumerate(village_names(rng, n_villages)):
                share = expected / n_towns / n_villages * rng.uniform(0.75, 1.25)
                village_rows.append((f"{town[:9]}{200 + v:03d}", name, town, share))
    towns = pd.DataFrame(town_rows, columns=["code", "name", "parent"])
    villages = pd.DataFrame(village_rows, columns=["village", "name", "town", "share"])
    villages["county"] = [parent_code(v, "county") for v in villages["village"]]
    villages["city"] = [parent_code(v, "city") for v in villages["village"]]
    villages["n_households"] = _apportion(villages.pop("share").to_numpy(), households)
    return towns, villages


def _apportion(share: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers of at least `MIN_HOUSEHOLDS` that add to `total`, in proportion above it."""
    spare = total - MIN_HOUSEHOLDS * len(share)
    wanted = np.maximum(share - MIN_HOUSEHOLDS, 0.01 * share)
    exact = wanted / wanted.sum() * spare
    whole = np.floor(exact).astype(np.int64)
    short = spare - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:short]] += 1
    result: np.ndarray = whole + MIN_HOUSEHOLDS
    return result


def _designated(seed: int, n: int, n_units: int) -> np.ndarray:
    wanted = min(n, max(round(DESIGNATED_SHARE * n), n_units + 15))
    flags = np.zeros(n, dtype=bool)
    flags[stream(seed, "designated").permutation(n)[:wanted]] = True
    return flags


def _helpers(seed: int, villages: pd.DataFrame, plan: Plan) -> list[str]:
    rng = stream(seed, "helpers")
    known = sorted(plan.classes["city6"].members)
    paired = rng.random(len(villages)) < PAIRED_SHARE
    choice = rng.random(len(villages))
    out = []
    for i, city in enumerate(villages["city"]):
        helpers = [h for h in _HELPERS.get(city, ()) if h in known] or [known[int(city[:4]) % len(known)]]
        out.append(helpers[int(choice[i] * len(helpers))] if paired[i] else "")
    return out


def _units(plan: Plan) -> pd.DataFrame:
    n = range(1, plan.classes["unit235"].n + 1)
    return pd.DataFrame({"object": [f"DW{i:03d}" for i in n], "name": [f"单位{i:03d}" for i in n]})


def _pair_units(seed: int, villages: pd.DataFrame, units: pd.DataFrame) -> list[str]:
    """Each unit gets one designated village; about a third of the units a second one."""
    rng = stream(seed, "units")
    rows = rng.permutation(np.flatnonzero(villages["designated"].to_numpy()))
    codes = units["object"].tolist()
    second = [u for u in codes if rng.random() < 0.35]
    out = [""] * len(villages)
    for row, unit in zip(rows, [*codes, *second], strict=False):
        out[row] = unit
    return out
