"""How many units from each stratum: proportional, Neyman, or the fewest that reach a wanted precision."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kaohe.design.draw import faults

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def allocate(
    size: Sequence[float] | Floats, total: int, *, sd: Sequence[float] | Floats | float = 1.0,
    least: Sequence[int] | Ints | int = 1, most: Sequence[int] | Ints | None = None,
) -> Ints:  # fmt: skip
    """Share `total` units out so that Σ size² sd² / n is as small as whole numbers allow.

    Parameters
    ----------
    size : array of H
        Households of each stratum.
    total : int
        Units to share out.
    sd : array of H, or one number
        Standard deviations: Neyman's allocation, n ∝ size · sd. All the same: proportional, n ∝ size.
    least, most : array of H, or one number
        Bounds of each stratum.

    Returns
    -------
    int array of H, with the sum `total`

    Raises
    ------
    InputRefused
        K913 when the bounds do not admit `total`; K922 for sizes or deviations that are negative.

    Notes
    -----
    Neyman (1934); Cochran (1977), chapter 5. Whole numbers exactly: each further unit goes to the
    stratum whose size² sd² / (n (n + 1)) is the largest, the first of equals (Wright 2012,
    algorithm III; with equal sd the method of equal proportions).

    Examples
    --------
    >>> allocate([16, 48], 24, sd=[232.04, 74.71]).tolist(), allocate([16, 48], 24).tolist()
    ([12, 12], [6, 18])
    """
    x = np.asarray(size, dtype=float)
    weight = x * np.broadcast_to(np.asarray(sd, dtype=float), x.shape)
    if not np.all(np.isfinite(weight) & (weight >= 0)):
        raise faults.bad_choice("allocation", weight[:5].tolist(), "sizes and standard deviations of 0 or more")
    low = np.array(np.broadcast_to(np.asarray(least, dtype=np.int64), x.shape))
    high = np.full(len(x), total, dtype=np.int64) if most is None else np.array(np.broadcast_to(most, x.shape))
    low = np.minimum(low, high)
    if not int(low.sum()) <= total <= int(high.sum()):
        raise faults.too_many("allocation", total, f"{low.sum()} to {high.sum()} possible within the bounds")
    n = low.copy()
    heap = [(_priority(weight[h], int(n[h])), h) for h in range(len(x)) if n[h] < high[h]]
    heapq.heapify(heap)
    for _ in range(total - int(low.sum())):
        _, h = heapq.heappop(heap)
        n[h] += 1
        if n[h] < high[h]:
            heapq.heappush(heap, (_priority(weight[h], int(n[h])), h))
    return n


def _priority(weight: float, n: int) -> tuple[bool, float]:
    """Smallest first: a stratum without a unit before all others, then by the fall of weight²/n by one unit more."""
    return n > 0, -(weight**2) / (n * (n + 1) if n else 1)


def allocate_precision(
    share: Sequence[float] | Floats, unit_variance: Sequence[float] | Floats, wanted_se: float, *,
    least: Sequence[int] | Ints | int = 2, most: Sequence[int] | Ints | None = None, where: str = "",
) -> Ints:  # fmt: skip
    """The fewest units with which the standard error of one mean is at most `wanted_se`.

    Parameters
    ----------
    share : array of H
        Shares W of the strata in the mean's population, adding to 1.
    unit_variance : array of H
        Variance V of the stratum's mean from a single unit: Var = Σ W² V / n.
    wanted_se : float
        Above 0, in the unit of the mean.
    least, most : as in `allocate`
    where : str
        What is allocated, in messages.

    Returns
    -------
    int array of H

    Raises
    ------
    InputRefused
        K914 when not even `most` units reach it, with the standard error they give.

    Notes
    -----
    Cochran (1977), chapter 5 (n for a given variance); each further unit goes where it lowers the
    variance most, so that no smaller number of units reaches it (Wright 2012).
    """
    w = np.asarray(share, dtype=float)
    part = w**2 * np.asarray(unit_variance, dtype=float)
    high = np.full(len(w), 1_000_000, dtype=np.int64) if most is None else np.array(np.broadcast_to(most, w.shape))
    n = np.minimum(np.array(np.broadcast_to(np.asarray(least, dtype=np.int64), w.shape)), high)
    best = float(np.sqrt(np.sum(part / high)))
    if not wanted_se > 0 or best > wanted_se * (1 + 1e-12):
        raise faults.infeasible(
            where, f"a standard error of {wanted_se:g} wanted; {best:.4g} with every unit there is",
            "a standard error that the units of the frame can give", "more households in each village, or a wider error",
        )  # fmt: skip
    heap = [(_priority(float(np.sqrt(part[h])), int(n[h])), h) for h in range(len(w)) if n[h] < high[h]]
    heapq.heapify(heap)
    while float(np.sum(part / n)) > wanted_se**2 * (1 + 1e-12):
        _, h = heapq.heappop(heap)
        n[h] += 1
        if n[h] < high[h]:
            heapq.heappush(heap, (_priority(float(np.sqrt(part[h])), int(n[h])), h))
    return n
