"""When an estimate counts as different from the province's: one rule for charts and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kaohe.plot.numbers import half_up, is_missing

FEW = 50
_WHO_AND_WHAT = [
    "unit", "domain_type", "domain", "name", "indicator", "topic", "label", "stat", "measure_unit", "is_share", "direction",
    "quality",
]  # fmt: skip


def side(row: Mapping[Any, Any], reference: Mapping[Any, Any] | None) -> int:
    """1 when the whole interval lies above the reference's estimate as printed, −1 below, 0 otherwise.

    Parameters
    ----------
    row, reference : mappings
        Rows of ``estimates``: the target's and the province's.

    Notes
    -----
    Estimates that are hidden or carry a caution mark, have no interval or come from fewer than 50
    answers are shown and not judged: 0.
    """
    if reference is None or not comparable(row, reference):
        return 0
    digits = printed_digits(row)
    low, high, at = (half_up(float(v), digits) for v in (row["ci_low"], row["ci_high"], reference["estimate"]))
    return 1 if low > at else (-1 if high < at else 0)


def printed_digits(row: Mapping[Any, Any]) -> int:
    """Decimals with which an estimate is printed, a share as a number from 0 to 1."""
    return 3 if row["is_share"] else (0 if row["measure_unit"] == "元" else 1)


def as_printed(estimates: pd.DataFrame) -> pd.DataFrame:
    """Estimates that others are compared with, as they are printed: a change that no page would show is none.

    Parameters
    ----------
    estimates : DataFrame
        Rows of ``estimates``.

    Returns
    -------
    DataFrame
        The same rows and columns; ``estimate`` rounded half up to the decimals that are printed, every other
        number empty (whole ones 0).
    """
    out = estimates.copy()
    out["estimate"] = [
        value if is_missing(value) else float(half_up(float(value), printed_digits(row)))
        for value, row in zip(out["estimate"], out[["is_share", "measure_unit"]].to_dict("records"), strict=True)
    ]
    for column in out.columns.difference([*_WHO_AND_WHAT, "estimate"]):
        kind = out[column].dtype.kind
        out[column] = pd.Series(
            "" if kind not in "fi" else (float("nan") if kind == "f" else 0), out.index, out[column].dtype
        )
    return out


def comparable(row: Mapping[Any, Any], reference: Mapping[Any, Any] | None) -> bool:
    """True when the target's estimate may be judged against the reference."""
    if reference is None or row["quality"] != "ok" or is_missing(reference["estimate"]) or row["n"] < FEW:
        return False
    return not (is_missing(row["ci_low"]) or is_missing(row["ci_high"]))
