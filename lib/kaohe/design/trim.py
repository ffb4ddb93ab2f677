"""Trimming of extreme weights with redistribution of what is cut off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kaohe.base.errors import InputRefused
from kaohe.design import faults

Floats = npt.NDArray[np.float64]
RULES = ("equal", "proportional")
MAX_PASSES = 10_000


@dataclass(frozen=True)
class Trimmed:
    """Weights after trimming.

    Attributes
    ----------
    weights : float array
    trimmed : int
        Records whose weight was outside the limits at the start.
    moved : float
        Weight cut off (or, negative, added at the lower limit) in the first pass.
    passes : int
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
