"""Degrees of freedom from the data: strata that carry most of a variance count most (Satterthwaite)."""

from __future__ import annotations

import numpy as np

from kaohe.design.structure import Floats, Ints, Structure
from kaohe.estimate.totals import sums
from kaohe.estimate.variance import group_scales


def stratum_variances(structure: Structure, rows: Ints, scores: Floats, *, residuals: bool = False) -> Floats:
    """The variance of sums of scores, first-stage stratum by stratum, all stages together.

    Parameters
    ----------
    rows, scores, residuals
        As in `kaohe.estimate.variance.stage_covariance`; `rows` in any order.

    Returns
    -------
    float array, stratum × estimate
        Columns add up to `kaohe.estimate.variance.covariance`.
    """
    first = structure.stages[0]
    out = np.zeros((first.n_groups, scores.shape[1]))
    stratum: Ints = np.arange(first.n_groups)
    for stage in structure.stages:
        totals = sums(stage.unit[rows], stage.n_units, scores)
        scale, grand = group_scales(stage, structure.lonely)
        centre = sums(stage.group, stage.n_groups, totals) / stage.n[:, None]
        if (grand > 0).any():
            centre[grand > 0] = 0.0 if residuals else totals.sum(axis=0) / max(stage.n.sum(), 1.0)
        found = np.bincount(stage.group, minlength=stage.n_groups)
        absent = np.where(grand > 0, 0.0, stage.n - found)
        spread = sums(stage.group, stage.n_groups, (totals - centre[stage.group]) ** 2) + absent[:, None] * centre**2
        out += sums(stratum, first.n_groups, spread * scale[:, None])
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
