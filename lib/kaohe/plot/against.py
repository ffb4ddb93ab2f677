"""When an estimate counts as different from the province's: one rule for charts and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kaohe.plot.numbers import half_up, is_missing

FEW = 50


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
    digits = 3 if row["is_share"] else (0 if row["measure_unit"] == "元" else 1)
    low, high, at = (half_up(float(v), digits) for v in (row["ci_low"], row["ci_high"], reference["estimate"]))
    return 1 if low > at else (-1 if high < at else 0)


def comparable(row: Mapping[Any, Any], reference: Mapping[Any, Any] | None) -> bool:
    """True when the target's estimate may be judged against the reference."""
    if reference is None or row["quality"] != "ok" or is_missing(reference["estimate"]) or row["n"] < FEW:
        return False
    return not (is_missing(row["ci_low"]) or is_missing(row["ci_high"]))
