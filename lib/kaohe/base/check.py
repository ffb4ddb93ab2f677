"""Checks a frame against its contract with pandera, and says what is wrong in our own words."""

from __future__ import annotations

import pandas as pd

from kaohe.base.built import BUILT, DTYPES, SCENARIO
from kaohe.base.errors import KaoheError


def conform(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A built table with exactly its contract's columns, dtypes and order, sorted by key.

    Parameters
    ----------
    name : str
        A key of `kaohe.base.built.BUILT` or `SCENARIO`.
    frame : DataFrame
        At least the contract's columns; others are dropped.

    Raises
    ------
    KaoheError
        K170 when a column is missing, a value does not fit its dtype, or a key stands twice.
    """
    import pandera.pandas as pa

    built = BUILT[name] if name in BUILT else SCENARIO[name]
    missing = [c for c in built.names if c not in frame.columns]
    if missing:
        raise _fault(name, f"columns {', '.join(missing)} are missing", "every column of the contract")
    out = frame[built.names].copy()
    for column, (mark, _) in built.columns.items():
        if mark == "s":
            out[column] = out[column].astype("object").where(out[column].notna(), "").astype("str")
        elif mark == "d":
            out[column] = pd.to_datetime(out[column]).astype("datetime64[us]")
        else:
            try:
                out[column] = out[column].astype(DTYPES[mark])
            except (ValueError, TypeError) as error:
                raise _fault(name, f"{column}: {error}", f"values of {DTYPES[mark]}") from error
    schema = pa.DataFrameSchema(
        {c: pa.Column(DTYPES[m], nullable=m in "fd") for c, (m, _) in built.columns.items()},
        unique=list(built.key), strict=True, ordered=True,
    )  # fmt: skip
    try:
        schema.validate(out, lazy=True)
    except pa.errors.SchemaErrors as error:
        first = error.failure_cases.iloc[0]
        raise _fault(name, f"{first['column']}: {first['check']}", f"key {', '.join(built.key)} unique") from error
    return out.sort_values(list(built.key), ignore_index=True)


def _fault(name: str, got: str, expected: str) -> KaoheError:
    error = KaoheError("K170", "A built table breaks its contract", where=name, got=got, expected=expected)
    error.exit_code = 1
    return error
