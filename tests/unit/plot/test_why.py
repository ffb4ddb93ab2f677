"""What explains scores and ranks: pairs, chances, ways up, swap weights, agreement, scenarios."""

from __future__ import annotations

import pandas as pd
import pytest

from kaohe.plot import captions_why as words
from kaohe.plot import charts, tables
from kaohe.plot.canvas import CHECK
from kaohe.plot.numbers import chance
from kaohe.plot.output import Chart, Table, Text, cell_text
from support.built_frames import make_built, make_context, scenario_rows
from support.fake_report import frame, invented

CLASS, SIX, UNITS, CITY, UNIT = (make_context(k) for k in ("class", "class6", "classunit", "city", "unit"))


def column(table: Table | Text, label: str) -> list[str]:
    assert isinstance(table, Table)
    at = [c.label for c in table.columns].index(label)
    return [cell_text(row[at]) for row in table.rows]


def of(name: str, class_id: str) -> pd.DataFrame:
    return invented(name)[invented(name)["class_id"] == class_id]


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "<1%"), (0.01, "1%"), (0.5, "50%"), (0.945, "95%"), (0.99, "99%"), (0.9901, ">99%"), (None, "—")]
)  # fmt: skip
def test_chances_are_never_certain(p: float | None, text: str) -> None:
    assert chance(p) == text


def test_pairs_stand_in_the_order_of_ranks_whatever_the_order_of_rows() -> None:
    scores = pd.DataFrame(
        {"object": [f"44{c}00000000" for c in ("02", "05", "09", "08")], "class_id": "city14", "rank": [2.0, 1.0, float("nan"), 3.0]}
    )  # fmt: skip
    pairs = frame(
        "pair_probabilities",
        *({"object": a, "other": b, "class_id": "city14", "p_above": p} for a, b, p in (
            ("440500000000", "440200000000", 0.55), ("440500000000", "440800000000", 1.0), ("440200000000", "440800000000", 0.949),
            ("440200000000", "440500000000", 0.45), ("440800000000", "440200000000", 0.051), ("440800000000", "440500000000", 0.0),
        )),
    )  # fmt: skip
    chart = charts.pair_chances(pairs, scores, CLASS)
    assert isinstance(chart, Chart)
    assert chart.table.columns == ["对象", "汕头市", "韶关市", "湛江市"]
    assert [row[0] for row in chart.table.rows] == ["汕头市", "韶关市", "湛江市"]
    assert chart.table.rows[0] == ["汕头市", "—", "55%", ">99%"]
    assert chart.title == "两两比较的3对中2对有95%以上把握分出先后，1对没有，最难分的是汕头与韶关（55%对45%）"


def test_units_have_no_chances() -> None:
    assert isinstance(charts.pair_chances(of("pair_probabilities", "unit235"), of("composite", "unit235"), UNITS), Text)
    assert isinstance(
        tables.grade_chances(of("grade_probabilities", "unit235"), of("composite", "unit235"), UNITS), Text
    )
    assert isinstance(tables.swap_weights(of("swap_weights", "unit235"), of("composite", "unit235"), UNITS), Text)


@pytest.mark.parametrize(
    ("n", "sure", "title"),
    [
        (1, 1, "甲与乙分得出先后（97%对3%）"),
        (3, 3, "两两比较的3对都分得出先后"),
        (3, 0, "两两比较的3对都没有95%的把握分出先后，最难分的是甲与乙（97%对3%）"),
    ],
)
def test_titles_of_pairs(n: int, sure: int, title: str) -> None:
    assert words.pairs_title("city14", n, sure, ("甲", "乙", 0.97), "95%") == title


def test_tables_of_a_class() -> None:
    for class_id, ctx in (("city14", CLASS), ("city6", SIX), ("unit235", UNITS)):
        for made in (
            tables.way_up(of("way_up", class_id), ctx), tables.consistency(of("consistency", class_id), ctx),
            tables.profiles(of("profiles", class_id), ctx), tables.group_scores(of("group_scores", class_id), ctx),
        ):  # fmt: skip
            assert isinstance(made, Table)
            assert len(made.rows) == len(of("composite", class_id))
    groups = tables.group_scores(of("group_scores", "city14"), CLASS)
    assert isinstance(groups, Table)
    assert [c.label for c in groups.columns] == ["对象", "一、减贫成效", "二、精准帮扶", "三、资金管理", "四、工作衔接"]
    chances = tables.grade_chances(of("grade_probabilities", "city14"), of("composite", "city14"), CLASS)
    assert set(column(chances, "较好")) == {"70%"}
    swaps = tables.swap_weights(of("swap_weights", "city14"), of("composite", "city14"), CLASS)
    assert set(column(swaps, "交叉考核（方案40%）")) == {"44.0%"}


def test_what_was_lost_adds_up_in_the_table() -> None:
    rows = frame(
        "lost_points",
        *({"object": CITY.object, "stream": "cross", "component": f"c{i}", "label": f"指标{i}", "lost": float(i), "grade": "一般", "step": 1.0}
          for i in range(1, 6)),
        {"object": "other", "stream": "cross", "component": "x", "lost": 50.0},
    )  # fmt: skip
    table = tables.lost_points(rows, CITY, most=3)
    assert column(table, "分项") == ["指标5", "指标4", "指标3", "其余2项", "合计"]
    assert column(table, "失分") == ["5.00", "4.00", "3.00", "3.00", "15.00"]
    assert isinstance(table, Table)
    assert table.caption == "韶关市距满分失15.0分，按分项（5项）"
    assert isinstance(tables.lost_points(frame("lost_points"), CITY), Text)
    assert tables.lost_points(rows.assign(lost=0.0), CITY) == Text(("韶关市没有失分。",), id="t-lost")


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"state": "仅提升指标不足", "why": "指标全部为“好”仍不足", "after": 85.42, "cut": 87.5}, "仅提升指标不足：指标全部为“好”后85.4分，仍差2.1分"),
        ({"state": "受限", "why": "已触发等次限制规则，最高为一般"}, "受限：已触发等次限制规则，最高为一般"),
        ({"state": "已是最高等次"}, "已是最高等次"),
    ],
)  # fmt: skip
def test_why_a_grade_is_not_reached(row: dict[str, object], text: str) -> None:
    table = tables.way_up(frame("way_up", {"object": CITY.object, **row}), CITY)
    assert column(table, "说明") == [text]


def test_problems_past_their_day_are_marked() -> None:
    rows = frame(
        "rectify",
        {"problem": "1", "object": CITY.object, "state": "整改中", "progress": "逾期未完成"},
        {"problem": "2", "object": CITY.object, "state": "已完成", "progress": "逾期完成", "done_date": "2021-05-01"},
        {"problem": "3", "object": CITY.object, "state": "未整改", "progress": "期限内"},
        {"problem": "4", "object": CITY.object, "state": "已完成", "progress": "已完成（日期缺）"},
    )
    table = tables.problems(rows, CITY)
    assert column(table, "整改状态") == ["未整改", "整改中（逾期）", "已完成（逾期）", "已完成（日期缺）"]
    assert column(table, "期限或完成日期")[2:] == ["2021年5月1日", "—"]


@pytest.mark.parametrize("ctx", [CLASS, SIX, UNITS], ids=["city14", "city6", "unit235"])
def test_a_scenario_beside_the_base(ctx: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECK, "1")
    built = make_built(2, 235)
    rows = scenario_rows(built, 3)
    chart = charts.scenario_ranks(rows, ctx, title="“好”的分界提高到90分，各组指标等权")
    table = tables.scenario_table(rows, ctx)
    assert isinstance(chart, Chart)
    assert isinstance(table, Table)
    assert len(table.rows) == (rows["class_id"] == ctx.class_id).sum()  # type: ignore[attr-defined]
    assert "名次变动" in chart.title
    same = charts.scenario_ranks(scenario_rows(built, 0), ctx, title="情形")
    assert isinstance(same, Chart)
    assert same.title == "换用这一情形，等次都不变，名次不变"


def test_titles_of_a_scenario() -> None:
    assert words.scenario_title("city14", 2, ["甲", "乙"], 3, 1, 2) == (
        "换用这一情形，1市升等、2市降等，2市名次变动，最大的是甲、乙（各3位）"
    )
    assert words.scenario_title("unit235", 0, [], 0, 0, 4) == "换用这一情形，4个单位降等，名次不变"


def test_what_a_scenario_changes() -> None:
    rows = pd.DataFrame({"key": ["choices.scale", "what_if"], "base": "a", "value": "b", "law": [False, True]})
    assert column(tables.scenario_choices(rows), "性质") == ["省考核办的选择", "方案规定，只作假设"]
    assert isinstance(tables.scenario_choices(rows.head(0)), Text)


@pytest.mark.parametrize(
    ("n", "top", "held", "reach", "said"),
    [
        (14, 0, 0, 0, "（14个，都不能只靠提升指标等次升等）"),
        (14, 0, 0, 3, "（14个，其中3个只需提升指标等次）"),
        (14, 0, 0, 14, "（14个，都只需提升指标等次）"),
        (14, 2, 5, 0, "（14个：2个已是最高等次，5个受限，其余7个都不能只靠提升指标等次升等）"),
        (14, 2, 11, 0, "（14个：2个已是最高等次，11个受限，其余1个不能只靠提升指标等次升等）"),
        (235, 131, 9, 94, "（235个：131个已是最高等次，9个受限，其余95个中94个只需提升指标等次）"),
        (14, 2, 0, 12, "（14个：2个已是最高等次，其余12个都只需提升指标等次）"),
        (14, 14, 0, 0, "（14个，都已是最高等次）"),
        (2, 0, 2, 0, "（2个，都受限）"),
        (2, 1, 1, 0, "（2个：1个已是最高等次，1个受限）"),
        (1, 0, 0, 1, ""),
        (1, 1, 0, 0, ""),
    ],
)
def test_who_is_at_the_best_grade_or_held_is_not_counted_with_those_who_cannot_rise(
    n: int, top: int, held: int, reach: int, said: str
) -> None:
    assert words.way_caption("任务市", n, top, held, reach) == f"任务市升一等的最短途径{said}"


def test_ways_are_counted_by_their_state() -> None:
    rows = frame("way_up", *(
        {"object": f"44{n:02d}00000000", "class_id": "city14", "from_grade": g, "state": state}
        for n, (g, state) in enumerate((("好", "已是最高等次"), ("一般", "受限"), ("较好", "仅提升指标不足"), ("较好", "提升指标可达")), start=2)
    ))  # fmt: skip
    table = tables.way_up(rows, CLASS)
    assert isinstance(table, Table)
    assert table.caption.endswith("（4个：1个已是最高等次，1个受限，其余2个中1个只需提升指标等次）")


def test_an_index_grade_far_below_the_field_is_counted_too() -> None:
    rows = frame("consistency", *(
        {"object": SIX.plan.classes["city6"].members[k], "class_id": "city6", "check": "index_field", "n": 2, "mean_gap": gap, "n_above": up,
         "n_below": down, "flagged": up + down > 0}
        for k, (gap, up, down) in enumerate(((0.0, 1, 1), (-75.0, 0, 2), (3.0, 0, 0)))
    ))  # fmt: skip
    table = tables.consistency(rows, SIX)
    assert column(table, "指标表与实地核查") == ["0.0（2项，高1、低1）", "−75.0（2项，低2）", "+3.0（2项）"]
    assert column(table, "提示") == ["提示", "提示", "—"]
