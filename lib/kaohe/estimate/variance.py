"""Variance of linearised scores under a multi-stage design: sums over units, never over records alone.

Method: for a sum of weighted scores z, V = Σ_stages Σ_groups lead · (1 − n/N) · n/(n − 1) ·
Σ_units (z_u − z̄)², where z_u are unit totals, groups are strata at the first stage and units of
the stage above later, and lead is the product of the sampling fractions above (Särndal, Swensson
& Wretman 1992, section 4.3 applied stage by stage; as survey::svyrecvar of Lumley 2010).
Units of the sample without records in the rows count as zero, a single unit that is centred at the grand mean too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kaohe.design.structure import Floats, Ints, Stage, Structure
from kaohe.estimate.totals import pair_totals, sums


def _runs(codes: Ints) -> Ints:
    """Starts of runs of equal codes."""
    if not len(codes):
        return np.zeros(0, dtype=np.int64)
    change = np.empty(len(codes), dtype=bool)
    change[0] = True
    np.not_equal(codes[1:], codes[:-1], out=change[1:])
    return np.flatnonzero(change)


def _unit_sums(codes: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Sums over runs of equal codes: the codes and the sums."""
    starts = _runs(codes)
    if len(starts) == len(codes):
        return codes, values
    return codes[starts], np.add.reduceat(values, starts, axis=0) if len(starts) else values[:0]


def group_scales(stage: Stage, lonely: str) -> tuple[Floats, Floats]:
    """Factor of each group's sum of squares, and 1 where a single unit is centred at the grand mean."""
    scale, single = stage.scale
    if lonely == "adjust" or not single.any():
        return scale, single.astype(float)
    if lonely == "average":
        usable = stage.n_groups - int(single.sum())
        factor = stage.n_groups / usable if usable else np.nan
        return np.where(single, 0.0, scale * factor), np.zeros(stage.n_groups)
    return np.where(single, 0.0, scale), np.zeros(stage.n_groups)


def _with_absent(units: Ints, totals: Floats, wanted: Ints) -> tuple[Ints, Floats]:
    """Units with their totals, and those of `wanted` that are not among them with totals of 0; in order."""
    absent = np.setdiff1d(wanted, units, assume_unique=True)
    if not len(absent):
        return units, totals
    whole = np.concatenate([units, absent])
    order = np.argsort(whole, kind="stable")
    return whole[order], np.concatenate([totals, np.zeros((len(absent), totals.shape[1]))])[order]


@dataclass(frozen=True)
class Spread:
    """Unit totals of scores about the mean of their group, for the groups that hold any.

    Attributes
    ----------
    group, start : int array
        The groups, and the position of the first unit of each.
    deviation : float array, unit × estimate
    centre : float array, group × estimate
    scale, absent : float array, one a group
        Factor of its sum of squares, and of the square of its centre: units without records in the rows are 0.
    """

    group: Ints
    start: Ints
    deviation: Floats
    centre: Floats
    scale: Floats
    absent: Floats


def spread_of(stage: Stage, lonely: str, rows: Ints, scores: Floats, *, residuals: bool = False) -> Spread:
    """How unit totals of one stage spread.

    Parameters
    ----------
    rows : int array
        Rows that have scores, in the order of the structure; all others are zero.
    scores : float array, row × estimate
        Weighted linearised scores.
    residuals : bool
        Scores are calibration residuals, whose mean is 0 by model: a single unit under
        ``adjust`` is then centred at 0 and not at the mean of the unit totals.
    """
    units, totals = _unit_sums(stage.unit[rows], scores)
    scale, grand = group_scales(stage, lonely)
    if not residuals and grand.any():
        units, totals = _with_absent(units, totals, np.flatnonzero(grand[stage.group] > 0))
    group = stage.group[units]
    starts = _runs(group)
    present = group[starts]
    centre = np.add.reduceat(totals, starts, axis=0) / stage.n[present][:, None] if len(starts) else totals[:0]
    counts = np.diff(np.append(starts, len(group)))
    if grand[present].any():
        at = grand[present] > 0
        centre[at] = 0.0 if residuals else totals.sum(axis=0) / max(stage.n.sum(), 1.0)
    deviation = totals - np.repeat(centre, counts, axis=0)
    absent = np.where(grand[present] > 0, 0.0, stage.n[present] - counts) * scale[present]
    return Spread(present, starts, deviation, centre, scale[present], absent)


def stage_covariance(
    stage: Stage, lonely: str, rows: Ints, scores: Floats, *, diagonal: bool, residuals: bool = False
) -> Floats:
    """One stage's part of the covariance (or, `diagonal`, the variances) of sums of scores; see `spread_of`."""
    found = spread_of(stage, lonely, rows, scores, residuals=residuals)
    deviation, centre, absent = found.deviation, found.centre, found.absent
    row_scale = np.repeat(found.scale, np.diff(np.append(found.start, len(deviation))))
    if diagonal:
        return np.asarray(row_scale @ deviation**2 + absent @ centre**2)
    return np.asarray((deviation * row_scale[:, None]).T @ deviation + (centre * absent[:, None]).T @ centre)


def covariance(
    structure: Structure, rows: Ints, scores: Floats, *, diagonal: bool = False, residuals: bool = False
) -> Floats:
    """Covariance matrix of the sums of `scores` (or the variances), over all stages."""
    size = scores.shape[1]
    total = np.zeros(size) if diagonal else np.zeros((size, size))
    for stage in structure.stages:
        total = total + stage_covariance(stage, structure.lonely, rows, scores, diagonal=diagonal, residuals=residuals)
    return total


def domain_variance(
    structure: Structure, domain: Ints, n_domains: int, wy: Floats, wx: Floats, ratio: Floats, size: Floats
) -> Floats:
    """Variances of ratios in many domains at once, from sums by domain and unit.

    Parameters
    ----------
    domain : int array, one a row
        Domain of the row, negative for none. Domains do not overlap.
    wy, wx : float array, row × variable
        Weighted numerator and denominator, zero where there is no answer.
    ratio, size : float array, domain × variable
        Estimate R and denominator X̂; with size 1 and ratio 0 the variance is that of the total of y.

    Returns
    -------
    float array, domain × variable

    Notes
    -----
    The score of a ratio is (y − R·x)/X̂ inside the domain and 0 outside (Woodruff 1971).
    """
    out = np.zeros(ratio.shape)
    nothing = np.zeros((len(wy), 0))
    for stage in structure.stages:
        pairs = pair_totals(domain, stage.unit, stage.n_units, wy, wx, nothing)
        with np.errstate(invalid="ignore", divide="ignore"):
            totals = (pairs.wy - ratio[pairs.domain] * pairs.wx) / size[pairs.domain]
        scale, grand = group_scales(stage, structure.lonely)
        each = pairs.domain * stage.n_units + pairs.unit
        if grand.any():
            single = np.flatnonzero(grand[stage.group] > 0)
            wanted = (np.unique(pairs.domain)[:, None] * stage.n_units + single).ravel()
            each, totals = _with_absent(each, totals, wanted)
        domains, group = each // stage.n_units, stage.group[each % stage.n_units]
        key = domains * stage.n_groups + group
        starts = _runs(key)
        dom, grp = domains[starts], group[starts]
        counts = np.diff(np.append(starts, len(key)))
        centre = np.add.reduceat(totals, starts, axis=0) / stage.n[grp][:, None] if len(starts) else totals[:0]
        if grand[grp].any():
            overall = sums(domains, n_domains, totals) / max(stage.n.sum(), 1.0)
            at = grand[grp] > 0
            centre[at] = overall[dom[at]]
        absent = np.where(grand[grp] > 0, 0.0, stage.n[grp] - counts) * scale[grp]
        deviation = totals - np.repeat(centre, counts, axis=0)
        part = np.add.reduceat(deviation**2, starts, axis=0) if len(starts) else totals[:0]
        part = part * scale[grp][:, None] + absent[:, None] * centre**2
        out += sums(dom, n_domains, part)
    return out
