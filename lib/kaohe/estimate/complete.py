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


def applies(structure: Structure, w: Floats, n_domains: int) -> bool:
    """No weight of 0, no single unit to centre at a grand mean, and tables that fit."""
    if any(group_scales(s, structure.lonely)[1].any() for s in structure.stages):
        return False
    if any(n_domains * s.n_units > ROOM * len(w) for s in structure.stages):
        return False
    return bool((w > 0).all())


def complete_sums(
    structure: Structure, w: Floats, num: Floats, domain: Ints, n_domains: int, *, total: bool, wanted: bool
) -> Complete | None:
    """Sums, degrees of freedom and variances of means (or totals) by domain.

    Parameters
    ----------
    num : float array, record × variable
    domain : int array
        Negative for records outside every domain.

    Returns
    -------
    Complete
        ``squares`` is Σ w (y − ȳ_d)² by domain, missing where not `wanted`. None where an answer is missing.
    """
    inside = domain >= 0
    rows = slice(None) if inside.all() else np.flatnonzero(inside)
    d, w = domain[rows], w[rows]
    first = structure.stages[0]
    keys = [d * s.n_units + s.unit[rows] for s in structure.stages]
    counts = np.bincount(d, minlength=n_domains)
    weights = [_table(k, w, n_domains, s.n_units) for k, s in zip(keys, structure.stages, strict=True)]
    grouped = [_by_group(s, t) for s, t in zip(structure.stages, weights, strict=True)]
    size = grouped[0].sum(axis=1)
    held = weights[0] > 0
    in_group = np.add.reduceat(held, _starts(first), axis=1) > 0
    n_psu, groups = held.sum(axis=1), in_group.sum(axis=1)
    shape = (n_domains, num.shape[1])
    top, variance, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    room = [np.empty((n_domains, s.n_units)) for s in structure.stages]
    weighed, moved_by = np.empty(len(w)), np.empty(len(w))
    for k in range(num.shape[1]):
        off = num[rows, k]
        shift = _shift(off)
        if shift:
            off = np.subtract(off, shift, out=moved_by)
        np.multiply(off, w, out=weighed)
        tables = [_table(key, weighed, n_domains, s.n_units) for key, s in zip(keys, structure.stages, strict=True)]
        inner = [_by_group(s, t) for s, t in zip(structure.stages, tables, strict=True)]
        moved = inner[0].sum(axis=1)
        if np.isnan(moved).any():
            return None
        about: Floats = np.full(n_domains, np.nan)
        if wanted:
            np.multiply(off, weighed, out=weighed)
            about = _table(d, weighed, n_domains, 1)[:, 0]
        top[:, k] = moved + shift * size
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = moved / size
            squares[:, k] = np.maximum(about - mean * moved, 0.0)
            ratio = np.full(n_domains, -shift) if total else mean
            for i, stage in enumerate(structure.stages):
                tables[i] -= np.multiply(weights[i], ratio[:, None], out=room[i])
                centre = (inner[i] - ratio[:, None] * grouped[i]) / stage.n
                found = _stage_variance(stage, structure.lonely, tables[i], centre)
                variance[:, k] += found if total else found / size**2
    return Complete(
        top, size[:, None], counts.astype(float)[:, None], n_psu.astype(float)[:, None],
        (n_psu - groups).astype(float)[:, None], variance, squares,
    )  # fmt: skip


def _table(key: Ints, values: Floats, n_domains: int, n_units: int) -> Floats:
    """Sums by domain and unit."""
    sums = np.bincount(key, weights=values, minlength=n_domains * n_units)
    return np.asarray(sums.reshape(n_domains, n_units), dtype=float)


def _starts(stage: Stage) -> Ints:
    """First unit of each group; units stand in the order of their groups."""
    return np.asarray(np.searchsorted(stage.group, np.arange(stage.n_groups)), dtype=np.int64)


def _shift(values: Floats) -> float:
    """A number near values that lie far from 0 for their spread, which squares would lose; else 0."""
    few = values[:: max(len(values) // 1000, 1)]
    if not len(few):
        return 0.0
    centre = float(few.mean())
    return centre if abs(centre) > 4 * float(few.std()) and np.isfinite(centre) else 0.0


def _by_group(stage: Stage, table: Floats) -> Floats:
    """Sums of unit totals by domain and group."""
    return np.asarray(np.add.reduceat(table, _starts(stage), axis=1), dtype=float)


def _stage_variance(stage: Stage, lonely: str, table: Floats, centre: Floats) -> Floats:
    """One stage's part of the variance from unit totals, domain × unit (overwritten), and their means by group."""
    scale, _ = group_scales(stage, lonely)
    found = np.diff(np.append(_starts(stage), stage.n_units))
    table -= np.repeat(centre, found, axis=1)
    spread = _by_group(stage, np.square(table, out=table))
    return np.asarray((spread + (stage.n - found) * centre**2) @ scale)
