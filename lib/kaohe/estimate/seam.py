"""The seam: one pass over any source gives sums by domain and unit; the small computation follows from them.

`psu_totals` reads a pandas frame, Parquet files through DuckDB (out of core), a DuckDB relation or
a Dask frame. Its result holds one row a cell (domain, stratum, unit) and no record;
`estimate_from_totals` makes of it what `kaohe.estimate.Design` makes of the records. Results of
parts of the data add up: `combine`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.design.columns import records
from kaohe.design.sizes import FpcEntry
from kaohe.estimate.sampled import Sampled
from kaohe.estimate.seam_bins import Extra
from kaohe.estimate.seam_check import check_cells
from kaohe.estimate.seam_duckdb import Limits, duckdb_cells
from kaohe.estimate.seam_frame import dask_cells, frame_cells, merge_cells
from kaohe.estimate.seam_spec import SUM, Item, Spec, WhereSpec, make_spec


@dataclass(frozen=True)
class PsuTotals:
    """Sums of one pass.

    Attributes
    ----------
    spec : Spec
        What was summed.
    cells : DataFrame
        One row a cell. Key columns by their own names; Σall records, Σrows within `where`,
        Σcounted of these with a weight above 0, Σw; for variable k Σn.k answers, Σx.k = Σ w·x,
        Σy.k = Σ w·y and, for design effects, Σyy.k = Σ w·y² (ratios: Σw.k, Σxy.k, Σxx.k).
    """

    spec: Spec
    cells: pd.DataFrame

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def frame(self) -> pd.DataFrame:
        """Long table: key columns, variable, n (answers), wx, wy; cells without an answer left out."""
        parts = []
        for k, item in enumerate(self.spec.items):
            name = f"{item.name} {item.measure}" if item.measure else item.name
            part = self.cells[self.spec.keys].assign(
                variable=name, n=self.cells[f"{SUM}n.{k}"].astype(np.int64), wx=self.cells[f"{SUM}x.{k}"],
                wy=self.cells[f"{SUM}y.{k}"],
            )  # fmt: skip
            parts.append(part[part["n"] > 0])
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def _checked(self) -> pd.DataFrame:
        """Cells whose design columns can be used; see `psu_totals` for what is refused."""
        return check_cells(self.cells, self.spec)

    def design(self, *, lonely: str = "fail", nest: bool = False) -> Sampled:
        """The design with cells for records: the same strata, units, sizes and calibration.

        Parameters
        ----------
        lonely, nest
            See `Design`.

        Returns
        -------
        Sampled
            One row a cell, its weight the cell's sum of weights.

        Raises
        ------
        InputRefused
            K302 when no weight is above 0; K303 to K306, K309 as `Design`.
        """
        if not (self.cells[f"{SUM}w"] > 0).any():
            raise faults.bad_weight(self.spec.weight, 0, "only 0")
        spec, calibration = self.spec, self.spec.calibration
        if calibration:
            calibration = Calibration(f"{SUM}before", calibration.margins, (), calibration.partition)
        return Sampled(
            self._checked, weight=f"{SUM}w", strata=spec.strata, psu=list(spec.stages), fpc=spec.fpc,
            fpc_kind=spec.fpc_kind, lonely=lonely, nest=nest, calibration=calibration,
        )  # fmt: skip


def psu_totals(
    source: Any,
    *,
    weight: str,
    psu: str | Sequence[str],
    y: str | Item | Sequence[str | Item],
    x: str | Sequence[str] | None = None,
    strata: str | None = None,
    by: str | Sequence[str] = (),
    where: WhereSpec = None,
    fpc: Sequence[FpcEntry] | None = None,
    fpc_kind: str = "auto",
    calibration: Calibration | None = None,
    deff: bool = True,
    memory_limit: str = "4GB",
    threads: int | None = None,
    spill: str | Path | None = None,
    max_cells: int = 20_000_000,
    compensated: bool = False,
) -> PsuTotals:
    """Sums by domain and sampling unit, in one pass over the data.

    Parameters
    ----------
    source : DataFrame, path, list of paths, DuckDB relation or Dask DataFrame
        One row a record. A path may be a file, a folder of ``*.parquet``, or a pattern; local only.
    weight, strata, psu, fpc, fpc_kind, calibration
        As in `Design`. Without `fpc` only the first unit column is read, because the variance
        needs no other; with it, all stages. A last stage of single records makes as many cells
        as records: then take the data through `Design`, or leave sizes out. A calibration must be
        to margins of categories, give each record a g of its own (no `cluster`) and end in `weight`.
    y : str, Item or list
        Columns, and `level`, `per` or `fgt` of columns.
    x : str or list of str, optional
        Denominators: ``y`` then makes ratios, pair by pair.
    by : str or list of str
        Columns whose combinations are the domains. Records without a level are in no domain;
        their units stay in the design.
    where : str or mapping, optional
        A boolean column, or columns with the value or values wanted. Other records count as 0.
    deff : bool
        Also sum squares, for design effects; shares need them.
    memory_limit, threads, spill, compensated
        For Parquet: DuckDB's memory, its threads during the call, the folder in which it may put
        what does not fit (removed afterwards; by default the system's), and compensated
        summation. A relation keeps the settings of its own connection. `threads` also holds for Dask.
    max_cells : int
        Greatest number of cells (rows of sums); more are refused (K388).

    Returns
    -------
    PsuTotals

    Raises
    ------
    InputRefused
        K380 for an unknown kind of source, K381 to K383 for Parquet, K385 for a calibration
        that cannot be followed, K386 without dask, K388; K301 to K309, K401 to K407 as `Design`.

    Notes
    -----
    Sums of w, w·y, w·x by unit suffice for means, totals and ratios and their linearised variance
    (Särndal, Swensson & Wretman 1992, sections 5.5 and 10.3); with w·y², w·x·y, w·x² also for
    that of simple random sampling.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [2., 2., 3.], "h": ["a"] * 3, "t": ["p", "p", "q"], "d": ["c"] * 3, "v": [1., 0., 1.]})
    >>> psu_totals(f, weight="w", strata="h", psu="t", by="d", y="v").frame
       d  h  t variable  n   wx   wy
    0  c  a  p        v  2  4.0  2.0
    1  c  a  q        v  1  3.0  3.0
    """
    spec = make_spec(
        weight=weight, strata=strata, psu=psu, by=by, y=y, x=x, where=where, fpc=fpc, fpc_kind=fpc_kind,
        calibration=calibration, deff=deff,
    )  # fmt: skip
    cells = cells_of(source, spec, Limits(memory_limit, threads, spill, max_cells, compensated))
    cells = cells.sort_values(spec.keys, ignore_index=True, kind="stable")
    totals = PsuTotals(spec, cells)
    check_cells(cells, spec)
    return totals


def cells_of(source: Any, spec: Spec, limits: Limits, extra: Extra | None = None) -> pd.DataFrame:
    """Cells of a source of any kind, each once, in any order, with columns added to its records before."""
    kind = kind_of(source)
    if kind == "pandas":
        records(source, "psu_totals", some=False)
        return frame_cells(source, spec, extra)
    if kind == "dask":
        return dask_cells(source, spec, limits.threads, extra)
    return duckdb_cells(source, spec, limits, extra)


def kind_of(source: Any) -> str:
    """Which way a source goes: pandas, dask or duckdb (also Parquet).

    Raises
    ------
    InputRefused
        K380 for anything else.
    """
    if isinstance(source, pd.DataFrame):
        return "pandas"
    name = type(source).__module__.split(".")[0]
    if name == "dask" and hasattr(source, "to_delayed"):
        return "dask"
    paths = [source] if isinstance(source, (str, Path)) else source
    files = isinstance(paths, (list, tuple)) and bool(paths) and all(isinstance(p, (str, Path)) for p in paths)
    if files or type(source).__name__ == "DuckDBPyRelation":
        return "duckdb"
    raise InputRefused(
        "K380", "This source cannot be summed", got=type(source).__name__,
        expected="a pandas or Dask DataFrame, a DuckDB relation, or paths of Parquet files",
    )  # fmt: skip


def combine(*parts: PsuTotals) -> PsuTotals:
    """The sums of several parts of one data set: chunks, files, partitions, days.

    Parameters
    ----------
    *parts : PsuTotals
        One or more, summed with the same arguments.

    Returns
    -------
    PsuTotals
        Cells of all parts, sums of equal cells added.

    Raises
    ------
    InputRefused
        K384 for parts that were summed differently.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [2., 2., 3.], "h": ["a"] * 3, "t": ["p", "p", "q"], "v": [1., 0., 1.]})
    >>> a, b = (psu_totals(p, weight="w", strata="h", psu="t", y="v") for p in (f[:1], f[1:]))
    >>> combine(a, b).frame
       h  t variable  n   wx   wy
    0  a  p        v  2  4.0  2.0
    1  a  q        v  1  3.0  3.0
    """
    if not parts or any(p.spec != parts[0].spec for p in parts):
        raise InputRefused(
            "K384", "These totals cannot be added", got=f"{len(parts)} parts, not all of one kind",
            expected="one or more results of psu_totals with equal arguments",
        )  # fmt: skip
    spec = parts[0].spec
    kinds = {c: {p.cells[c].dtype.kind in "biuf" for p in parts if p.cells[c].notna().any()} for c in spec.keys}
    mixed = [c for c, k in kinds.items() if len(k) > 1]
    if mixed:
        raise InputRefused(
            "K384", "These totals cannot be added", got=f"column {', '.join(mixed)} holds numbers in one part and text in another",
            expected="columns of one type in all parts",
        )  # fmt: skip
    cells = merge_cells([p.cells for p in parts], spec)
    check_cells(cells, spec)
    return PsuTotals(spec, cells)
