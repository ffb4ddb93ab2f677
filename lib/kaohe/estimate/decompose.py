"""Which groups poverty is made of: shares of the population, rates, and parts of the whole."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats
from kaohe.estimate import intervals
from kaohe.estimate.arguments import confidence
from kaohe.estimate.curves import persons, poverty_curve, poverty_of
from kaohe.estimate.linear import Estimates
from kaohe.estimate.planned import planned_effects
from kaohe.estimate.quality import words

if TYPE_CHECKING:
    from kaohe.estimate.domains import Where
    from kaohe.estimate.sampled import Sampled

PARTS = ("population", "rate", "contribution", "ratio")


def decomposition(
    design: Sampled, variable: str, line: float, *, by: str, measure: str = "headcount", size: str = "",
    where: Where = None, level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Each group's share of the population, its own poverty, and its part of the whole's poverty.

    Parameters
    ----------
    line : float
        Poverty line in the variable's unit.
    by : str
        Column of the groups.
    design, variable, measure, size, where, level
        As for `kaohe.estimate.curves.poverty_curve`.

    Returns
    -------
    DataFrame
        One row a group and part, groups outermost: `by`, variable, measure, line, part, then as
        `Design.mean`. Parts: population (share of all persons), rate (the group's own measure),
        contribution (share of the whole's measure), ratio (rate over the whole's rate, which is
        contribution over population). Shares and contributions each add up to 1.

    Raises
    ------
    InputRefused
        K301, K401, K412, K334.

    Notes
    -----
    P = Σ s P over the groups (Foster, Greer & Thorbecke 1984, section 3). Shares, rates and contributions
    are ratios of totals; the ratio's score is (z_g − (P_g/P) z)/P with the scores of both rates.

    Examples
    --------
    >>> from kaohe.estimate import Design
    >>> f = pd.DataFrame({"w": [1.0] * 8, "y": [1.0, 2, 9, 9, 2, 9, 9, 9], "kind": list("aaaabbbb")})
    >>> made = decomposition(Design(f, weight="w"), "y", 5, by="kind")
    >>> made[["kind", "part", "estimate"]].round(3).values.tolist()[:4]
    [['a', 'population', 0.5], ['a', 'rate', 0.5], ['a', 'contribution', 0.667], ['a', 'ratio', 1.333]]
    """
    level = confidence(level)
    rates = poverty_curve(design, variable, [line], measure=measure, size=size, by=by, where=where, level=level)
    y, m = design.values([variable])[:, 0], persons(design, size)
    known = ~np.isnan(y)
    poor = poverty_of(y, line, m, measure)
    people: Floats = np.where(known, m, np.nan)
    codes, groups = design.domains(by, where)
    if not (design.w[(codes >= 0) & known] * poor[(codes >= 0) & known]).sum() > 0:
        raise InputRefused(
            "K334", "A curve cannot be computed", got=f"nobody below {line:g}", expected="a line above some incomes"
        )
    union = np.where(codes >= 0, 0, -1).astype(np.int64)
    own = (codes[:, None] == np.arange(len(groups))).astype(float)
    each, both = own * people[:, None], own * poor[:, None]
    shares = _shares(design, each, people, union, level)
    parts = _shares(design, both, poor, union, level)
    rows: list[dict[Hashable, object]] = []
    for g in range(len(groups)):
        rate = rates.iloc[g].to_dict()
        ratio = _ratio(design, both[:, g], each[:, g], poor, people, rate, union >= 0, level)
        rows += [shares.iloc[g].to_dict(), rate, parts.iloc[g].to_dict(), ratio]
    keys = {
        by: np.repeat(groups[by].to_numpy(), len(PARTS)), "variable": variable, "measure": measure, "line": float(line),
        "part": list(PARTS) * len(groups),
    }  # fmt: skip
    out = pd.DataFrame(rows)[list(shares.columns[1:])].assign(**keys)
    return out[[*keys, *shares.columns[1:]]]


def _shares(design: Sampled, parts: Floats, whole: Floats, union: np.ndarray, level: float) -> pd.DataFrame:
    """Parts of a whole as ratios of totals, with logit intervals."""
    found = design.numbers(parts, np.broadcast_to(whole[:, None], parts.shape), union, 1)
    names = [str(k) for k in range(parts.shape[1])]
    made = Estimates(found, pd.DataFrame(index=[0]), names, design.rules)
    return made.frame("logit", level, planned=planned_effects(found, found.estimate.shape))


def _ratio(
    design: Sampled, poor_g: Floats, people_g: Floats, poor: Floats, people: Floats, rate: dict[Hashable, Any], inside: np.ndarray,
    level: float,
) -> dict[Hashable, object]:  # fmt: skip
    """A group's rate over the whole's; counts and degrees of freedom are the group's."""
    num, den = np.column_stack([poor_g, poor]), np.column_stack([people_g, people])
    weighted = design.w[inside, None]
    top, bottom = np.nansum(num[inside] * weighted, axis=0), np.nansum(den[inside] * weighted, axis=0)
    own, whole = (top / bottom).tolist()
    value = own / whole
    cov = design.covariance_of(num, den, inside)
    slope = np.array([1 / whole, -value / whole])
    se = float(np.sqrt(max(float(slope @ cov @ slope), 0.0))) if rate["df"] > 0 else np.nan
    df = float(rate["df"])
    low, high = intervals.t_interval(np.array(value), np.array(se), np.array(df), level)
    word = words(np.array(value), np.array(se), np.array(float(rate["n"])), np.array(df), rules=design.rules)
    return {
        **{k: rate[k] for k in ("df", "n", "n_psu", "n_missing")}, "estimate": value, "se": se, "ci_low": max(float(low), 0.0),
        "ci_high": float(high), "deff": np.nan, "cv": se / value if value else np.nan, "method": "t", "quality": str(word),
    }  # fmt: skip
