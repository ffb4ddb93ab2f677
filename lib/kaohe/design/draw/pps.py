"""Chances in proportion to size: inclusion probabilities, units taken with certainty, systematic selection."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kaohe.base.errors import InputRefused
from kaohe.design.draw import faults

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_EPS = 1e-9


def inclusion_probabilities(sizes: Sequence[float] | Floats, n: int) -> Floats:
    """Chances of inclusion in proportion to size, at most 1.

    Parameters
    ----------
    sizes : array of N numbers above 0
    n : int
        Units to draw, 0 to N.

    Returns
    -------
    float array
        n·x/Σx; a unit for which this is 1 or more is taken with certainty, and the others share
        what is left, again until none exceeds 1. The sum is n.

    Raises
    ------
    InputRefused
        K912 for a size that is not above 0, K913 for n below 0 or above N.

    Notes
    -----
    Särndal, Swensson & Wretman (1992), chapter 3; Tillé (2006), chapter 2.

    Examples
    --------
    >>> inclusion_probabilities([1, 1, 2, 6], 2).tolist()
    [0.25, 0.25, 0.5, 1.0]
    """
    x = np.asarray(sizes, dtype=float)
    if not np.all(np.isfinite(x) & (x > 0)):
        raise InputRefused(
            "K912", "A size is missing, or is no whole number above 0", got=str(x[~(x > 0)][:3].tolist()),
            expected="sizes above 0",
        )  # fmt: skip
    if not 0 <= n <= len(x):
        raise faults.too_many("stratum", n, f"{len(x)} there")
    out = np.zeros(len(x))
    sure = np.zeros(len(x), dtype=bool)
    while True:
        left = n - int(sure.sum())
        out[sure] = 1.0
        if left <= 0 or sure.all():
            out[~sure] = 0.0
            return out
        out[~sure] = left * x[~sure] / x[~sure].sum()
        over = ~sure & (out >= 1 - _EPS)
        if not over.any():
            return out
        sure |= over


def enough(sizes: Sequence[float] | Floats, n: int) -> int:
    """The smallest number from `n` on that leaves no single random place beside units taken with certainty.

    With one place left, no two of the other units could be drawn together and their variance would
    be unknown; then one unit more is drawn.

    Examples
    --------
    >>> enough([1, 1, 6], 2), enough([1, 1, 1], 2), enough([1, 6], 2)
    (3, 2, 2)
    """
    while n < len(sizes) and _places(sizes, n) == 1:
        n += 1
    return n


def _places(sizes: Sequence[float] | Floats, n: int) -> int:
    return n - int((inclusion_probabilities(sizes, n) >= 1).sum())


def systematic(p: Floats, order: npt.NDArray[np.int64], start: float | Floats) -> Bools:
    """Systematic selection with unequal chances along an order.

    Parameters
    ----------
    p : float array of N
        Chances of inclusion, with a whole sum.
    order : int array, N or B × N
        The order in which the units are laid out; B orders draw B samples at once.
    start : float or float array of B
        Uniform from 0 to 1.

    Returns
    -------
    bool array, N or B × N
        Unit k is drawn where one of start, start + 1, … falls into [C − p, C), C being the chances
        cumulated along the order.

    Notes
    -----
    Madow (1949). In a fixed order most pairs can never be drawn together; in a random order
    (Hartley & Rao 1962; Goodman & Kish 1950) nearly all can: `never_together` names the others.

    Examples
    --------
    >>> systematic(np.array([0.25, 0.75, 0.5, 0.5]), np.array([0, 1, 2, 3]), 0.3).tolist()
    [False, True, True, False]
    """
    laid = np.asarray(p, dtype=float)[order]
    total = np.round(laid.sum(axis=-1, keepdims=True))
    ends = np.minimum(np.cumsum(laid, axis=-1), total)
    ends[..., -1:] = total
    ends = np.round(ends, 12)
    begins = np.concatenate([np.zeros_like(ends[..., :1]), ends[..., :-1]], axis=-1)
    u = np.asarray(start, dtype=float)[..., None]
    hit = np.ceil(ends - u) > np.ceil(begins - u)
    out = np.zeros_like(hit)
    np.put_along_axis(out, np.asarray(order), hit, axis=-1)
    return np.asarray(out, dtype=np.bool_)


def never_together(sizes: Sequence[int], n: int) -> list[tuple[int, int]]:
    """Pairs that random-order systematic selection can never draw together.

    Parameters
    ----------
    sizes : sequence of N whole numbers above 0
    n : int
        Units to draw.

    Returns
    -------
    list of pairs of positions

    Notes
    -----
    With a uniform start, units i and j are drawn together in some order just when a set of other
    units between them has a sum S with m − p_i − p_j < S < m for a whole m. Sizes are whole
    numbers, so the sums of sets are found exactly as the bits of one long integer (subset sums).
    Units taken with certainty are drawn with every other.

    Examples
    --------
    >>> never_together([1, 1, 6, 6, 6], 2)
    [(0, 1)]
    """
    p = inclusion_probabilities([float(x) for x in sizes], n)
    rest = [i for i in range(len(sizes)) if p[i] < 1]
    left, total = n - (len(sizes) - len(rest)), sum(int(sizes[i]) for i in rest)
    out = []
    for a, i in enumerate(rest):
        for j in rest[a + 1 :]:
            sums = 1
            for k in rest:
                if k not in (i, j):
                    sums |= sums << int(sizes[k])
            if not _meets(sums, int(sizes[i]) + int(sizes[j]), left, total):
                out.append((i, j))
    return out


def _meets(sums: int, pair: int, n: int, total: int) -> bool:
    """True when a sum s (a set bit) lies with n·s between m·total − n·pair and m·total for a whole m."""
    for m in range(1, n + 1):
        low = max(0, (m * total - n * pair) // n + 1)  # the smallest s above the lower end
        high = -(-m * total // n) - 1  # the largest s below the upper end
        if high >= low and (sums >> low) & ((1 << (high - low + 1)) - 1):
            return True
    return False
