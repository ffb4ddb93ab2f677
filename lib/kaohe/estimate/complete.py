"""The fast lane: means and totals of variables without missing answers, in one pass over the records.

Sums of w and w·y by domain and unit fill a whole domain × unit table; everything else works on
that table. `kaohe.estimate.linear` takes this lane where it applies and gives the same numbers
without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kaohe.design.structure import Floats, Ints, Stage, Structure
from kaohe.estimate.variance import group_scales

ROOM = 4  # the table may be this many times as long as the records


@dataclass(frozen=True)
class Complete:
    """Arrays domain × variable; counts domain × 1."""

    top: Floats
    size: Floats
    n: Floats
    n_psu: Floats
    df: Floats
    variance: Floats
    squares: Floats


def applies(structure: Structure, w: Floats, num: Floats, n_domains: int) -> bool:
    """No missing answer, no single unit to centre at a grand mean, and tables that fit."""
    if any(group_scales(s, structure.lonely)[1].any() for s in structure.stages):
        return False
    if any(n_domains * s.n_units > ROOM * len(w) for s in structure.stages):
        return False
    return bool((w > 0).all()) and not bool(np.isnan(num).any())


def complete_sums(
    structure: Structure, w: Floats, num: Floats, domain: Ints, n_domains: int, *, total: bool
) -> Complete:
    """Sums, degrees of freedom and variances of means (or totals) by domain.

    Parameters
    ----------
    num : float array, record × variable
        Without missing values.
    domain : int array
        Negative for records outside every domain.

    Returns
    -------
    Complete
        ``squares`` is Σ w (y − ȳ_d)² by domain.
    """
    inside = domain >= 0
    rows = slice(None) if inside.all() else np.flatnonzero(inside)
    d, w = domain[rows], w[rows]
    first = structure.stages[0]
    keys = [d * s.n_units + s.unit[rows] for s in structure.stages]
    counts = np.bincount(keys[0], minlength=n_domains * first.n_units).reshape(n_domains, first.n_units)
    weights = [_table(k, w, n_domains, s.n_units) for k, s in zip(keys, structure.stages, strict=True)]
    size = weights[0].sum(axis=1)
    held = counts > 0
    in_group = np.add.reduceat(held, _starts(first), axis=1) > 0
    n_psu, groups = held.sum(axis=1), in_group.sum(axis=1)
    shape = (n_domains, num.shape[1])
    top, variance, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    off, weighed = np.empty(len(w)), np.empty(len(w))
    for k in range(num.shape[1]):
        shift = float(num[:, k].mean()) if len(w) else 0.0
        np.subtract(num[rows, k], shift, out=off)
        np.multiply(off, w, out=weighed)
        tables = [_table(key, weighed, n_domains, s.n_units) for key, s in zip(keys, structure.stages, strict=True)]
        moved = tables[0].sum(axis=1)
        np.multiply(off, weighed, out=weighed)
        about = _table(d, weighed, n_domains, 1)[:, 0]
        top[:, k] = moved + shift * size
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = moved / size
            squares[:, k] = np.maximum(about - mean * moved, 0.0)
            for stage, table, weight in zip(structure.stages, tables, weights, strict=True):
                if total:
                    table += shift * weight
                else:
                    table -= mean[:, None] * weight
                    table /= size[:, None]
                variance[:, k] += _stage_variance(stage, structure.lonely, table)
    return Complete(
        top, size[:, None], counts.sum(axis=1).astype(float)[:, None], n_psu.astype(float)[:, None],
        (n_psu - groups).astype(float)[:, None], variance, squares,
    )  # fmt: skip


def _table(key: Ints, values: Floats, n_domains: int, n_units: int) -> Floats:
    """Sums by domain and unit."""
    sums = np.bincount(key, weights=values, minlength=n_domains * n_units)
    return np.asarray(sums.reshape(n_domains, n_units), dtype=float)


def _starts(stage: Stage) -> Ints:
    """First unit of each group; units stand in the order of their groups."""
    return np.asarray(np.searchsorted(stage.group, np.arange(stage.n_groups)), dtype=np.int64)


def _stage_variance(stage: Stage, lonely: str, table: Floats) -> Floats:
    """One stage's part of the variance from unit totals, domain × unit (overwritten)."""
    scale, _ = group_scales(stage, lonely)
    starts = _starts(stage)
    found = np.diff(np.append(starts, stage.n_units))
    centre = np.add.reduceat(table, starts, axis=1) / stage.n
    table -= np.repeat(centre, found, axis=1)
    spread = np.add.reduceat(np.square(table, out=table), starts, axis=1)
    return np.asarray((spread + (stage.n - found) * centre**2) @ scale)
