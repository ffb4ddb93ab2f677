"""Weighted quantiles by a named rule, and their intervals by Woodruff's method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats
from kaohe.estimate import intervals
from kaohe.estimate.arguments import Freedom
from kaohe.estimate.linear import ONE, Numbers, beside
from kaohe.estimate.quality import CAUTION, Rules, words

if TYPE_CHECKING:
    from kaohe.estimate.sampled import Sampled

RULES = ("hf1", "hf2", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9", "shahvaish")
INTERVALS = ("t", "beta", "logit", "asin")
ALIASES = {"math": "hf1", "school": "hf2"}
TOLERANCE = 1e-9


def _positions(rule: str, w: Floats, cumulated: Floats) -> Floats:
    """Probability at which each sorted value stands, for the continuous rules."""
    total, last, before = cumulated[-1], w[-1], cumulated - w
    if rule == "hf5":
        return np.asarray((cumulated - w / 2) / total)
    if rule == "hf6":
        return np.asarray(cumulated / (total + last))
    if rule == "hf7":
        return np.asarray(before / before[-1])
    if rule == "hf8":
        return np.asarray((before / 3 + cumulated * 2 / 3) / (total + last / 3))
    return np.asarray((before * 3 / 8 + cumulated * 5 / 8) / (total + last / 4))


def _shah_vaish(x: Floats, w: Floats, cumulated: Floats, wanted: Floats) -> Floats:
    """The last value whose position (S_k + ½ − w_k/2)/(n + 1), weights scaled to mean 1, is at most p."""
    mean = cumulated[-1] / len(x)
    at = (cumulated / mean + 0.5 - w / mean / 2) / (len(x) + 1)
    found = np.searchsorted(at, wanted + TOLERANCE, side="right") - 1
    return np.asarray(x[np.maximum(found, 0)])


def _discrete(rule: str, x: Floats, cumulated: Floats, wanted: Floats) -> Floats:
    """Rules 1 to 4: from the step function of cumulated weights, a hit within 1e-9 of the total."""
    goal = wanted * cumulated[-1]
    slack = TOLERANCE * cumulated[-1]
    at = np.minimum(np.searchsorted(cumulated, goal - slack, side="left"), len(x) - 1)
    after = np.minimum(at + 1, len(x) - 1)
    hit = np.abs(cumulated[at] - goal) <= slack
    if rule == "hf1":
        return np.asarray(x[at])
    if rule == "hf3":
        odd = (np.searchsorted(np.unique(x), x[at]) + 1) % 2 == 1
        over = np.minimum(np.searchsorted(x, x[at], side="right"), len(x) - 1)
        last = np.isclose(cumulated[np.searchsorted(x, x[at], side="right") - 1], goal, rtol=0, atol=slack)
        return np.asarray(np.where(hit & last & odd, x[over], x[at]))
    if rule == "hf2":
        return np.asarray(np.where(hit, (x[at] + x[after]) / 2, x[at]))
    low = np.maximum(at - 1, 0)
    span = cumulated[at] - np.where(at > 0, cumulated[low], 0.0)
    part = np.where(at > 0, (goal - np.where(at > 0, cumulated[low], 0.0)) / span, 1.0)
    return np.asarray(np.where(hit, x[at], x[low] + np.clip(part, 0, 1) * (x[at] - x[low])))


def weighted_quantile(values: Floats, weights: Floats, probs: Sequence[float] | Floats, rule: str = "math") -> Floats:
    """Quantiles of a weighted distribution.

    Parameters
    ----------
    values, weights : float array
        Records without a value or weight are left out.
    probs : sequence of float
        Between 0 and 1; NaN gives NaN.
    rule : str
        math or hf1: the smallest value with a cumulated weight of at least p·W; school or hf2: the
        mean with the next value where p·W is hit exactly (the Laeken indicators' own); hf3:
        the next value where an odd one of the distinct values is hit, else as math; hf4: linear
        between cumulated weights; hf5 to hf9: linear between the positions of Hyndman & Fan types
        5 to 9, with weights for counts; shahvaish: the last value whose mid-rank position is at
        most p (Shah & Vaish 2006). A cumulated weight within 1e-9·W of p·W is a hit.

    Returns
    -------
    float array
        NaN without records.

    Raises
    ------
    InputRefused
        K406 for an unknown rule or a probability outside 0 to 1.

    Notes
    -----
    The rules of R survey's svyquantile (Lumley, vignette "Estimating quantiles"); with equal
    weights those but hf3 and shahvaish are the types of Hyndman & Fan (1996); hf3 is svyquantile's.
    Below the first record's share of the weight the smallest value stands (svyquantile 4.1 takes
    the second).

    Examples
    --------
    >>> weighted_quantile(np.array([1.0, 2, 3, 4]), np.ones(4), [0.5]).tolist()
    [2.0]
    >>> weighted_quantile(np.array([1.0, 2, 3, 4]), np.ones(4), [0.5], rule="school").tolist()
    [2.5]
    """
    wanted = np.asarray(probs, dtype=float)
    name = ALIASES.get(rule, rule) if isinstance(rule, str) else ""
    if name not in RULES or (wanted < 0).any() or (wanted > 1).any() or wanted.ndim != 1:
        raise InputRefused(
            "K406", "Unknown quantile", got=f"rule {rule}, probabilities {[float(p) for p in wanted]}",
            expected="math, school, shahvaish, hf1 to hf9; probabilities between 0 and 1",
        )  # fmt: skip
    keep = ~np.isnan(values) & (weights > 0)
    known = ~np.isnan(wanted)
    out = np.full(len(wanted), np.nan)
    if not keep.any():
        return out
    x, w = values[keep], weights[keep]
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order]
    cumulated = np.cumsum(w)
    if name in {"hf1", "hf2", "hf3", "hf4"}:
        out[known] = _discrete(name, x, cumulated, wanted[known])
    elif name == "shahvaish":
        out[known] = _shah_vaish(x, w, cumulated, wanted[known])
    elif len(x) == 1:
        out[known] = x[0]
    else:
        out[known] = np.interp(wanted[known], _positions(name, w, cumulated), x)
    return out


def estimate_quantiles(
    design: Sampled, names: list[str], probs: Sequence[float], codes: np.ndarray, domains: pd.DataFrame, rule: str,
    level: float, method: str, df: Freedom = "units",
) -> pd.DataFrame:  # fmt: skip
    """Quantiles with Woodruff intervals in every domain; see `Design.quantile`."""
    values = design.values(names, inside=codes >= 0)
    columns = [(k, j) for k in range(len(names)) for j in range(len(probs))]
    shape = (len(domains), len(columns))
    found = np.full(shape, np.nan)
    below = np.full((len(values), len(columns)), np.nan)
    rows = [np.flatnonzero(codes == d) for d in range(len(domains))]
    for d, mine in enumerate(rows):
        for c, (k, j) in enumerate(columns):
            y = values[mine, k]
            found[d, c] = weighted_quantile(y, design.w[mine], [probs[j]], rule)[0]
            below[mine, c] = np.where(np.isnan(y), np.nan, y <= found[d, c])
    numbers = design.numbers(below, ONE, codes, len(domains), df=df)
    se = np.sqrt(numbers.variance)
    low, high = share_limits(numbers.estimate, se, numbers.df, numbers.n, level, method)
    ends = np.full((2, *shape), np.nan)
    for d, mine in enumerate(rows):
        for c, (k, _) in enumerate(columns):
            for side, at in enumerate((low[d, c], high[d, c])):
                inside = at if 0 <= at <= 1 else np.nan
                ends[side, d, c] = weighted_quantile(values[mine, k], design.w[mine], [inside], rule)[0]
    return quantile_table(
        found, ends, numbers, domains, [(names[k], probs[j]) for k, j in columns], level, method, design.rules
    )


def quantile_table(
    found: Floats, ends: Floats, numbers: Numbers, domains: pd.DataFrame, columns: Sequence[tuple[str, float]],
    level: float, method: str, rules: Rules,
) -> pd.DataFrame:  # fmt: skip
    """The tidy table of quantiles, one row a domain and quantile, domains outermost.

    Parameters
    ----------
    found : float array, domains × quantiles
    ends : float array, 2 × domains × quantiles
        Lower and upper limits.
    numbers : Numbers
        Of the shares at or below each quantile.
    domains : DataFrame
    columns : sequence of (variable, probability)
    level : float
    method : str
    rules : Rules
    """
    se = np.sqrt(numbers.variance)
    ends = np.where(numbers.estimate >= 1, np.nan, ends)  # nothing above the quantile tells how far the truth may be
    error = (ends[1] - ends[0]) / (2 * intervals.quantile_t(0.5 + level / 2, numbers.df))
    with np.errstate(invalid="ignore", divide="ignore"):
        cv = error / np.abs(found)
    table = pd.DataFrame({
        "variable": [name for name, _ in columns] * len(domains), "prob": [p for _, p in columns] * len(domains),
        "estimate": found.ravel(), "se": error.ravel(), "ci_low": ends[0].ravel(), "ci_high": ends[1].ravel(),
        "df": numbers.df.ravel(), "n": numbers.n.ravel().astype(np.int64),
        "n_psu": numbers.n_psu.ravel().astype(np.int64), "n_missing": numbers.n_missing.ravel().astype(np.int64),
        "deff": numbers.deff("wr").ravel(), "cv": cv.ravel(), "method": f"woodruff_{method}",
        "quality": words(found, np.where(np.isnan(se), np.nan, error), numbers.n, numbers.df, rules=rules).ravel(),
    })  # fmt: skip
    open_end = ~np.isnan(se).ravel() & np.isnan(error).ravel()
    table.loc[open_end, "quality"] = CAUTION
    return beside(domains, table, len(columns))


def share_limits(p: Floats, se: Floats, df: Floats, n: Floats, level: float, method: str) -> tuple[Floats, Floats]:
    """Interval of the share at or below the quantile."""
    if method == "beta":
        return intervals.beta_interval(p, se, df, n, level)
    if method == "logit":
        return intervals.logit_interval(p, se, df, level)
    if method == "asin":
        return intervals.asin_interval(p, se, df, level)
    return intervals.t_interval(p, se, df, level)
