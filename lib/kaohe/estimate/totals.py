"""The seam: sums by domain and by sampling unit, which are all that means, ratios and their variance need.

One pass over the records gives, for each domain and unit, the sums of w·y and w·x and the number
of answers. Whoever can produce these sums (here numpy; elsewhere a database or a cluster) can use
the small computation in `kaohe.estimate.variance`.
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


def psu_totals(
    frame: pd.DataFrame, *, weight: str, strata: str, psu: str, by: str, y: list[str], x: str = ""
) -> pd.DataFrame:
    """Sums of w·y and w·x by domain and first-stage unit, as a frame.

    Parameters
    ----------
    frame : DataFrame
        One row a record with the columns named.
    weight, strata, psu, by : str
        Weight, stratum, first-stage unit (named uniquely) and domain.
    y : list of str
        Numerator variables (numbers; missing = no answer).
    x : str
        Denominator variable; empty for the number of records, as for a mean.

    Returns
    -------
    DataFrame
        Columns: the domain, the stratum, the unit, variable, wy, wx, n (answers).

    Notes
    -----
    Sufficient for domain means, totals and ratios and their ultimate-cluster variance.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [2., 2., 3.], "h": ["a"] * 3, "t": ["p", "p", "q"], "d": ["c"] * 3, "v": [1., 0., 1.]})
    >>> psu_totals(f, weight="w", strata="h", psu="t", by="d", y=["v"])
       d  h  t variable   wy   wx  n
    0  c  a  p        v  2.0  4.0  2
    1  c  a  q        v  3.0  3.0  1
    """
    parts = []
    for name in y:
        value = frame[name].to_numpy(float)
        size = np.ones(len(frame)) if not x else frame[x].to_numpy(float)
        answered = ~(np.isnan(value) | np.isnan(size)) & (frame[weight].to_numpy(float) > 0)
        w = np.where(answered, frame[weight].to_numpy(float), 0.0)
        part = frame[[by, strata, psu]].assign(
            variable=name,
            wy=w * np.where(answered, value, 0),
            wx=w * np.where(answered, size, 0),
            n=answered.astype(int),
        )
        parts.append(
            part.groupby([by, strata, psu, "variable"], as_index=False, observed=True)[["wy", "wx", "n"]].sum()
        )
    return pd.concat(parts, ignore_index=True)


def as_matrix(frame: pd.DataFrame, columns: list[str]) -> Floats:
    """Columns of a frame as a float matrix, rows × columns, in contiguous columns."""
    out: npt.NDArray[np.float64] = np.empty((len(frame), len(columns)), order="F")
    for k, column in enumerate(columns):
        out[:, k] = frame[column].to_numpy(dtype=float, na_value=np.nan)
    return out
