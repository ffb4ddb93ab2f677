"""Degrees of freedom from the data: strata that carry most of a variance count most (Satterthwaite, and for several sums at once)."""

from __future__ import annotations

import numpy as np

from kaohe.design.structure import Floats, Ints, Structure
from kaohe.estimate.totals import sums
from kaohe.estimate.variance import spread_of


def stratum_variances(structure: Structure, rows: Ints, scores: Floats, *, residuals: bool = False) -> Floats:
    """The variance of sums of scores, first-stage stratum by stratum, all stages together.

    Parameters
    ----------
    rows, scores, residuals
        As in `kaohe.estimate.variance.spread_of`.

    Returns
    -------
    float array, stratum × estimate
        Columns add up to `kaohe.estimate.variance.covariance`.
    """
    first = structure.stages[0]
    out = np.zeros((first.n_groups, scores.shape[1]))
    stratum: Ints = np.arange(first.n_groups)
    if residuals:  # single units are then centred at 0: rows of 0 add nothing
        touched = scores.any(axis=1)
        rows, scores = rows[touched], scores[touched]
    for stage in structure.stages:
        found = spread_of(stage, structure.lonely, rows, scores, residuals=residuals)
        if len(found.start):
            part = np.add.reduceat(found.deviation**2, found.start, axis=0) * found.scale[:, None]
            out += sums(stratum[found.group], first.n_groups, part + found.absent[:, None] * found.centre**2)
        stratum = stratum[stage.group]
    return out


def satterthwaite(structure: Structure, variances: Floats) -> Floats:
    """Effective degrees of freedom of sums of scores, from their variances by stratum.

    Parameters
    ----------
    variances : float array, stratum × estimate

    Returns
    -------
    float array, one an estimate
        (Σ v_h)² / Σ v_h²/(n_h − 1), n_h the sampled first-stage units of the stratum; a stratum with
        a single unit counts as one of two. NaN where the variance is 0.

    Notes
    -----
    Satterthwaite (1946); for strata of a survey Eltinge & Jang (1996, Survey Methodology 22, eq. 2.2) and
    Valliant & Rust (2010, Journal of Official Statistics 26, sec. 2), who find it low where kurtosis is high.
    """
    free = np.maximum(structure.stages[0].n - 1, 1.0)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(variances.sum(axis=0) ** 2 / (variances**2 / free).sum(axis=0))


def stratum_covariances(structure: Structure, rows: Ints, scores: Floats, *, residuals: bool = False) -> Floats:
    """The covariance matrix of sums of scores, first-stage stratum by stratum, all stages together.

    Parameters
    ----------
    rows, scores, residuals
        As in `stratum_variances`, whose numbers stand on the diagonals.

    Returns
    -------
    float array, stratum × estimate × estimate
    """
    size = scores.shape[1]
    alone = stratum_variances(structure, rows, scores, residuals=residuals)
    out = np.zeros((len(alone), size, size))
    for i in range(size):
        out[:, i, i] = alone[:, i]
        more = scores[:, i + 1 :]
        if more.shape[1]:  # 2 cov(a, b) = var(a + b) − var(a) − var(b)
            both = stratum_variances(structure, rows, scores[:, [i]] + more, residuals=residuals)
            out[:, i, i + 1 :] = out[:, i + 1 :, i] = (both - alone[:, [i]] - alone[:, i + 1 :]) / 2
    return out


def joint_freedom(parts: Floats, free: Floats) -> float:
    """Effective degrees of freedom of the covariance matrix of several sums, from its independent parts.

    Parameters
    ----------
    parts : float array, part × estimate × estimate
        Such as `stratum_covariances`; their sum is the matrix.
    free : float array, one a part
        Degrees of freedom of each.

    Returns
    -------
    float
        (p + p²) / Σ [tr(A_h²) + tr(A_h)²]/free_h with A_h = V_h V⁻¹ and p estimates; NaN where V has no inverse.

    Notes
    -----
    Nel & van der Merwe (1986) as Krishnamoorthy & Yu (2004, Statistics & Probability Letters 66) make it invariant: for the
    statistic T² = d' V⁻¹ d, (ν − p + 1) T²/(ν p) is about F with p and ν − p + 1. For one sum it is Satterthwaite (1946).

    Examples
    --------
    >>> round(joint_freedom(np.array([[[3.0]], [[36.0]]]), np.array([2.0, 1.0])), 6) == round(39**2 / (3**2 / 2 + 36**2), 6)
    True
    """
    size = parts.shape[1]
    try:
        shares = parts @ np.linalg.inv(parts.sum(axis=0))
    except np.linalg.LinAlgError:
        return np.nan
    traces = np.trace(shares, axis1=1, axis2=2) ** 2 + np.trace(shares @ shares, axis1=1, axis2=2)
    return float((size + size**2) / (traces / free).sum())
