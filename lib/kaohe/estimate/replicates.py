"""Replicate weights: jackknife, balanced repeated replication, Fay, Rao–Wu bootstrap; and estimates with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats, Ints, Structure
from kaohe.estimate.hadamard import hadamard

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


def jackknife(structure: Structure, w: Floats, *, stratified: bool = True, fpc: bool = False) -> Replicates:
    """Delete-one-unit jackknife: JKn within strata, or JK1 over all units.

    Parameters
    ----------
    stratified : bool
        JKn, or JK1 for a design without strata.
    fpc : bool
        Multiply by the first stage's 1 − n/N, as R survey does.

    Raises
    ------
    InputRefused
        K420 for a stratum with one unit unless the design says ``adjust``, ``average`` or
        ``certainty`` for it, or for JK1 with sizes that differ between strata.

    Notes
    -----
    Wolter (2007), chapter 4. Single units as in R survey's jknweights: adjust drops the stratum and
    weighs the others by H/(H − 1), certainty leaves it out, average scales up for it.
    """
    unit, group, counts = _first_stage(structure)
    stage = structure.stages[0]
    left = 1 - stage.n / stage.population if fpc else np.ones(len(counts))
    if not stratified:
        if fpc and not np.allclose(left, left[0]):
            raise refused("population sizes that differ between strata", "JKn for a design with strata")
        group, counts, left = np.zeros_like(group), np.array([float(len(group))]), left[:1]
    single = (counts < 2) & (left > 1e-12)
    lonely = structure.lonely if stratified else "fail"
    if single.any() and lonely not in {"adjust", "average", "certainty"}:
        raise refused("a stratum with one unit", "at least two units in each stratum")
    units, strata = len(group), len(counts)
    same = group[:, None] == group[None, :]
    spread = (counts / np.maximum(counts - 1, 1))[group]
    factors = np.where(same, spread[None, :], 1.0)
    np.fill_diagonal(factors, 0.0)
    kept = (counts - 1) / counts * left
    rscales, scale = kept[group], 1.0
    lone = single[group]
    if lone.any() and lonely == "adjust":
        factors[:, lone] = np.where(same[:, lone], 0.0, strata / (strata - 1))
        rscales[lone] = (strata - 1) / strata
    elif lone.any():
        factors, rscales = factors[:, ~lone], rscales[~lone]
        scale = units / len(rscales) if lonely == "average" else 1.0
    if not stratified:
        return Replicates(w[:, None] * factors[unit], float(kept[0]), np.ones(units), "JK1")
    return Replicates(w[:, None] * factors[unit], scale, rscales, "JKn")


def balanced(
    structure: Structure, w: Floats, *, rho: float = 0.0, matrix: npt.NDArray[np.int64] | None = None
) -> Replicates:
    """Balanced repeated replication for two units a stratum; Fay's method with rho above 0.

    Parameters
    ----------
    rho : float
        Fay's factor.
    matrix : int array, optional
        A Hadamard matrix of −1 and 1, replicate × column, with at least one column a stratum
        (taken from the first); by default `hadamard` of one more than the strata, without its
        first column.

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
        raise refused(f"{int((counts != 2).sum())} strata without exactly two units", "two units in each stratum")
    _check_rho(rho)
    matrix = hadamard(len(counts) + 1)[:, 1:] if matrix is None else np.atleast_2d(matrix)
    signs = matrix[:, : len(counts)]
    if signs.shape[1] < len(counts) or np.any(signs.T @ signs != len(signs) * np.eye(len(counts))):
        raise refused("a matrix that is not balanced over the strata", "orthogonal columns of -1 and 1")
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
    if not isinstance(replicates, int | np.integer) or (counts < 2).any() or replicates < 2:
        raise refused("a stratum with one unit, or fewer than two replicates", "two units a stratum, two replicates")
    factors = np.zeros((len(group), replicates))
    for h, n in enumerate(counts.astype(int)):
        mine = np.flatnonzero(group == h)
        factors[mine] = rng.multinomial(n - 1, np.full(n, 1 / n), size=replicates).T * (n / (n - 1))
    return Replicates(w[:, None] * factors[unit], 1 / (replicates - 1), np.ones(replicates), "bootstrap")


def _check_rho(rho: object) -> None:
    if not isinstance(rho, int | float | np.number) or not 0 <= rho < 1:
        raise refused(f"rho = {rho}", "0 <= rho < 1")


def constants(table: Floats, kind: str, scale: float | None, rscales: Sequence[float] | None, rho: float) -> Replicates:
    """Replicate weights that came with the data, with the constants of their kind where none are given."""
    size = table.shape[1]
    _check_rho(rho)
    given = [
        scale if scale is not None else 1.0,
        *([] if rscales is None else np.atleast_1d(np.asarray(rscales, dtype=object))),
    ]
    if not all(isinstance(c, int | float | np.number) and np.isfinite(c) and c >= 0 for c in given):
        raise refused(f"scale {scale}, rscales {rscales}", "finite numbers of 0 or more")
    default = {"JK1": (size - 1) / size, "BRR": 1 / size, "Fay": 1 / (size * (1 - rho) ** 2)}
    default["bootstrap"] = 1 / max(size - 1, 1)
    if rscales is not None and np.ndim(rscales) != 1:
        raise refused(f"rscales {rscales}", "one number for each replicate")
    if (scale is None and kind not in default and rscales is None) or (kind == "JKn" and rscales is None):
        raise refused(f"kind {kind} without scale and rscales", f"scale and rscales, or one of {', '.join(default)}")
    each = np.ones(size) if rscales is None else np.asarray(rscales, dtype=float)
    if len(each) != size:
        raise refused(f"{len(each)} rscales", f"{size}, one a replicate")
    return Replicates(table, default.get(kind, 1.0) if scale is None else float(scale), each, kind)


def covariance_of_replicates(made: Replicates, value: Floats, each: Floats, *, centre: str = "estimate") -> Floats:
    """Covariance of estimates from their replicates.

    Parameters
    ----------
    value : float array
        The estimates.
    each : float array, replicate × estimate
        The same from each replicate's weights; a replicate in which any is missing is left out.
    centre : {"estimate", "mean"}
        Squares about the estimate, or about the mean of the replicates (as R with mse = FALSE).

    Raises
    ------
    InputRefused
        K420 for another centre.
    """
    if centre not in {"estimate", "mean"}:
        raise refused(f"centre {centre}", "estimate or mean")
    known = ~np.isnan(each).any(axis=1)
    each, rscales = each[known], made.rscales[known]
    if not len(each):
        return np.full((len(value), len(value)), np.nan)
    middle = value if centre == "estimate" else each[rscales > 0].mean(axis=0)
    off = each - middle
    return np.asarray(made.scale * (off * rscales[:, None]).T @ off)


def replicate_covariance(
    made: Replicates, w: Floats, estimator: Estimator, *, centre: str = "estimate"
) -> tuple[Floats, Floats]:
    """Any estimate and its covariance from replicate weights.

    Parameters
    ----------
    estimator : callable
        Weights → array of estimates.
    centre : {"estimate", "mean"}
        As in `covariance_of_replicates`.

    Returns
    -------
    estimate, covariance : arrays
    """
    value = np.atleast_1d(np.asarray(estimator(w), dtype=float))
    each = np.stack([np.atleast_1d(np.asarray(estimator(v), dtype=float)) for v in made.weights.T])
    return value, covariance_of_replicates(made, value, each, centre=centre)


def refused(got: str, expected: str) -> InputRefused:
    """Replicate weights that cannot be."""
    return InputRefused("K420", "Replicate weights cannot be made", got=got, expected=expected)
