"""How a sample was drawn, as integer codes: strata, units nested in units, sizes at each stage.

The codes say for each row which unit it belongs to at each stage, and for each unit in which
group (stratum at the first stage, the unit above at later ones) it competed with how many
others. Variances need nothing else about the design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.columns import levels_of
from kaohe.design.sizes import FpcEntry, FpcKind, kinds_of, sizes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LONELY = ("fail", "adjust", "merge", "average", "certainty", "remove")


@dataclass(frozen=True)
class Stage:
    """One stage of selection.

    Attributes
    ----------
    unit : int array, one a row
        Unit of the row, 0 to n_units − 1, ordered by group.
    group : int array, one a unit
        Stratum, or unit of the stage above.
    n, population : float array, one a group
        Units sampled and units there are (infinite without sizes).
    lead : float array, one a group
        Product of the sampling fractions of the stages above.
    labels : list
        Name of each group.
    """

    unit: Ints
    group: Ints
    n: Floats
    population: Floats
    lead: Floats
    labels: list[object]

    @property
    def n_units(self) -> int:
        """Units seen in the rows."""
        return len(self.group)

    @property
    def n_groups(self) -> int:
        """Strata, or units of the stage above."""
        return len(self.n)

    @cached_property
    def scale(self) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Factor of the sum of squares in each group, and which groups hold a single unit by chance."""
        left = np.where(np.isinf(self.population), 1.0, 1.0 - self.n / self.population)
        left = np.where(left < 1e-12, 0.0, left)
        single = (self.n <= 1) & (left > 0)
        spread = np.where(self.n > 1, self.n / np.maximum(self.n - 1, 1), 1.0)
        return np.asarray(self.lead * left * spread, dtype=float), np.asarray(single, dtype=bool)


@dataclass(frozen=True)
class Structure:
    """A whole design: stages in order, the rule for single units, and what was merged.

    Attributes
    ----------
    stages : tuple of Stage
        First stage first.
    lonely : str
        Rule for a stratum with one sampled unit, as `kaohe.estimate.Design` names it.
    notes : tuple of str
        Which strata were merged into which.
    order : int array
        Row order in which units of every stage stand together.
    fpc_kinds : tuple of str
        How the sizes of each stage were read: count, fraction, remainder, pair.
    """

    stages: tuple[Stage, ...]
    lonely: str
    order: Ints
    notes: tuple[str, ...] = ()
    fpc_kinds: tuple[str, ...] = ()


def codes_of(frame: pd.DataFrame, column: str) -> tuple[Ints, list[object]]:
    """Integer codes of a column in sorted order, and its levels; a missing value is refused."""
    codes, levels = levels_of(frame[column], "design", mixed=True)
    if (codes < 0).any():
        raise InputRefused(
            "K308",
            "A design column has empty cells",
            where=f"column {column}",
            got=f"{int((codes < 0).sum())} rows",
            expected="a stratum and unit in every row",
        )
    return codes, list(levels)


def _nested(
    upper: Ints, codes: Ints, labels: list[object], above: list[object], stage: int, nest: bool
) -> tuple[Ints, Ints]:
    """Unit codes ordered by upper group, and the group of each unit; a clash is refused."""
    key = upper * (int(codes.max()) + 1) + codes
    unique, unit = np.unique(key, return_inverse=True)
    group = unique // (int(codes.max()) + 1)
    if not nest and len(unique) != len(np.unique(codes)):
        label = unique % (int(codes.max()) + 1)
        twice = np.flatnonzero(np.bincount(label) > 1)
        shown = [f"{labels[i]} (in {faults.few((above[g] for g in group[label == i]), 3)})" for i in twice[:5]]
        raise faults.not_nested(stage, [*shown, *(labels[i] for i in twice[5:])])
    return np.asarray(unit, dtype=np.int64), np.asarray(group, dtype=np.int64)


def merge_single(strata: Ints, singles: Sequence[int], n_strata: int) -> tuple[Ints, list[tuple[int, int]]]:
    """Strata codes with each single-unit stratum joined to its neighbour in order.

    A stratum joins the next one, the last one the one before it.
    """
    target = np.arange(n_strata)
    pairs: list[tuple[int, int]] = []
    for s in singles:
        neighbour = s + 1 if s + 1 < n_strata else s - 1
        if neighbour < 0:
            continue
        old, new = target[s], target[neighbour]
        target[target == old] = new
        pairs.append((s, neighbour))
    return target[strata], pairs


def build_structure(
    frame: pd.DataFrame,
    *,
    strata: str | None,
    psu: Sequence[str],
    fpc: Sequence[FpcEntry] | None,
    fpc_kind: FpcKind = "auto",
    lonely: str = "fail",
    nest: bool = False,
) -> Structure:
    """Read the design columns of a sample.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    strata : str or None
        Column of the first-stage strata; None for one stratum.
    psu : sequence of str
        Columns of the units at each stage, first stage first.
    fpc : sequence, optional
        For each stage a column of population counts, or a pair of columns (population count,
        sampled count). With a pair, sampled units without any row count as zero totals.
    fpc_kind : {"auto", "count", "fraction", "remainder"}, or one for each stage
        What a single column holds: N, n/N, or 1 − n/N. auto: fractions n/N where no value is
        above 1, else counts.
    lonely : str
        What to do with a single sampled unit in a stratum that has more; remove is another word
        for certainty. merge joins strata of the first stage; at later stages, where groups are units
        of the stage above, there is nothing that it could join and a single unit is refused.
    nest : bool
        Read ids within their stratum and higher unit instead of refusing a clash.

    Raises
    ------
    InputRefused
        K301, K303, K304, K305, K306, K308, K309.
    """
    if lonely not in LONELY:
        raise InputRefused("K309", "Unknown rule for single units", got=lonely, expected=", ".join(LONELY))
    lonely = "certainty" if lonely == "remove" else lonely
    faults.need(frame, [*([strata] if strata else []), *psu], "design")
    if fpc is not None and not isinstance(fpc, list | tuple):
        raise faults.fpc_value(1, repr(fpc), "a list with a column of sizes, or a pair of columns, for each stage")
    if fpc is not None and len(fpc) != len(psu):
        raise faults.fpc_stages(len(fpc), len(psu))
    kinds = kinds_of(frame, fpc, fpc_kind)
    rows = len(frame)
    if strata is None:
        upper: Ints = np.zeros(rows, dtype=np.int64)
        names: list[object] = ["all"]
    else:
        upper, names = codes_of(frame, strata)
    notes: list[str] = []
    stages: list[Stage] = []
    labels: list[object] = list(names)
    lead_row = np.ones(rows)
    for number, column in enumerate(psu, start=1):
        own, own_labels = codes_of(frame, column)
        unit, group = _nested(upper, own, own_labels, labels, number, nest)
        size = len(labels)
        counted = np.bincount(group, minlength=size).astype(float)
        if fpc is None:
            n, population = counted, np.full(size, np.inf)
        else:
            n, population = sizes(frame, fpc[number - 1], kinds[number - 1], upper, counted, number)
        lead = np.ones(size)
        lead[upper] = lead_row
        stage = Stage(unit, group, n, population, lead, labels)
        single = stage.scale[1]
        refused = lonely == "fail" or (lonely == "merge" and number > 1)
        if single.any() and refused and (number == 1 or fpc is not None):
            raise faults.lonely(number, [labels[i] for i in np.flatnonzero(single)])
        if single.any() and lonely == "merge" and number == 1:
            stage, unit, note = _merged(stage, upper, single)
            notes.extend(note)
            upper = stage.group[unit]
        stages.append(stage)
        lead_row = lead_row * (stage.n / stage.population)[upper] if fpc is not None else lead_row
        position = np.empty(stage.n_units, dtype=np.int64)
        position[unit] = own
        labels = [own_labels[i] for i in position]
        upper = unit
    if fpc is None:
        stages = stages[:1]
    order = np.lexsort([s.unit for s in reversed(stages)])
    return Structure(tuple(stages), lonely, np.asarray(order, dtype=np.int64), tuple(notes), kinds)


def _merged(stage: Stage, upper: Ints, single: npt.NDArray[np.bool_]) -> tuple[Stage, Ints, list[str]]:
    """The first stage with single-unit strata joined to a neighbour."""
    joined, pairs = merge_single(upper, np.flatnonzero(single).tolist(), stage.n_groups)
    kept, codes = np.unique(joined, return_inverse=True)
    new_of_old = np.full(stage.n_groups, -1, dtype=np.int64)
    new_of_old[upper] = codes
    size = len(kept)
    n = np.zeros(size)
    np.add.at(n, new_of_old, stage.n)
    population = np.zeros(size)
    np.add.at(population, new_of_old, stage.population)
    group_of_unit = new_of_old[stage.group]
    order = np.argsort(group_of_unit, kind="stable")
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    notes = [f"stratum {stage.labels[a]} was merged with {stage.labels[b]}" for a, b in pairs]
    merged = Stage(
        position[stage.unit], group_of_unit[order], n, population, np.ones(size), [stage.labels[i] for i in kept]
    )
    return merged, merged.unit, notes
