"""Design weights: one factor for each stage of selection, each kept as a column."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.places import parent_code
from kaohe.base.tables import RANDOM
from kaohe.design import faults

SIZES = ("n_counties", "n_towns", "n_villages", "n_households")
TAKEN = ("m_counties", "m_towns", "m_villages", "m_households")
CHANCES = ("p_town", "p_village")


def _one_size(frame: pd.DataFrame, place: str, column: str) -> None:
    """Refuse a stage size that differs between records of one place."""
    spread = frame.groupby(place)[column].agg(["min", "max"])
    wrong = spread[spread["min"] != spread["max"]]
    if len(wrong):
        raise InputRefused(
            "K310", "Stage sizes of one place differ", where=f"sample_villages › {column}",
            got=faults.few(f"{code}: {row['min']:g} and {row['max']:g}" for code, row in wrong.iterrows()),
            expected=f"one {column} for each {place}", remedy="correct the list of sample villages",
        )  # fmt: skip


def village_factors(sample_villages: pd.DataFrame) -> pd.DataFrame:
    """Sampled villages with their places, sizes and selection factors.

    Parameters
    ----------
    sample_villages : DataFrame
        As the clean table: village, selection, n_counties, m_counties, …, m_households, and p_town,
        p_village where towns and villages were drawn with unequal chances.
        Purposive villages (重点调查) are left out.

    Returns
    -------
    DataFrame
        village, town, county, city, stratum, psu, the stage sizes, f_county, f_town, f_village.
        ``m_towns`` and ``m_villages`` are the numbers of units whose rows can be used: a unit that
        was set aside is made up for by the others of its place. The stratum is the county and
        the first-stage unit the town where every county of the city was taken; otherwise the
        city and the county. With chances, f_town is 1/p_town and f_village 1/p_village, raised for
        units of the list that were set aside; a town with the chance 1 is a stratum of its own, its
        villages the units.

    Raises
    ------
    InputRefused
        K310 for sizes that differ within a place, K311 for more units sampled than there are,
        K924 for chances of some rows only, or that cannot be.

    Notes
    -----
    Weights are one over the chances of selection, stage by stage (Särndal, Swensson & Wretman 1992, chapter 4).
    """
    v = sample_villages.loc[sample_villages["selection"] == RANDOM].copy()
    by_chance = _has_chances(v)
    v["town"] = [parent_code(c, "town") for c in v["village"]]
    v["county"] = [parent_code(c, "county") for c in v["village"]]
    v["city"] = [parent_code(c, "city") for c in v["village"]]
    for place, columns in (
        ("city", ("n_counties", "m_counties")),
        ("county", ("n_towns",)),
        ("town", ("n_villages",)),
    ):
        for column in columns:
            _one_size(v, place, column)
    if by_chance:
        _one_size(v, "town", "p_town")
    listed = {c: v[c].astype(float) for c in ("m_towns", "m_villages")}
    v["m_counties"] = np.where(
        v["m_counties"] == v["n_counties"], v["n_counties"], v.groupby("city")["county"].transform("nunique")
    )
    v["m_towns"] = v.groupby("county")["town"].transform("nunique").astype(float)
    v["m_villages"] = v.groupby("town")["village"].transform("size").astype(float)
    for size, taken in zip(SIZES[:3], TAKEN[:3], strict=True):
        over = v[v[taken] > v[size]]
        if len(over):
            row = over.iloc[0]
            raise InputRefused(
                "K311", "More units were sampled than there are", where=f"sample_villages › village {row['village']}",
                got=f"{taken} = {row[taken]:g}, {size} = {row[size]:g}", expected=f"{taken} at most {size}",
            )  # fmt: skip
    v["f_county"] = v["n_counties"] / v["m_counties"]
    v["f_town"] = v["n_towns"] / v["m_towns"]
    v["f_village"] = v["n_villages"] / v["m_villages"]
    if by_chance:
        v["f_town"] = np.maximum(listed["m_towns"] / v["m_towns"], 1.0) / v["p_town"]
        v["f_village"] = np.maximum(listed["m_villages"] / v["m_villages"], 1.0) / v["p_village"]
    whole = v["n_counties"] == v["m_counties"]
    v["stratum"] = v["county"].where(whole, v["city"])
    v["psu"] = v["town"].where(whole, v["county"])
    if by_chance:
        sure = whole & (v["p_town"] >= 1)
        v["stratum"], v["psu"] = v["stratum"].mask(sure, v["town"]), v["psu"].mask(sure, v["village"])
    return v.reset_index(drop=True)


def _has_chances(villages: pd.DataFrame) -> bool:
    """True where towns and villages were drawn with chances of their own.

    Raises
    ------
    InputRefused
        K924.
    """
    if not set(CHANCES) <= set(villages.columns) or villages[list(CHANCES)].isna().all(axis=None):
        return False
    for column in CHANCES:
        wrong = ~((villages[column] > 0) & (villages[column] <= 1))
        if wrong.any():
            row = villages[wrong].iloc[0]
            raise InputRefused(
                "K924", "Chances of inclusion are missing or cannot be", where=f"sample_villages › village {row['village']}",
                got=f"{column} = {row[column]:g} in {int(wrong.sum())} rows", expected="a number above 0, at most 1, in every 抽样 row",
                remedy="take the list as `kaohe draw sample` wrote it",
            )  # fmt: skip
    return True


def drawn_by_counts(frame: pd.DataFrame) -> bool:
    """True where every factor is N/n of its stage: all units of a place had the same chance.

    Then population sizes carry over to the variance. Otherwise first-stage units count as drawn with
    replacement within strata, which errs on the safe side (Särndal, Swensson & Wretman 1992, section 4.6).

    Parameters
    ----------
    frame : DataFrame
        Rows from `village_factors` or `household_factors`.
    """
    stages = [s for s in ("town", "village", "household") if f"f_{s}" in frame.columns]
    sizes = {"town": "towns", "village": "villages", "household": "households"}
    return all(
        np.allclose(frame[f"f_{s}"] * frame[f"m_{sizes[s]}"], frame[f"n_{sizes[s]}"], rtol=1e-9, atol=0) for s in stages
    )


def household_factors(sample_households: pd.DataFrame, villages: pd.DataFrame) -> pd.DataFrame:
    """Sampled households with all selection factors and the design weight.

    Parameters
    ----------
    sample_households : DataFrame
        As the clean table; purposive households are left out, and households of villages whose
        row cannot be used. With n_kind (households of the kind in the village) kinds were drawn apart.
    villages : DataFrame
        From `village_factors`.

    Returns
    -------
    DataFrame
        One row a household: its columns, those of its village, ``m_households`` (households of the
        village in the list), ``f_household`` (by village, or by kind within it) and ``w_design`` =
        f_county · f_town · f_village · f_household.

    Raises
    ------
    InputRefused
        K311 for a village or kind with more households sampled than registered.
    """
    columns = ["household", "village", "hh_kind", "register_size", "outcome"]
    columns += ["n_kind"] if "n_kind" in sample_households.columns else []
    h = sample_households.loc[sample_households["selection"] == RANDOM, columns]
    keep = villages.drop(columns=[c for c in ("selection", "m_households") if c in villages.columns])
    h = h.merge(keep, on="village", how="inner", validate="m:1")
    h["m_households"] = h.groupby("village")["household"].transform("size").astype(float)
    over = h[h["m_households"] > h["n_households"]]
    if len(over):
        row = over.iloc[0]
        raise InputRefused(
            "K311", "More units were sampled than there are", where=f"sample_households › village {row['village']}",
            got=f"{row['m_households']:g} households sampled, {row['n_households']:g} registered",
            expected="at most the registered households",
        )  # fmt: skip
    h["f_household"] = _household_factor(h)
    h["w_design"] = h["f_county"] * h["f_town"] * h["f_village"] * h["f_household"]
    return h


def _household_factor(h: pd.DataFrame) -> pd.Series:
    """N/n of the village, or of the household's kind in it where the list says how many there are."""
    whole = h["n_households"] / h["m_households"]
    if "n_kind" not in h.columns or h["n_kind"].isna().all():
        return whole
    taken = h.groupby(["village", "hh_kind"])["household"].transform("size")
    over = h[h["n_kind"] < taken]
    if len(over):
        row = over.iloc[0]
        raise InputRefused(
            "K311", "More units were sampled than there are", where=f"sample_households › village {row['village']}",
            got=f"{row['hh_kind']}: {row['n_kind']:g} registered", expected="at most the registered households of the kind",
        )  # fmt: skip
    return (h["n_kind"] / taken).where(h["n_kind"].notna(), whole)
