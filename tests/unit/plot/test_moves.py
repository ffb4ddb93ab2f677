"""What makes the ranks of a class: sentences and picture against hand-worked tables."""

from __future__ import annotations

import pandas as pd
import pytest

from kaohe.plot import charts, tables, words
from kaohe.plot.output import Chart, Table, Text
from kaohe.plot.words_moves import moves, spread_by
from support.built_frames import make_context
from support.fake_report import FakeReport, frame

CLASS, UNITS = make_context("class"), make_context("classunit")
CODES = [f"44{n:02d}00000000" for n in (2, 5, 8, 9)]  # 韶关, 汕头, 湛江, 茂名
NAMES = {
    "scale": "随机赋分",
    "alternative_scale": "备选赋分",
    "item_weights": "指标权重",
    "leave_one_out": "去掉一项指标",
    "cuts": "分等界限",
}


def summary(*rows: tuple[str, int, float, int, int], middle: int = 0) -> pd.DataFrame:
    """(source, scenarios, mean shift, greatest shift, targets with another grade); of random scales, those in the `middle`."""
    return frame("sensitivity_summary", *(
        {"class_id": "city14", "source": s, "source_name": NAMES[s], "scenarios": n, "mean_shift": mean, "max_shift": most, "grade_changes": g, "middle_changes": middle if s == "scale" else None}
        for s, n, mean, most, g in rows
    ))  # fmt: skip


def scenario(source: str, name: str, ranks: list[int], grades: str = "较好 较好 较好 较好") -> pd.DataFrame:
    return frame("sensitivity", *(
        {"object": c, "class_id": "city14", "source": source, "source_name": NAMES[source], "scenario": name, "score": 100.0 - r, "rank": r, "grade": g}
        for c, r, g in zip(CODES, ranks, grades.split(), strict=True)
    ))  # fmt: skip


BASE = [scenario(s, "基准", [1, 2, 3, 4]) for s in ("scale", "item_weights", "leave_one_out")]
RANDOM = [
    scenario("scale", "随机赋分：名次偏前（5%）", [1, 1, 1, 1], "好 好 好 较好"),
    scenario("scale", "随机赋分：名次居中", [1, 2, 3, 4], "较好 一般 较好 较好"),
    scenario("scale", "随机赋分：名次偏后（95%）", [4, 4, 4, 4], "一般 一般 一般 一般"),
]


def said(rows: pd.DataFrame, *, ranks: bool = True) -> str:
    return "".join(n.text for n in moves(rows, ranks))


def test_no_analysis_is_no_sentence() -> None:
    assert said(summary()) == ""


def test_ties_the_farthest_and_the_verb_of_each_kind() -> None:
    rows = summary(
        ("alternative_scale", 1, 1.5, 3, 0), ("item_weights", 1, 1.5, 2, 4), ("leave_one_out", 17, 0.5, 5, 4),
    )  # fmt: skip
    assert said(rows) == (
        "换用19种固定做法，采用备选赋分或改变指标权重时名次变动最大（平均1.50位，最多3位），去掉一项指标时个别对象最多变动5位，"
        "改变指标权重或去掉一项指标时等次变化的最多，有4个对象。"
    )


def test_nothing_moves() -> None:
    rows = summary(("item_weights", 1, 0.0, 0, 0), ("cuts", 4, 0.0, 0, 0), ("scale", 1000, 0.0, 0, 0))
    assert said(rows) == (
        "换用5种固定做法，名次都没有变动，没有对象改变等次；随机赋分1,000次，名次都没有变动，居中的等次都与现等次相同。"
    )


def test_random_scales_stand_apart_and_are_counted_by_their_middle() -> None:
    rows = summary(("item_weights", 1, 1.23, 4, 0), ("scale", 1000, 5.86, 82, 179), middle=5)
    assert said(rows, ranks=False) == (
        "换用1种固定做法，改变指标权重时位次变动最大（平均1.23位，最多4位），没有对象改变等次；"
        "随机赋分1,000次，位次平均变动5.86位，其中变动最大的一次为82位，居中的等次有5个对象与现等次不同。"
    )
    assert said(summary(("scale", 10, 1.0, 2, 0))) == (
        "随机赋分10次，名次平均变动1.00位，其中变动最大的一次为2位，居中的等次都与现等次相同。"
    )


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([("专项调查", 0.3, 0.2), ("交叉考核", 0.4, 0.37), ("日常工作", 0.3, 0.43)], "拉开得分差距最多的是日常工作：方案权重30%，有效权重43%。"),
        ([("专项调查", 0.3, -0.03), ("交叉考核", 0.4, 0.64), ("日常工作", 0.3, 0.39)], "得分差距主要由交叉考核拉开：方案权重40%，有效权重64%。"),
        ([("交叉考核", 0.6, 0.5), ("日常工作", 0.4, 0.4)], "拉开得分差距最多的是交叉考核：方案权重60%，有效权重50%。"),
        ([("交叉考核", 0.6, 0.5), ("日常工作", 0.4, 0.5)], "拉开得分差距最多的是交叉考核、日常工作：方案权重60%、40%，有效权重各50%。"),
    ],
)  # fmt: skip
def test_mainly_is_more_than_half(rows: list[tuple[str, float, float]], text: str) -> None:
    built = frame(
        "effective_weights", *({"stream": s, "stream_name": s, "nominal": n, "effective": e} for s, n, e in rows)
    )
    assert [n.text for n in spread_by(built)] == [text]
    assert spread_by(built.assign(effective=float("nan"))) == []


def test_the_title_of_lines_speaks_of_the_lines_and_the_table_of_the_rest() -> None:
    """Of the two 去掉 the one that moves more in total is drawn (4 places), not the one that moves 茂名 by three."""
    rows = pd.concat([
        *BASE, *RANDOM, scenario("item_weights", "各组等权", [2, 1, 3, 4]),
        scenario("leave_one_out", "去掉第1项", [1, 3, 4, 1]), scenario("leave_one_out", "去掉第2项", [3, 4, 1, 2]),
    ])  # fmt: skip
    chart = charts.sensitivity_ranks(rows, CLASS)
    assert isinstance(chart, Chart)
    assert chart.title == "换用图中2种做法，名次至多变动2位（韶关、汕头、湛江等4市）"
    assert "3种固定做法中，每类取名次变动合计最大的一种" in chart.subtitle
    assert "全部3种中变动最大的是茂名（3位）" in chart.note
    assert "不含随机赋分，其名次变动见下表" in chart.note
    assert chart.table.columns == [
        "对象", "基准名次", "指标权重：各组等权", "去掉一项指标：去掉第2项", "图中最大变动", "最好名次", "最差名次", "最大变动",
    ]  # fmt: skip
    assert chart.table.rows[3] == ["茂名市", "4", "4", "2", "2", "1", "4", "3"]


def test_lines_without_random_scales_do_not_speak_of_them() -> None:
    rows = pd.concat([BASE[1], scenario("item_weights", "各组等权", [2, 1, 3, 4])])
    chart = charts.sensitivity_ranks(rows, CLASS)
    assert isinstance(chart, Chart)
    assert chart.title == "换用图中1种做法，名次至多变动1位（韶关、汕头）"
    assert "随机赋分" not in chart.subtitle + chart.note
    assert "变动最大的是" not in chart.note


def test_where_nothing_moves_no_line_is_counted() -> None:
    chart = charts.sensitivity_ranks(pd.concat([BASE[1], scenario("item_weights", "各组等权", [1, 2, 3, 4])]), CLASS)
    assert isinstance(chart, Chart)
    assert chart.title == "换用1种固定做法，4市名次都不变"
    assert isinstance(charts.sensitivity_ranks(pd.concat([BASE[0], *RANDOM]), CLASS), Text)  # random scales alone


def test_ranges_of_many_are_over_the_fixed_scenarios() -> None:
    codes = [f"DW{n:03d}" for n in range(1, 31)]

    def row(source: str, name: str, shift: int) -> list[dict[str, object]]:
        return [
            {"object": c, "class_id": "unit235", "source": source, "source_name": NAMES[source], "scenario": name, "rank": 1 + (n + shift) % 30}
            for n, c in enumerate(codes)
        ]  # fmt: skip

    rows = frame(
        "sensitivity",
        *row("cuts", "基准", 0),
        *row("item_weights", "各组等权", 1),
        *row("scale", "随机赋分：名次居中", 15),
    )
    chart = charts.sensitivity_ranks(rows, UNITS)
    assert isinstance(chart, Chart)
    assert chart.title == "换用1种固定做法，只有单位030名次变动达3位以上（29位）"
    assert "1种固定做法下的最好和最差名次，只列变动最大的25个" in chart.subtitle
    assert {r[-1] for r in chart.table.rows} == {"1", "29"}


def test_the_table_says_how_grades_under_random_scales_are_counted() -> None:
    table = tables.sensitivity_summary(summary(("scale", 1000, 1.0, 6, 11), ("cuts", 4, 0.0, 0, 3), middle=2), CLASS)
    assert isinstance(table, Table)
    assert "随机赋分只看5%、居中、95%三个分位，有一个不同即计入" in table.note
    assert [row[-2:] for row in table.rows] == [["11", "2"], ["3", "—"]]


def ranked(*spans: tuple[int, int]) -> FakeReport:
    """Four cities, ranks 1 to 4 with these intervals; each is ahead of the next with 98 %, of all others surely."""
    rows = frame("composite", *(
        {"object": c, "name": CLASS.plan.gazetteer.name(c), "class_id": "city14", "composite": 90.0 - n, "rank": n + 1, "grade_final": "较好",
         "grade_score": "较好"} for n, c in enumerate(CODES)
    ))  # fmt: skip
    within = frame("rank_intervals", *(
        {"object": c, "class_id": "city14", "rank": n + 1, "low": a, "high": b} for n, (c, (a, b)) in enumerate(zip(CODES, spans, strict=True))
    ))  # fmt: skip
    p = {(a, b): (0.98 if j - i == 1 else 1.0) for i, a in enumerate(CODES) for j, b in enumerate(CODES) if i < j}
    p[CODES[1], CODES[2]] = 0.6
    pairs = frame("pair_probabilities", *(
        {"object": a, "other": b, "class_id": "city14", "p_above": v} for (x, y), q in p.items() for a, b, v in ((x, y, q), (y, x, 1 - q))
    ))  # fmt: skip
    return FakeReport(CLASS, composite=rows, rank_intervals=within, pair_probabilities=pairs)


def test_intervals_that_overlap_do_not_say_that_two_are_not_told_apart() -> None:
    text = words.conclusions_ranking(ranked((1, 2), (1, 3), (2, 4), (3, 4))).items[3].text
    assert text == (
        "计入抽样误差后，没有一个对象的名次是确定的，95%名次区间最宽的跨3个位次；区间重叠的，不能据此分出先后，"
        "逐对比较看先后概率：6对中5对有95%以上把握。"
    )
    sure = words.conclusions_ranking(ranked((1, 1), (2, 2), (3, 3), (4, 4))).items[3].text
    assert sure == "计入抽样误差后，各对象名次都不变。"


@pytest.mark.parametrize(
    ("bands", "text"),
    [
        ("1 1 2 3", "4个单位按得分分为3档，第一档有2个单位，另有2个档各只有1个单位；"),
        ("1 1 2 2", "4个单位按得分分为2档，第一档有2个单位；"),
        ("1 2 2 3", "4个单位按得分分为3档，第一档只有1个单位，另有1个档只有1个单位；"),
        ("1 2 2 2", "4个单位按得分分为2档，第一档只有1个单位；"),
        ("1 1 1 1", "4个单位同在一档，分不出先后。"),
    ],
)
def test_bands_of_one_are_counted_without_the_first(bands: str, text: str) -> None:
    rows = frame("composite", *(
        {"object": f"DW00{n}", "name": f"单位00{n}", "class_id": "unit235", "composite": 90.0 - n, "rank": n, "band": f"第{b}档", "grade_final": "好",
         "grade_score": "好"} for n, b in enumerate(bands.split(), start=1)
    ))  # fmt: skip
    assert words.conclusions_ranking(FakeReport(UNITS, composite=rows)).items[3].text.startswith(text)
