"""Poverty and inequality measures by domain, as a table of estimates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats, Ints
from kaohe.estimate import intervals
from kaohe.estimate.arguments import Freedom
from kaohe.estimate.linear import ONE, Numbers, beside
from kaohe.estimate.planned import planned_effects
from kaohe.estimate.poverty import FIXED, FREE, MEASURES, RELATIVE, RELATIVE_FGT, Measure, relative_line
from kaohe.estimate.quality import words

if TYPE_CHECKING:
    from kaohe.estimate.sampled import Sampled


@dataclass(frozen=True)
class Shares:
    """How headcounts get their intervals: the method, capped at n or not, a design effect for 0 and 1."""

    method: str
    capped: bool
    planned: float | None


Bools = npt.NDArray[np.bool_]
LINE = "relative"
SHARES = frozenset({"headcount", "arpr"})


def _checked(measures: list[str], line: float | str | None, share: float) -> tuple[float | None, bool]:
    """The fixed line, and whether the line is a share of the median."""
    unknown = [m for m in measures if m not in MEASURES]
    relative = isinstance(line, str) and line == LINE
    number = isinstance(line, int | float | np.integer | np.floating) and not isinstance(line, bool)
    fixed = float(line) if number and np.isfinite(line) else None  # type: ignore[arg-type]
    part = isinstance(share, int | float | np.number) and bool(np.isfinite(share)) and share > 0
    lacking = bool(set(measures) & set(FIXED)) and not relative and not (fixed is not None and fixed > 0)
    if unknown or not measures or lacking or not part:
        raise InputRefused(
            "K407", "A poverty measure cannot be computed",
            got=", ".join(map(str, unknown)) or (f"line = {line}" if lacking else f"measures {measures}, share {share}"),
            expected=f"{', '.join(MEASURES)}; a line above 0, or line='{LINE}' with a share above 0",
        )  # fmt: skip
    return fixed, relative


def estimate_poverty(
    design: Sampled, variables: list[str], measures: list[str], line: float | str | None, share: float, codes: Ints,
    domains: pd.DataFrame, whole: Bools, level: float, shares: Shares, df: Freedom,
) -> pd.DataFrame:  # fmt: skip
    """Measures in every domain with their intervals; see `Design.poverty`."""
    fixed, relative = _checked(measures, line, share)
    tables = []
    for variable in variables:
        needs_line = bool(set(measures) & set(RELATIVE)) or (relative and bool(set(measures) & set(FIXED)))
        values = design.values([variable], inside=whole | (codes >= 0) if needs_line else codes >= 0)
        answered = ~np.isnan(values[:, 0]) & (design.w > 0)
        y = np.where(answered, values[:, 0], 0.0)
        numbers = design.numbers(values, ONE, codes, len(domains))
        found = _line(y, design.w, whole & answered, share) if needs_line else None
        planned = {
            name: _planned(design, y, answered, codes, found if relative or name in RELATIVE else None, fixed, shares)
            for name in SHARES.intersection(measures)
        }
        rows = []
        for d in range(len(domains)):
            inside = (codes == d) & answered
            for name in measures:
                value = _evaluator(name, y, inside, whole & answered, None if relative else fixed, share)
                made = value(np.where(answered, design.w, 0.0), found) if inside.any() else None
                used = (whole & answered) | inside  # the domain's records, and those of the line
                rows.append(_row(design, made, value, inside, used, numbers, d, name, level, shares, planned, df))
        table = pd.DataFrame(rows)
        table.insert(0, "variable", variable)
        tables.append(table)
    k = len(measures)
    stacked = pd.concat(tables, ignore_index=True)
    if len(variables) > 1:  # domains outermost
        order = np.arange(len(stacked)).reshape(len(variables), len(domains), k).transpose(1, 0, 2).ravel()
        stacked = stacked.iloc[order].reset_index(drop=True)
    return beside(domains, stacked, k * len(variables))


def _line(y: Floats, w: Floats, whole: Bools, share: float) -> Measure:
    """The relative line with its scores over all records."""
    line = relative_line(y[whole], w[whole], share)
    scores = np.zeros(len(y))
    scores[whole] = line.scores
    return Measure(line.value, scores)


Evaluator = Callable[[Floats, Measure | None], Measure]


def _evaluator(name: str, y: Floats, inside: Bools, whole: Bools, fixed: float | None, share: float) -> Evaluator:
    """The measure as a function of the weights, and of the line where it is already known."""

    def value(w: Floats, line: Measure | None) -> Measure:
        mine = inside & (w > 0)
        if name in RELATIVE or (name in RELATIVE_FGT and fixed is None):
            at = _line(y, w, whole & (w > 0), share) if line is None else line
            return (RELATIVE | RELATIVE_FGT)[name](y, w, at, mine, at.scores)
        own = FIXED[name](y[mine], w[mine], float(fixed or 0)) if name in FIXED else FREE[name](y[mine], w[mine])
        scores = np.zeros(len(y))
        scores[mine] = own.scores
        return Measure(own.value, scores)

    return value


def _row(
    design: Sampled, made: Measure | None, value: Evaluator, inside: Bools, whole: Bools, numbers: Numbers, d: int,
    name: str, level: float, shares: Shares, planned: dict[str, float], rule: Freedom,
) -> dict[str, object]:  # fmt: skip
    estimate, se, deff = (np.nan if made is None else made.value), np.nan, np.nan
    n, df, n_psu = (float(getattr(numbers, k)[d, 0]) for k in ("n", "df", "n_psu"))
    if made is not None and df > 0 and n_psu > 1:
        w = np.where(whole, design.w, 0.0)
        variance = design.measure_variance(w * made.scores, whole, lambda u: value(np.where(whole, u, 0.0), None).value)
        se = float(np.sqrt(variance))
        deff = variance / _simple(made.scores[inside], design.w[inside])
        if rule == "satterthwaite":
            df = float(np.fmin(design.scores_df(w * made.scores, whole), df))
        elif not isinstance(rule, str):
            df = rule
    if name in SHARES:
        cap = n if shares.capped else np.inf
        p, s, f, many, most, plan = (np.array([v]) for v in (estimate, se, df, n, cap, planned[name]))
        limits = intervals.share_interval(p, s, f, many, most, plan, shares.method, level)
        low, high, edge = (v[0] for v in limits)
        method, deff = ("one_sided", planned[name]) if edge else (shares.method, deff)
        low, high = np.clip([low, high], 0.0, 1.0) if np.isfinite(se) else (np.nan, np.nan)
    else:
        method = "t"
        low, high = intervals.t_interval(np.array(estimate), np.array(se), np.array(df), level)
    word = words(
        np.array(estimate), np.array(se), np.array(n), np.array(df), rules=design.rules, share=name in SHARES
    )  # fmt: skip
    return {
        "measure": name, "estimate": estimate, "se": se, "ci_low": float(low), "ci_high": float(high), "df": df,
        "n": int(n), "n_psu": int(n_psu), "n_missing": int(numbers.n_missing[d, 0]), "deff": deff,
        "cv": se / abs(estimate) if estimate else np.nan, "method": method, "quality": str(word),
    }  # fmt: skip


def _planned(
    design: Sampled, y: Floats, answered: Bools, codes: Ints, line: Measure | None, fixed: float | None, shares: Shares
) -> float:
    """Design effect of a headcount where it is 0 or 1: as planned, or that in all domains together with the line as known."""
    if shares.planned is not None:
        return shares.planned
    poor = np.where(answered, y < (line.value if line is not None else float(fixed or 0)), np.nan)[:, None]
    together = np.where(codes >= 0, 0, -1).astype(np.int64)
    return float(planned_effects(design.numbers(poor, ONE, together, 1), (1, 1))[0, 0])


def _simple(scores: Floats, w: Floats) -> float:
    """Variance of the sum of scores in a simple random sample of as many answers, drawn with replacement."""
    n, total = len(w), float(w.sum())
    if n < 2:
        return np.nan
    centre = float((w * scores).sum()) / total
    s2 = float((w * (scores - centre) ** 2).sum()) / total * n / (n - 1)
    return total**2 * s2 / n if s2 > 0 else np.nan
