"""Replicate weights: jackknife, balanced repeated replication, Fay, Rao–Wu bootstrap; and estimates with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats, Ints, Structure

Estimator = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Replicates:
    """Weights of each replicate and the constants of the variance.

    Attributes
    ----------
    weights : float array, record × replicate
        Final weights, not factors.
    scale : float
        Factor of the sum of squares.
    rscales : float array, one a replicate
        Factor of each square.
    kind : str
    """

    weights: Floats
    scale: float
    rscales: Floats
    kind: str


def _first_stage(structure: Structure) -> tuple[Ints, Ints, Floats]:
    """Unit of each row, stratum of each unit, units of each stratum."""
    stage = structure.stages[0]
    return stage.unit, stage.group, np.bincount(stage.group, minlength=stage.n_groups).astype(float)


def jackknife(structure: Structure, w: Floats, *, stratified: bool = True) -> Replicates:
    """Delete-one-unit jackknife: JKn within strata, or JK1 over all units.

    Raises
    ------
    InputRefused
        K420 for a stratum with one unit.

    Notes
    -----
    Wolter (2007), chapter 4. Without finite population correction.
    """
    unit, group, counts = _first_stage(structure)
    if not stratified:
        group, counts = np.zeros_like(group), np.array([float(len(group))])
    if (counts < 2).any():
        raise _refused("a stratum with one unit", "at least two units in each stratum")
    units = len(group)
    factors = np.ones((units, units))
    same = group[:, None] == group[None, :]
    spread = (counts / (counts - 1))[group]
    factors = np.where(same, spread[None, :], factors)
    np.fill_diagonal(factors, 0.0)
    kept = (counts - 1) / counts
    rscales = kept[group] if stratified else np.ones(units)
    return Replicates(
        w[:, None] * factors[unit], 1.0 if stratified else float(kept[0]), rscales, "JKn" if stratified else "JK1"
    )


def hadamard(size: int) -> npt.NDArray[np.int64]:
    """A Hadamard matrix of the least order of at least `size` among powers of 2 and Paley's p + 1 times them."""
    order = size
    while True:
        found = _hadamard(order)
        if found is not None:
            return found
        order += 1


def _hadamard(order: int) -> npt.NDArray[np.int64] | None:
    if order == 1:
        return np.ones((1, 1), dtype=np.int64)
    if order % 2 == 0:
        half = _hadamard(order // 2) if order == 2 or order % 4 == 0 else None
        if half is not None:
            return np.block([[half, half], [half, -half]])
    p = order - 1
    if p % 4 == 3 and all(p % d for d in range(2, int(p**0.5) + 1)):
        squares = {(i * i) % p for i in range(1, p)}
        chi = np.array([0] + [1 if i in squares else -1 for i in range(1, p)])
        jacobsthal = chi[(np.arange(p)[:, None] - np.arange(p)[None, :]) % p]
        out = np.ones((order, order), dtype=np.int64)
        out[1:, 1:] = jacobsthal + np.eye(p, dtype=np.int64)
        out[1:, 0] = -1
        return out
    return None


def balanced(structure: Structure, w: Floats, *, rho: float = 0.0) -> Replicates:
    """Balanced repeated replication for two units a stratum; Fay's method with rho above 0.

    Raises
    ------
    InputRefused
        K420 for a stratum without exactly two units, or rho outside 0 to 1.

    Notes
    -----
    McCarthy (1969); Judkins (1990) for Fay's factors 2 − rho and rho with scale 1/(R(1 − rho)²).
    """
    unit, group, counts = _first_stage(structure)
    if (counts != 2).any():
        raise _refused(f"{int((counts != 2).sum())} strata without exactly two units", "two units in each stratum")
    if not 0 <= rho < 1:
        raise _refused(f"rho = {rho}", "0 <= rho < 1")
    matrix = hadamard(len(counts) + 1)
    signs = matrix[:, 1 : len(counts) + 1]
    first = np.zeros(len(group), dtype=bool)
    first[np.unique(group, return_index=True)[1]] = True
    chosen = np.where(first[:, None], signs.T[group], -signs.T[group]) > 0
    factors = np.where(chosen, 2 - rho, rho)
    size = matrix.shape[0]
    return Replicates(w[:, None] * factors[unit], 1 / (size * (1 - rho) ** 2), np.ones(size), "Fay" if rho else "BRR")


def bootstrap(structure: Structure, w: Floats, *, replicates: int, rng: np.random.Generator) -> Replicates:
    """Rao–Wu–Yue bootstrap: n − 1 of the n units of each stratum drawn with replacement, weights rescaled by n/(n − 1).

    Raises
    ------
    InputRefused
        K420 for a stratum with one unit, or fewer than two replicates.

    Notes
    -----
    Rao, Wu & Yue (1992); scale 1/(R − 1).
    """
    unit, group, counts = _first_stage(structure)
    if (counts < 2).any() or replicates < 2:
        raise _refused("a stratum with one unit, or fewer than two replicates", "two units a stratum, two replicates")
    factors = np.zeros((len(group), replicates))
    for h, n in enumerate(counts.astype(int)):
        mine = np.flatnonzero(group == h)
        factors[mine] = rng.multinomial(n - 1, np.full(n, 1 / n), size=replicates).T * (n / (n - 1))
    return Replicates(w[:, None] * factors[unit], 1 / (replicates - 1), np.ones(replicates), "bootstrap")


def replicate_covariance(
    made: Replicates, w: Floats, estimator: Estimator, *, centre: str = "estimate"
) -> tuple[Floats, Floats]:
    """An estimate and its covariance from replicate weights.

    Parameters
    ----------
    estimator : callable
        Weights → array of estimates.
    centre : {"estimate", "mean"}
        Squares about the estimate, or about the mean of the replicates (as R with mse = FALSE).

    Returns
    -------
    estimate, covariance : arrays
    """
    if centre not in {"estimate", "mean"}:
        raise _refused(f"centre {centre}", "estimate or mean")
    value = np.atleast_1d(estimator(w))
    each = np.stack([np.atleast_1d(estimator(made.weights[:, r])) for r in range(made.weights.shape[1])])
    middle = value if centre == "estimate" else each[made.rscales > 0].mean(axis=0)
    off = each - middle
    return value, np.asarray(made.scale * (off * made.rscales[:, None]).T @ off)


def _refused(got: str, expected: str) -> InputRefused:
    return InputRefused("K420", "Replicate weights cannot be made", got=got, expected=expected)
