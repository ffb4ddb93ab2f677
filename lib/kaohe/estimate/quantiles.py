"""Weighted quantiles by a named rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats

RULES = ("inverse", "average")
TOLERANCE = 1e-9


def weighted_quantile(values: Floats, weights: Floats, probs: Sequence[float], rule: str = "inverse") -> Floats:
    """Quantiles of a weighted distribution.

    Parameters
    ----------
    values, weights : float array
        Records without a value or weight are left out.
    probs : sequence of float
        Between 0 and 1.
    rule : {"inverse", "average"}
        inverse: the smallest value with cumulated weight of at least p·W (Hyndman & Fan 1996,
        type 1; R survey qrule "math"). average: where the cumulated weight hits p·W exactly, the
        mean of that value and the next (type 2; R laeken weightedQuantile, R survey "school").
        A cumulated weight within 1e-9·W of p·W counts as a hit.

    Returns
    -------
    float array
        NaN without records.

    Raises
    ------
    InputRefused
        K406 for an unknown rule or a probability outside 0 to 1.

    Examples
    --------
    >>> weighted_quantile(np.array([1.0, 2, 3, 4]), np.ones(4), [0.5]).tolist()
    [2.0]
    >>> weighted_quantile(np.array([1.0, 2, 3, 4]), np.ones(4), [0.5], rule="average").tolist()
    [2.5]
    """
    wanted = np.asarray(probs, dtype=float)
    if rule not in RULES or (wanted < 0).any() or (wanted > 1).any():
        raise InputRefused(
            "K406", "Unknown quantile", got=f"rule {rule}, probabilities {list(probs)}",
            expected=f"{' or '.join(RULES)}; probabilities between 0 and 1",
        )  # fmt: skip
    keep = ~np.isnan(values) & (weights > 0)
    if not keep.any():
        return np.full(len(wanted), np.nan)
    x, w = values[keep], weights[keep]
    order = np.argsort(x, kind="stable")
    x, cumulated = x[order], np.cumsum(w[order])
    total = cumulated[-1]
    at = np.searchsorted(cumulated, wanted * total - TOLERANCE * total, side="left")
    at = np.minimum(at, len(x) - 1)
    found = x[at]
    if rule == "average":
        hit = np.abs(cumulated[at] - wanted * total) <= TOLERANCE * total
        found = np.where(hit, (found + x[np.minimum(at + 1, len(x) - 1)]) / 2, found)
    return np.asarray(found)
