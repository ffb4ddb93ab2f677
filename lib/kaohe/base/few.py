"""Which figures would tell of single respondents: one rule for estimates and for the screens of the raw data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def too_few(frame: pd.DataFrame, disclosure: Mapping[str, Any]) -> pd.Series:
    """Rows that would tell of single respondents.

    Parameters
    ----------
    frame : DataFrame
        unit, n, is_share; where they are there: n_least, the fewer of those with and without the
        attribute, and top_share, the share of an amount that its largest respondents hold.
    disclosure : mapping
        min_households, min_villages; small_group and min_cell; dominance_share.

    Returns
    -------
    Series of bool
        On the index of `frame`.

    Notes
    -----
    Fewer answers than the floor. In a group of fewer than small_group households, a share of which
    one side has fewer than min_cell (nobody, everybody, all but two). An amount of which the
    dominance_n largest respondents hold dominance_share or more. Villages are places and have only
    the floor.
    """
    floor = frame["unit"].map({"household": disclosure["min_households"], "village": disclosure["min_villages"]})
    few = frame["n"] < floor
    people = frame["unit"] == "household"
    if "n_least" in frame.columns:
        small = people & (frame["n"] < disclosure["small_group"]) & frame["is_share"].astype(bool)
        few |= small & (frame["n_least"] < disclosure["min_cell"])
    if "top_share" in frame.columns:
        few |= people & (frame["top_share"] >= disclosure["dominance_share"])
    return few
