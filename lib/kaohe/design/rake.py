"""Raking: weights scaled to one margin after another until all are met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.margins import Totals, check_margins

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
        The same after each pass.
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

    Returns
    -------
    Raked

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
    check_margins(frame, weight, totals, where or "calibration")
    before = frame[weight].to_numpy(float)
    w = before.copy()
    coded: list[tuple[str, list[object], npt.NDArray[np.intp], Floats]] = []
    for margin, target in totals.items():
        levels = [k for k, v in target.items() if v > 0]
        position = {k: i for i, k in enumerate(levels)}
        codes = np.fromiter((position.get(v, -1) for v in frame[margin]), dtype=np.intp, count=len(frame))
        codes[(codes < 0)] = 0
        coded.append((margin, levels, codes, np.array([float(target[k]) for k in levels])))
    trace: list[float] = []
    worst, at = np.inf, ""
    for _ in range(max_iter):
        for _, levels, codes, target_values in coded:
            w = w * (target_values / np.bincount(codes, weights=w, minlength=len(levels)))[codes]
        worst, at = 0.0, ""
        for margin, levels, codes, target_values in coded:
            off = np.abs(np.bincount(codes, weights=w, minlength=len(levels)) / target_values - 1)
            if off.max(initial=0.0) > worst:
                worst, at = float(off.max()), f"{margin} {levels[int(off.argmax())]}"
        trace.append(worst)
        if worst <= tol:
            break
    else:
        raise not_converged(where, worst, trace, at, tol)
    g = np.divide(w, before, out=np.ones_like(w), where=before > 0)
    rows = []
    for margin, levels, codes, target_values in coded:
        for i, level in enumerate(levels):
            mine = (codes == i) & (before > 0)
            rows.append({
                "margin": margin, "level": level, "n": int(mine.sum()), "target": target_values[i],
                "before": float(before[mine].sum()), "after": float(w[mine].sum()),
                "g_min": float(g[mine].min()), "g_max": float(g[mine].max()),
            })  # fmt: skip
    return Raked(w, g, len(trace), worst, tuple(trace), pd.DataFrame(rows))
