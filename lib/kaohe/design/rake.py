"""Raking: weights scaled to one margin after another until all are met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.columns import weights
from kaohe.design.margins import Margin, Totals, coded_margins, given

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Raked:
    """Calibrated weights and how they were reached.

    Attributes
    ----------
    weights : float array, one a record
    g : float array
        Weight after over weight before (1 where both are 0).
    iterations : int
        Passes over all margins.
    worst : float
        Largest relative difference from a margin at the end.
    trace : tuple of float
        The largest difference met within each pass, before it was mended.
    reached : DataFrame
        margin, level, n, target, before, after, g_min, g_max.
    """

    weights: Floats
    g: Floats
    iterations: int
    worst: float
    trace: tuple[float, ...]
    reached: pd.DataFrame


def not_converged(where: str, worst: float, trace: list[float], what: str, tol: float) -> InputRefused:
    """The refusal of a calibration that does not meet its totals."""
    shown = ", ".join(f"{t:.3g}" for t in trace[-5:])
    return InputRefused(
        "K323", "Calibration does not converge", where=where,
        got=f"after {len(trace)} passes {what} is off by {worst:.3g} (last passes: {shown})",
        expected=f"all margins met within {tol:g}",
        remedy="the totals contradict the sample: merge thin levels, widen bounds or leave a margin out",
    )  # fmt: skip


def rake(
    frame: pd.DataFrame, totals: Totals, *, weight: str = "w", tol: float = 1e-10, max_iter: int = 500, where: str = ""
) -> Raked:
    """Rake weights to margins.

    Parameters
    ----------
    frame : DataFrame
        One row a record with the margins' columns and `weight`.
    totals : mapping of margin to mapping of level to population count
        Counts of the same kind (households) in every margin.
    tol : float
        Largest relative difference of any margin at the end.
    where : str
        What is raked, for messages.
    weight : str
        Column of the weight before.
    max_iter : int
        Passes over all margins after which it is refused.

    Returns
    -------
    Raked
        weights (one a record, in its order), passes, margins reached.

    Raises
    ------
    InputRefused
        K301, K302, K320, K321, K322; K323 when `max_iter` passes do not reach the margins: the
        last pass is never returned.

    Notes
    -----
    Deming & Stephan (1940); the fixed point is the multiplicative calibration of Deville &
    Särndal (1992), table 1, case 2.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [1.0] * 4, "a": ["x", "x", "y", "y"], "b": ["p", "q", "p", "q"]})
    >>> rake(f, {"a": {"x": 30, "y": 10}, "b": {"p": 20, "q": 20}}).weights.round(6).tolist()
    [15.0, 15.0, 5.0, 5.0]
    """
    given(totals, where or "calibration")
    margins = coded_margins(frame, weight, totals, where or "calibration")
    before = weights(frame, weight, where or "calibration")
    w = before.copy()
    trace: list[float] = []
    while True:
        worst = 0.0
        for m in margins:
            factor = m.target / np.bincount(m.codes, weights=w, minlength=len(m.target))
            worst = max(worst, float(np.abs(1 / factor - 1).max()))
            w *= factor[m.codes]
        trace.append(worst)
        if worst <= tol or len(trace) >= max_iter:
            worst, at = _worst(margins, w)
            if worst <= tol:
                break
            if len(trace) >= max_iter:
                raise not_converged(where, worst, trace, at, tol)
    g = np.divide(w, before, out=np.ones_like(w), where=before > 0)
    reached = pd.concat([_account(m, before, w, g) for m in margins], ignore_index=True)
    return Raked(w, g, len(trace), worst, tuple(trace), reached)


def _worst(margins: list[Margin], w: Floats) -> tuple[float, str]:
    """Largest relative difference from any count, and where it is."""
    worst, at = 0.0, ""
    for m in margins:
        off = np.abs(np.bincount(m.codes, weights=w, minlength=len(m.target)) / m.target - 1)
        if off.max() > worst:
            worst, at = float(off.max()), f"{m.name} {m.levels[int(off.argmax())]}"
    return worst, at


def _account(m: Margin, before: Floats, after: Floats, g: Floats) -> pd.DataFrame:
    """Counts of one margin before and after, and the range of g."""
    size, codes, used = len(m.target), m.codes, before > 0
    if not used.all():
        codes, before, after, g = codes[used], before[used], after[used], g[used]
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(low, codes, g)
    np.maximum.at(high, codes, g)
    return pd.DataFrame({
        "margin": m.name, "level": pd.Series(m.levels, dtype=object), "n": np.bincount(codes, minlength=size),
        "target": m.target, "before": np.bincount(codes, weights=before, minlength=size),
        "after": np.bincount(codes, weights=after, minlength=size), "g_min": low, "g_max": high,
    })  # fmt: skip
