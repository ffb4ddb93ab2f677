"""Cells as people write them: a case table of what each becomes."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kaohe.base.tables import Column
from kaohe.clean.dates import parse_date
from kaohe.clean.numerals import read_numeral, write_numeral
from kaohe.clean.parse import make_parser
from kaohe.clean.shares import share_parser, share_style
from kaohe.clean.values import Words

WORDS = Words(
    frozenset({"不知道", "拒答", "不详"}), frozenset({"不适用", "/"}), ("好", "较好", "一般", "较差"),
    date(2019, 1, 1), date(2021, 12, 31),
)  # fmt: skip
MONEY = Column("income", "收入", "money", unit="元", min=0, max=600000)
PEOPLE = Column("size", "人口", "int", unit="人", min=1, max=15)
LAND = Column("land", "耕地", "number", unit="亩", min=0, max=500)
FLAG = Column("flag", "是否", "flag")
LEVEL = Column("level", "满意度", "choice", allowed=("非常满意", "满意", "一般"))
GRADE = Column("grade", "等次", "grade")
TEXT = Column("note", "摘要", "text")
CODE = Column("code", "编号", "code")
ITEM = Column("item", "指标序号", "item")


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        (MONEY, "12300", 12300.0), (MONEY, 12300, 12300.0), (MONEY, 12300.0, 12300.0), (MONEY, "0", 0.0),
        (PEOPLE, "3", 3.0), (LAND, "1.5", 1.5), (FLAG, "是", 1.0), (FLAG, "否", 0.0), (LEVEL, "满意", "满意"),
        (GRADE, "较好", "较好"), (TEXT, "张·买买提𠮷䶮", "张·买买提𠮷䶮"), (CODE, "0440", "0440"),
        (CODE, 440203100201.0, "440203100201"), (ITEM, "3", 3.0), (ITEM, 3.0, 3.0),
        (MONEY, None, None), (MONEY, "", None), (MONEY, " \u3000", None), (MONEY, "不知道", None),
        (MONEY, "不适用", None), (FLAG, "/", None), (LEVEL, "拒答", None), (PEOPLE, "不详", None),
    ],
)  # fmt: skip
def test_taken_as_it_stands(column: Column, cell: object, value: object) -> None:
    outcome = make_parser(column, WORDS)(cell)
    assert (outcome.value, outcome.action, outcome.code) == (value, "", "")


@pytest.mark.parametrize(
    ("column", "cell", "value", "code"),
    [
        (MONEY, "１２３００", 12300.0, "K282"), (MONEY, "12,300", 12300.0, "K283"), (MONEY, "１２，３００", 12300.0, "K283"),
        (MONEY, "12300元", 12300.0, "K283"), (MONEY, "￥12,300", 12300.0, "K283"), (MONEY, " 12300 ", 12300.0, "K282"),
        (MONEY, "12\u200b300", 12300.0, "K282"), (PEOPLE, "３", 3.0, "K282"), (PEOPLE, "3人", 3.0, "K283"),
        (LAND, "1.5亩", 1.5, "K283"), (FLAG, "√", 1.0, "K286"), (FLAG, "×", 0.0, "K286"), (FLAG, "1", 1.0, "K286"),
        (FLAG, "Y", 1.0, "K286"), (FLAG, "Ｎ", 0.0, "K286"), (FLAG, " 是", 1.0, "K286"), (FLAG, True, 1.0, "K286"),
        (LEVEL, "满 意", "满意", "K282"), (GRADE, "较好\u3000", "较好", "K282"), (CODE, "０４４０", "0440", "K282"),
        (CODE, "\ufeff0440\u00a0", "0440", "K282"), (ITEM, "3. 防止返贫", 3.0, "K286"),
        (TEXT, "已\u200b整改", "已整改", "K209"), (TEXT, "已\u202e整改", "已整改", "K209"),
    ],
)  # fmt: skip
def test_repaired_by_rule(column: Column, cell: object, value: object, code: str) -> None:
    outcome = make_parser(column, WORDS)(cell)
    assert (outcome.value, outcome.action, outcome.code) == (value, "normalise", code)


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        (MONEY, "12 万元", "K263"), (MONEY, "1.2万", "K262"), (MONEY, "三千五", "K262"), (MONEY, "约500", "K262"),
        (MONEY, "500-600", "K262"), (MONEY, ">100", "K262"), (MONEY, "500左右", "K262"), (MONEY, "1.2E+05", "K262"),
        (MONEY, "1,23", "K261"), (MONEY, "1.234.567", "K261"), (MONEY, "--5", "K261"), (MONEY, "O", "K261"),
        (MONEY, "-", "K261"), (MONEY, "nan", "K261"), (MONEY, float("inf"), "K261"), (MONEY, True, "K261"),
        (MONEY, "²", "K261"), (MONEY, "-5", "K265"), (MONEY, "600001", "K265"),
        (MONEY, "#DIV/0!", "K264"), (MONEY, "#N/A", "K264"), (MONEY, date(2020, 1, 1), "K261"),
        (LAND, "2公顷", "K263"), (LAND, "300平方米", "K263"), (PEOPLE, "2.5", "K266"), (PEOPLE, "16", "K265"),
        (PEOPLE, "3户", "K263"), (FLAG, "也许", "K273"), (FLAG, "2", "K273"), (LEVEL, "很好", "K272"),
        (LEVEL, "#REF!", "K264"), (GRADE, "优秀", "K274"), (GRADE, "A", "K274"), (GRADE, "良", "K274"),
        (ITEM, "第三项", "K261"), (CODE, "#VALUE!", "K264"),
    ],
)  # fmt: skip
def test_set_aside(column: Column, cell: object, code: str) -> None:
    outcome = make_parser(column, WORDS)(cell)
    assert (outcome.value, outcome.action, outcome.code) == (None, "quarantine", code)


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("2020-09-30", date(2020, 9, 30), ""), (date(2020, 9, 30), date(2020, 9, 30), ""),
        (datetime(2020, 9, 30, 8, 1), date(2020, 9, 30), ""), ("2020/9/30", date(2020, 9, 30), "K284"),
        ("2020.9.30", date(2020, 9, 30), "K284"), ("20200930", date(2020, 9, 30), "K284"),
        (20200930.0, date(2020, 9, 30), "K284"), ("2020年9月30日", date(2020, 9, 30), "K284"),
        ("２０２０年９月３０日", date(2020, 9, 30), "K284"), ("2020-9-3", date(2020, 9, 3), "K284"),
        ("2020/9/30 0:00", date(2020, 9, 30), "K284"), ("2020-09-30\u3000", date(2020, 9, 30), "K284"),
        ("2020-02-29", date(2020, 2, 29), ""),
    ],
)  # fmt: skip
def test_dates_understood(cell: object, value: date, code: str) -> None:
    outcome = parse_date(cell, WORDS.earliest, WORDS.latest)
    assert (outcome.value, outcome.code) == (value, code)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2020年9月31日", "K268"), ("2019-02-29", "K268"), ("20200931", "K268"), ("2020-13-01", "K268"),
        ("03/04/2020", "K269"), ("3.4.20", "K269"), ("44104", "K271"), (44104.0, "K271"), ("9月30日", "K267"),
        ("二〇二〇年九月", "K267"), ("2020-09", "K267"), ("2020/9-30", "K267"), ("2020-9-30日", "K267"),
        ("去年秋天", "K267"), ("2030-01-01", "K270"), ("1900-01-01", "K270"), (True, "K267"),
    ],
)  # fmt: skip
def test_dates_set_aside(cell: object, code: str) -> None:
    outcome = parse_date(cell, WORDS.earliest, WORDS.latest)
    assert (outcome.value, outcome.action, outcome.code) == (None, "quarantine", code)


RATE = Column("rate", "支出率", "share", min=0, max=1)


@pytest.mark.parametrize(
    ("cells", "styles"),
    [
        (["0.85", "0.9", "1", "0", None], {"fraction"}), (["85%", "100%", "0"], {"sign"}), (["85", "90.5", "1"], {"hundred"}),
        (["0.85", "85%"], {"fraction", "sign"}), (["0.85", "85"], {"fraction", "hundred"}), (["0.85", "1.02"], {"fraction"}),
        (["1.2", "0"], {"hundred"}), (["不详", "/"], set()),
    ],
)  # fmt: skip
def test_styles_of_a_share_column(cells: list[object], styles: set[str]) -> None:
    assert set(share_style(cells)) == styles


@pytest.mark.parametrize(
    ("style", "cell", "value", "code"),
    [
        ("fraction", "0.85", 0.85, ""), ("fraction", "1.02", None, "K265"), ("sign", "85%", 0.85, "K287"),
        ("sign", "102%", None, "K265"), ("hundred", "85", 0.85, "K287"), ("hundred", "约85", None, "K262"),
        ("fraction", "#N/A", None, "K264"), ("fraction", "不详", None, ""), ("fraction", "多半", None, "K262"),
        ("fraction", "０.８５", 0.85, "K282"), ("fraction", "不", None, "K261"),
    ],
)  # fmt: skip
def test_shares(style: str, cell: str, value: float | None, code: str) -> None:
    outcome = share_parser(RATE, WORDS, style)(cell)
    assert outcome.value == (None if value is None else pytest.approx(value))
    assert outcome.code == code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三亿五千", None), ("三亿零五千", 300_005_000), ("三亿五千万", 350_000_000), ("三亿零五百", 300_000_500),
        ("三亿零五万", 300_050_000), ("三亿五万", None), ("一亿零一", 100_000_001), ("二亿五", None), ("三万五", None),
        ("三万五千", 35_000), ("十万五千", 105_000), ("九千亿零一千", 900_000_001_000), ("九千亿一千", None),
        ("一亿二千三百四十五万六千七百八十九", 123_456_789), ("三千五", None),
    ],
)  # fmt: skip
def test_numerals_written_in_full_are_read_and_short_ones_are_not(text: str, value: int | None) -> None:
    """A skipped 万 is written 零; without it 三亿五千 may be 三亿五千万 cut short."""
    assert read_numeral(text) == value
    if value is not None:
        assert write_numeral(value) == text
