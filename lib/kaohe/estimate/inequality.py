"""Poverty and inequality measures by domain, as a table of estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats
from kaohe.estimate import intervals
from kaohe.estimate.linear import ONE
from kaohe.estimate.poverty import FIXED, FREE, MEASURES, RELATIVE, Measure, relative_line

if TYPE_CHECKING:
    import numpy.typing as npt

    from kaohe.estimate.survey import Design


def estimate_poverty(
    design: Design, variable: str, measures: list[str], line: float | None, share: float, codes: np.ndarray,
    domains: pd.DataFrame, whole: npt.NDArray[np.bool_], level: float,
) -> pd.DataFrame:  # fmt: skip
    """Measures in every domain with t intervals; see `Design.poverty`."""
    unknown = [m for m in measures if m not in MEASURES]
    if unknown or (set(measures) & set(FIXED) and not (line is not None and line > 0)):
        raise InputRefused(
            "K407", "A poverty measure cannot be computed",
            got=", ".join(unknown) or f"line = {line}", expected=f"{', '.join(MEASURES)}; a line above 0",
        )  # fmt: skip
    values = design.values([variable])
    y = values[:, 0]
    answered = ~np.isnan(y) & (design.w > 0)
    y = np.where(answered, y, 0.0)
    w = np.where(answered, design.w, 0.0)
    numbers = design.numbers(values, ONE, codes, len(domains))
    found_line, line_scores = _line(y, w, whole & answered, share, measures)
    rows = []
    for d in range(len(domains)):
        inside = (codes == d) & answered
        for name in measures:
            made = _measure(name, y, w, inside, line, found_line, line_scores) if inside.any() else None
            rows.append(_row(design, made, w, whole & answered, numbers.df[d, 0], name, level))
    out = domains.loc[domains.index.repeat(len(measures))].reset_index(drop=True)
    table = pd.DataFrame(rows)
    table.insert(0, "variable", variable)
    for name in ("n", "n_psu", "n_missing"):
        table[name] = np.repeat(getattr(numbers, name)[:, 0].astype(np.int64), len(measures))
    return pd.concat([out, table], axis=1)


def _line(
    y: Floats, w: Floats, whole: npt.NDArray[np.bool_], share: float, measures: list[str]
) -> tuple[Measure | None, Floats]:
    scores = np.zeros(len(y))
    if not set(measures) & set(RELATIVE):
        return None, scores
    line = relative_line(y[whole], w[whole], share)
    scores[whole] = line.scores
    return line, scores


def _measure(
    name: str,
    y: Floats,
    w: Floats,
    inside: npt.NDArray[np.bool_],
    line: float | None,
    found: Measure | None,
    full: Floats,
) -> Measure:
    if name in RELATIVE:
        assert found is not None
        return RELATIVE[name](y, w, found, inside, full)
    own = FIXED[name](y[inside], w[inside], float(line or 0)) if name in FIXED else FREE[name](y[inside], w[inside])
    scores = np.zeros(len(y))
    scores[inside] = own.scores
    return Measure(own.value, scores)


def _row(
    design: Design, made: Measure | None, w: Floats, whole: npt.NDArray[np.bool_], df: float, name: str, level: float
) -> dict[str, object]:
    estimate, se = (np.nan, np.nan) if made is None else (made.value, np.nan)
    if made is not None and df > 0:
        se = float(np.sqrt(design.variances((w * made.scores)[:, None], whole)[0]))
    low, high = intervals.t_interval(np.array(estimate), np.array(se), np.array(df), level)
    return {
        "measure": name, "estimate": estimate, "se": se, "ci_low": float(low), "ci_high": float(high), "df": df,
        "cv": se / abs(estimate) if estimate else np.nan, "method": "t",
        "quality": "not_estimable" if np.isnan(se) else "ok",
    }  # fmt: skip
