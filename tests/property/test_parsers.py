"""Parsers: what is written in any accepted way comes back, and whatever stands in a cell gives an outcome."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaohe.base.columns import KINDS, Column
from kaohe.base.plan import load_plan
from kaohe.clean.cells import Cell
from kaohe.clean.dates import parse_date
from kaohe.clean.numerals import read_numeral, write_numeral
from kaohe.clean.office import read_words
from kaohe.clean.parse import make_parser, parse_number
from kaohe.clean.resolve import Register
from kaohe.clean.shares import share_parser
from kaohe.clean.values import Outcome

PLAN = load_plan()
WORDS = read_words(PLAN)
REGISTER = Register.build(PLAN)
MONEY = Column("x", "收入", "money", unit="元", conversions=(("万元", "10000"), ("万", "10000")))
RATE = Column("r", "率", "share")
WIDE = {c: chr(ord(c) + 0xFEE0) for c in "0123456789.,-%"}
NUMBERS = st.decimals(-(10**7), 10**7, places=2)
NUMERALS = "零一二三四五六七八九十百千万亿两〇点壹贰拾佰"


def full_width(text: str) -> str:
    return "".join(WIDE.get(c, c) for c in text)


STYLES = {
    "plain": str,
    "grouped": lambda d: f"{d:,}",
    "full-width": lambda d: full_width(str(d)),
    "full-width grouped": lambda d: full_width(f"{d:,}"),
    "with unit": lambda d: f"{d:,} 元",
    "with sign": lambda d: f"￥{d}",
    "blanks around": lambda d: f"\u3000{d}\u00a0 ",
    "groups by blanks": lambda d: f"{d:,}".replace(",", " "),
    "invisible": lambda d: "\ufeff" + str(d) + "\u200b",
}


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=40)
@given(number=NUMBERS)
def test_a_number_in_any_accepted_style_comes_back(style: str, number: Decimal) -> None:
    outcome = parse_number(STYLES[style](number), MONEY)
    assert outcome.value == float(number), STYLES[style](number)


@settings(max_examples=60)
@given(number=st.decimals(0, 10**4, places=4), unit=st.sampled_from(["万元", "万"]))
def test_a_converted_number_is_exact(number: Decimal, unit: str) -> None:
    outcome = parse_number(f"{number}{unit}", MONEY)
    assert (outcome.value, outcome.code) == (float(number * 10_000), "K350")


@settings(max_examples=150)
@given(number=st.integers(0, 10**12 - 1))
def test_a_numeral_comes_back(number: int) -> None:
    text = write_numeral(number)
    assert read_numeral(text) == number
    assert read_numeral(text.replace("零", "〇")) == number
    formal = text.translate(str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟"))
    assert read_numeral(formal) == number


@settings(max_examples=300)
@given(text=st.text(NUMERALS, max_size=9))
def test_what_looks_like_a_numeral_is_read_only_when_it_is_one(text: str) -> None:
    number = read_numeral(text)
    if number is not None and number.is_integer() and "点" not in text:
        plain = text.translate(str.maketrans("〇两壹贰拾佰", "零二一二十百"))
        assert write_numeral(int(number)) == plain.removeprefix("一") or write_numeral(int(number)) == plain


@settings(max_examples=100)
@given(
    day=st.dates(WORDS.earliest, WORDS.latest),
    style=st.sampled_from(["{y}-{m:02}-{d:02}", "{y}/{m}/{d}", "{y}.{m}.{d}", "{y}年{m}月{d}日", "{y}{m:02}{d:02}"]),
)
def test_a_date_in_any_accepted_style_comes_back(day: date, style: str) -> None:
    text = style.format(y=day.year, m=day.month, d=day.day)
    assert parse_date(text, WORDS.earliest, WORDS.latest).value == day
    assert parse_date(full_width(text), WORDS.earliest, WORDS.latest).value == day
    digits = "".join("〇一二三四五六七八九"[int(c)] for c in str(day.year))
    numeral = f"{digits}年{write_numeral(day.month)}月{write_numeral(day.day)}日"
    assert parse_date(numeral, WORDS.earliest, WORDS.latest).value == day


@settings(max_examples=60)
@given(hundredths=st.integers(0, 10_000), style=st.sampled_from(["fraction", "sign", "hundred"]))
def test_a_share_in_any_style_comes_back(hundredths: int, style: str) -> None:
    share = Decimal(hundredths) / 10_000
    text = {"fraction": str(share), "sign": f"{share * 100}%", "hundred": str(share * 100)}[style]
    assert share_parser(RATE, WORDS, style)(text).value == pytest.approx(float(share), abs=1e-15)


CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.text(), st.text(NUMERALS + "0123456789.,-%年月日元亩 \n/", max_size=12), st.floats(), st.integers(), st.booleans(),
    st.dates(), st.datetimes(), st.none(), st.sampled_from(["#N/A", "\ud800", "1e999", "\x00", "٣", "²", "①", "१२", "½"]),
)  # fmt: skip


@settings(max_examples=250)
@given(cell=CELLS)
def test_any_cell_gives_an_outcome(cell: Cell) -> None:
    for kind in KINDS:
        column = Column("x", "x", kind, unit="元", allowed=("甲", "乙"), min=0, max=10**6)
        outcome = make_parser(column, WORDS)(cell)
        assert isinstance(outcome, Outcome)
        assert (outcome.value is None) or outcome.action != "quarantine"
        if kind in {"int", "number", "money"} and outcome.value is not None:
            assert isinstance(outcome.value, float)
            assert 0 <= outcome.value <= 10**6
        if kind == "date" and outcome.value is not None:
            assert isinstance(outcome.value, date)
            assert not isinstance(outcome.value, datetime)
    for style in ("fraction", "sign", "hundred", ""):
        share = share_parser(RATE, WORDS, style)(cell).value
        assert share is None or 0 <= float(str(share)) <= 1
    for level in ("city", "county", "town", "village"):
        assert isinstance(REGISTER.place(cell, level), Outcome)
    assert isinstance(REGISTER.place(cell, "county", "440200000000"), Outcome)
    assert isinstance(REGISTER.code(cell, ("village",)), Outcome)
    assert isinstance(REGISTER.target(cell), Outcome)
