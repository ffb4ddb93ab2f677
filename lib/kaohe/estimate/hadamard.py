"""Hadamard matrices: the balanced signs of repeated replication."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Signs = npt.NDArray[np.int64]


def hadamard(size: int) -> Signs:
    """A Hadamard matrix of the least order of at least `size` that the constructions below reach.

    Returns
    -------
    int array, order × order
        Entries −1 and 1, first column all 1, H H' = order · I.

    Notes
    -----
    Sylvester's doubling, and Paley's constructions of 1933 over the fields of p and p³ elements
    (type 1: order q + 1 for q = 3 mod 4; type 2: order 2(q + 1) for q = 1 mod 4): every multiple of
    4 up to 88.

    Examples
    --------
    >>> hadamard(2).tolist()
    [[1, 1], [1, -1]]
    >>> [len(hadamard(n)) for n in (3, 5, 9, 25, 28, 36)]
    [4, 8, 12, 28, 28, 36]
    """
    order = max(size, 1)
    while True:
        found = _of_order(order)
        if found is not None:
            return np.asarray(found * found[:, :1], dtype=np.int64)
        order += 1


def _of_order(order: int) -> Signs | None:
    if order in {1, 2}:
        return np.array([[1]] if order == 1 else [[1, 1], [1, -1]], dtype=np.int64)
    if order % 4:
        return None
    half = _of_order(order // 2) if order // 2 in {1, 2} or (order // 2) % 4 == 0 else None
    if half is not None:
        return np.block([[half, half], [half, -half]])
    first = _characters(order - 1) if (order - 1) % 4 == 3 else None
    if first is not None:
        out = np.ones((order, order), dtype=np.int64)
        out[1:, 1:] = first + np.eye(order - 1, dtype=np.int64)
        out[1:, 0] = -1
        return out
    q = order // 2 - 1
    second = _characters(q) if q % 4 == 1 else None
    if second is None:
        return None
    conference = np.ones((q + 1, q + 1), dtype=np.int64)
    conference[0, 0] = 0
    conference[1:, 1:] = second
    plus, diagonal = np.array([[1, 1], [1, -1]]), np.array([[1, -1], [-1, -1]])
    return np.asarray(np.kron(conference, plus) + np.kron(np.eye(q + 1, dtype=np.int64), diagonal), dtype=np.int64)


def _characters(q: int) -> Signs | None:
    """χ(a − b) over the field of q elements: 1 for squares, −1 for others, 0 for equal; None without such a field."""
    for power in (1, 2, 3):
        p = round(q ** (1 / power))
        if p > 2 and p**power == q and all(p % d for d in range(2, int(p**0.5) + 1)):
            return _field_characters(p, power)
    return None


def _field_characters(p: int, power: int) -> Signs:
    elements = [tuple((n // p**k) % p for k in range(power)) for n in range(p**power)]
    index = {e: i for i, e in enumerate(elements)}
    modulus = _irreducible(p, power)
    squares = {_times(e, e, modulus, p) for e in elements if any(e)}
    chi = np.array([0 if not any(e) else (1 if e in squares else -1) for e in elements], dtype=np.int64)
    minus = [[index[tuple((x - y) % p for x, y in zip(a, b, strict=True))] for b in elements] for a in elements]
    return np.asarray(chi[np.array(minus)], dtype=np.int64)


def _irreducible(p: int, power: int) -> tuple[int, ...]:
    """Low coefficients c of x^power = Σ c_k x^k for a polynomial without a root, power at most 3."""
    if power == 1:
        return (0,)
    for n in range(p**power):
        c = tuple((n // p**k) % p for k in range(power))
        if all((pow(x, power, p) - sum(c[k] * pow(x, k, p) for k in range(power))) % p for x in range(p)):
            return c
    raise AssertionError("a field of every prime power exists")


def _times(a: tuple[int, ...], b: tuple[int, ...], modulus: tuple[int, ...], p: int) -> tuple[int, ...]:
    """Product of two elements as polynomials."""
    power = len(a)
    full = [0] * (2 * power - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            full[i + j] += x * y
    for k in range(2 * power - 2, power - 1, -1):
        for m in range(power):
            full[k - power + m] += full[k] * modulus[m]
    return tuple(v % p for v in full[:power])
