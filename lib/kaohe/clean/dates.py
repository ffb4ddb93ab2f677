"""Dates: from date-typed cells, or from text with the year first; nothing ambiguous is guessed."""

from __future__ import annotations

import re
from datetime import date, datetime

from kaohe.clean.cells import INVISIBLE, Cell, tidy, to_text
from kaohe.clean.codes import NORMALISE
from kaohe.clean.numerals import numeral_date
from kaohe.clean.values import Outcome, failed

_YMD = re.compile(r"(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})日?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_TIME = re.compile(r"[ T]?0?0:00(:00)?(\.0+)?$")
_SLASHES = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", re.ASCII)
_SERIAL = re.compile(r"[1-9]\d{4}(\.0)?", re.ASCII)


def parse_date(cell: Cell, earliest: date, latest: date) -> Outcome:
    """A date from a date-typed cell or from text with the year first; anything else is set aside."""
    if isinstance(cell, datetime):
        return _dated(cell.date(), "", earliest, latest)
    if isinstance(cell, date):
        return _dated(cell, "", earliest, latest)
    if isinstance(cell, (int, float)):
        return _compact(to_text(cell), earliest, latest)
    text = _TIME.sub("", INVISIBLE.sub("", str(cell)).strip("\u3000\u00a0 \t\r\n"))
    plain = tidy(text)
    match = _YMD.fullmatch(plain)
    if match and (match[2] == match[4] or (match[2], match[4]) == ("年", "月")):
        if plain.endswith("日") and match[2] != "年":
            return failed("K267")
        found = _real(match[1], match[3], match[5])
        if found is None:
            return failed("K268")
        canonical = match[2] == "-" and len(match[3]) == 2 and len(match[5]) == 2 and plain == cell
        return _dated(found, "" if canonical else "K284", earliest, latest)
    numeral = numeral_date(plain)
    if numeral is not None:
        found = _real(*numeral)
        return failed("K268") if found is None else _dated(found, "K284", earliest, latest)
    if _SLASHES.fullmatch(plain):
        return failed("K269")
    return _compact(plain, earliest, latest)


def _compact(text: str, earliest: date, latest: date) -> Outcome:
    match = _COMPACT.fullmatch(text)
    if match:
        found = _real(match[1], match[2], match[3])
        return failed("K268") if found is None else _dated(found, "K284", earliest, latest)
    return failed("K271" if _SERIAL.fullmatch(text) else "K267")


def _real(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _dated(value: date, code: str, earliest: date, latest: date) -> Outcome:
    if not earliest <= value <= latest:
        return failed("K270", f"{earliest.isoformat()} 至 {latest.isoformat()}")
    return Outcome(value, NORMALISE if code else "", code)
