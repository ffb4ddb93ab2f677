"""Disclosure and precision: what is shown, what carries a caution mark, what is withheld."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.few import too_few
from kaohe.design.structure import Floats, Ints
from kaohe.estimate.quality import CAUTION, NOT_ESTIMABLE, OK, SUPPRESSED
from kaohe.estimate.totals import sums

VALUES = ("estimate", "se", "ci_low", "ci_high", "deff", "cv")


def relative_error(frame: pd.DataFrame) -> pd.Series:
    """The coefficient of variation by which an estimate is judged.

    For a share it is that of the larger of p and 1 − p, so that a share and its complement are
    judged alike and a rate of 1 % known to half a point is not withheld.
    """
    p = frame["estimate"].astype(float)
    base = p.abs().where(~frame["is_share"].astype(bool), np.maximum(p.abs(), (1 - p).abs()))
    return frame["se"].astype(float) / base.where(base > 0)


def least_side(num: Floats, den: Floats, codes: Ints, size: int) -> Floats:
    """Respondents with and without an attribute, the fewer of the two, domain × variable."""
    known = ~(np.isnan(num) | np.isnan(den))
    some = sums(codes, size, (known & (num > 0)).astype(float))
    lacking = sums(codes, size, (known & (num < den)).astype(float))
    return np.minimum(some, lacking)


def top_share(values: Floats, codes: Ints, size: int, largest: int) -> Floats:
    """Share of a domain's total that its `largest` respondents hold, domain × variable; 0 where the total is 0."""
    amounts = np.nan_to_num(np.abs(values))
    inside = codes >= 0
    out = np.zeros((size, values.shape[1]))
    for k in range(values.shape[1]):
        order = np.lexsort((-amounts[:, k], codes))
        order = order[inside[order]]
        rank = np.arange(len(order)) - np.searchsorted(codes[order], codes[order])
        top = np.bincount(codes[order], weights=np.where(rank < largest, amounts[order, k], 0.0), minlength=size)
        total = np.bincount(codes[order], weights=amounts[order, k], minlength=size)
        out[:, k] = np.divide(top, total, out=np.zeros(size), where=total > 0)
    return out


def grade_quality(frame: pd.DataFrame, disclosure: Mapping[str, Any], survey: Mapping[str, Any]) -> pd.Series:
    """Quality of each estimate: ok, caution, suppressed or not_estimable.

    Parameters
    ----------
    frame : DataFrame
        unit (household, village), estimate, se, ci_low, ci_high, n, n_psu, is_share.
    disclosure : mapping
        min_households, min_villages, small_group, min_cell, dominance_share, min_psu, caution_cv, suppress_cv.
    survey : mapping
        min_n: fewer answers carry a caution mark; max_cv and, for shares, max_half_width likewise.

    Notes
    -----
    Suppressed: what `too_few` names, or relative error above suppress_cv. Not estimable:
    fewer first-stage units than min_psu or no degree of freedom, so that the error is unknown.
    Caution: fewer answers than min_n (households), a relative error above caution_cv or max_cv,
    a share of exactly 0 or 1, or one whose interval reaches more than max_half_width to a side.
    """
    cv = relative_error(frame)
    few = too_few(frame, disclosure)
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


def hide_counts(counts: pd.Series, least: int) -> pd.Series:
    """Counts to withhold of parts whose total is known: those of 1 to `least` − 1, and others beside them.

    Parameters
    ----------
    counts : Series
        Respondents of parts that add up to a known total; no names are used.
    least : int
        Smallest number of respondents that may be shown.

    Returns
    -------
    Series of bool
        None, or at least two parts with together at least `least` respondents where there are so
        many: then each of them may be anything from none to all of these.

    Examples
    --------
    >>> hide_counts(pd.Series([4, 30, 12]), 10).tolist()
    [True, False, True]
    """
    hidden = (counts > 0) & (counts < least)
    if not hidden.any():
        return hidden
    for row in counts.sort_values(kind="stable").index:
        if int(hidden.sum()) >= 2 and counts[hidden].sum() >= least:
            break
        hidden[row] |= counts[row] > 0
    return hidden


def suppress(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the values of suppressed rows missing, never 0; counts of answers stay."""
    out = frame.copy()
    hidden = out["quality"] == SUPPRESSED
    for column in VALUES:
        if column in out.columns:
            out.loc[hidden, column] = np.nan
    return out
