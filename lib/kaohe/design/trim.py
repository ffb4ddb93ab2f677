"""Trimming of extreme weights with redistribution of what is cut off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import columns, faults
from kaohe.design.calibrate import Calibration
from kaohe.design.steps import Weighted, added

Floats = npt.NDArray[np.float64]
RULES = ("equal", "proportional")
MAX_PASSES = 10_000


@dataclass(frozen=True)
class Trimmed:
    """Weights after trimming.

    Attributes
    ----------
    weights : float array, one a record
        With the sum of the weights before.
    trimmed : int
        Records whose weight was outside the limits at the start.
    moved : float
        Weight cut off (or, negative, added at the lower limit) in the first pass.
    passes : int
        How many there were.
    """

    weights: Floats
    trimmed: int
    moved: float
    passes: int


def trim(
    weights: Floats, *, lower: float = -np.inf, upper: float = np.inf, rule: str = "equal", strict: bool = True
) -> Trimmed:
    """Cut weights to limits and give what was cut to the records within them; the sum stays.

    Parameters
    ----------
    weights : float array
        Weights, one a record, 0 or more.
    lower, upper : float
        Limits of the weight itself.
    rule : {"equal", "proportional"}
        Give the same amount to each record within the limits (as R survey trimWeights), or in
        proportion to its weight.
    strict : bool
        Go on until no weight is outside; otherwise one pass, after which some may be. In each pass
        the records within the limits take the difference, those set to a limit before among them
        (as R's strict = TRUE: a weight raised to the lower limit may end above it).

    Raises
    ------
    InputRefused
        K302 for weights that are not numbers of 0 or more, K330 for limits that cannot hold the
        sum or an unknown rule.

    Notes
    -----
    As R survey's trimWeights.

    Examples
    --------
    >>> trim(np.array([1.0, 2.0, 3.0, 10.0]), upper=7.0).weights.tolist()
    [2.0, 3.0, 4.0, 7.0]
    """
    w = np.asarray(weights, dtype=float)
    if not np.all(np.isfinite(w)) or (w < 0).any() or not (w > 0).any():
        raise faults.bad_weight("weight", int((~np.isfinite(w) | (w < 0)).sum()), "negative, missing or all 0")
    for limit in (lower, upper):
        if not isinstance(limit, int | float | np.number):
            raise InputRefused(
                "K330", "Weights cannot be trimmed so", got=f"a limit {limit!r}", expected="numbers for lower and upper"
            )
    if rule not in RULES or not lower < upper or not lower * len(w) <= w.sum() <= upper * len(w):
        raise InputRefused(
            "K330", "Weights cannot be trimmed so", got=f"limits {lower:g} to {upper:g}, rule {rule}",
            expected=f"limits around the mean weight {w.mean():g}; rule {' or '.join(RULES)}",
        )  # fmt: skip
    start = int(((w < lower) | (w > upper)).sum())
    moved, passes = 0.0, 0
    slack = 1e-13 * w.sum() / len(w)
    while passes < MAX_PASSES:
        outside = (w < lower - slack) | (w > upper + slack)
        if not outside.any():
            break
        passes += 1
        cut = np.clip(w, lower, upper)
        excess = float((w - cut).sum())
        moved = excess if passes == 1 else moved
        free = ~outside
        if not free.any():
            raise InputRefused(
                "K330", "Weights cannot be trimmed so", got=f"limits {lower:g} to {upper:g}",
                expected="limits that leave some weights free to take what is cut off",
            )  # fmt: skip
        share = np.full(int(free.sum()), 1 / free.sum()) if rule == "equal" else cut[free] / cut[free].sum()
        cut[free] += excess * share
        w = cut
        if not strict:
            break
    return Trimmed(w, start, moved, passes)


def trim_to(
    frame: pd.DataFrame, *, weight: str, lower: float = 0.0, upper: float = np.inf, rule: str = "equal",
    strict: bool = True, by: str = "", recalibrate: Callable[[pd.DataFrame, str], Weighted] | None = None,
    max_rounds: int = 50, tol: float = 1e-6, into: str = "trimmed",
) -> Weighted:  # fmt: skip
    """Weights cut to limits, what was cut given to the others, and calibrated again on request.

    Parameters
    ----------
    frame, weight, into
        As for `kaohe.design.rake_to`.
    lower, upper : float
        Limits of the weight itself; records of weight 0 stay out of it.
    rule, strict
        See `trim`.
    by : str
        Column within whose levels the sum is kept.
    recalibrate : callable, optional
        Frame and weight column → Weighted, such as ``lambda f, w: rake_to(f, totals, weight=w)``.
        Trimming and calibration alternate until the calibrated weights are within the limits, by
        `tol` of them; the totals are then met exactly.
    max_rounds : int
        Number of rounds of trimming and calibration.
    tol : float
        How far beyond a limit a calibrated weight may end, relative to it.

    Returns
    -------
    Weighted
        Report: (by,) n, trimmed, sum_before, sum_after, w_max. Facts: trimmed, moved, rounds. With
        `recalibrate`, its calibration record, from the weight before trimming.

    Raises
    ------
    InputRefused
        K330 for limits that cannot be, K319 where trimming and calibration do not come together.

    Notes
    -----
    As R survey's trimWeights.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [1.0, 2.0, 3.0, 10.0]})
    >>> trim_to(f, weight="w", upper=7.0).frame["w_trimmed"].tolist()
    [2.0, 3.0, 4.0, 7.0]
    """
    columns.records(frame, "trimming")
    faults.need(frame, [weight, *([by] if by else [])], "trimming")
    faults.full(frame, [by] if by else [], "trimming")
    before = columns.weights(frame, weight, "trimming")
    w, facts = before.copy(), {"trimmed": 0.0, "moved": 0.0, "rounds": 0.0}
    groups = {"": np.arange(len(frame))} if not by else frame.groupby(by, sort=True).indices
    last: Weighted | None = None
    while True:
        facts["rounds"] += 1
        for rows in groups.values():
            used = rows[w[rows] > 0]
            made = trim(w[used], lower=lower, upper=upper, rule=rule, strict=strict)
            w[used] = made.weights
            if facts["rounds"] == 1:
                facts["trimmed"] += made.trimmed
                facts["moved"] += made.moved
        if recalibrate is None:
            break
        if not callable(recalibrate):
            raise InputRefused(
                "K319", "Trimming and calibration do not come together", where="recalibrate", got=type(recalibrate).__name__,
                expected="a function that gives back what rake_to or calibrate_to give",
            )  # fmt: skip
        work = frame.assign(**{"(w)": w})
        last = recalibrate(work, "(w)")
        if not isinstance(last, Weighted):
            raise InputRefused(
                "K319", "Trimming and calibration do not come together", where="recalibrate", got=type(last).__name__,
                expected="a function that gives back what rake_to or calibrate_to give",
            )  # fmt: skip
        w = last.frame[last.weight].to_numpy(float, copy=True)
        inside = (w[w > 0] <= upper * (1 + tol)) & (w[w > 0] >= lower * (1 - tol))
        if inside.all():
            break
        if facts["rounds"] >= max_rounds:
            raise InputRefused(
                "K319", "Trimming and calibration do not come together", got=f"{int((~inside).sum())} weights outside "
                f"{lower:g} to {upper:g} after {max_rounds} rounds", expected="limits within which the totals can be met",
                remedy="widen the limits, or calibrate with bounds on g instead",
            )  # fmt: skip
    factors = np.divide(w, before, out=np.ones_like(w), where=before > 0)
    out, new, factor = added(frame, weight, factors, into)
    rows_ = [
        {**({by: k} if by else {}), "n": len(r), "trimmed": int(((before[r] < lower) | (before[r] > upper))[before[r] > 0].sum()),
         "sum_before": before[r].sum(), "sum_after": w[r].sum(), "w_max": w[r].max()} for k, r in groups.items()
    ]  # fmt: skip
    record = None
    if last is not None and last.calibration is not None:
        c = last.calibration
        record = Calibration(weight, c.margins, c.numeric, c.partition, new, c.cluster)
    return Weighted(out, new, factor, pd.DataFrame(rows_), facts, record)
