"""Small built tables in memory: read once a process, or once before its kernels are forked.

A report reads some thirty parts of tables; opening a Parquet file costs more than all its rows.
What is kept is taken again when the file is another one (size, time, inode). Large tables are
never kept: their parts are read with Parquet filters.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kaohe.base.built import BUILT
from kaohe.base.files import read_parquet

LARGEST = 1_000_000  # bytes of a file
_KEYS = ("object", "domain", "city", "county", "class_id", "domain_type")
_NOTHING = np.array([], dtype=np.int64)
Stamp = tuple[int, int, int]


class Kept:
    """One table.

    Attributes
    ----------
    frame : DataFrame
        As `kaohe.base.files.read_parquet` reads it; never changed.
    prepared : bool
        True when its rows were hashed and looked up beforehand (see `keep_tables`).
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.prepared = False
        self._places: dict[str, dict[str, np.ndarray]] = {}

    @cached_property
    def hashes(self) -> np.ndarray:
        """One hash a row."""
        return row_hashes(self.frame)

    @cached_property
    def head(self) -> bytes:
        """Names and dtypes of the columns."""
        return head_of(self.frame)

    def rows(self, column: str, values: Iterable[str]) -> np.ndarray:
        """Positions of the rows whose `column` is one of `values`, ascending."""
        if not self.prepared:
            return np.flatnonzero(self.frame[column].isin(list(values)).to_numpy(dtype=bool))
        if column not in self._places:
            self._places[column] = {str(k): v for k, v in self.frame.groupby(column).indices.items()}
        found = [rows for v in values if (rows := self._places[column].get(v)) is not None]
        return np.sort(np.concatenate(found)) if found else _NOTHING

    def at(self, rows: np.ndarray) -> pd.DataFrame:
        """The rows at these positions; neighbours without a copy."""
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
            return self.frame.iloc[rows[0] : rows[-1] + 1].reset_index(drop=True)
        return self.frame.take(rows).reset_index(drop=True)

    def prepare(self) -> None:
        """Hash the rows and look up the columns that parts are chosen by."""
        self.prepared = True
        self.hashes, self.head = row_hashes(self.frame), head_of(self.frame)
        for column in _KEYS:
            if column in self.frame.columns:
                self.rows(column, ())


_kept: dict[Path, tuple[Stamp, Kept]] = {}


def kept(path: Path) -> Kept | None:
    """The table of a file; None when it is large, or not there.

    Raises
    ------
    InputRefused
        K102 when it cannot be read.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    if found.st_size > LARGEST:
        return None
    stamp = (found.st_size, found.st_mtime_ns, found.st_ino)
    if path not in _kept or _kept[path][0] != stamp:
        _kept[path] = (stamp, Kept(_read(path)))
    return _kept[path][1]


def keep_tables(build: Path) -> bool:
    """Read and prepare the small tables of a build, in this thread alone, so that forked processes have them.

    True when any of them is new.
    """
    fresh = False
    for name in BUILT:
        table = kept(build / f"{name}.parquet")
        if table is not None and not table.prepared:
            table.prepare()
            fresh = True
    return fresh


def _read(path: Path) -> pd.DataFrame:
    try:
        with pq.ParquetFile(pa.BufferReader(path.read_bytes()), page_checksum_verification=True) as file:
            read: pd.DataFrame = file.read(use_threads=False, use_pandas_metadata=True).to_pandas(use_threads=False)
        return read
    except (OSError, ValueError):
        return read_parquet(path)  # which says what is wrong


def row_hashes(frame: pd.DataFrame) -> np.ndarray:
    """One hash a row, over all its columns."""
    hashes: np.ndarray = pd.util.hash_pandas_object(frame, index=False, categorize=False).to_numpy()
    return hashes


def head_of(frame: pd.DataFrame) -> bytes:
    """Names and dtypes of a frame's columns."""
    return "\n".join(f"{c}:{t}" for c, t in frame.dtypes.items()).encode()
