"""Words for what the built tables hold in codes: levels, quality, states, domains.

A code without a word is a fault of the suite, never printed as it stands.
"""

from __future__ import annotations

from kaohe.base.errors import EXIT_BUG, KaoheError

LEVELS = {"city": "市级", "county": "县级", "town": "镇级", "village": "村级", "unit": "单位"}
FORM_LEVELS = {"county": "县级", "town": "镇级", "village": "村级"}
KINDS = {"city": "市", "county": "县（市、区）", "unit": "单位", "class": "类别", "province": "全省"}
GRADES = ("好", "较好", "一般", "较差")
WEAK = ("一般", "较差")
DOUBTFUL = "待核"
LACKING = "缺数据"


def word(table: dict[str, str], code: str, what: str) -> str:
    """The Chinese word of a code; an empty code is —.

    Raises
    ------
    KaoheError
        K721 for a code that has no word.
    """
    if not code:
        return "—"
    if code in table:
        return table[code]
    error = KaoheError("K721", "A code has no Chinese word", where=what, got=code, expected=", ".join(table))
    error.exit_code = EXIT_BUG
    raise error


def talk_reason(reason: str, kind: str) -> str:
    """A reason of the talk list for readers: cities and units by the fact found, counties by registered problems."""
    return "事实认定存在突出问题" if reason == "存在突出问题" and kind in {"city", "unit"} else reason


QUALITY = {
    "ok": "可用",
    "caution": "慎用",
    "suppressed": "已隐藏",
    "not_estimable": "不可估",
    "missing": "缺数据",
}


def hidden(quality: str) -> bool:
    """True when an estimate of this `quality` must not be shown."""
    return quality == "suppressed"


def quality_word(quality: str) -> str:
    """How far an estimate may be trusted, in a word."""
    return word(QUALITY, quality, "quality")
