"""Rounding and display: half up, one place, no English, no nan."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from kaohe.plot import numbers


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(2.5, 0, "3"), (3.5, 0, "4"), (86.15, 1, "86.2"), (86.25, 1, "86.3"), (-0.04, 1, "0.0"), (0.125, 2, "0.13"),
     (1.005, 2, "1.01"), (-2.5, 0, "-3"), (87.4999999999, 1, "87.5")],
)  # fmt: skip
@pytest.mark.case("C33")
def test_half_up(value: float, digits: int, shown: str) -> None:
    assert str(numbers.half_up(value, digits)) == shown


@pytest.mark.parametrize("value", [np.nan, float("inf"), None])
def test_half_up_refuses_what_is_no_number(value: object) -> None:
    with pytest.raises(ValueError, match="cannot round"):
        numbers.half_up(value)


def test_missing_prints_as_a_dash_everywhere() -> None:
    shows = (
        numbers.number, numbers.integer, numbers.score, numbers.percent, numbers.points, numbers.signed,
        numbers.date_cn,
    )  # fmt: skip
    assert {show(np.nan) for show in shows} == {"—"}
    assert numbers.date_cn(pd.NaT) == "—"
    assert numbers.span(np.nan, 1.0) == "—"
    assert numbers.rank_span(np.nan, 3) == "—"
    assert numbers.rank_short(1, np.nan) == "—"
    assert numbers.measure(np.nan, "元", False) == "—"


def test_units_as_readers_expect_them() -> None:
    assert numbers.percent(0.98549) == "98.5%"
    assert numbers.percent(0.0005) == "0.1%"
    assert numbers.points(-0.0234) == "2.3个百分点"
    assert numbers.integer(6786) == "6,786"
    assert numbers.signed(2.04) == "+2.0"
    assert numbers.signed(-2.06) == "−2.1"
    assert numbers.signed(-0.01) == "0.0"
    assert numbers.measure(8468.1, "元", False) == "8,468元"
    assert numbers.measure(0.5, "", True) == "50.0%"
    assert numbers.measure(3.25, "人", False) == "3.3人"
    assert numbers.span(0.961, 0.994, is_share=True) == "96.1%–99.4%"
    assert numbers.span(8120.4, 9410.5, "元") == "8,120–9,411元"


def test_dates_and_ranks_in_words() -> None:
    assert numbers.date_cn(pd.Timestamp("2020-09-30")) == "2020年9月30日"
    assert numbers.rank_span(3.0, 9.0) == "第3至第9名"
    assert numbers.rank_span(5.0, 5.0) == "第5名"
    assert numbers.rank_short(5.0, 5.0) == "5"
    assert numbers.rank_short(3.0, 9.0) == "3–9"


def test_lists_name_the_first_and_count_the_rest() -> None:
    assert numbers.names(["甲"]) == "甲"
    assert numbers.names(["甲", "乙", "丙"]) == "甲、乙、丙"
    assert numbers.names(["甲", "乙", "丙", "丁"], 3, "个") == "甲、乙、丙等4个"
    assert numbers.counted(5, "county") == "5个县（市、区）"
    assert numbers.counted(12, "item") == "12项指标"


def test_rounding_is_of_the_decimal_a_reader_sees() -> None:
    assert numbers.half_up(2.675, 2) == Decimal("2.68")


def test_minus_signs_months_and_intervals_below_zero() -> None:
    assert numbers.number(-3.04) == "−3.0"
    assert numbers.percent(-0.015) == "−1.5%"
    assert numbers.measure(8.6, "月", False) == "8.6个月"
    assert numbers.span(7.1, 9.2, "月") == "7.1–9.2个月"
    assert numbers.span(-120.0, 300.0, "元") == "−120至300元"
