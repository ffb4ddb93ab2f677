"""Cells of a pandas frame, of the partitions of a Dask frame, and their sum.

A cell is one combination of domain, stratum, unit (and calibration margins). What stands in it
adds up over chunks, so that partitions and workers need nothing but `merge_cells`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.tables import RANDOM
from kaohe.design import faults
from kaohe.design.columns import is_number
from kaohe.design.structure import Floats
from kaohe.estimate.seam_bins import BIN, SEGMENT, VALUE, Extra
from kaohe.estimate.seam_spec import HIGH, LOW, SELECTION, SUM, Item, Spec, is_void
from kaohe.estimate.seam_sql import not_a_number

FAN_IN = 8  # partial cells added at once on a cluster


def check_columns(columns: Sequence[str], spec: Spec) -> None:
    """Refuse a source that lacks a column (K301), or a condition that is none of its columns (K402)."""
    if isinstance(spec.where, str) and spec.where not in columns:
        raise InputRefused(
            "K402", "A domain is not a yes or no for each record", where="where", got=spec.where,
            expected="the name of a boolean column, or columns with the values wanted, such as {'city': ['A', 'B']}",
        )  # fmt: skip
    faults.need(pd.DataFrame(columns=list(columns)), read_columns(spec), "source")


def read_columns(spec: Spec) -> list[str]:
    """Columns of the source itself that a pass reads."""
    return [c for c in spec.columns if c not in {BIN, SEGMENT, VALUE}]


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    if not is_number(frame[column]):
        raise not_a_number(column, str(frame[column].dtype))
    return np.asarray(frame[column].to_numpy(dtype=float, na_value=np.nan), dtype=float)


def item_values(frame: pd.DataFrame, item: Item) -> tuple[Floats, Floats | None]:
    """Numerator and, for ratios, denominator of each record; missing is NaN."""
    if item.kind == "level":
        missing = frame[item.column].isna().to_numpy()
        same = (frame[item.column] == item.level).fillna(False).to_numpy(dtype=bool)
        return np.where(missing, np.nan, same.astype(float)), None
    y = _numbers(frame, item.column)
    if item.kind == "fgt":
        gap = np.where(y < item.line, (np.maximum(0.0, item.line - y) / item.line) ** item.power, 0.0)
        return np.where(np.isnan(y), np.nan, gap), None
    return y, _numbers(frame, item.per) if item.per else None


def inside(frame: pd.DataFrame, spec: Spec) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Records within `where`, and records for which it is missing."""
    void = np.zeros(len(frame), dtype=bool)
    if spec.where is None:
        return ~void, void
    if isinstance(spec.where, str):
        column = frame[spec.where]
        if not pd.api.types.is_bool_dtype(column):
            raise InputRefused(
                "K402", "A domain is not a yes or no for each record", where=f"column {spec.where}",
                got=str(column.dtype), expected="booleans",
            )  # fmt: skip
        void = column.isna().to_numpy()
        return column.fillna(False).to_numpy(dtype=bool), void
    within = ~void
    for name, wanted in spec.where:
        known = [v for v in wanted if not is_void(v)]
        among = frame[name].isin(known).to_numpy(dtype=bool, na_value=False)
        within &= among | frame[name].isna().to_numpy() if len(known) < len(wanted) else among
    return within, void


def frame_cells(frame: pd.DataFrame, spec: Spec, extra: Extra | None = None) -> pd.DataFrame:
    """Sums of one frame by cell.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    spec : Spec
    extra : Extra, optional
        Columns to add first.

    Returns
    -------
    DataFrame
        One row a cell: the key columns, then sums (Σ…), least (↓…) and greatest (↑…) values.
    """
    check_columns(list(frame.columns), spec)
    if extra is not None:
        frame = extra.frame(frame)
    w = _numbers(frame, spec.weight)
    bad = ~np.isfinite(w) | (w < 0)
    within, void = inside(frame, spec)
    weigh = np.where(within & ~bad, w, 0.0)
    columns: dict[str, Any] = {
        f"{SUM}all": np.ones(len(frame)), f"{SUM}rows": within.astype(float), f"{SUM}counted": (weigh > 0).astype(float),
        f"{SUM}w": np.where(bad, 0.0, w), f"{SUM}bad": bad.astype(float), f"{SUM}void": void.astype(float),
    }  # fmt: skip
    if SELECTION in frame.columns:
        other = (frame[SELECTION] != RANDOM).to_numpy(dtype=bool, na_value=True)
        columns[f"{SUM}other"] = other.astype(float)
        columns[f"{HIGH}other"] = np.where(other, frame[SELECTION].astype(str), "")
    for column in spec.sizes:
        columns[f"{LOW}{column}"] = columns[f"{HIGH}{column}"] = _numbers(frame, column)
        columns[f"{SUM}void {column}"] = np.isnan(columns[f"{LOW}{column}"]).astype(float)
    if spec.calibration:
        before = _numbers(frame, spec.calibration.before)
        wrong = ~np.isfinite(before) | (before < 0) | ((before == 0) & (w > 0))
        columns[f"{SUM}before"] = np.where(wrong, 0.0, before)
        columns[f"{SUM}wrong"] = wrong.astype(float)
        g = np.divide(w, before, out=np.full(len(w), np.nan), where=before > 0)
        columns[f"{LOW}g"], columns[f"{HIGH}g"] = g, g
    for k, item in enumerate(spec.items):
        y, x = item_values(frame, item)
        missing = np.isnan(y) if x is None else np.isnan(y) | np.isnan(x)
        answered = ~missing & (weigh > 0)
        y = np.where(answered, y, 0.0)
        wa = np.where(answered, weigh, 0.0)
        wx = wa if x is None else wa * np.where(answered, x, 0.0)
        made = {"n": answered.astype(float), "x": wx, "y": wa * y, "yy": wa * y * y}
        if x is not None:
            x = np.where(answered, x, 0.0)
            made |= {"w": wa, "xy": wx * y, "xx": wx * x}
        columns |= {name: made[name[1:].split(".")[0]] for name in spec.names(k)}
    return merge_cells([pd.concat([frame[spec.keys].reset_index(drop=True), pd.DataFrame(columns)], axis=1)], spec)


def merge_cells(parts: Sequence[pd.DataFrame], spec: Spec) -> pd.DataFrame:
    """Cells of several parts as one: equal keys are put together; keys in sorted order, missing last."""
    full = pd.concat(list(parts), ignore_index=True)
    how = {c: {SUM: "sum", LOW: "min", HIGH: "max"}[c[0]] for c in full.columns if c not in spec.keys}
    grouped = full.groupby(spec.keys, dropna=False, observed=True, sort=True)
    columns = {kind: [c for c, h in how.items() if h == kind] for kind in ("sum", "min", "max")}
    pieces = [grouped[some].agg(kind) for kind, some in columns.items() if some]
    return pd.concat(pieces, axis=1)[list(how)].reset_index()


def dask_cells(source: Any, spec: Spec, threads: int | None, extra: Extra | None = None) -> pd.DataFrame:
    """Cells of a Dask frame: one partial table a partition, added as a tree on the workers.

    Raises
    ------
    InputRefused
        K386 where dask is not installed.
    """
    try:
        from dask.base import compute
        from dask.delayed import delayed
    except ImportError as error:
        raise InputRefused(
            "K386", "An optional package is missing", got="dask is not installed", expected="dask and distributed",
            remedy="pip install 'kaohe[cluster]'",
        ) from error  # fmt: skip
    check_columns(list(source.columns), spec)
    columns = read_columns(spec)
    columns += [SELECTION] if SELECTION in source.columns and SELECTION not in columns else []
    cells, merge = delayed(frame_cells, pure=True), delayed(merge_cells, pure=True)
    parts = [cells(part, spec, extra) for part in source[columns].to_delayed()]
    while len(parts) > 1:
        parts = [merge(parts[i : i + FAN_IN], spec) for i in range(0, len(parts), FAN_IN)]
    options = {} if threads is None else {"num_workers": threads}
    (out,) = compute(parts[0], **options)
    return pd.DataFrame(out)
