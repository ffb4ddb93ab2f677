"""Weighting steps that meet known totals: post-stratification, raking, calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.apart import apart
from kaohe.design.calibrate import Calibrated, Floats, known_method, solve, total_columns
from kaohe.design.columns import records, weights
from kaohe.design.feasible import cluster_means
from kaohe.design.margins import Totals, coded_margins, given
from kaohe.design.rake import Raked, rake
from kaohe.design.steps import Weighted

Numeric = Mapping[Any, Any]


def post_stratify(
    frame: pd.DataFrame, by: str | Sequence[str], totals: Mapping[object, float], *, weight: str, into: str = "post"
) -> Weighted:
    """Weights scaled so that each cell of `by` holds its known count.

    Parameters
    ----------
    frame : DataFrame
        One row a record; a new frame comes back.
    weight : str
        Column of the weight before.
    by : str or list of str
        One column, or several whose combinations are the cells.
    totals : mapping of level (tuple of levels for several columns) to count
    into : str
        Name of the step.

    Returns
    -------
    Weighted
        With the column ``cell_<into>`` where there are several columns. Report as that of `rake_to`.

    Raises
    ------
    InputRefused
        K301, K302, K320 (cell in the sample or the totals only), K322.

    Notes
    -----
    Holt & Smith (1979).

    Examples
    --------
    >>> f = pd.DataFrame({"w": [1.0, 1.0, 2.0], "k": ["a", "a", "b"]})
    >>> post_stratify(f, "k", {"a": 30, "b": 10}, weight="w").frame["w_post"].tolist()
    [15.0, 15.0, 10.0]
    """
    columns = [by] if isinstance(by, str) else list(by or [])
    records(frame, "post-stratification")
    given(totals, "post-stratification")
    faults.need(frame, columns or [str(by)], "post-stratification")
    faults.full(frame, columns, "post-stratification")
    cell = columns[0]
    if len(columns) > 1:
        cell = f"cell_{into}"
        frame = frame.assign(
            **{cell: pd.Series(list(zip(*(frame[c] for c in columns), strict=True)), index=frame.index).map(_text)}
        )
        totals = {_text(k): v for k, v in totals.items()}
    return rake_to(frame, {cell: totals}, weight=weight, into=into)


def _text(cell: object) -> str:
    return "·".join(str(v) for v in cell) if isinstance(cell, tuple) else str(cell)


def rake_to(
    frame: pd.DataFrame, totals: Totals | Mapping[object, Totals], *, weight: str, partition: str = "",
    tol: float = 1e-10, max_iter: int = 500, into: str = "raked",
) -> Weighted:  # fmt: skip
    """Weights raked to margins, apart in each level of `partition`.

    Parameters
    ----------
    frame : DataFrame
        One row a record; a new frame comes back.
    weight : str
        Column of the weight before.
    totals : mapping of margin to mapping of level to count
        With `partition`, such a mapping for each of its levels.
    partition : str
        Column whose levels (cities) are raked apart.
    tol : float
        Greatest relative difference to a total.
    max_iter : int
        Number of rounds after which it is refused.
    into : str
        Name of the step: the columns ``f_<into>`` and ``w_<into>``.

    Returns
    -------
    Weighted
        Report: (partition,) margin, level, n, target, before, after, g_min, g_max. Facts:
        iterations, worst (relative difference), g_min, g_max.

    Raises
    ------
    InputRefused
        As `kaohe.design.rake.rake`; K318 for a level of `partition` without totals.

    Notes
    -----
    Deming & Stephan (1940); Deville, Särndal & Sautory (1993).

    Examples
    --------
    >>> f = pd.DataFrame({"w": [1.0] * 4, "c": list("ppqq"), "k": list("abab")})
    >>> t = {"p": {"k": {"a": 2, "b": 4}}, "q": {"k": {"a": 5, "b": 5}}}
    >>> made = rake_to(f, t, weight="w", partition="c")
    >>> made.frame["w_raked"].tolist(), made.calibration.partition
    ([2.0, 4.0, 5.0, 5.0], 'c')
    """

    def make(part: pd.DataFrame, wanted: Totals, where: str) -> tuple[Raked, pd.DataFrame, tuple[str, ...]]:
        made = rake(part, wanted, weight=weight, tol=tol, max_iter=max_iter, where=where)
        return made, made.reached, tuple(wanted)

    return apart(frame, totals, make, weight, partition, into, (), "", "raking")


def calibrate_to(
    frame: pd.DataFrame, margins: Totals | None = None, numeric: Numeric | None = None, *, weight: str,
    method: str = "linear", bounds: tuple[float, float] | None = None, cluster: str = "", partition: str = "",
    tol: float = 1e-10, max_iter: int = 200, into: str = "calibrated",
) -> Weighted:  # fmt: skip
    """Weights calibrated to counts of categories and totals of numbers.

    Parameters
    ----------
    margins : mapping of column to mapping of level to count
    numeric : mapping of column to total
        With `partition`, mappings of its levels to these.
    method, bounds, cluster
        See `kaohe.design.calibrate.calibrate`.
    frame, weight, partition, tol, max_iter, into
        As for `rake_to`.

    Returns
    -------
    Weighted
        Report: (partition,) margin, level, n, target, before, after, g_min, g_max; numbers have
        the level ``total``. Facts: iterations, worst, g_min, g_max, at_bounds.

    Raises
    ------
    InputRefused
        As `kaohe.design.calibrate.calibrate`, and K320 to K322 for margins, K318 for a level of
        `partition` without totals.

    Notes
    -----
    Deville & Särndal (1992), table 1.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [10.0] * 4, "k": list("aabb"), "size": [1.0, 3.0, 2.0, 6.0]})
    >>> made = calibrate_to(f, {"k": {"a": 22, "b": 20}}, {"size": 126}, weight="w", method="raking")
    >>> made.report[["margin", "level", "target", "after"]].round(6).values.tolist()
    [['k', 'a', 22.0, 22.0], ['k', 'b', 20.0, 20.0], ['size', 'total', 126.0, 126.0]]
    """
    given(numeric or {}, "calibration", some=False)
    numbers = dict(numeric or {})
    for part, wanted in numbers.items() if partition else ():
        given(wanted, f"calibration › {part}", some=False)
    columns = tuple(numbers if not partition else next(iter(numbers.values()), {}))

    def make(part: pd.DataFrame, wanted: Totals, where: str) -> tuple[Calibrated, pd.DataFrame, tuple[str, ...]]:
        own: Numeric = numbers.get(where, {}) if partition else numbers
        if not wanted and not own:
            raise InputRefused(
                "K318", "A part has no totals", where=f"column {partition}" if partition else "calibration",
                got=str(where) if partition else "neither margins nor numeric", expected="at least one total",
            )  # fmt: skip
        at = where or "calibration"
        coded = coded_margins(part, weight, wanted, at)
        faults.need(part, [*own, *([cluster] if cluster else [])], at)
        known_method(method, bounds, at)
        w = weights(part, weight, at)
        counts = [(m.codes[:, None] == np.arange(len(m.levels))).astype(float) for m in coded]
        x = np.hstack([*counts, total_columns(part, own, at)])
        target = np.concatenate([*(m.target for m in coded), [float(t) for t in own.values()]])
        names = [f"{m.name} {level}" for m in coded for level in m.levels] + list(own)
        made = solve(
            cluster_means(part[cluster], x, w, at) if cluster else x, target, w, names, method=method, bounds=bounds, tol=tol,
            max_iter=max_iter, where=at,
        )  # fmt: skip
        labels = [(m.name, level) for m in coded for level in m.levels] + [(c, "total") for c in own]
        return made, _account(x, labels, target, w, made), tuple(wanted)

    return apart(frame, margins or {}, make, weight, partition, into, columns, cluster, method, bounds)


def _account(x: Floats, labels: list[tuple[str, object]], targets: Floats, w: Floats, made: Calibrated) -> pd.DataFrame:
    rows = []
    for (margin, level), own, target in zip(labels, x.T, targets, strict=True):
        g = made.g[(own != 0) & (w > 0)]
        rows.append({
            "margin": margin, "level": level, "n": len(g), "target": float(target), "before": float(w @ own),
            "after": float(made.weights @ own), "g_min": g.min(initial=np.inf), "g_max": g.max(initial=-np.inf),
        })  # fmt: skip
    return pd.DataFrame(rows)
