"""Quantiles of a workbench that tell of no single record: enough answers at or beyond each of them, on both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec

import numpy as np
import pandas as pd

from kaohe.design.structure import Floats, Ints
from kaohe.estimate.arguments import Columns, as_list, probabilities
from kaohe.estimate.domains import Where
from kaohe.estimate.margins import each_margin
from kaohe.estimate.quality import CAUTION, OK, SUPPRESSED
from kaohe.estimate.sampled import Margins
from kaohe.estimate.survey import Design

P = ParamSpec("P")
ENDS = ("ci_low", "ci_high")


def guarded(
    found: pd.DataFrame, design: Design, variables: Columns, probs: float | Sequence[float], *, by: Columns | None = None,
    margins: Margins = False, where: Where = None,
) -> pd.DataFrame:  # fmt: skip
    """Quantiles without those that would tell of few records.

    Parameters
    ----------
    found : DataFrame
        From `kaohe.estimate.Design.quantile` or `kaohe.estimate.curves.quantile_curve` with the same arguments.
    design : Design
        Whose rule ``min_n`` is the least number of answers.

    Returns
    -------
    DataFrame
        The same rows. Of n answers a quantile p with n·p or n·(1 − p) below the floor, or with fewer answers at or below
        it, or at or above it, is suppressed and its numbers are missing. A limit of an interval that so few answers
        reach is missing, and with it se and cv; ok then becomes caution.

    Notes
    -----
    The rule for minima, maxima and percentiles in output checking: none behind which few respondents stand (Bond, Brandt &
    de Wolf 2015, Guidelines for Output Checking). Records count, not their weights.

    Examples
    --------
    >>> from kaohe.estimate import Design
    >>> d = Design(pd.DataFrame({"w": [1.0] * 99, "y": [float(k) for k in range(1, 100)]}), weight="w")
    >>> guarded(d.quantile("y", [0.05, 0.5]), d, "y", [0.05, 0.5])[["prob", "estimate", "quality"]]
       prob  estimate     quality
    0  0.05       NaN  suppressed
    1  0.50      50.0          ok
    """
    names, wanted = as_list(variables), probabilities(probs)
    values, counted = design.values(names), design.w > 0

    def make(codes: Ints, levels: pd.DataFrame) -> pd.DataFrame:
        rows = [np.flatnonzero((codes == d) & counted) for d in range(len(levels))]
        told = [(mine, k) for mine in rows for k in range(len(names)) for _ in wanted]
        each = levels.loc[levels.index.repeat(len(names) * len(wanted))].reset_index(drop=True)
        return pd.concat([each, pd.DataFrame(told, columns=["(rows)", "(column)"])], axis=1)

    behind = each_margin(design, by, where, margins, make)
    least, given = design.rules.min_n, found[["prob", "estimate", *ENDS]].to_numpy(float)
    few, n = np.zeros((len(found), 3), dtype=bool), np.zeros(len(found))
    for at, (mine, k) in enumerate(zip(behind["(rows)"], behind["(column)"], strict=True)):
        y = values[mine, k]
        y = y[~np.isnan(y)]
        n[at] = len(y)
        few[at] = [_few(y, value, least) for value in given[at, 1:]]
    p = given[:, 0]
    gone = (n > 0) & (few[:, 0] | (n * np.minimum(p, 1 - p) < least * (1 - 1e-9)))
    open_ = few[:, 1:].any(axis=1) & ~gone
    out = found.copy()
    out.loc[gone, ["estimate", "se", *ENDS, "cv"]] = np.nan
    for k, end in enumerate(ENDS):
        out.loc[few[:, 1 + k], end] = np.nan
    out.loc[open_, ["se", "cv"]] = np.nan
    out.loc[open_ & (out["quality"] == OK), "quality"] = CAUTION
    out.loc[gone, "quality"] = SUPPRESSED
    return out


def without_few(
    method: Callable[Concatenate[Design, P], pd.DataFrame],
) -> Callable[Concatenate[Design, P], pd.DataFrame]:
    """A design's method of quantiles that gives none that would tell of few records; signature and docstring stay."""

    @wraps(method)
    def call(self: Design, /, *args: P.args, **options: P.kwargs) -> pd.DataFrame:
        asked: dict[str, Any] = signature(method).bind(self, *args, **options).arguments
        told = {k: asked[k] for k in ("by", "margins", "where") if k in asked}
        return guarded(method(self, *args, **options), self, asked["variables"], asked.get("probs", 0.5), **told)

    return call


def _few(y: Floats, at: float, least: int) -> bool:
    """True where fewer answers than the floor stand at or below a value, or at or above it."""
    return bool(np.isfinite(at) and min((y <= at).sum(), (y >= at).sum()) < least)
