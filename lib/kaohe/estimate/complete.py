"""The fast lane: means and totals of variables without missing answers, in one pass over the records.

Sums of w and w·y by unit and domain fill a whole unit × domain table; everything else works on
that table. Units are the rows: records mostly stand in the order of their units, so that their sums
lie near one another. A sparse matrix with w of each record in the row of its cell takes Σ w·y without
an array of w·y. `kaohe.estimate.linear` takes this lane where it applies and gives the same numbers
without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    """Some domain, no weight of 0, no single unit to centre at a grand mean, and tables that fit."""
    if not n_domains or any(group_scales(s, structure.lonely)[1].any() for s in structure.stages):
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
    cells = [_adder(s.unit[rows] * n_domains + d, w, s.n_units * n_domains) for s in structure.stages]
    groups_of = [_adder(s.group, np.ones(s.n_units), s.n_groups) for s in structure.stages]
    whole = _adder(d, w, n_domains)
    counts = np.bincount(d, minlength=n_domains)
    one = np.ones(len(w))
    weights = [_table(c, one, n_domains) for c in cells]
    grouped = [g @ t for g, t in zip(groups_of, weights, strict=True)]
    size = grouped[0].sum(axis=0)
    held = weights[0] > 0
    in_group = groups_of[0] @ held.astype(float) > 0
    n_psu, groups = held.sum(axis=0), in_group.sum(axis=0)
    shape = (n_domains, num.shape[1])
    top, variance, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    room = [np.empty((s.n_units, n_domains)) for s in structure.stages]
    squared, moved_by = np.empty(len(w)), np.empty(len(w))
    for k in range(num.shape[1]):
        off = num[rows, k]
        shift = _shift(off)
        if shift:
            off = np.subtract(off, shift, out=moved_by)
        tables = [_table(c, off, n_domains) for c in cells]
        inner = [g @ t for g, t in zip(groups_of, tables, strict=True)]
        moved = inner[0].sum(axis=0)
        if np.isnan(moved).any():
            return None
        about: Floats = np.full(n_domains, np.nan)
        if wanted:
            about = whole @ np.square(off, out=squared)
        top[:, k] = moved + shift * size
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = moved / size
            squares[:, k] = np.maximum(about - mean * moved, 0.0)
            ratio = np.full(n_domains, -shift) if total else mean
            for i, stage in enumerate(structure.stages):
                tables[i] -= np.multiply(weights[i], ratio, out=room[i])
                centre = (inner[i] - ratio * grouped[i]) / stage.n[:, None]
                found = _stage_variance(stage, structure.lonely, groups_of[i], tables[i], centre)
                variance[:, k] += found if total else found / size**2
    return Complete(
        top, size[:, None], counts.astype(float)[:, None], n_psu.astype(float)[:, None],
        (n_psu - groups).astype(float)[:, None], variance, squares,
    )  # fmt: skip


def _adder(code: Ints, w: Floats, size: int) -> Any:
    """A matrix whose product with values of the records gives sums of w · value by code, in their order."""
    from scipy import sparse

    return sparse.csc_matrix((w, code, np.arange(len(code) + 1)), shape=(size, len(code)), copy=False)


def _table(cells: Any, values: Floats, n_domains: int) -> Floats:
    """Sums by unit and domain."""
    return np.asarray((cells @ values).reshape(-1, n_domains), dtype=float)


def _shift(values: Floats) -> float:
    """One of the values near which all lie, where they lie far from 0 for their spread, which squares would lose; else 0.

    Being one of the values it is 0 or 1 for answers of 0 and 1, and the share of a domain where all
    answer alike is exactly 0 or 1: sums of w·(y − 1) are then 0, or those of −w.
    """
    few = values[:: max(len(values) // 1000, 1)]
    if not len(few):
        return 0.0
    centre = float(few.mean())
    if not abs(centre) > 4 * float(few.std()) or not np.isfinite(centre):
        return 0.0
    return float(few[np.argmin(np.abs(few - centre))])


def _stage_variance(stage: Stage, lonely: str, group_of: Any, table: Floats, centre: Floats) -> Floats:
    """One stage's part of the variance from unit totals, unit × domain (overwritten), and their means by group."""
    scale, _ = group_scales(stage, lonely)
    found = np.bincount(stage.group, minlength=stage.n_groups)
    table -= np.repeat(centre, found, axis=0)
    spread = group_of @ np.square(table, out=table)
    return np.asarray(scale @ (spread + (stage.n - found)[:, None] * centre**2))
