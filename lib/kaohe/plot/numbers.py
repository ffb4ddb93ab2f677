"""Numbers, dates and lists as Chinese readers expect them; every rounding of a report is done here.

Rounding is half up (四舍五入) on the shortest decimal that names the float, so that 86.15 prints
as 86.2. Missing values print as —.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

MISSING = "—"
SUPPRESSED = "已隐藏"
NOT_ESTIMABLE = "不可估"

_CLASSIFIER = {"county": "个", "city": "个", "unit": "个", "village": "个", "item": "项", "problem": "个"}
_KIND_NAME = {
    "city": "市",
    "unit": "单位",
    "county": "县（市、区）",
    "village": "村",
    "item": "指标",
    "problem": "问题",
}


def is_missing(value: Any) -> bool:
    """True for a `value` that is None, NaN or NaT."""
    return value is None or value != value or str(value) == "NaT"


def half_up(value: Any, digits: int = 0) -> Decimal:
    """`value` rounded half up to `digits` decimals.

    Parameters
    ----------
    value : number
        Any finite number.
    digits : int
        Decimals to keep.

    Returns
    -------
    Decimal
        Never a negative zero.

    Raises
    ------
    ValueError
        For a missing or infinite value: callers print those as —.

    Examples
    --------
    >>> str(half_up(2.5)), str(half_up(86.15, 1)), str(half_up(-0.04, 1))
    ('3', '86.2', '0.0')
    """
    if is_missing(value) or math.isinf(value):
        raise ValueError(f"cannot round {value!r}")
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


def number(value: Any, digits: int = 1) -> str:
    """`value` with a fixed number of decimals, `digits`, and thousands separators; — when missing or infinite."""
    if is_missing(value) or math.isinf(value):
        return MISSING
    return f"{half_up(value, digits):,}".replace("-", "−")


def integer(value: Any) -> str:
    """The whole number nearest to `value`, with thousands separators; — when missing."""
    return number(value, 0)


def score(value: Any) -> str:
    """A score of 0 to 100 with one decimal, without unit."""
    return number(value, 1)


def percent(share: Any, digits: int = 1) -> str:
    """A `share` of 0 to 1 in percent, with a fixed number of decimals, `digits`: 0.985 is 98.5%; — when missing."""
    if is_missing(share):
        return MISSING
    return f"{half_up(Decimal(str(share)) * 100, digits)}%".replace("-", "−")


def level_said(level: float) -> str:
    """A level of confidence with the decimals it has.

    Parameters
    ----------
    level : float
        Share of intervals that hold the truth, 0 to 1.

    Examples
    --------
    >>> level_said(0.95), level_said(0.9), level_said(0.975)
    ('95%', '90%', '97.5%')
    """
    return f"{100 * float(level):g}%"


def chance(p: Any) -> str:
    """A probability in whole percent; one that is nearly certain is never printed as 0 or 100 %.

    Examples
    --------
    >>> [chance(p) for p in (0.0, 0.004, 0.5, 0.996, 1.0, float("nan"))]
    ['<1%', '<1%', '50%', '>99%', '>99%', '—']
    """
    if is_missing(p):
        return MISSING
    shown = half_up(100 * float(p))
    if p < 0.01 and shown <= 1:
        return "<1%"
    return ">99%" if p > 0.99 else f"{shown}%"


def points(difference: Any, digits: int = 1) -> str:
    """The size of a `difference` of two shares (0 to 1) in percentage points (百分点), with a fixed number of decimals, `digits`."""
    if is_missing(difference):
        return MISSING
    return f"{half_up(abs(Decimal(str(difference))) * 100, digits)}个百分点"


def signed(value: Any, digits: int = 1) -> str:
    """A difference with its sign (+ or −); zero carries none."""
    if is_missing(value):
        return MISSING
    rounded = half_up(value, digits)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded):,}"


def measure(value: Any, unit: str, is_share: bool) -> str:
    """An estimate as its unit asks: shares in %, yuan whole, other quantities with one decimal and unit.

    Parameters
    ----------
    value : float
        In its unit; a share as 0 to 1.
    unit : str
        As the codebook has it.
    is_share : bool
        Write it in percent.
    """
    if is_missing(value):
        return MISSING
    if is_share:
        return percent(value)
    if unit == "元":
        return f"{integer(value)}元"
    return f"{number(value)}{_unit(unit)}"


def span(low: Any, high: Any, unit: str = "", is_share: bool = False, *, digits: int | None = None) -> str:
    """An interval as text, for instance 96.1%–99.4% or 8,120–9,410元; yuan without decimals, others with one by default."""
    if is_missing(low) or is_missing(high):
        return MISSING
    join = "至" if low < 0 or high < 0 else "–"
    if is_share:
        return f"{percent(low)}{join}{percent(high)}"
    digits = digits if digits is not None else 0 if unit == "元" else 1
    return f"{number(low, digits)}{join}{number(high, digits)}{_unit(unit)}"


def _unit(unit: str) -> str:
    """A unit as it stands after a number: 8.6个月, since 8.6月 reads as a date."""
    return "个月" if unit == "月" else unit


def date_cn(value: Any) -> str:
    """A date as 2020年9月30日; — when missing."""
    return MISSING if is_missing(value) else f"{value.year}年{value.month}月{value.day}日"


def rank_span(low: Any, high: Any) -> str:
    """A rank interval in words: 第3至第9名, or 第3名 when both ends agree."""
    if is_missing(low) or is_missing(high):
        return MISSING
    a, b = half_up(low), half_up(high)
    return f"第{a}名" if a == b else f"第{a}至第{b}名"


def rank_short(low: Any, high: Any) -> str:
    """A rank interval from `low` to `high` for a card: 3–9, or 3."""
    if is_missing(low) or is_missing(high):
        return MISSING
    a, b = half_up(low), half_up(high)
    return f"{a}" if a == b else f"{a}–{b}"


def names(items: Iterable[str], most: int = 3, unit: str = "项") -> str:
    """Names joined by 、; beyond `most` the first ones and their number: 饮水、住房、教育等5项."""
    all_of = [str(i) for i in items]
    if len(all_of) <= most:
        return "、".join(all_of)
    return "、".join(all_of[:most]) + f"等{len(all_of)}{unit}"


def quoted(word: str) -> str:
    """A grade or wording in Chinese quotation marks."""
    return f"“{word}”"


def counted(n: Any, kind: str) -> str:
    """A count with its measure word: 3个市, 12项指标, 5个县（市、区）."""
    return f"{integer(n)}{_CLASSIFIER[kind]}{_KIND_NAME[kind]}"
