"""Degrees of freedom from the data: strata that carry most of a variance count most (Satterthwaite)."""

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
