"""Estimates as marks and texts: a dot with its interval, and what may be printed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kaohe.plot import numbers
from kaohe.plot.against import FEW
from kaohe.plot.canvas import Canvas
from kaohe.plot.layout import Scale
from kaohe.plot.numbers import half_up, is_missing
from kaohe.plot.palette import ACCENT, PAPER, RULE
from kaohe.plot.terms import hidden, quality_word

Row = Mapping[str, Any]


def shown(row: Row) -> tuple[str, str, str]:
    """Estimate, interval and households as printed; 已隐藏 and 区间不可估 in words."""
    if hidden(str(row["quality"])):
        return quality_word(str(row["quality"])), "", ""
    unit, share = str(row["measure_unit"]), bool(row["is_share"])
    if is_missing(row["estimate"]):
        return numbers.MISSING, "", numbers.integer(row["n"])
    value = plain(row["estimate"], unit, share)
    if is_missing(row["ci_low"]) or is_missing(row["ci_high"]):
        return value, "区间不可估", numbers.integer(row["n"])
    return (
        value,
        f"{plain(row['ci_low'], unit, share)}–{plain(row['ci_high'], unit, share)}",
        numbers.integer(row["n"]),
    )


def plain(value: Any, unit: str, share: bool) -> str:
    """A number without its unit: the axis names it.

    Parameters
    ----------
    value : float
        In its unit; a share as 0 to 1.
    unit : str
        Yuan (元) stand without decimals, other quantities with one.
    share : bool
        Write it in percent, with one decimal.
    """
    if share:
        return str(half_up(100 * float(value), 1))
    return numbers.number(value, 0 if unit == "元" else 1)


def has_interval(row: Row) -> bool:
    """True when both limits are known and may be shown."""
    return not hidden(str(row["quality"])) and not is_missing(row["ci_low"]) and not is_missing(row["ci_high"])


def hollow(row: Row, least: int = FEW) -> bool:
    """True for an estimate that is shown and not judged: fewer than `least` answers, a caution mark, or no interval."""
    return bool(row["n"] < least) or row["quality"] != "ok"


def hollow_note(items: Sequence[Row]) -> str:
    """What the hollow dots mean, where there are any."""
    some = any(hollow(r) and not hidden(str(r["quality"])) for r in items)
    return f"空心：回答不足{FEW}户、误差较大或不可估，不作结论" if some else ""


def mark(canvas: Canvas, scale: Scale, y: float, row: Row, color: str, *, least: int = FEW) -> None:
    """A dot with its interval, hollow where no conclusion is drawn, a diamond where it is worse; nothing if hidden."""
    if hidden(str(row["quality"])) or is_missing(row["estimate"]):
        return
    few = hollow(row, least)
    if has_interval(row):
        ends = [(scale.clip(row["ci_low"]), y), (scale.clip(row["ci_high"]), y)]
        canvas.line(ends, RULE if few else color, line=3.6, z=2)
    x = scale.clip(row["estimate"])
    if color == ACCENT and not few:
        canvas.diamond(x, y, 0.075, color, edge=PAPER)
    else:
        canvas.dot(x, y, 0.054, PAPER if few else color, edge=color if few else PAPER, line=1.6 if few else 0.8)


def tick(value: float, share: bool) -> str:
    """A tick label: percent for shares, decimals only where needed."""
    shown_value = 100 * value if share else value
    return numbers.number(shown_value, 0 if abs(shown_value - round(shown_value)) < 1e-9 else 1)


def hidden_note(items: Sequence[Row]) -> str:
    """How many estimates are hidden, for the line under the chart."""
    n = sum(hidden(str(r["quality"])) for r in items)
    return f"{n}个估计因样本过少已隐藏" if n else ""
