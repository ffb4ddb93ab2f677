"""What weights look like: sums, spread, design effect of unequal weights, extremes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.design import faults
from kaohe.design.columns import records, weights

Floats = npt.NDArray[np.float64]


def kish_deff(weights: Floats) -> float:
    """Design effect of unequal `weights` (one a record), n · Σw² / (Σw)² (Kish 1992): a ratio of variances, 1 where all are equal."""
    w = np.asarray(weights, dtype=float)
    total = w.sum()
    return float(len(w) * (w**2).sum() / total**2) if total > 0 else np.nan


def effective_size(weights: Floats) -> float:
    """Effective sample size of `weights` (one a record), in records: (Σw)² / Σw² (Kish 1965, 1992)."""
    w = np.asarray(weights, dtype=float)
    squares = (w**2).sum()
    return float(w.sum() ** 2 / squares) if squares > 0 else np.nan


def diagnose(frame: pd.DataFrame, *, weight: str, by: str) -> pd.DataFrame:
    """Weight diagnostics of each group.

    Parameters
    ----------
    frame : DataFrame
        One row a record with `weight` and `by`.

    Returns
    -------
    DataFrame
        `by`, n, sum_weights, cv (standard deviation with n in the denominator over the mean),
        deff_kish, n_eff, w_min, w_median, w_max.

    Raises
    ------
    InputRefused
        K301, K302, K308, K332.

    Examples
    --------
    >>> f = pd.DataFrame({"c": ["a", "a"], "w": [1.0, 3.0]})
    >>> diagnose(f, weight="w", by="c")[["n", "sum_weights", "cv", "deff_kish", "n_eff"]].round(3).values.tolist()
    [[2.0, 4.0, 0.5, 1.25, 1.6]]
    """
    records(frame, "weight diagnostics")
    faults.need(frame, [by], "weight diagnostics")
    faults.full(frame, [by], "weight diagnostics")
    weights(frame, weight, "weight diagnostics")
    rows = []
    for key, group in frame.groupby(by, sort=True):
        w = group[weight].to_numpy(float)
        rows.append({
            by: key, "n": len(w), "sum_weights": w.sum(), "cv": w.std() / w.mean(), "deff_kish": kish_deff(w),
            "n_eff": effective_size(w), "w_min": w.min(), "w_median": float(np.median(w)), "w_max": w.max(),
        })  # fmt: skip
    columns = [by, "n", "sum_weights", "cv", "deff_kish", "n_eff", "w_min", "w_median", "w_max"]
    return pd.DataFrame(rows, columns=columns)
