"""Rows in use as they are stored: clean columns with their dtypes, without personal ones, then the lineage."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from kaohe.base.files import write_parquet
from kaohe.base.tables import LINEAGE
from kaohe.clean.batch import Batch
from kaohe.clean.coded import Coded, Rows
from kaohe.clean.grid import span

NUMERIC = {"int", "number", "money", "share", "flag", "item"}
_TEXT = pd.StringDtype(na_value=np.nan)


def stored_frame(batch: Batch) -> pd.DataFrame:
    """The clean frame of a batch, one row a row in use: see `kaohe.base.tables` for kinds and dtypes."""
    rows = batch.live_rows()
    data: dict[str, pd.Series] = {}
    for column in batch.contract.columns:
        if column.kind != "personal":
            data[column.name] = typed(batch.values[column.name].take(rows), column.kind)
    return pd.DataFrame(data | _lineage(batch, rows))


def typed(column: Coded, kind: str) -> pd.Series:
    """A column of one kind as it is stored: float64, datetime64 or text, missing as NaN."""
    if kind in NUMERIC:
        return pd.Series(column.floats())
    if kind == "date":
        return pd.Series(column.stamps())
    return stored_texts(column.texts())


def stored_texts(array: pa.Array) -> pd.Series:
    """An Arrow array of texts as a column, missing as NaN."""
    return pd.Series(_TEXT.__from_arrow__(array))


def _lineage(batch: Batch, rows: Rows) -> dict[str, pd.Series]:
    """File, sheet, row and hash of each row in use."""
    edges = np.array([part.start for part in batch.parts], np.int64)
    codes = (np.searchsorted(edges, rows, side="right") - 1).astype(np.int32)
    segments = batch.segments
    numbers = [np.asarray(s.sheet.numbers, np.int64)[span(s.layout.data)] for s in segments]
    found = (
        stored_texts(Coded([s.sheet.file for s in segments], codes).texts()),
        stored_texts(Coded([s.sheet.name for s in segments], codes).texts()),
        pd.Series(np.concatenate([np.zeros(0, np.int64), *numbers])[rows]),
        stored_texts(Coded([s.account.sha256 for s in segments], codes).texts()),
    )
    return dict(zip(LINEAGE, found, strict=True))


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each table as ``NAME.parquet``, two at a time; the first failure is raised."""
    with ThreadPoolExecutor(2) as pool:
        for written in [pool.submit(write_parquet, folder / f"{name}.parquet", f) for name, f in tables.items()]:
            written.result()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Leave Python's search for cycles out: cleaning makes millions of lasting values and no cycles to speak of."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
