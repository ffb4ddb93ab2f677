"""Calibration to any totals: linear, raking, logit, with bounds on g; and the record that travels with a weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.columns import is_number, numbers, records, weights
from kaohe.design.feasible import cluster_means, refuse_infeasible
from kaohe.design.margins import given, is_total
from kaohe.design.rake import not_converged

Floats = npt.NDArray[np.float64]
METHODS = ("linear", "raking", "logit")


@dataclass(frozen=True)
class Calibration:
    """How a weight was calibrated: what variance estimation must know besides the weight itself.

    Attributes
    ----------
    before : str
        Column of the weight before calibration.
    margins : tuple of str
        Categorical columns whose counts were met.
    numeric : tuple of str
        Numeric columns whose totals were met; without margins, a column of ones stands here too
        where the number of records was met.
    partition : str
        Column whose levels were calibrated apart; empty for none.
    after : str
        Column of the weight after calibration; empty where it is the design's own. It differs
        where the weight was trimmed or calibrated once more afterwards.
    cluster : str
        Column of the units within which all records got one g; empty for none.
    method : str
        Distance function: linear, raking or logit; empty where it is not known. Replicate weights are
        calibrated by it again; the variance by residuals does not depend on it.
    bounds : pair of float, optional
        Limits of g.
    """

    before: str
    margins: tuple[str, ...]
    numeric: tuple[str, ...] = ()
    partition: str = ""
    after: str = ""
    cluster: str = ""
    method: str = ""
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Calibrated:
    """Calibrated weights and how they were reached.

    Attributes
    ----------
    weights : float array, one a record
        Population counts that the records stand for.
    g : float array, one a record
        Weight after over weight before (1 where both are 0).
    iterations : int
        Newton steps, a count.
    worst : float
        Largest relative difference from a total at the end.
    at_bounds : int
        Number of records whose g is one of the bounds.
    """

    weights: Floats
    g: Floats
    iterations: int
    worst: float
    at_bounds: int


def _function(
    method: str, bounds: tuple[float, float] | None
) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """F(u) and F'(u) of Deville & Särndal (1992), table 1: cases 1 (linear), 2 (raking), 6 (logit), 7 (truncated)."""
    low, high = bounds if bounds else (-np.inf, np.inf)
    if method == "linear":
        return (
            lambda u: np.clip(1 + u, low, high),
            lambda u: ((1 + u > low) & (1 + u < high)).astype(float),
        )
    if method == "raking":
        return (
            lambda u: np.clip(np.exp(np.minimum(u, 700.0)), low, high),
            lambda u: np.where(
                (np.exp(np.minimum(u, 700.0)) > low) & (np.exp(np.minimum(u, 700.0)) < high),
                np.exp(np.minimum(u, 700.0)),
                0.0,
            ),
        )
    a = (high - low) / ((1 - low) * (high - 1))

    def logit(u: Floats) -> Floats:
        e = np.exp(np.clip(a * u, -700, 700))
        return np.asarray((low * (high - 1) + high * (1 - low) * e) / (high - 1 + (1 - low) * e))

    def slope(u: Floats) -> Floats:
        g = logit(u)
        return np.asarray((g - low) * (high - g) * a / (high - low))

    return logit, slope


def _holds_one(bounds: object) -> bool:
    """Whether bounds are two numbers, below and above 1."""
    if (
        not isinstance(bounds, tuple | list)
        or len(bounds) != 2
        or not all(isinstance(b, int | float | np.number) for b in bounds)
    ):
        return False
    return bool(bounds[0] < 1 < bounds[1])


def calibrate(
    frame: pd.DataFrame, totals: Mapping[str, float], *, weight: str = "w", method: str = "linear",
    bounds: tuple[float, float] | None = None, cluster: str = "", tol: float = 1e-10, max_iter: int = 200,
    where: str = "",
) -> Calibrated:  # fmt: skip
    """Calibrate weights to totals of numeric columns.

    Parameters
    ----------
    frame : DataFrame
        One row a record, with `weight` and the columns of `totals` (0/1 columns for counts; a
        column of ones for the population size).
    totals : mapping of column to population total
    method : {"linear", "raking", "logit"}
        Distance function; logit needs bounds.
    bounds : (low, high), optional
        Limits of g = weight after over weight before (not of the weight), around 1.
    cluster : str, optional
        Column of units within which every record gets the same g: the columns are averaged over
        the unit (as R survey's aggregate.stage). The weight before must be one for each unit.
    weight : str
        Column of the weight before.
    tol : float
        Greatest relative difference to a total.
    max_iter : int
        Number of Newton steps after which it is refused.
    where : str
        What is calibrated, for messages.

    Returns
    -------
    Calibrated
        weights (one a record, in its order), g and how it went.

    Raises
    ------
    InputRefused
        K301 for a missing column, K302 for weights, K401 for text where a number belongs, K308 for empty cells, K416 for
        infinite values, K322 for a total that is no number, K324 for an unknown method or bounds that do not hold 1, K325 for totals
        that no weights can meet because columns depend on one another, K315 for totals that no
        weights within the bounds can meet, K316 for weights that differ within a unit, K326 for
        negative weights (linear without bounds), K323 without convergence.

    Notes
    -----
    Solves Σ w F(x'λ) x = t for λ by Newton's method with step halving (Deville & Särndal 1992,
    eq. 1.2 and section 2).

    Examples
    --------
    >>> f = pd.DataFrame({"w": [10.0, 10.0, 20.0], "one": 1.0, "x": [1.0, 2.0, 3.0]})
    >>> calibrate(f, {"one": 50, "x": 110}, weight="w").weights.round(6).tolist()
    [13.636364, 12.727273, 23.636364]
    """
    where = where or "calibration"
    records(frame, where)
    given(totals, where)
    faults.need(frame, [weight, *totals, *([cluster] if cluster else [])], where)
    known_method(method, bounds, where)
    w = weights(frame, weight, where)
    x = total_columns(frame, totals, where)
    x = cluster_means(frame[cluster], x, w, where) if cluster else x
    target = np.array([float(t) for t in totals.values()])
    return solve(x, target, w, list(totals), method=method, bounds=bounds, tol=tol, max_iter=max_iter, where=where)


def known_method(method: str, bounds: tuple[float, float] | None, where: str) -> None:
    """Refuse (K324) an unknown distance function, or bounds that do not lie around 1."""
    if method not in METHODS or (method == "logit" and bounds is None):
        raise InputRefused(
            "K324", "Unknown calibration method or bounds", where=where, got=f"{method}, bounds {bounds}",
            expected="linear, raking, or logit with bounds",
        )  # fmt: skip
    if bounds is not None and not (_holds_one(bounds) and (method != "logit" or np.isfinite(bounds).all())):
        raise InputRefused(
            "K324", "Unknown calibration method or bounds", where=where, got=f"bounds {bounds}",
            expected="low < 1 < high, for logit both finite: bounds act on weight after over weight before",
        )  # fmt: skip


def total_columns(frame: pd.DataFrame, totals: Mapping[str, float], where: str) -> Floats:
    """The columns whose totals are known as a matrix, record × total.

    Raises
    ------
    InputRefused
        K301, K308, K401, K416 for columns; K322 for a total that is no finite number.
    """
    names = list(totals)
    faults.need(frame, names, where)
    text = [c for c in names if not is_number(frame[c])]
    if text:
        raise InputRefused(
            "K401", "A variable is not a number", where=f"{where} › column {text[0]}", got=str(frame[text[0]].dtype),
            expected="numbers; categories as margins",
        )  # fmt: skip
    faults.full(frame, names, where)
    lost = [f"{c} = {totals[c]}" for c in names if not is_total(totals[c])]
    if lost:
        raise InputRefused(
            "K322", "A register total is not a count", where=where, got=faults.few(lost), expected="a finite total",
        )  # fmt: skip
    columns = [numbers(frame, c, where) for c in names]
    return faults.finite(np.column_stack(columns), names) if columns else np.zeros((len(frame), 0))


def solve(
    x: Floats, target: Floats, w: Floats, names: Sequence[object], *, method: str, bounds: tuple[float, float] | None, tol: float,
    max_iter: int, where: str,
) -> Calibrated:  # fmt: skip
    """Calibrate weights to the totals of the columns of a matrix; see `calibrate`.

    Parameters
    ----------
    x : float array, record × total
    target, w : float array
        Totals; weights before.
    names : sequence
        What each total is called in messages.
    method, bounds, tol, max_iter, where
        As for `calibrate`.

    Raises
    ------
    InputRefused
        K315, K323, K325, K326 as `calibrate`.
    """
    size = np.maximum(np.abs(target), w.sum() * 1e-12 + 1e-300)
    f, slope = _function(method, bounds)
    gram = x.T @ (x * w[:, None])
    start = w @ x
    reach = gram @ np.linalg.lstsq(gram, target - start, rcond=1e-12)[0] - (target - start)
    if np.any(np.abs(reach) > 1e-8 * size):
        worst = int(np.argmax(np.abs(reach) / size))
        raise InputRefused(
            "K325", "The totals contradict one another", where=where, got=f"{names[worst]} = {target[worst]:g}",
            expected="totals that agree where columns depend on one another",
        )  # fmt: skip
    lam = np.zeros(len(target))
    g = f(x @ lam)
    gap = target - (w * g) @ x
    trace = [float(np.max(np.abs(gap) / size))]
    while not trace[-1] <= tol and len(trace) <= max_iter:  # a gap that is no number is not met
        curve = slope(x @ lam)
        bend = x.T @ (x * (w * curve)[:, None])
        if not np.all(np.isfinite(bend)):
            break
        step = np.linalg.lstsq(bend, gap, rcond=1e-12)[0]
        factor = 1.0
        while factor > 1e-6:
            new = lam + factor * step
            new_g = f(x @ new)
            new_gap = target - (w * new_g) @ x
            if np.all(np.isfinite(new_gap)) and np.max(np.abs(new_gap) / size) < trace[-1]:
                break
            factor /= 2
        lam, g, gap = new, new_g, new_gap
        trace.append(float(np.max(np.abs(gap) / size)))
    if not trace[-1] <= tol:
        worst = int(np.argmax(np.abs(gap) / size))
        if bounds is not None:
            refuse_infeasible(x * w[:, None], target, size, [str(name) for name in names], bounds, where)
        raise not_converged(where, trace[-1], trace[1:], str(names[worst]), tol)
    if (g[w > 0] < 0).any():
        raise InputRefused(
            "K326", "Calibration gives negative weights", where=where,
            got=f"{int((g[w > 0] < 0).sum())} records, smallest g = {g[w > 0].min():.3g}",
            expected="weights of 0 or more", remedy="use raking, or bounds such as (0.3, 3)",
        )  # fmt: skip
    edge = 0 if bounds is None else int(((np.abs(g - bounds[0]) < 1e-9) | (np.abs(g - bounds[1]) < 1e-9)).sum())
    return Calibrated(w * g, g, len(trace), trace[-1], edge)
