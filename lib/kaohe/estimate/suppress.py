"""Disclosure and precision: what is shown, what carries a caution mark, what is withheld."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

OK, CAUTION, SUPPRESSED, NOT_ESTIMABLE = "ok", "caution", "suppressed", "not_estimable"
VALUES = ("estimate", "se", "ci_low", "ci_high", "deff", "cv")


def relative_error(frame: pd.DataFrame) -> pd.Series:
    """The coefficient of variation by which an estimate is judged.

    For a share it is that of the larger of p and 1 − p, so that a share and its complement are
    judged alike and a rate of 1 % known to half a point is not withheld.
    """
    p = frame["estimate"].astype(float)
    base = p.abs().where(~frame["is_share"].astype(bool), np.maximum(p.abs(), (1 - p).abs()))
    return frame["se"].astype(float) / base.where(base > 0)


def grade_quality(frame: pd.DataFrame, disclosure: Mapping[str, Any], survey: Mapping[str, Any]) -> pd.Series:
    """Quality of each estimate: ok, caution, suppressed or not_estimable.

    Parameters
    ----------
    frame : DataFrame
        unit (household, village), estimate, se, ci_low, ci_high, n, n_psu, is_share.
    disclosure : mapping
        min_households, min_villages, min_psu, caution_cv, suppress_cv.
    survey : mapping
        min_n: fewer answers carry a caution mark; max_cv and, for shares, max_half_width likewise.

    Notes
    -----
    Suppressed: fewer answers than the floor, or relative error above suppress_cv. Not estimable:
    fewer first-stage units than min_psu or no degree of freedom, so that the error is unknown.
    Caution: fewer answers than min_n (households), a relative error above caution_cv or max_cv,
    a share of exactly 0 or 1, or one whose interval reaches more than max_half_width to a side.
    """
    floor = frame["unit"].map({"household": disclosure["min_households"], "village": disclosure["min_villages"]})
    cv = relative_error(frame)
    few = frame["n"] < floor
    unknown = frame["se"].isna() | (frame["n_psu"] < disclosure["min_psu"])
    rough = cv > disclosure["suppress_cv"]
    limit = min(float(disclosure["caution_cv"]), float(survey["max_cv"]))
    thin = (frame["unit"] == "household") & (frame["n"] < survey["min_n"])
    edge = frame["is_share"].astype(bool) & frame["estimate"].isin([0.0, 1.0])
    reach = np.maximum(frame["ci_high"] - frame["estimate"], frame["estimate"] - frame["ci_low"])
    wide = frame["is_share"].astype(bool) & (reach > float(survey["max_half_width"]))
    quality = np.select(
        [few, unknown, rough, thin | (cv > limit) | edge | wide], [SUPPRESSED, NOT_ESTIMABLE, SUPPRESSED, CAUTION], OK
    )
    return pd.Series(quality, index=frame.index, dtype="str")


def secondary(frame: pd.DataFrame, parent: pd.Series, low: pd.Series) -> pd.Series:
    """Rows to withhold so that no withheld count can be had by subtraction.

    Parameters
    ----------
    frame : DataFrame
        domain_type, domain, indicator, n, quality.
    parent : Series
        The domain that the row's domain adds up to (a county's city, a city's province); empty
        where there is none.
    low : Series of bool
        Rows withheld for too few answers.

    Returns
    -------
    Series of bool
        Where exactly one of the domains of one parent is withheld for an indicator, the one with
        the fewest answers among the others is withheld too.
    """
    extra = pd.Series(False, index=frame.index)
    inside = (parent != "") & (frame["n"] > 0)
    group = parent[inside] + "/" + frame.loc[inside, "indicator"].astype(str)
    hidden = low[inside]
    open_ = frame.loc[inside, "n"].astype(float)[~hidden & (hidden.groupby(group).transform("sum") == 1)]
    extra.loc[open_.groupby(group[open_.index]).idxmin()] = True
    return extra


def suppress(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the values of suppressed rows missing, never 0; counts of answers stay."""
    out = frame.copy()
    hidden = out["quality"] == SUPPRESSED
    for column in VALUES:
        if column in out.columns:
            out.loc[hidden, column] = np.nan
    return out
