"""Tables: what stands in them, how hidden, missing and not estimable look, and that nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from kaohe.base.errors import KaoheError
from kaohe.plot import sections, tables, terms
from kaohe.plot.output import Table, Text, cell_text
from support.built_frames import make_context, members
from support.fake_report import FakeReport, frame, invented, invented_report

SHAOGUAN = "440200000000"
CITY, UNIT, COUNTY, PROVINCE = (make_context(k) for k in ("city", "unit", "county", "province"))


def column(table: Table | Text, label: str) -> list[str]:
    assert isinstance(table, Table)
    at = [c.label for c in table.columns].index(label)
    return [cell_text(row[at]) for row in table.rows]


def estimate(**change: Any) -> dict[str, Any]:
    row = {
        "unit": "household", "domain_type": "city", "domain": SHAOGUAN, "indicator": "water_safe", "topic": "落实“三保障”情况",
        "label": "饮水安全达标", "is_share": True, "estimate": 0.9648, "ci_low": 0.94, "ci_high": 0.98, "n": 471, "deff": 1.55,
        "quality": "ok",
    }  # fmt: skip
    return {**row, **change}


ESTIMATES = frame(
    "estimates",
    estimate(),
    estimate(indicator="house_safe", label="住房", quality="suppressed", estimate=None, ci_low=None, ci_high=None, deff=None, n=7),
    estimate(indicator="dibao", label="低保", quality="not_estimable", ci_low=None, ci_high=None),
    estimate(indicator="income_wage", label="工资", is_share=False, measure_unit="元", estimate=30123.5, ci_low=28000.0, ci_high=32000.0,
             quality="caution"),
    estimate(indicator="v_road", label="硬化路", unit="village"),
)  # fmt: skip


def test_estimates_follow_the_codebook_and_say_why_there_is_no_value() -> None:
    table = tables.estimates(ESTIMATES, CITY)
    assert column(table, "指标") == ["低保", "住房", "饮水安全达标", "工资"]
    assert column(table, "估计") == ["96.5%", "已隐藏", "96.5%", "30,124元"]
    assert column(table, "95%区间") == ["不可估", "已隐藏", "94.0%–98.0%", "28,000–32,000元"]
    assert column(table, "质量") == ["不可估", "已隐藏", "可用", "慎用"]
    assert column(table, "设计效应") == ["1.55", "已隐藏", "1.55", "1.55"]


def test_estimates_beside_the_province_and_for_villages() -> None:
    whole = frame("estimates", estimate(estimate=0.951, domain_type="province"))
    table = tables.estimates(ESTIMATES, CITY, province=whole)
    assert column(table, "全省") == ["—", "—", "95.1%", "—"]
    villages = tables.estimates(ESTIMATES, CITY, unit="village", id="t-v")
    assert column(villages, "指标") == ["硬化路"]
    assert column(villages, "村数") == ["471"]
    none = tables.estimates(frame("estimates"), CITY)
    assert isinstance(none, Text)
    assert none.paragraphs == ("没有韶关市的专项调查住户估计。",)


def test_counties_of_a_city_topic_by_topic() -> None:
    whole = frame(
        "estimates",
        estimate(domain_type="county", domain="440203000000", name="武江区"),
        estimate(
            domain_type="county",
            domain="440204000000",
            name="浈江区",
            quality="not_estimable",
            ci_low=None,
            ci_high=None,
        ),
        estimate(domain_type="county", domain="441602000000", name="源城区"),
        estimate(domain_type="county", domain="440203000000", name="武江区", unit="village"),
        estimate(),
    )
    note, *made = sections.county_tables(whole, CITY)
    assert isinstance(note, Text)
    assert not any(getattr(m, "note", "") for m in made)
    topics = CITY.plan.raw["survey_topics"]["household"]
    assert len(made) == len(topics) == 6
    at = topics.index("落实“三保障”情况")
    assert column(made[at], "县（市、区）") == ["武江区", "浈江区"]
    assert column(made[at], "95%区间") == ["94.0%–98.0%", "不可估"]
    assert column(made[at], "质量") == ["可用", "不可估"]
    assert all(isinstance(m, Text) for k, m in enumerate(made) if k != at)
    (none,) = sections.county_tables(whole[whole["domain_type"] == "city"], CITY)
    assert none.paragraphs == ("韶关市不分县（市、区）列示。",)


def test_a_hidden_value_is_nowhere_in_a_table() -> None:
    leaking = frame("estimates", estimate(quality="suppressed", estimate=0.777, ci_low=0.7, ci_high=0.8, deff=7.77))
    assert "77" not in str(tables.estimates(leaking, CITY).payload())
    items = frame(
        "survey_items", {"object": SHAOGUAN, "indicator": "water_safe", "estimate": 0.777, "quality": "suppressed"}
    )
    assert "77.7" not in str(tables.survey_items(items, CITY).payload())
    key = frame(
        "key_survey",
        {"city": SHAOGUAN, "indicator": "water_safe", "is_share": True, "value": 0.777, "quality": "suppressed"},
    )
    assert "77.7" not in str(tables.key_survey(key, CITY).payload())


def test_an_unknown_quality_is_refused_not_printed() -> None:
    with pytest.raises(KaoheError, match="K721"):
        tables.estimates(frame("estimates", estimate(quality="fine")), CITY)


def test_grades_keep_missing_apart_and_carry_remarks() -> None:
    rows = frame(
        "item_grades",
        {
            "object": SHAOGUAN,
            "level": "city",
            "concept": "water",
            "item": 8,
            "name": "饮水安全",
            "grade": "较差",
            "remark": "管护不到位",
        },
        {"object": SHAOGUAN, "level": "city", "concept": "exit", "item": 1, "name": "退出", "grade": ""},
        {"object": SHAOGUAN, "level": "village", "concept": "exit", "item": 1, "name": "退出", "grade": "好"},
    )
    table = tables.grades(rows, CITY)
    assert column(table, "序号") == ["1", "8"]
    assert column(table, "等次") == ["缺", "较差"]
    assert column(table, "备注") == ["—", "管护不到位"]
    assert isinstance(table, Table)
    assert table.rows[1][3] == {"text": "较差", "grade": "较差"}
    assert isinstance(tables.grades(rows[rows["level"] == "village"], CITY), Text)


def test_field_grades_count_forms_and_say_what_is_not_on_a_form() -> None:
    rows = frame(
        "item_grades",
        {
            "level": "county",
            "concept": "coordination",
            "item": 4,
            "n_places": 2,
            "n_graded": 2,
            "n_good": 1,
            "n_poor": 1,
        },
        {"level": "village", "concept": "water", "item": 9, "n_places": 8, "n_graded": 6, "n_fair": 6},
    )
    table = tables.field_grades(rows, CITY)
    assert column(table, "县级") == ["好1、较差1", "—"]
    assert column(table, "村级") == ["—", "较好6、缺2"]


def test_problems_order_due_date_and_scope() -> None:
    rows = frame(
        "rectify",
        {"problem": "P1", "object": SHAOGUAN, "place": "440222101001", "state": "已完成", "note": "甲", "date": pd.Timestamp("2020-12-01"),
         "done_date": pd.Timestamp("2021-01-15")},
        {"problem": "P2", "object": SHAOGUAN, "place": COUNTY.object, "state": "未整改", "note": "乙", "date": pd.Timestamp("2020-12-02")},
        {"problem": "P3", "object": SHAOGUAN, "place": "", "state": "整改中", "note": "丙", "prominent": True, "date": pd.Timestamp("2020-12-03")},
        {"problem": "P4", "object": "440500000000", "place": "440513000000", "state": "未整改", "note": "丁", "prominent": True},
    )  # fmt: skip
    table = tables.problems(rows, CITY)
    assert column(table, "问题") == ["丙", "乙", "甲"]
    assert column(table, "期限或完成日期") == ["通报后两个月内", "通报后两个月内", "2021年1月15日"]
    assert column(table, "发现日期") == ["2020年12月3日", "2020年12月2日", "2020年12月1日"]
    assert column(tables.problems(rows, COUNTY), "问题") == ["乙"]
    province = tables.problems(rows, PROVINCE)
    assert column(province, "考核对象") == ["汕头市", "韶关市"]  # not begun before under way
    assert isinstance(province, Table)
    assert province.caption == "全省尚未完成整改的突出问题（2个）"
    none = tables.problems(rows.iloc[:0], CITY)
    assert isinstance(none, Text)
    assert none.paragraphs == ("没有登记韶关市的问题。",)


def test_villages_of_a_helper_city_are_those_paired_with_it() -> None:
    rows = frame(
        "village_profile",
        {
            "village": "440222101001",
            "name": "甲村",
            "city": SHAOGUAN,
            "helper_city": "440100000000",
            "v_collective_income": 123456.0,
        },
        {"village": "440222101002", "name": "乙村", "city": SHAOGUAN, "v_team": 1.0, "designated": 0.0},
    )
    assert column(tables.villages(rows, CITY), "村") == ["甲村", "乙村"]
    shown = tables.villages(rows, CITY)
    assert isinstance(shown, Table)
    assert "12.3" not in str(shown)  # what one village answered is not listed
    assert column(tables.villages(rows, CITY), "省定贫困村") == ["—", "否"]
    assert column(tables.villages(rows, make_context("city6")), "村") == ["甲村"]


def test_ranking_orders_by_rank_marks_ties_and_leaves_the_unranked_last() -> None:
    base = {"class_id": "city14", "grade_final": "较好", "n_ranked": 3, "composite": 80.0, "completeness": 1.0}
    rows = frame(
        "composite",
        {**base, "object": "440500000000", "name": "汕头市", "rank": 2.0, "tied": True},
        {
            **base,
            "object": "440600000000",
            "name": "缺市",
            "composite": None,
            "low": 60.0,
            "high": 90.0,
            "grade_final": "缺数据",
        },
        {**base, "object": SHAOGUAN, "name": "韶关市", "rank": 2.0, "tied": True},
        {**base, "object": "441200000000", "name": "肇庆市", "rank": 1.0},
    )
    within = frame("rank_intervals", {"object": SHAOGUAN, "low": 1.0, "high": 3.0})
    table = tables.ranking(rows, make_context("class"), intervals=within)
    assert column(table, "名次") == ["1", "2（并列）", "2（并列）", "—"]
    assert column(table, "对象") == ["肇庆市", "韶关市", "汕头市", "缺市"]
    assert column(table, "名次区间") == ["—", "1–3", "—", "—"]
    assert column(table, "综合得分") == ["80.00", "80.00", "80.00", "60.0–90.0"]
    targets = frame("targets", {"object": SHAOGUAN, "notebook": "40_city", "slug": "city-440200"})
    linked = tables.ranking(rows, make_context("class"), targets=targets)
    assert isinstance(linked, Table)
    assert linked.rows[1][1] == {"text": "韶关市", "href": "city-440200.html"}
    assert linked.rows[0][1] == "肇庆市"
    units = tables.ranking(rows.assign(band="第1档"), make_context("classunit"), intervals=within)
    assert isinstance(units, Table)
    labels = [c.label for c in units.columns]
    assert "档" in labels
    assert "名次区间" not in labels
    assert "专项调查" not in labels


def test_talk_list_gives_each_target_one_row_with_all_its_reasons() -> None:
    rows = frame(
        "talk_list",
        {"object": "DW003", "name": "单位003", "kind": "unit", "reason": "综合评价“一般”", "clause": "六"},
        {"object": SHAOGUAN, "name": "韶关市", "kind": "city", "reason": "综合评价“一般”", "clause": "六"},
        {"object": SHAOGUAN, "name": "韶关市", "kind": "city", "reason": "存在突出问题", "clause": "六"},
        {"object": "441502000000", "name": "城区", "kind": "county", "reason": "实地核查得分靠后", "clause": "六"},
    )
    table = tables.talk_list(rows, PROVINCE)
    assert isinstance(table, Table)
    assert table.caption == "谈话提醒对象（3个）"
    assert column(table, "对象") == ["韶关市", "单位003", "城区（汕尾市）"]
    assert column(table, "理由") == ["事实认定存在突出问题、综合评价“一般”", "综合评价“一般”", "实地核查得分靠后"]
    fired = {
        "rule": "V2",
        "field_name": "完成年度减贫任务",
        "value": "否",
        "fired": True,
        "before": "较好",
        "after": "一般",
    }
    caps = frame("caps", {"object": SHAOGUAN, **fired}, {"object": "DW003", **fired, "fired": False, "after": "较好"})
    table = tables.talk_list(rows, PROVINCE, caps=caps)
    assert isinstance(table, Table)
    assert column(table, "理由")[:2] == [
        "事实认定存在突出问题、综合评价“一般”（因完成年度减贫任务认定为“否”受限）", "综合评价“一般”",
    ]  # fmt: skip


def test_caps_and_decisions_are_whole_logs() -> None:
    caps = frame(
        "caps",
        {"object": SHAOGUAN, "rule": "V1", "field_name": "重大违纪违规问题", "value": "是", "evidence": "审计报告", "fired": True, "state": "触发",
         "date": pd.Timestamp("2020-12-20"), "before": "较好", "after": "一般", "clause": "附件1 第1、2条", "text": "无重大违纪违规问题"},
        {"object": SHAOGUAN, "rule": "V3", "field_name": "突出问题", "value": "未报", "state": "未启用", "before": "较好", "after": "较好"},
    )  # fmt: skip
    table = tables.caps(caps, CITY)
    assert column(table, "结果") == ["触发", "未启用"]
    assert column(table, "限制前") == ["较好", "—"]
    assert column(table, "限制后") == ["一般", "—"]
    assert column(table, "依据和日期") == ["审计报告，2020年12月20日", "—"]
    assert column(table, "条款")[0] == "附件1 第1、2条：无重大违纪违规问题"
    none = tables.decisions(frame("decisions_log"), CITY)
    assert isinstance(none, Text)
    assert none.paragraphs == ("没有涉及韶关市的人工决定。",)


def test_intake_totals_add_up() -> None:
    rows = invented("intake")
    table = tables.intake_totals(rows, PROVINCE)
    assert isinstance(table, Table)
    reads = [int(v.replace(",", "")) for v in column(table, "读入")]
    assert sum(reads[:-1]) == reads[-1] == int(rows["read"].sum())
    assert column(table, "表")[-1] == "合计"


def test_every_choice_of_the_plan_stands_in_the_table() -> None:
    table = tables.choices(CITY)
    notes = column(table, "说明") + column(table, "取值")  # a note that only repeats the value is left out
    for name, block in CITY.plan.choices.items():
        if isinstance(block, dict) and block.get("note") and name != "draw":  # which the protocol of a draw prints
            assert str(block["note"]) in notes
    values = column(table, "取值")
    assert values[0] == "好100分、较好75分、一般50分、较差25分"
    assert any("18,818元 × 45% = 8,468.1元" in v for v in values)
    assert isinstance(table, Table)
    assert "省考核办选定，方案未作规定" in table.note


def test_words_of_codes_are_refused_when_unknown() -> None:
    assert terms.word(terms.KINDS, "", "kind") == "—"
    with pytest.raises(KaoheError, match="A code has no Chinese word") as caught:
        terms.word(terms.KINDS, "planet", "kind")
    assert caught.value.exit_code == 1
    assert "planet" in caught.value.message()


OWN: dict[str, tuple[str, Callable[..., Any]]] = {
    "grades": ("item_grades", tables.grades), "field_grades": ("item_grades", tables.field_grades),
    "evidence": ("evidence", tables.evidence), "forms": ("form_scores", tables.forms), "streams": ("streams", tables.streams),
    "caps": ("caps", tables.caps), "decisions": ("decisions_log", tables.decisions), "daily": ("daily_items", tables.daily),
    "problems": ("rectify", tables.problems), "self_compare": ("self_compare", tables.self_compare),
    "estimates": ("estimates", tables.estimates), "survey_items": ("survey_items", tables.survey_items),
    "key_survey": ("key_survey", tables.key_survey), "villages": ("village_profile", tables.villages),
    "completeness": ("completeness", tables.completeness), "sensitivity": ("sensitivity", tables.sensitivity),
    "screens": ("screens", tables.screens), "response": ("response", tables.response),
}  # fmt: skip
WHOLE: dict[str, tuple[str, Callable[..., Any]]] = {
    "nonresponse": ("nonresponse", tables.nonresponse), "calibration": ("calibration", tables.calibration),
    "weight_diagnostics": ("weight_diagnostics", tables.weight_diagnostics), "counties": ("counties", tables.counties),
    "talk_list": ("talk_list", tables.talk_list), "class_summary": ("class_summary", tables.class_summary),
    "screen_records": ("screen_records", tables.screen_records), "set_aside": ("set_aside", tables.set_aside),
    "intake": ("intake", tables.intake), "intake_totals": ("intake", tables.intake_totals),
    "findings": ("findings_summary", tables.findings), "data_quality": ("data_quality", tables.data_quality),
    "sensitivity_summary": ("sensitivity_summary", tables.sensitivity_summary),
    "effective_weights": ("effective_weights", tables.effective_weights), "ranking": ("composite", tables.ranking),
}  # fmt: skip
CODES = re.compile(r"nan|NaN|NaT|None|True|False|K\d{3}|[a-z]{4,}_|\\u")
ALLOWED = {"t-findings", "t-intake", "t-set-aside"}


def texts(made: Table | Text) -> list[str]:
    if isinstance(made, Text):
        return list(made.paragraphs)
    cells = [cell_text(c) for row in made.rows for c in row]
    return [made.caption, made.note, *(c.label for c in made.columns), *cells]


@pytest.mark.parametrize("kind", ["city", "city6", "unit", "county"])
@pytest.mark.parametrize("name", sorted(OWN))
@pytest.mark.parametrize("full", [True, False])
def test_tables_of_a_target_hold_no_codes_with_and_without_data(kind: str, name: str, full: bool) -> None:
    ctx = make_context(kind)
    source, made = OWN[name]
    job = invented_report(ctx, city=SHAOGUAN) if full else FakeReport(ctx, city=SHAOGUAN)
    for text in texts(made(job.own(source), ctx)):
        assert not CODES.search(text), text


@pytest.mark.parametrize("kind", ["class", "province"])
@pytest.mark.parametrize("name", sorted(WHOLE))
@pytest.mark.parametrize("full", [True, False])
def test_tables_of_a_class_hold_no_codes_with_and_without_data(kind: str, name: str, full: bool) -> None:
    ctx = make_context(kind)
    source, made = WHOLE[name]
    job = invented_report(ctx) if full else FakeReport(ctx)
    out = made(job.table(source), ctx)
    if isinstance(out, Table) and out.id in ALLOWED:
        return
    for text in texts(out):
        assert not CODES.search(text), text


def test_no_row_is_lost_and_inputs_stay_as_they_were() -> None:
    for code in members("city14")[:3]:
        ctx = make_context("city", object_=code)
        job = invented_report(ctx)
        for source, made in OWN.values():
            own = job.own(source)
            before = own.copy(deep=True)
            out = made(own, ctx)
            pd.testing.assert_frame_equal(own, before)
            if isinstance(out, Table) and made in (
                tables.daily,
                tables.survey_items,
                tables.self_compare,
                tables.caps,
                tables.streams,
            ):
                total = sum("合计" in cell_text(r[0]) for r in out.rows)
                assert total == (made is tables.streams)
                assert len(out.rows) == len(own) + total


def test_ids_are_distinct_over_all_tables() -> None:
    ids = []
    city, whole = invented_report(CITY), invented_report(PROVINCE)
    for report, group in ((city, OWN), (whole, WHOLE)):
        for source, made in group.values():
            out = made(report.own(source) if group is OWN else report.table(source), report.ctx)
            if isinstance(out, Table):
                ids.append(out.id)
    assert len(ids) == len(set(ids))


def test_a_helper_citys_forms_are_said_to_stand_with_their_counties() -> None:
    helper = make_context("city6", object_="442000000000")
    for made in (tables.forms(frame("form_scores"), helper), tables.field_grades(frame("item_grades"), helper)):
        assert isinstance(made, Text)
        assert made.paragraphs[0].endswith("对口帮扶村的考评表列在所在县的报告中。")


def test_daily_measures_print_under_their_names() -> None:
    row = {"object": SHAOGUAN, "record": "R1", "kind": "指标", "measure": "fund_use_rate", "value": 0.9}
    assert column(tables.daily(frame("daily_items", row), CITY), "定量指标") == ["财政专项扶贫资金支出率"]


def test_choices_of_units_leave_the_survey_out_and_list_nothing_twice() -> None:
    for ctx in (CITY, make_context("unit")):
        what = column(tables.choices(ctx), "事项")
        assert len(what) == len(set(what))
        survey = {"相对贫困线", "估计列示标准", "无应答调整", "权重校准", "名次不确定性"}
        assert survey & set(what) == (survey if ctx.kind == "city" else set())


def test_ranking_shows_the_grade_by_score_where_it_is_another() -> None:
    base = {"class_id": "city14", "n_ranked": 2, "tied": False, "n_weak": 0}
    rows = frame(
        "composite",
        {**base, "object": SHAOGUAN, "name": "韶关市", "grade_score": "较好", "grade_final": "一般", "rank": 1.0},
        {**base, "object": "441300000000", "name": "惠州市", "grade_score": "好", "grade_final": "好", "rank": 2.0},
    )
    assert column(tables.ranking(rows, make_context("class")), "按分等次") == ["较好", "—"]
    same = rows.assign(grade_final=rows["grade_score"])
    assert "按分等次" not in [c.label for c in tables.ranking(same, make_context("class")).columns]  # type: ignore[union-attr]
