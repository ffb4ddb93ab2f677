"""When an estimate counts as different from the province's: one rule for charts and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from kaohe.base.codebook import Question
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


def repeats(rows: Iterable[Mapping[Any, Any]], questions: Mapping[str, Question]) -> dict[str, str]:
    """Indicators that say the same as another one of the same target once more: counted once.

    Parameters
    ----------
    rows : iterable of mappings
        Rows of ``estimates`` of one domain.
    questions : mapping of id to Question
        The codebook: `same_as` names the other question.

    Returns
    -------
    dict of indicator to indicator
        Which repeats which; none where the two estimates differ in any number.
    """
    by_id = {str(r["indicator"]): r for r in rows}
    found = {}
    for indicator, row in by_id.items():
        question = questions.get(indicator)
        other = by_id.get(question.same_as) if question is not None and question.same_as else None
        if other is not None and all(
            _alike(row[c], other[c]) for c in ("quality", "n", "estimate", "ci_low", "ci_high")
        ):
            found[indicator] = str(other["indicator"])
    return found


def again_note(rows: Mapping[str, Mapping[Any, Any]], again: Mapping[str, str]) -> str:
    """Which indicators are counted once together, for a note under them; `rows` by indicator, `again` as `repeats` gives it."""
    return "；".join(f"“{rows[a]['label']}”与“{rows[b]['label']}”结果相同，计为一项" for a, b in again.items())


def _alike(a: Any, b: Any) -> bool:
    return bool(a == b) or (is_missing(a) and is_missing(b))
