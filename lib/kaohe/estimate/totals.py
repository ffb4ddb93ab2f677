"""Sums by domain and by sampling unit, which are all that means, ratios and their variance need.

These are numpy's, of records in memory; `kaohe.estimate.seam` takes the same sums from a database
or a cluster. The small computation is in `kaohe.estimate.variance`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.design.structure import Floats, Ints


def sums(codes: Ints, size: int, values: Floats) -> Floats:
    """Column sums of `values` by integer code, `size` rows; rows with a negative code count nowhere."""
    inside = codes >= 0
    if not inside.all():
        codes, values = codes[inside], values[inside]
    out = np.empty((size, values.shape[1]))
    for k in range(values.shape[1]):
        out[:, k] = np.bincount(codes, weights=values[:, k], minlength=size)
    return out


@dataclass(frozen=True)
class PairTotals:
    """Sums by (domain, unit) pair that has records.

    Attributes
    ----------
    domain, unit : int array
        Codes of each pair, sorted by domain, then unit.
    wy, wx : float array, pair × variable
        Weighted sums of numerator and denominator over answering records.
    answers : float array, pair × variable
        Records with an answer and a weight above 0.
    """

    domain: Ints
    unit: Ints
    wy: Floats
    wx: Floats
    answers: Floats


def pair_totals(domain: Ints, unit: Ints, n_units: int, wy: Floats, wx: Floats, answers: Floats) -> PairTotals:
    """Sums by domain and unit in one pass; records with a negative domain code are left out."""
    inside = domain >= 0
    if inside.all():
        key = domain * n_units + unit
    else:
        key = (domain * n_units + unit)[inside]
        wy, wx, answers = wy[inside], wx[inside], answers[inside]
    span = int(key.max()) + 1 if len(key) else 0
    if span <= 4 * max(len(key), 1) + 1_000_000:
        seen = np.bincount(key, minlength=span) > 0
        unique = np.flatnonzero(seen)
        place = np.cumsum(seen) - 1
        code = place[key]
    else:
        unique, code = np.unique(key, return_inverse=True)
    size = len(unique)
    return PairTotals(
        domain=np.asarray(unique // max(n_units, 1), dtype=np.int64),
        unit=np.asarray(unique % max(n_units, 1), dtype=np.int64),
        wy=sums(code, size, wy),
        wx=sums(code, size, wx),
        answers=sums(code, size, answers),
    )


def as_matrix(frame: pd.DataFrame, columns: list[str]) -> Floats:
    """Columns of a frame as a float matrix, rows × columns, in contiguous columns; not to be written to.

    Neighbouring columns of floats are not copied.
    """
    if len(columns) > 1 and frame.columns.is_unique and frame[columns[0]].dtype == "float64":
        at = frame.columns.get_indexer(columns)
        near = frame.iloc[:, at[0] : at[0] + len(columns)]
        if list(near.columns) == columns and (near.dtypes == "float64").all():
            return np.asarray(near.to_numpy(), dtype=float)
    out: npt.NDArray[np.float64] = np.empty((len(frame), len(columns)), order="F")
    for k, column in enumerate(columns):
        out[:, k] = frame[column].to_numpy(dtype=float, na_value=np.nan)
    return out
