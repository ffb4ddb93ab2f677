"""Cases computed by R, with their inputs (see tests/reference/survey/README.md)."""

from __future__ import annotations

import gzip
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent.parent / "reference" / "survey"


def _bytes(name: str) -> bytes:
    path = FOLDER / name
    return path.read_bytes() if path.is_file() else gzip.decompress((FOLDER / f"{name}.gz").read_bytes())


@cache
def expected(case: str) -> dict[str, Any]:
    """What R printed for one case."""
    (path,) = FOLDER.glob(f"{case}_*.json*")
    return json.loads(_bytes(path.name.removesuffix(".gz")))["expected"]


def data(name: str) -> pd.DataFrame:
    """One input table, a fresh copy."""
    return pd.read_csv(io.BytesIO(_bytes(f"{name}.csv")))


def margins() -> dict[str, Any]:
    """Population totals of the API data."""
    return json.loads(_bytes("apipop_margins.json"))


def same(got: Any, want: Any, rtol: float) -> None:
    """Equal to `rtol` relative, or to 1e-9 absolute where R's own value is a zero of rounding."""
    np.testing.assert_allclose(np.asarray(got, dtype=float), np.asarray(want, dtype=float), rtol=rtol, atol=1e-13)


def check(frame: pd.DataFrame, rows: list[dict[str, Any]], rtol: float, *, ci: bool = True) -> None:
    """Compare estimates, standard errors and intervals with R's rows, in order."""
    assert len(frame) == len(rows)
    same(frame["estimate"], [r["estimate"] for r in rows], rtol)
    same(frame["se"], [r["se"] for r in rows], rtol)
    if ci:
        same(frame["ci_low"], [r["ci_lo"] for r in rows], rtol)
        same(frame["ci_high"], [r["ci_hi"] for r in rows], rtol)
