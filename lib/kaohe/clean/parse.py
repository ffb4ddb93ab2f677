"""Typed values: each cell becomes a value, a recorded repair, or a failure with a code.

Parsers are made for a column (`make_parser`) and give an `Outcome` for a cell. Nothing is
coerced: what is not understood is set aside with the rule it breaks.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from kaohe.base.tables import Column
from kaohe.clean.cells import INVISIBLE, Cell, is_blank, tidy, tidy_text, to_text
from kaohe.clean.codes import NORMALISE
from kaohe.clean.dates import parse_date
from kaohe.clean.numerals import read_numeral
from kaohe.clean.values import BLANK, Outcome, Parser, Words, failed

EXCEL_ERRORS = ("#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
TICKS = ("√", "✓", "✔", "☑", "●", "1", "是")
CROSSES = ("×", "✗", "✘", "☒", "0", "否")
YES = {*TICKS, "Y", "y", "YES", "yes", "Yes", "有", "对", "TRUE", "True", "true", "V"}
NO = {*CROSSES, "N", "n", "NO", "no", "No", "无", "错", "FALSE", "False", "false", "X", "x"}
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_WITH_UNIT = re.compile(r"¥?([+-]?[\d,]*\.?\d+)([^\d\s.,+-]{1,4})?", re.ASCII)
_PARTED = re.compile(r"[\d０-９.][\s\u00a0\u3000]+[\d０-９.]|\S[ \t]*[\r\n]")
_GROUPED = re.compile(r"[+-]?\d{1,3}([ \u00a0\u2009]\d{3})+(\.\d+)?\D{0,4}", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?[eE][+]?\d+", re.ASCII)
VAGUE = re.compile(r"约|左右|多|余|以上|以下|近|至|[~～<>≥≤≈一二三四五六七八九十百千万亿两零〇]|\d[-—–]\d")
_ITEM = re.compile(r"(\d{1,2})(?:[.、．。)]|$)", re.ASCII)


def make_parser(column: Column, words: Words) -> Parser:
    """The parser of a column's kind, with its missing words and its range or levels."""
    kind = column.kind
    if kind in {"int", "number", "money"}:
        inner: Parser = lambda cell: in_range(parse_number(cell, column), column)  # noqa: E731
    elif kind == "date":
        inner = lambda cell: parse_date(cell, words.earliest, words.latest)  # noqa: E731
    elif kind == "flag":
        inner = parse_flag
    elif kind == "choice":
        inner = _choice_parser(column.allowed, "K272")
    elif kind == "grade":
        inner = _choice_parser(words.grades, "K274")
    elif kind == "item":
        inner = parse_item
    elif kind == "text":
        inner = parse_text
    else:
        inner = parse_code
    skip = words.missing | words.not_applicable
    keeps = kind in {"choice", "grade"} and frozenset(column.allowed) & skip

    def parse(cell: Cell) -> Outcome:
        if is_blank(cell):
            return BLANK
        if isinstance(cell, str):
            if kind != "text" and not keeps and tidy(cell) in skip:
                return BLANK
            if tidy(cell).upper() in EXCEL_ERRORS:
                return failed("K264")
        return inner(cell)

    return parse


def parse_number(cell: Cell, column: Column) -> Outcome:
    """A number in the column's unit; thousands separators, full-width digits and the unit itself are repaired."""
    if isinstance(cell, bool):
        return failed("K261")
    if isinstance(cell, (int, float)):
        return Outcome(float(cell)) if math.isfinite(cell) else failed("K261")
    if not isinstance(cell, str):
        return failed("K261")
    if NUMBER.fullmatch(cell):
        return Outcome(float(cell))
    if is_several(cell):
        return failed("K262")
    text = tidy(cell)
    if NUMBER.fullmatch(text):
        return Outcome(float(text), NORMALISE, "K282")
    if _THOUSANDS.fullmatch(text):
        return Outcome(float(text.replace(",", "")), NORMALISE, "K283")
    match = _WITH_UNIT.fullmatch(text)
    factor = dict(column.conversions).get(match[2] or "") if match else None
    if match and factor and (NUMBER.fullmatch(match[1]) or _THOUSANDS.fullmatch(match[1])):
        value = Decimal(match[1].replace(",", "")) * Decimal(factor)
        return Outcome(float(value), NORMALISE, "K350", f"{value.normalize():f} {column.unit}（× {factor}）")
    if match and (match[2] is None or match[2] == column.unit):
        plain = match[1]
        if NUMBER.fullmatch(plain) or _THOUSANDS.fullmatch(plain):
            if text[0] == "¥" and column.unit != "元":
                return failed("K263", f"单位：{column.unit or '无'}")
            return Outcome(float(plain.replace(",", "")), NORMALISE, "K283")
    if match and match[2] and (NUMBER.fullmatch(match[1]) or _THOUSANDS.fullmatch(match[1])):
        if match[2] in {"多", "余", "左右", "以上", "以下", "万", "亿", "千", "百"}:
            return failed("K262")
        return failed("K263", f"单位：{column.unit or '无'}")
    numeral = read_numeral(text.removesuffix(column.unit) if column.unit else text)
    if numeral is not None:
        return Outcome(numeral, NORMALISE, "K283", f"{numeral:.10g}")
    if VAGUE.search(text) or _SCIENTIFIC.fullmatch(text):
        return failed("K262")
    return failed("K261")


def is_several(text: str) -> bool:
    """True when blanks or line breaks part two numbers in one cell; groups of three digits are one number."""
    plain = INVISIBLE.sub("", text).strip("\u3000\u00a0 \t\r\n")
    return _PARTED.search(plain) is not None and _GROUPED.fullmatch(plain) is None


def in_range(outcome: Outcome, column: Column) -> Outcome:
    """A number within its column's range and whole where it must be; K265, K266."""
    if outcome.value is None:
        return outcome
    value = float(outcome.value)  # type: ignore[arg-type]
    if column.kind == "int" and not value.is_integer():
        return failed("K266")
    low, high = column.min, column.max
    if (low is not None and value < low) or (high is not None and value > high):
        return failed("K265", range_text(column))
    return outcome


def range_text(column: Column) -> str:
    """The allowed range of a column in words."""
    unit = column.unit
    if column.min is not None and column.max is not None:
        return f"{column.min:,.10g} 至 {column.max:,.10g} {unit}".strip()
    if column.min is not None:
        return f"不小于 {column.min:,.10g} {unit}".strip()
    return f"不大于 {column.max:,.10g} {unit}".strip()


def parse_flag(cell: Cell) -> Outcome:
    """是 or 否 as 1.0 or 0.0, with the ticks, crosses and letters that stand for them."""
    text = to_text(cell)
    if text == "是":
        return Outcome(1.0)
    if text == "否":
        return Outcome(0.0)
    plain = tidy(text)
    if plain in YES:
        return Outcome(1.0, NORMALISE, "K286")
    if plain in NO:
        return Outcome(0.0, NORMALISE, "K286")
    return failed("K273")


def _choice_parser(allowed: tuple[str, ...], code: str) -> Parser:
    canonical = {tidy(a): a for a in allowed}
    expected = "、".join(allowed)[:200]

    def parse(cell: Cell) -> Outcome:
        text = to_text(cell)
        if text in allowed:
            return Outcome(text)
        found = canonical.get(tidy(text))
        return failed(code, expected) if found is None else Outcome(found, NORMALISE, "K282")

    return parse


def parse_item(cell: Cell) -> Outcome:
    """The number of an item: 3, or the item's text with its number in front."""
    match = _ITEM.match(tidy(to_text(cell)))
    if not match:
        return failed("K261")
    number = float(match[1])
    return Outcome(number) if tidy(to_text(cell)) == match[1] else Outcome(number, NORMALISE, "K286")


def parse_text(cell: Cell) -> Outcome:
    """Free text: kept as it is, without invisible and control characters."""
    text = to_text(cell)
    plain = tidy_text(text)
    if INVISIBLE.search(text):
        return Outcome(plain, NORMALISE, "K209")
    return Outcome(plain)


def parse_code(cell: Cell) -> Outcome:
    """A code: narrow letters and digits, nothing invisible; its meaning is checked elsewhere."""
    text = to_text(cell)
    plain = tidy(text)
    if plain != text and text.strip() != plain:
        return Outcome(plain, NORMALISE, "K282")
    return Outcome(plain, NORMALISE, "K282") if plain != text else Outcome(plain)
