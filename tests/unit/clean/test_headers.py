"""Headers of one and two rows, units stated beside and above them, and subtotals."""

from __future__ import annotations

import pytest

from kaohe.base.tables import Column, Contract
from kaohe.clean.cells import Cell, Sheet
from kaohe.clean.intake import FileRefused
from kaohe.clean.layout import find_layout

CROPS = Contract("crops", "作物", "crops.*", (
    Column("village", "村代码", "code"), Column("wheat", "金额_小麦", "money", unit="元", conversions=(("万元", "10000"),)),
    Column("rice", "金额_水稻", "money", unit="元"), Column("area", "面积", "number", False, unit="亩"),
    Column("rate", "支出率", "share", False),
), ("village",))  # fmt: skip
DATA: list[list[Cell]] = [["a", "1", "2", "3"], ["b", "4", "5", "6"]]


def sheet(*rows: list[Cell], merged: tuple[tuple[int, int, int, int], ...] = (), name: str = "表") -> Sheet:
    kept = [list(r) for r in rows]
    return Sheet("crops.xlsx", name, kept, list(range(1, len(kept) + 1)), "xlsx", 0, merged)


@pytest.mark.parametrize(
    ("top", "low", "merged"),
    [
        (["村代码", "金额", None, "面积"], [None, "小麦", "水稻", None], ((0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 1, 3))),
        (["村代码", "金额", None, "面积"], [None, "小麦", "水稻", None], ()),
        (["村代码", "金额", "金额", "面积"], ["村代码", "小麦", "水稻", "面积"], ()),
        (["村代码", " 金 额 ", None, "面积（亩）"], [None, "小麦", "水稻", None], ((0, 1, 0, 2),)),
    ],
)  # fmt: skip
def test_two_rows_are_flattened(
    top: list[Cell], low: list[Cell], merged: tuple[tuple[int, int, int, int], ...]
) -> None:
    page = sheet(["作物表"], top, low, *DATA, merged=tuple((a + 1, b, c + 1, d) for a, b, c, d in merged))
    for _ in range(2):  # what is found once is found again
        layout = find_layout(page, CROPS)
        assert layout.columns == {"village": 0, "wheat": 1, "rice": 2, "area": 3}
        assert (layout.header, layout.data) == (2, [3, 4])
        assert page.rows[2][1:3] == [f"{str(top[1]).strip()}_小麦", f"{str(top[1]).strip()}_水稻"]


def test_a_unit_of_the_group_is_the_unit_of_its_columns() -> None:
    plain = Contract("c", "c", "c.*", (Column("v", "村代码", "code"), Column("w", "小麦", "money", unit="元"), Column("r", "水稻", "money", unit="元")), ("v",))  # fmt: skip
    page = sheet(["村代码", "产值（万元）", None], [None, "小麦", "水稻"], ["a", "1", "2"])
    with pytest.raises(FileRefused) as caught:
        find_layout(page, plain)
    assert (caught.value.code, caught.value.value, caught.value.expected) == ("K248", "小麦（万元）", "小麦（元）")


@pytest.mark.parametrize(
    ("top", "low", "said"),
    [
        (["村代码", "金额", None, "面积"], [None, "小麦", "玉米", None], "金额_玉米：C2"),
        (["村代码", "金额", None, "上年"], ["村代码", "小麦", "水稻", "面积"], "上年_面积：D2"),
    ],
)
def test_a_pair_that_names_nothing_is_refused(top: list[Cell], low: list[Cell], said: str) -> None:
    with pytest.raises(FileRefused) as caught:
        find_layout(sheet(top, low, *DATA), CROPS)
    assert (caught.value.code, caught.value.value, caught.value.row) == ("K356", said, 2)


def test_one_row_stays_one_row_under_titles() -> None:
    page = sheet(["作物表", None, "2020年"], ["村代码", "金额_小麦", "金额_水稻", "面积"], *DATA)
    assert find_layout(page, CROPS).header == 1


@pytest.mark.parametrize("above", ["单位：万元", "（单位:万元、亩）", "填报单位：甲村　单位：万元", "单 位： 万元"])
def test_a_unit_above_the_table_holds_for_its_columns(above: str) -> None:
    head: list[Cell] = ["村代码", "金额_小麦", "金额_水稻（元）", "面积"]
    layout = find_layout(page := sheet([above], head, *DATA), CROPS)
    assert layout.units == {"wheat": "万元"}
    assert [row[1] for row in page.rows[2:]] == ["1万元", "4万元"]
    with pytest.raises(FileRefused) as caught:
        find_layout(sheet([above], [*head[:2], "金额_水稻", "面积"], *DATA), CROPS)
    assert caught.value.value == "金额_水稻（表上方写明单位：万元）"


def test_percent_in_the_header_is_written_behind_the_numbers() -> None:
    page = sheet(["村代码", "金额_小麦", "金额_水稻", "支出率(%)"], ["a", "1", "2", "85"], ["b", "1", "2", 0.5])
    find_layout(page, CROPS)
    assert [row[3] for row in page.rows[1:]] == ["85%", "0.5%"]


def test_subtotals_may_stand_above_or_below_their_rows() -> None:
    head: list[Cell] = ["村代码", "金额_小麦", "金额_水稻"]
    above = sheet(head, ["小计", "3", "5"], ["a", "1", "2"], ["b", "2", "3"], ["小计", "4", "4"], ["c", "4", "4"])
    below = sheet(head, ["a", "1", "2"], ["b", "2", "3"], ["小计", "3", "5"], ["c", "4", "4"], ["小计", "4", "4"])
    assert [len(find_layout(s, CROPS).data) for s in (above, below)] == [3, 3]
    with pytest.raises(FileRefused) as caught:
        find_layout(sheet(head, ["a", "1", "2"], ["小计", "1", "3"]), CROPS)
    assert (caught.value.code, caught.value.value, caught.value.expected) == (
        "K249",
        "列「金额_水稻」C3：3",
        "各行之和 2",
    )
