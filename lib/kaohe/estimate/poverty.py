"""Poverty and inequality: FGT, relative poverty line, Gini, quintile ratio, median gap; with linearised errors.

Each measure returns its value and the score of every record: the change of the measure for one
unit of weight there. Weighted scores then enter the design's variance like any others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from kaohe.design.structure import Floats
from kaohe.estimate.quantiles import weighted_quantile

RULE = "school"  # the mean of two values where p·W is hit: the definition of the Laeken indicators
POWERS = {"headcount": 0, "gap": 1, "severity": 2}  # of Foster, Greer & Thorbecke (1984)


@dataclass(frozen=True)
class Measure:
    """A value and its linearised scores, one a record (0 outside the domain)."""

    value: float
    scores: Floats


def density(y: Floats, w: Floats, at: float) -> float:
    """Weighted kernel density at a point.

    Notes
    -----
    Gaussian kernel with the sum of weights in the width, as Osier (2009) has it; for the spread Silverman's
    (1986, eq. 3.29) 0.79 · (q75 − q25) in place of the standard deviation, which a long tail of incomes widens.
    """
    if not w.sum() > 0:
        return np.nan
    low, high = weighted_quantile(y, w, [0.25, 0.75], RULE)
    width = 0.79 * (high - low) * w.sum() ** (-0.2)
    if not width > 0:
        return np.nan
    z = (at - y) / width
    return float((w * np.exp(-(z**2) / 2)).sum() / (w.sum() * width * np.sqrt(2 * np.pi)))


def quantile_scores(y: Floats, w: Floats, p: float) -> Measure:
    """A quantile and its scores −(1(y ≤ q) − p)/(N̂ f(q)) (Deville 1999, section 5)."""
    q = float(weighted_quantile(y, w, [p], RULE)[0])
    return Measure(q, -((y <= q) - p) / (w.sum() * density(y, w, q)))


def fgt(y: Floats, w: Floats, line: float, power: int) -> Measure:
    """Foster, Greer & Thorbecke (1984): mean of ((line − y)/line)^power over those below the line."""
    gap = np.where(y < line, np.maximum(0.0, (line - y) / line) ** power, 0.0)
    gap = (y < line).astype(float) if power == 0 else gap
    total = w.sum()
    value = float((w * gap).sum() / total)
    return Measure(value, (gap - value) / total)


def gini(y: Floats, w: Floats) -> Measure:
    """Gini coefficient.

    Notes
    -----
    Value as R laeken: (2 Σ w y Ŵ − Σ w² y)/(N̂ Ŷ) − 1 with Ŵ the cumulated weight; scores by
    Langel & Tillé (2013, eq. 17 there: z = (2 N_k (y − Ȳ_k) + Ŷ − N̂ y − G (Ŷ + N̂ y))/(N̂ Ŷ)).
    """
    order = np.argsort(y, kind="stable")
    ys, ws = y[order], w[order]
    ranks = np.cumsum(ws)
    total, income = ranks[-1], float((ws * ys).sum())
    if not income > 0:
        return Measure(np.nan, np.full(len(y), np.nan))
    value = float((2 * (ws * ys * ranks).sum() - (ws**2 * ys).sum()) / (total * income) - 1)
    last = np.searchsorted(ys, y, side="right") - 1
    below, sum_below = ranks[last], np.cumsum(ws * ys)[last]
    scores = (2 * (below * y - sum_below) + income - total * y - value * (income + total * y)) / (total * income)
    return Measure(value, scores)


def qsr(y: Floats, w: Floats) -> Measure:
    """Income of the richest fifth over that of the poorest fifth: a ratio of totals (Langel & Tillé 2011)."""
    q20, q80 = weighted_quantile(y, w, [0.2, 0.8], RULE)
    poorest = float((w * y * (y <= q20)).sum())
    richest = float((w * y * (y > q80)).sum())
    if not poorest > 0:
        return Measure(np.nan, np.full(len(y), np.nan))
    value = richest / poorest
    top = y - ((y - q80) * (y <= q80) + 0.8 * q80)
    bottom = (y - q20) * (y <= q20) + 0.2 * q20
    return Measure(value, (top - value * bottom) / poorest)


def relative_line(y: Floats, w: Floats, share: float = 0.6) -> Measure:
    """A poverty line as a share of the median, with its scores."""
    median = quantile_scores(y, w, 0.5)
    return Measure(share * median.value, share * median.scores)


def headcount_below(y: Floats, w: Floats, line: Measure, inside: npt.NDArray[np.bool_], full: Floats) -> Measure:
    """Share below an estimated line in a domain; `full` are the scores of the line over all records.

    Notes
    -----
    z = 1_d (1(y < t) − R)/N̂_d + f_d(t) · z_t (Osier 2009, with < for his ≤: who is at the line is not below it).
    """
    own_y, own_w = y[inside], w[inside]
    total = own_w.sum()
    value = float((own_w * (own_y < line.value)).sum() / total)
    scores = np.where(inside, ((y < line.value) - value) / total, 0.0)
    return Measure(value, scores + density(own_y, own_w, line.value) * full)


def fgt_below(
    power: int,
) -> Callable[[Floats, Floats, Measure, npt.NDArray[np.bool_], Floats], Measure]:
    """Headcount, gap or severity below an estimated line in a domain.

    Notes
    -----
    z = 1_d (h(y; t) − V)/N̂_d + V'(t) · z_t: with the density of the domain at t for the headcount,
    else V'(t) = α · mean of ((t − y)/t)^(α−1) · y/t² over those below (Osier 2009, Deville 1999).
    """

    def measure(y: Floats, w: Floats, line: Measure, inside: npt.NDArray[np.bool_], full: Floats) -> Measure:
        if power == 0:
            return headcount_below(y, w, line, inside, full)
        t, own_y, own_w = line.value, y[inside], w[inside]
        own = fgt(own_y, own_w, t, power)
        gap = np.maximum(0.0, (t - own_y) / t)
        slope = np.where(own_y < t, power * gap ** (power - 1) * own_y / t**2, 0.0)
        scores = np.zeros(len(y))
        scores[inside] = own.scores
        return Measure(own.value, scores + float((own_w * slope).sum() / own_w.sum()) * full)

    return measure


def median_gap(y: Floats, w: Floats, line: Measure, inside: npt.NDArray[np.bool_], full: Floats) -> Measure:
    """Relative median gap of the poor in a domain: (t − median of the poor)/t (Osier 2009).

    The median of the poor m solves F(m) = F(t)/2 within the domain.
    """
    t = line.value
    own_y, own_w = y[inside], w[inside]
    if not t > 0:
        return Measure(np.nan, np.full(len(y), np.nan))
    poor = own_y < t
    middle = float(weighted_quantile(own_y[poor], own_w[poor], [0.5], RULE)[0])
    total = own_w.sum()
    rate = float((own_w * poor).sum() / total)
    at_line, at_middle = density(own_y, own_w, t), density(own_y, own_w, middle)
    own = np.where(inside, ((y < t) - rate) / total, 0.0) + at_line * full
    below = np.where(inside, ((y <= middle) - rate / 2) / total, 0.0)
    z_middle = (own / 2 - below) / at_middle
    return Measure((t - middle) / t, (middle / t**2) * full - z_middle / t)


FIXED: dict[str, Callable[[Floats, Floats, float], Measure]] = {
    name: partial(fgt, power=power) for name, power in POWERS.items()
}
FREE: dict[str, Callable[[Floats, Floats], Measure]] = {"gini": gini, "qsr": qsr}
RELATIVE = {"arpr": headcount_below, "rmpg": median_gap}
RELATIVE_FGT = {name: fgt_below(power) for name, power in POWERS.items()}
MEASURES = (*FIXED, *FREE, *RELATIVE)
