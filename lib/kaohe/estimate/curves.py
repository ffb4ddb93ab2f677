"""Income as curves: quantiles, Lorenz ordinates, poverty at many lines.

Records are households; `size` names the column of their persons, and then everything counts persons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.structure import Floats
from kaohe.estimate import intervals
from kaohe.estimate.arguments import confidence
from kaohe.estimate.linear import ONE, Estimates, beside
from kaohe.estimate.planned import planned_effects
from kaohe.estimate.poverty import POWERS
from kaohe.estimate.quality import words
from kaohe.estimate.quantiles import quantile_table, share_limits, weighted_quantile

if TYPE_CHECKING:
    from kaohe.estimate.arguments import Columns
    from kaohe.estimate.domains import Where
    from kaohe.estimate.sampled import Sampled

TWENTIETHS = tuple(round(k / 20, 2) for k in range(1, 20))


def persons(design: Sampled, size: str) -> Floats:
    """Persons of each record of `design`, from its column `size`; 1 where `size` is empty.

    Raises
    ------
    InputRefused
        K334 for missing or negative persons in a record that counts.
    """
    if not size:
        return np.ones(len(design.frame))
    m = design.values([size])[:, 0]
    bad = (~np.isfinite(m) | (m < 0)) & (design.w > 0)
    if bad.any():
        raise InputRefused(
            "K334", "A curve cannot be computed", where=f"column {size}", got=f"{int(bad.sum())} records without persons",
            expected="a number of 0 or more in every record",
        )  # fmt: skip
    return np.nan_to_num(m)


def _checked(probs: Sequence[float] | float, what: str, low: float, high: float) -> Floats:
    try:
        found = np.atleast_1d(np.asarray(probs, dtype=float))
    except (TypeError, ValueError):
        found = np.array([np.nan])
    if (
        found.ndim != 1
        or not len(found)
        or not np.all(np.isfinite(found))
        or (found <= low).any()
        or (found >= high).any()
    ):
        limit = f"above {low:g}" if np.isinf(high) else f"between {low:g} and {high:g}, ends excluded"
        raise InputRefused(
            "K334",
            "A curve cannot be computed",
            got=f"{what} {faults.few(np.atleast_1d(np.asarray(probs, dtype=object)).ravel())}",
            expected=f"numbers {limit}",
        )
    return found


def quantile_curve(
    design: Sampled, variable: str, probs: Sequence[float] = TWENTIETHS, *, size: str = "", by: Columns | None = None,
    where: Where = None, level: float = 0.95, rule: str = "math",
) -> pd.DataFrame:  # fmt: skip
    """Quantiles (Pen's parade) with Woodruff intervals, of records or of the persons in them.

    Parameters
    ----------
    design : Design
    variable : str
        Income in its unit.
    probs : sequence of float
        Between 0 and 1.
    size : str
        Column of persons; empty for records.
    by, where, level, rule
        As for `kaohe.estimate.Design.quantile`.

    Returns
    -------
    DataFrame
        The columns of `by`, variable, prob, estimate, se, ci_low, ci_high and so on, as `Design.quantile`,
        whose numbers it gives without `size`.

    Raises
    ------
    InputRefused
        K401, K406, K412, K334.

    Notes
    -----
    Woodruff (1952): the interval of the share of persons at or below the quantile, a ratio, turned back.

    Examples
    --------
    >>> from kaohe.estimate import Design
    >>> f = pd.DataFrame({"w": [1.0] * 99, "y": np.arange(1.0, 100)})
    >>> quantile_curve(Design(f, weight="w"), "y", [0.25, 0.5])[["prob", "estimate", "ci_low", "ci_high"]]
       prob  estimate  ci_low  ci_high
    0  0.25      25.0    17.0     34.0
    1  0.50      50.0    41.0     60.0
    """
    level, wanted = confidence(level), _checked(probs, "probabilities", 0, 1)
    y, m = design.values([variable])[:, 0], persons(design, size)
    w = design.w * m
    codes, domains = design.domains(by, where)
    found = np.full((len(domains), len(wanted)), np.nan)
    num = np.full((len(y), len(wanted)), np.nan)
    rows = [codes == d for d in range(len(domains))]
    for d, mine in enumerate(rows):
        found[d] = weighted_quantile(y[mine], w[mine], wanted, rule)
        at_most = (y[mine, None] <= found[d]).astype(float) * m[mine, None]
        num[mine] = np.where(np.isnan(y[mine])[:, None], np.nan, at_most)
    numbers = design.numbers(num, np.broadcast_to(m[:, None], num.shape), codes, len(domains))
    low, high = share_limits(numbers.estimate, np.sqrt(numbers.variance), numbers.df, numbers.n, level, "t")
    ends = np.full((2, *found.shape), np.nan)
    for d, mine in enumerate(rows):
        for side, at in enumerate((low[d], high[d])):
            inside = np.where((at >= 0) & (at <= 1), at, np.nan)
            ends[side, d] = weighted_quantile(y[mine], w[mine], inside, rule)
    columns = [(variable, float(p)) for p in wanted]
    return quantile_table(found, ends, numbers, domains, columns, level, "t", design.rules)


def lorenz_curve(
    design: Sampled, variable: str, probs: Sequence[float] = TWENTIETHS, *, size: str = "", by: Columns | None = None,
    where: Where = None, level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Lorenz ordinates with intervals: the share of all income that the poorest part p receives.

    Parameters
    ----------
    variable : str
        Income of a record, or a head where `size` is given; not negative on the whole.
    design, probs, size, by, where, level
        As for `quantile_curve`.

    Returns
    -------
    DataFrame
        The columns of `by`, variable, prob, estimate (0 to 1), se, ci_low, ci_high, df, n, n_psu, n_missing,
        method, quality.

    Raises
    ------
    InputRefused
        K401, K412, K334.

    Notes
    -----
    L(p) = Σ w y min(1, r)/Σ w y over records in rising order, where r is the part of the record's weight
    that lies below p·N̂, so that L(p) is continuous in p (Langel & Tillé 2011, eq. 9). Scores
    [(y − q) 1(y ≤ q) + p q − L(p) y]/Ŷ (Kovačević & Binder 1997, section 3.2; Langel & Tillé 2011).

    Examples
    --------
    >>> from kaohe.estimate import Design
    >>> f = pd.DataFrame({"w": [1.0] * 4, "y": [1.0, 2.0, 3.0, 4.0]})
    >>> lorenz_curve(Design(f, weight="w"), "y", [0.25, 0.5, 0.75])[["prob", "estimate"]]
       prob  estimate
    0  0.25       0.1
    1  0.50       0.3
    2  0.75       0.6
    """
    level, wanted = confidence(level), _checked(probs, "probabilities", 0, 1)
    y, m = design.values([variable])[:, 0], persons(design, size)
    codes, domains = design.domains(by, where)
    answered = ~np.isnan(y) & (design.w > 0)
    value = np.where(answered, y, 0.0)
    w = np.where(answered, design.w * m, 0.0)
    numbers = design.numbers(design.values([variable]), ONE, codes, len(domains), squares=False)
    rows = []
    for d in range(len(domains)):
        mine = (codes == d) & answered
        df, n, psu = (float(v[d, 0]) for v in (numbers.df, numbers.n, numbers.n_psu))
        for p in wanted:
            share, scores = _ordinate(value, w, mine, float(p))
            sure = df > 0 and psu > 1 and np.isfinite(share)
            se = (
                float(np.sqrt(design.measure_variance(w * scores, mine, _again(value, m, mine, float(p)))))
                if sure
                else np.nan
            )
            low, high = intervals.t_interval(np.array(share), np.array(se), np.array(df), level)
            word = words(np.array(share), np.array(se), np.array(n), np.array(df), rules=design.rules)
            rows.append({
                "variable": variable, "prob": float(p), "estimate": share, "se": se, "ci_low": float(low), "ci_high": float(high),
                "df": df, "n": int(n), "n_psu": int(psu), "n_missing": int(numbers.n_missing[d, 0]),
                "cv": se / share if share else np.nan, "method": "t", "quality": str(word),
            })  # fmt: skip
    return beside(domains, pd.DataFrame(rows), len(wanted))


def _ordinate(y: Floats, w: Floats, mine: npt.NDArray[np.bool_], p: float) -> tuple[float, Floats]:
    """L(p) of a domain and the score of each record for its weight of persons."""
    scores: Floats = np.zeros(len(y))
    own_y, own_w = y[mine], w[mine]
    total, income = own_w.sum(), float((own_w * own_y).sum())
    if not (total > 0 and income > 0):
        return np.nan, scores
    order = np.argsort(own_y, kind="stable")
    ys, ws = own_y[order], own_w[order]
    part = np.clip((p * total - (np.cumsum(ws) - ws)) / np.where(ws > 0, ws, 1.0), 0.0, 1.0)
    share = float((ws * ys * part).sum() / income)
    q = float(weighted_quantile(own_y, own_w, [p])[0])
    scores[mine] = ((own_y - q) * (own_y <= q) + p * q - share * own_y) / income
    return share, scores


def _again(y: Floats, m: Floats, mine: npt.NDArray[np.bool_], p: float) -> Callable[[Floats], float]:
    """The ordinate for other weights, for designs that replicate."""
    return lambda u: _ordinate(y, u * m, mine & (u > 0), p)[0]


def poverty_of(y: Floats, line: Floats | float, m: Floats, measure: str) -> Floats:
    """What each record adds to the poverty of its `m` persons with income `y`; missing where that is."""
    gap = np.where(y < line, np.maximum((line - y) / line, 0.0) ** POWERS[measure], 0.0)
    return np.where(np.isnan(y), np.nan, (y < line) * m if measure == "headcount" else gap * m)


def poverty_curve(
    design: Sampled, variable: str, lines: Sequence[float], *, measure: str = "headcount", size: str = "",
    by: Columns | None = None, where: Where = None, level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Poverty at each of many lines, with intervals.

    Parameters
    ----------
    variable : str
        Income (a head, where `size` is given).
    lines : sequence of float
        Above 0, in the variable's unit.
    measure : {"headcount", "gap", "severity"}
        Foster, Greer & Thorbecke (1984) with the powers 0, 1, 2.
    design, size, by, where, level
        As for `quantile_curve`.

    Returns
    -------
    DataFrame
        The columns of `by`, variable, measure, line, then as `Design.mean`; the headcount has
        Korn–Graubard intervals, at 0 and 1 as `Design.proportion`.

    Raises
    ------
    InputRefused
        K401, K412, K334.

    Examples
    --------
    >>> from kaohe.estimate import Design
    >>> f = pd.DataFrame({"w": [1.0] * 4, "y": [2.0, 6.0, 10.0, 12.0], "persons": [3, 1, 2, 2]})
    >>> poverty_curve(Design(f, weight="w"), "y", [5, 8, 11], size="persons")[["line", "estimate"]]
       line  estimate
    0   5.0     0.375
    1   8.0     0.500
    2  11.0     0.750
    """
    if measure not in POWERS:
        raise InputRefused("K334", "A curve cannot be computed", got=f"measure {measure}", expected=", ".join(POWERS))
    level, at = confidence(level), _checked(lines, "lines", 0, np.inf)
    y, m = design.values([variable]), persons(design, size)[:, None]
    num = poverty_of(y, at, m, measure)
    den = np.broadcast_to(m, num.shape)
    codes, domains = design.domains(by, where)
    found = design.numbers(num, den, codes, len(domains))
    made = Estimates(found, domains, [variable] * len(at), design.rules)
    planned = None
    if measure == "headcount":
        together = np.where(codes >= 0, 0, -1).astype(np.int64)
        planned = planned_effects(design.numbers(num, den, together, 1), found.estimate.shape)
    out = made.frame("t" if planned is None else "beta", level, planned=planned)
    out.insert(out.columns.get_loc("variable") + 1, "measure", measure)
    out.insert(out.columns.get_loc("measure") + 1, "line", np.tile(at, len(domains)))
    return out
