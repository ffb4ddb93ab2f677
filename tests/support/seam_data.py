"""One small sample as every kind of source that the seam reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def sample(seed: int = 5, rows: int = 900) -> pd.DataFrame:
    """Two stages in strata, zero weights, missing answers and missing domain levels."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"h": rng.integers(0, 6, rows)})
    frame["t"] = frame["h"] * 10 + rng.integers(0, 5, rows)
    frame["v"] = frame["t"] * 10 + rng.integers(0, 4, rows)
    frame["N"], frame["M"] = 9.0, 7.0
    frame["w"] = np.where(rng.random(rows) < 0.05, 0.0, rng.uniform(1, 9, rows))
    frame["city"] = rng.choice(["韶关市", "河源市", None], rows, p=[0.5, 0.4, 0.1])
    frame["kind"] = rng.integers(0, 3, rows)
    frame["income"] = rng.lognormal(9, 0.6, rows).round(2)
    frame["score"] = np.where(rng.random(rows) < 0.1, np.nan, rng.normal(50, 10, rows))
    frame["ok"] = np.where(rng.random(rows) < 0.1, np.nan, (rng.random(rows) < 0.4).astype(float))
    frame["size"] = rng.integers(1, 7, rows)
    frame["grade"] = rng.choice(["好", "较'好", None], rows)
    frame["asked"] = rng.random(rows) < 0.6
    frame["east"] = np.where(frame["h"] > 2, "e", "w")
    frame["w2"] = frame["w"] * np.where(frame["kind"] > 0, 1.2, 0.9) * np.where(frame["h"] > 2, 1.1, 1.0)
    return frame


def sources(frame: pd.DataFrame, folder: Path) -> dict[str, Any]:
    """The same records as a frame, Parquet files, a DuckDB relation and a Dask frame."""
    import dask.dataframe as dd
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    cut = len(frame) // 3
    frame.iloc[:cut].to_parquet(folder / "a.parquet", index=False)
    frame.iloc[cut:].to_parquet(folder / "b 文件.parquet", index=False)
    return {
        "pandas": frame,
        "parquet": str(folder / "*.parquet"),
        "relation": duckdb.connect().from_df(frame),
        "dask": dd.from_pandas(frame, npartitions=3),
    }


def worst(found: pd.DataFrame, want: pd.DataFrame) -> float:
    """Largest relative difference of two tables whose columns, rows and gaps must be the same."""
    assert list(found.columns) == list(want.columns)
    assert len(found) == len(want)
    most = 0.0
    for column in want.columns:
        if want[column].dtype.kind not in "if":
            a, b = (f[column].astype(object).where(f[column].notna(), None).tolist() for f in (found, want))
            assert a == b, column
            continue
        a, b = found[column].to_numpy(float), want[column].to_numpy(float)
        assert (np.isnan(a) == np.isnan(b)).all(), column
        known = ~np.isnan(a) & (a != b)
        if known.any():
            most = max(most, float(np.max(np.abs(a - b)[known] / np.maximum(np.abs(b[known]), 1e-300))))
    return most
