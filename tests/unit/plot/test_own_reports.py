"""Sentences and tables of one target's report against cases worked by hand: zero, one, many, doubtful."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from kaohe.plot import charts, sections, tables, words
from kaohe.plot.canvas import CHECK
from kaohe.plot.output import Cell, Chart, Table, Text, cell_text
from kaohe.plot.words_common import problems, verdict
from support.built_frames import counties, make_context
from support.fake_report import FakeReport, frame, invented_report

SHAOGUAN = "440200000000"
CITY, HELPER, UNIT = make_context("city"), make_context("city6"), make_context("unit")
COUNTY = make_context("county", object_=counties(SHAOGUAN)[0])
REFS = {"ref_rank": "bands", "ref_caps": "t-caps", "ref_streams": "t-streams"}


def column(table: Table | Text, label: str) -> list[str]:
    assert isinstance(table, Table)
    at = [c.label for c in table.columns].index(label)
    values: list[Cell] = [row[at] for row in table.rows]
    return [cell_text(v) for v in values]


def units(*rows: tuple[str, float | None, float | None, str]) -> pd.DataFrame:
    """(code, composite, rank, band)."""
    return frame("composite", *(
        {"object": code, "name": f"单位{code[2:]}", "class_id": "unit235", "composite": score, "rank": rank, "band": band,
         "n_ranked": 3, "grade_score": "好", "grade_final": "好" if score else "缺数据", "class_mean": 90.0, "low": 50.0, "high": 96.0}
        for code, score, rank, band in rows
    ))  # fmt: skip


def test_a_unit_stands_in_a_band_and_not_on_a_rung() -> None:
    alike = units(("DW001", 95.0, 1, "第1档"), ("DW003", 90.0, 2, "第2档"), ("DW004", 89.9, 3, "第2档"))
    text = verdict(FakeReport(UNIT, composite=alike), **REFS)[0].text
    assert text == (
        "单位003综合评价为“好”，综合得分90.0分，在有定点扶贫任务的235个单位（3个排名次）中居第2档（共2档），"
        "同档2个单位分不出先后，名次合为第2至第3名。"
    )
    card = words.cards_unit(FakeReport(UNIT, composite=alike)).items[2]
    assert (card.value, card.note) == ("第2档", "共2档，同档2个，第2至第3名")
    alone = units(("DW001", 95.0, 1, "第1档"), ("DW003", 80.0, 2, "第5档"), ("DW004", 70.0, 3, "第9档"))
    assert "中列第2名，独在第5档（共3档）。" in verdict(FakeReport(UNIT, composite=alone), **REFS)[0].text
    lacking = units(("DW001", 95.0, 1, "第1档"), ("DW003", None, None, ""))
    assert words.cards_unit(FakeReport(UNIT, composite=lacking)).items[2].note == "不排名次"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"from_grade": "好", "state": "已是最高等次"}, "韶关市已是最高等次。"),
        ({"from_grade": "缺数据", "state": "受限", "why": "缺数据，没有综合得分"}, "韶关市没有综合得分，补齐数据后才能说明升等途径。"),
        ({"from_grade": "待核", "state": "受限", "why": "有事实待核，先行认定"}, "韶关市有事实待核，认定以后才能说明升等途径。"),
        ({"from_grade": "一般", "state": "受限", "why": "已触发等次限制规则，最高为一般"}, "韶关市已触发等次限制规则，最高为一般，提升指标等次不能升等。"),
        (
            {"from_grade": "较好", "to_grade": "好", "cut": 87.5, "gap": 0.55, "steps": 1, "after": 88.05, "state": "提升指标可达",
             "items": "产业（一般→较好）"},
            "韶关市升为“好”须达到87.5分，还差0.55分；其余来源不变，指标表最少提升1档可达88.1分：产业（一般→较好）。",
        ),
        (
            {"from_grade": "较好", "to_grade": "好", "cut": 87.5, "gap": 11.56, "after": 85.4, "state": "仅提升指标不足"},
            "韶关市升为“好”须达到87.5分，还差11.56分；指标表各项全部提升到“好”可达85.4分，仍差2.1分，还须提高专项调查、日常工作得分。",
        ),
        (
            {"from_grade": "较好", "to_grade": "好", "cut": 87.5, "gap": 6.0, "state": "仅提升指标不足", "why": "没有指标表等次"},
            "韶关市升为“好”须达到87.5分，还差6.00分；没有指标表等次，不能只靠提升指标等次升等。",
        ),
    ],
)  # fmt: skip
def test_the_way_to_the_next_grade(row: dict[str, Any], text: str) -> None:
    job = FakeReport(CITY, way_up=frame("way_up", {"object": SHAOGUAN, **row}))
    assert words.next_grade(job).paragraphs == (text,)


def test_no_way_without_a_result() -> None:
    assert words.next_grade(FakeReport(CITY)).paragraphs == ("没有韶关市的综合评价结果，不说明升等途径。",)


def test_open_problems_name_their_items_prominent_ones_first() -> None:
    rows = frame("rectify", *(
        {"problem": f"P{n}", "object": SHAOGUAN, "label": label, "prominent": prominent, "state": state, "date": f"2020-0{n}-01"}
        for n, (label, prominent, state) in enumerate(
            (("产业", False, "未整改"), ("党建", True, "整改中"), ("教育保障", True, "已完成"), ("产业", False, "整改中")), start=1)
    ))  # fmt: skip
    text = problems(rows, CITY, ref="t-problems").text
    assert text.startswith(
        "登记问题4个，其中突出问题2个；已完成整改1个，尚有3个未完成（涉及党建、产业），整改方案与报告须于"
    )
    table = tables.problems(rows, CITY)
    assert column(table, "涉及指标") == ["党建", "产业", "产业", "教育保障"]
    assert column(table, "性质") == ["突出问题", "一般问题", "一般问题", "突出问题"]
    assert column(table, "期限或完成日期") == ["通报后两个月内"] * 3 + ["—"]
    assert isinstance(table, Table)
    assert "地点" not in [c.label for c in table.columns]


def stream(code: str, name: str, weight: float, score: float | None, **more: Any) -> dict[str, Any]:
    given = {
        "object": code,
        "class_id": "city14",
        "stream": name,
        "stream_name": name,
        "weight": weight,
        "score": score,
    }
    return {**given, "contribution": None if score is None else weight * score, "state": "完整", **more}


def test_streams_add_up_and_stand_beside_the_class() -> None:
    own = [
        stream(SHAOGUAN, "survey", 0.3, 70.0, se=2.0),
        stream(SHAOGUAN, "cross", 0.4, 80.0),
        stream(SHAOGUAN, "daily", 0.3, 90.0),
    ]
    other = [stream("x", s, w, 60.0) for s, w in (("survey", 0.3), ("cross", 0.4), ("daily", 0.3))]
    third = [stream("y", "survey", 0.3, 10.0), stream("y", "cross", 0.4, None), stream("y", "daily", 0.3, 10.0)]
    peers = frame("streams", *own, *other, *third)
    table = tables.streams(frame("streams", *own), CITY, peers=peers)
    assert column(table, "来源")[-1] == "合计（综合得分）"
    assert column(table, "贡献分") == ["21.00", "32.00", "27.00", "80.00"]
    assert column(table, "同类平均") == ["65.0", "70.0", "75.0", "70.0"]  # the target that lacks a stream is left out
    assert column(table, "抽样标准误") == ["2.00", "—", "—", "—"]
    assert isinstance(table, Table)
    assert not {"上下界", "状态", "说明"} & {c.label for c in table.columns}
    lacking = [
        *own[:1],
        stream(SHAOGUAN, "cross", 0.4, None, low=25.0, high=100.0, state="未收到", note="没有收到"),
        own[2],
    ]
    table = tables.streams(frame("streams", *lacking), CITY)
    assert column(table, "来源") == ["survey", "cross", "daily"]
    assert column(table, "上下界") == ["—", "25.0–100.0", "—"]
    assert column(table, "状态") == ["完整", "未收到", "完整"]


def test_a_rule_that_did_not_fire_shows_no_grades() -> None:
    rows = frame(
        "caps",
        {"object": SHAOGUAN, "rule": "V1", "fired": True, "before": "好", "after": "一般", "state": "触发"},
        {"object": SHAOGUAN, "rule": "V2", "fired": False, "before": "好", "after": "好", "state": "未触发"},
    )
    assert column(tables.caps(rows, CITY), "限制前") == ["好", "—"]
    assert column(tables.caps(rows, CITY), "限制后") == ["一般", "—"]


def estimate(indicator: str, kind: str, value: float, low: float, high: float, **more: Any) -> dict[str, Any]:
    domain = SHAOGUAN if kind == "city" else "440000000000"
    return {"unit": "household", "domain_type": kind, "domain": domain, "indicator": indicator, "label": indicator, "is_share": True,
            "direction": "up", "estimate": value, "ci_low": low, "ci_high": high, "n": 400, "quality": "ok", **more}  # fmt: skip


def test_what_differs_from_the_province_worse_first_and_how_many_by_chance() -> None:
    own = [("a", 0.95, 0.93, 0.97), ("b", 0.70, 0.60, 0.80), ("c", 0.90, 0.85, 0.95)]
    rows = frame(
        "estimates",
        *(estimate(i, "city", *v) for i, *v in own),
        *(estimate(i, "province", 0.9, 0.89, 0.91) for i, *_ in own),
    )
    table = tables.differing(rows[rows["domain_type"] == "city"], CITY, province=rows)
    assert isinstance(table, Table)
    assert table.caption == "韶关市与全省有明显差别的2项指标（1项较差、1项较好）"
    assert column(table, "指标") == ["b", "a"]
    assert column(table, "比较") == ["明显较差", "明显较好"]
    assert "可比的3项即使都没有差别，也会有个别项因抽样误差列入" in table.note
    same = rows[rows["indicator"] == "c"]
    none = tables.differing(same[same["domain_type"] == "city"], CITY, province=same)
    assert none == Text(("可比的1项指标与全省没有明显差别。",), id="t-differ")
    only = rows[rows["indicator"] == "b"]
    one = tables.differing(only[only["domain_type"] == "city"], CITY, province=only)
    assert isinstance(one, Table)
    assert "可比的1项即使没有差别，也可能因抽样误差列入。" in one.note
    assert tables.differing(rows.iloc[:0], CITY, province=rows) == Text(
        ("没有韶关市可与全省比较的指标。",), id="t-differ"
    )
    forty = [f"q{n}" for n in range(50)]
    many = frame(
        "estimates",
        *(estimate(i, k, 0.5 if k == "city" else 0.9, 0.4, 0.6) for i in forty for k in ("city", "province")),
    )
    note = tables.differing(many[many["domain_type"] == "city"], CITY, province=many)
    assert isinstance(note, Table)
    assert "可比的50项即使都没有差别，也会有3项左右" in note.note  # 5 % of 50 is 2.5


def test_sections_leave_out_what_is_not_there() -> None:
    bare = FakeReport(CITY)
    assert sections.own_grades(bare.own("item_grades"), CITY) == [
        Text(("没有收到韶关市的考核指标表和考评表，各项等次缺数据。",), "warning", "grade-matrix")
    ]
    assert len(sections.own_report(bare)) == 1
    said = [o for o in sections.why(bare) if isinstance(o, Text)]
    assert said[1].paragraphs == ("韶关市没有综合得分，不分解得分差距，也不列失分。",)
    above = frame("contributions", *(
        {"object": SHAOGUAN, "reference": r, "reference_name": r, "stream": "cross", "stream_name": "交叉考核", "component": "c", "label": "党建", "delta": 2.0}
        for r in ("mean", "next", "cut")
    ))  # fmt: skip
    assert [c.id for c in sections.differences(above, frame("pair_probabilities"), CITY) if isinstance(c, Chart)] == [
        "waterfall-mean",
        "waterfall-next",
    ]
    given = frame(
        "streams",
        stream(SHAOGUAN, "survey", 0.5, 80.0),
        stream(SHAOGUAN, "daily", 0.5, 90.0),
        stream(SHAOGUAN, "cross", 0.0, None),
    )
    outputs = sections.why(FakeReport(CITY, streams=given, contributions=above))
    assert not [c for c in outputs if isinstance(c, Chart)]
    assert Text(("来源权重已按人工决定重新分配，与其他对象的差距不能逐项比较，不作分解。",)) in outputs
    assert sections.county_survey(FakeReport(COUNTY, city=SHAOGUAN)) == [
        Text((f"专项调查没有{COUNTY.name}的样本户。",), id="t-estimates")
    ]


def test_sampled_villages_are_counted_by_how_they_were_chosen() -> None:
    rows = frame("village_profile", *(
        {"village": str(n), "city": SHAOGUAN, "helper_city": HELPER.object, "selection": s} for n, s in enumerate(("抽样", "抽样", "重点调查"))
    ))  # fmt: skip
    for ctx, caption in (
        (CITY, "韶关市调查到的3个村（抽样2个、重点调查1个）"),
        (HELPER, "广州市对口帮扶的村中调查到的3个村（抽样2个、重点调查1个）"),
    ):
        table = tables.villages(rows, ctx)
        assert isinstance(table, Table)
        assert table.caption == caption
    assert tables.key_survey(frame("key_survey"), HELPER) == Text(
        ("对口帮扶的村中的重点调查村，情况列在所在市的报告中。",), id="t-key-survey"
    )


def test_no_grade_above_the_assessed_one_and_no_point_taken_are_said_in_words() -> None:
    rows = frame("self_compare", *(
        {"object": SHAOGUAN, "item": n, "concept": "industry", "self_grade": "一般", "index_grade": "好"} for n in (1, 2)
    ))  # fmt: skip
    chart = charts.self_gap(rows, CITY)
    assert isinstance(chart, Chart)
    assert chart.alt.endswith("菱形为考核等次；没有自评较高的。")
    higher = charts.self_gap(rows.assign(self_grade=["好", "一般"], index_grade="一般"), CITY)
    assert isinstance(higher, Chart)
    assert higher.alt.endswith("；1项的连线表示自评较高。")


def test_places_of_counties_and_units_are_drawn_without_clashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECK, "1")
    chart = charts.county_place(invented_report(COUNTY, city=SHAOGUAN).table("counties"), COUNTY)
    assert isinstance(chart, Chart)
    assert len(chart.table.rows) == invented_report(COUNTY, city=SHAOGUAN).table("counties")["score"].notna().sum()
    unvisited = frame("counties", {"county": COUNTY.object, "name": COUNTY.name})
    assert charts.county_place(unvisited, COUNTY) == Text(
        (f"{COUNTY.name}没有实地核查得分，不排位次。",), id="county-place"
    )
    own = {
        "county": COUNTY.object,
        "name": COUNTY.name,
        "city": SHAOGUAN,
        "city_name": "韶关市",
        "score": 80.0,
        "rank": 1.0,
        "n_ranked": 2,
    }
    far = {
        **own,
        "county": "440402000000",
        "name": "乙区",
        "city": "440400000000",
        "city_name": "珠海市",
        "score": 70.0,
        "rank": 2.0,
    }
    alone = charts.county_place(frame("counties", own, far), COUNTY)
    assert isinstance(alone, Chart)
    assert alone.alt.endswith("单独标出；同市没有其他有得分的，全省没有靠后的。")
    listed = charts.county_ranks(frame("counties", own, far), make_context("province"))
    single = charts.county_ranks(frame("counties", {**own, "bottom": True}), CITY)
    assert isinstance(listed, Chart)
    assert isinstance(single, Chart)
    assert listed.alt == "点图：2个县（市、区）的实地核查得分，从80.0分到70.0分，其中没有靠后的。"
    assert single.alt == "点图：1个县（市、区）的实地核查得分，在80.0分，属靠后。"
    many = units(*((f"DW{n:03d}", 100.0 - n / 4, n, f"第{1 + n // 7}档") for n in range(1, 236)))
    for own in ("DW001", "DW120", "DW235"):
        chart = charts.band_place(many, make_context("unit", object_=own))
        assert isinstance(chart, Chart)
        assert sum(int(r[1]) for r in chart.table.rows) == 235
