"""Quantiles of data that do not fit in memory: a histogram first, then exact values near the quantile only.

The first pass counts weight by domain and bin; bins are data-independent and in order, so the bin
of any share is then known. The second pass takes sums by domain, unit and value within the bins
around the quantile, and one sum for everything below and above. A third is made only where the
interval turns out wider than the second kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.sizes import FpcEntry
from kaohe.design.structure import Floats, Ints
from kaohe.estimate import intervals
from kaohe.estimate.arguments import confidence, probabilities, variables_of
from kaohe.estimate.linear import Numbers
from kaohe.estimate.quantiles import ALIASES, INTERVALS, quantile_table, share_limits, weighted_quantile
from kaohe.estimate.sampled import Sampled
from kaohe.estimate.seam import PsuTotals, cells_of
from kaohe.estimate.seam_bins import BIN, SEGMENT, VALUE, Bins, Brackets
from kaohe.estimate.seam_duckdb import Limits
from kaohe.estimate.seam_estimate import domains, numbers
from kaohe.estimate.seam_frame import merge_cells
from kaohe.estimate.seam_spec import SUM, Item, Spec, WhereSpec, make_spec
from kaohe.estimate.totals import sums

RULES = ("hf1", "hf2")  # the rules that see a distribution through its distinct values only
KEPT = 2_000_000  # records, about, whose values the second pass may keep apart
PASSES = 6


def psu_quantiles(
    source: Any,
    variables: str | Sequence[str],
    probs: Sequence[float] = (0.5,),
    *,
    weight: str,
    psu: str | Sequence[str],
    strata: str | None = None,
    by: str | Sequence[str] = (),
    where: WhereSpec = None,
    fpc: Sequence[FpcEntry] | None = None,
    fpc_kind: str = "count",
    rule: str = "math",
    level: float = 0.95,
    method: str = "t",
    lonely: str = "fail",
    nest: bool = False,
    memory_limit: str = "4GB",
    threads: int | None = None,
    spill: str | Path | None = None,
    max_cells: int = 20_000_000,
    kept: int = KEPT,
) -> pd.DataFrame:
    """Quantiles with Woodruff intervals from any source, in two passes for each variable.

    Parameters
    ----------
    source, weight, psu, strata, by, where, fpc, fpc_kind, memory_limit, threads, spill, max_cells
        As in `psu_totals`.
    variables, probs, rule, level, method, lonely, nest
        As in `Design` and `Design.quantile`; rules math (hf1) and school (hf2).
    kept : int
        About how many records' values the second pass may keep apart. Where the interval reaches
        beyond them a third pass reads the values at its ends.

    Returns
    -------
    DataFrame
        As `Design.quantile` gives it; point and limits are values of the data, exactly.

    Raises
    ------
    InputRefused
        K389 for another rule, K404 for an unknown interval; else as `psu_totals` and `Design`.

    Notes
    -----
    Woodruff (1952). The other rules interpolate between records and so depend on how records
    with one value are told apart; the sums cannot say.

    Examples
    --------
    >>> f = pd.DataFrame({"h": list("aabb"), "t": [1, 2, 3, 4], "w": [10.0] * 4, "v": [1.0, 3.0, 5.0, 9.0]})
    >>> psu_quantiles(f, "v", weight="w", strata="h", psu="t")["estimate"].tolist()
    [3.0]
    """
    if ALIASES.get(rule, rule) not in RULES:
        raise InputRefused(
            "K389", "This quantile rule cannot go through the seam", got=rule, expected="math (hf1) or school (hf2)",
            remedy="Design.quantile has the other rules",
        )  # fmt: skip
    method, level = intervals.named(method, INTERVALS), confidence(level)
    limits = Limits(memory_limit, threads, spill, max_cells)
    asked = Asked(probabilities(probs), rule, level, method, lonely, nest, kept)
    parts = []
    for name in variables_of(variables):
        spec = make_spec(
            weight=weight, strata=strata, psu=psu, by=by, y=name, x=None, where=where, fpc=fpc, fpc_kind=fpc_kind,
            calibration=None, deff=False,
        )  # fmt: skip
        parts.append(_one_variable(source, spec, asked, limits))
    size = len(parts[0])
    out = pd.concat(parts, ignore_index=True)
    per_domain = len(asked.probs)
    # domains outermost, then variables, then probabilities
    place = np.arange(len(out))
    domain, within = (place % size) // per_domain, place // size * per_domain + place % per_domain
    return out.iloc[np.lexsort((within, domain))].reset_index(drop=True)


@dataclass(frozen=True)
class Asked:
    """What is wanted of each variable."""

    probs: list[float]
    rule: str
    level: float
    method: str
    lonely: str
    nest: bool
    kept: int


@dataclass(frozen=True)
class Ladder:
    """One domain's values in order: (segment, value) with their weight; even segments hold no single value."""

    segment: Ints
    value: Floats
    w: Floats

    def at(self, share: float, rule: str) -> tuple[float, int, bool]:
        """Value at a share, the place up to which records are at or below it, and whether the value is known."""
        if not len(self.w) or np.isnan(share):
            return np.nan, -1, True
        place = float(weighted_quantile(np.arange(len(self.w), dtype=float), self.w, [share], rule)[0])
        low, high = int(np.floor(place)), int(np.ceil(place))
        known = bool(self.segment[low] % 2 and self.segment[high] % 2)
        value = self.value[low] if low == high else (self.value[low] + self.value[high]) / 2
        return float(value), low, known


def _one_variable(source: Any, spec: Spec, asked: Asked, limits: Limits) -> pd.DataFrame:
    name = spec.items[0].column
    first = replace(spec, strata=None, psu=(), fpc=None, by=(*spec.by, BIN))
    histogram = cells_of(source, first, limits, extra=Bins(name, spec))
    histogram = histogram[(histogram[f"{SUM}n.0"] > 0) & histogram[list(spec.by)].notna().all(axis=1)]
    spread = _reach(histogram, spec, asked)
    for _ in range(PASSES):
        brackets = Brackets.around(histogram, spec, name, spread)
        second = replace(spec, by=(*spec.by, SEGMENT, VALUE))
        cells = cells_of(source, second, limits, extra=brackets)
        table, missing = _finish(cells, spec, asked)
        if not missing:
            return table
        spread = missing
    raise RuntimeError("the bins do not hold their quantile")  # pragma: no cover


def _reach(histogram: pd.DataFrame, spec: Spec, asked: Asked) -> dict[Any, list[tuple[float, float]]]:
    """Shares to keep around each probability in each domain, as far as `kept` allows."""
    count = histogram[f"{SUM}n.0"]
    share = min(1.0, asked.kept / max(float(count.sum()) * len(asked.probs), 1.0)) / 2
    groups = {(): histogram} if not spec.by else dict(list(histogram.groupby(list(spec.by), observed=True)))
    out = {}
    for key, part in groups.items():
        n = float(part[f"{SUM}n.0"].sum())
        half = [min(share, 6 * np.sqrt(max(p * (1 - p), 1 / n) * (2 / n + 0.01))) for p in asked.probs]
        out[key] = [(p - h, p + h) for p, h in zip(asked.probs, half, strict=True)]
    return out


def _finish(cells: pd.DataFrame, spec: Spec, asked: Asked) -> tuple[pd.DataFrame, dict[Any, list[tuple[float, float]]]]:
    """The table, and the shares of each domain whose values were not kept."""
    whole = merge_cells([cells.drop(columns=[SEGMENT, VALUE])], spec)
    totals = PsuTotals(spec, whole)
    design = totals.design(lonely=asked.lonely, nest=asked.nest)
    codes, levels = domains(totals, design, None)
    place = np.asarray(cells.groupby(spec.keys, dropna=False, observed=True, sort=True).ngroup(), dtype=np.int64)
    weight = cells[f"{SUM}x.0"].to_numpy(float)
    answered = weight > 0
    ladders, rank = _ladders(cells, codes[place], answered, len(levels))
    shape = (len(levels), len(asked.probs))
    found, upto = np.full(shape, np.nan), np.full(shape, -1)
    missing: dict[Any, list[tuple[float, float]]] = {}
    unknown = np.zeros(len(levels), dtype=bool)
    for d, ladder in enumerate(ladders):
        for j, p in enumerate(asked.probs):
            found[d, j], upto[d, j], known = ladder.at(p, asked.rule)
            unknown[d] |= not known
    spots = np.where(answered & (codes[place] >= 0), codes[place], 0)
    below = np.where((answered & (codes[place] >= 0))[:, None] & (rank[:, None] <= upto[spots]), weight[:, None], 0.0)
    both = sums(place, len(whole), np.column_stack([below, np.where(answered, weight, 0.0)]))
    result = _numbers(totals, design, both, codes, len(levels))
    se = np.sqrt(result.variance)
    low, high = share_limits(result.estimate, se, result.df, result.n, asked.level, asked.method)
    ends = np.full((2, *shape), np.nan)
    for d, ladder in enumerate(ladders):
        for j in range(len(asked.probs)):
            for side, at in enumerate((low[d, j], high[d, j])):
                ends[side, d, j], _, known = ladder.at(at if 0 <= at <= 1 else np.nan, asked.rule)
                unknown[d] |= not known
    for d in np.flatnonzero(unknown).tolist():
        shares = [*asked.probs, *low[d], *high[d]]
        missing[_key(levels, d)] = [(float(s), float(s)) for s in shares if 0 <= s <= 1]
    if missing:
        for d in np.flatnonzero(~unknown).tolist():
            shares = [*asked.probs, *low[d], *high[d]]
            missing[_key(levels, d)] = [(float(s), float(s)) for s in shares if 0 <= s <= 1]
    columns = [(spec.items[0].name, p) for p in asked.probs]
    table = quantile_table(found, ends, result, levels, columns, asked.level, asked.method, design.rules)
    return table, missing


def _key(levels: pd.DataFrame, d: int) -> tuple[Any, ...]:
    return tuple(levels.iloc[d])


def _ladders(cells: pd.DataFrame, domain: Ints, answered: np.ndarray, size: int) -> tuple[list[Ladder], Ints]:
    """Each domain's values in order, and the place of every cell in its domain's order."""
    rank = np.full(len(cells), -1, dtype=np.int64)
    segment, value = cells[SEGMENT].to_numpy(float), cells[VALUE].to_numpy(float)
    weight = cells[f"{SUM}x.0"].to_numpy(float)
    value = np.where(segment % 2 == 1, value, 0.0)
    rows = np.flatnonzero(answered & (domain >= 0))
    rows = rows[np.lexsort((value[rows], segment[rows], domain[rows]))]
    bounds = np.searchsorted(domain[rows], np.arange(size + 1))
    out = []
    for a, b in pairwise(bounds):
        mine = rows[a:b]
        seg, val = segment[mine], value[mine]
        new = np.ones(len(mine), dtype=bool)
        new[1:] = (np.diff(seg) != 0) | (np.diff(val) != 0)
        step = np.cumsum(new) - 1
        rank[mine] = step
        starts = np.flatnonzero(new)
        w = np.add.reduceat(weight[mine], starts) if len(starts) else weight[:0]
        out.append(Ladder(seg[starts].astype(np.int64), val[starts], w))
    return out, rank


def _numbers(totals: PsuTotals, design: Sampled, both: Floats, codes: Ints, size: int) -> Numbers:
    """Shares at or below each quantile with their errors, from sums by unit.

    The last column of `both` is the weight of all answers, added in the order of the others, so
    that a share of 1 is 1.
    """
    columns: dict[str, Any] = {}
    below = both[:, :-1]
    for j in range(below.shape[1]):
        columns |= {
            f"{SUM}n.{j}": totals.cells[f"{SUM}n.0"], f"{SUM}x.{j}": both[:, -1], f"{SUM}y.{j}": below[:, j],
            f"{SUM}yy.{j}": below[:, j],
        }  # fmt: skip
    item = totals.spec.items[0]
    spec = replace(totals.spec, deff=True, items=tuple(Item(item.name, item.column) for _ in range(below.shape[1])))
    made = PsuTotals(spec, totals.cells.assign(**columns))
    return numbers(made, design, list(range(below.shape[1])), codes, size)
