"""Sentences made from tables: zero, one and many; doubtful and missing; numbers recomputed by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import pandas as pd
import pytest

from kaohe.plot import words
from kaohe.plot.output import Notes
from kaohe.plot.words_beside import comparable
from kaohe.plot.words_city import complete_note, daily_note, evidence_note
from kaohe.plot.words_class import grades_of
from kaohe.plot.words_common import grade_counts, problems, verdict
from kaohe.plot.words_items import weak_items
from support.built_frames import counties, make_context, members
from support.fake_report import FakeReport, frame, invented, invented_report

SHAOGUAN = "440200000000"
REFS = {"ref_rank": "rank", "ref_caps": "caps", "ref_streams": "streams"}
CITY = make_context("city")


def composite(**change: Any) -> pd.DataFrame:
    row = {
        "object": SHAOGUAN, "name": "韶关市", "class_id": "city14", "survey": 80.0, "cross": 90.0, "daily": 85.0, "composite": 85.5,
        "low": 85.5, "high": 85.5, "class_mean": 82.04, "grade_score": "较好", "grade_final": "较好", "status": "已定", "rank": 5.0,
        "tied": False, "n_ranked": 14, "n_weak": 0, "completeness": 1.0,
    }  # fmt: skip
    return frame("composite", {**row, **change})


def interval(low: float, high: float) -> pd.DataFrame:
    return frame("rank_intervals", {"object": SHAOGUAN, "class_id": "city14", "rank": 5.0, "low": low, "high": high})


def said(**frames: pd.DataFrame) -> str:
    return verdict(FakeReport(CITY, **frames), **REFS)[0].text


def test_verdict_of_a_settled_city() -> None:
    text = said(composite=composite(), rank_intervals=interval(3, 9))
    assert text == (
        "韶关市综合评价为“较好”，综合得分85.5分，在有脱贫攻坚任务的14个市中列第5名，计入抽样误差的95%名次区间为第3至第9名。"
    )


def test_verdict_with_a_sure_rank_a_tie_and_an_interval_over_everything() -> None:
    assert "计入抽样误差后名次不变" in said(composite=composite(), rank_intervals=interval(5, 5))
    assert "并列第5名" in said(composite=composite(tied=True))
    assert "覆盖全部位次，不能据此分出先后" in said(composite=composite(), rank_intervals=interval(1, 14))
    assert "在有脱贫攻坚任务的14个市（13个排名次）中列第5名" in said(composite=composite(n_ranked=13))


def test_verdict_without_a_stream_gives_bounds_and_no_rank() -> None:
    streams = frame(
        "streams",
        {"object": SHAOGUAN, "stream": "survey", "stream_name": "专项调查", "weight": 0.3, "score": 80.0},
        {
            "object": SHAOGUAN,
            "stream": "daily",
            "stream_name": "日常工作",
            "weight": 0.3,
            "state": "未收到",
            "note": "没有收到记录",
        },
    )
    row = composite(
        composite=None, rank=None, low=61.25, high=91.2, grade_score="", grade_final="缺数据", status="缺数据"
    )
    text = said(composite=row, streams=streams)
    assert text == (
        "韶关市缺日常工作数据（没有收到记录），不计综合得分、不定等次、不排名次；综合得分只能确定在61.3分至91.2分之间，"
        "按分可能为“一般”至“好”。"
    )
    partly = streams.assign(state="缺项", note="第12项未评")
    assert said(composite=row, streams=partly).startswith("韶关市日常工作有缺项（第12项未评），不计综合得分")
    row = composite(composite=None, rank=None, low=70.0, high=80.0, grade_score="", grade_final="缺数据")
    assert "上下界都属“较好”" in said(composite=row, streams=streams)


def test_verdict_of_an_open_fact_is_never_a_grade() -> None:
    caps = frame(
        "caps", {"object": SHAOGUAN, "rule": "V1", "field_name": "重大违纪违规问题", "value": "待核", "state": "待核"}
    )
    text = said(composite=composite(grade_final="待核", status="待核"), caps=caps)
    assert text.startswith(
        "韶关市综合等次待核：“重大违纪违规问题”尚待核实，核实前不定等次；综合得分85.5分，按得分为“较好”"
    )
    assert "综合评价为" not in text


def test_verdict_says_the_cap_and_the_decision() -> None:
    caps = frame("caps", {
        "object": SHAOGUAN, "rule": "V1", "field_name": "重大违纪违规问题", "value": "是", "fired": True, "state": "触发",
        "before": "较好", "after": "一般", "clause": "附件1 第1、2条",
    })  # fmt: skip
    decisions = frame("decisions_log", {
        "object": SHAOGUAN, "decision": "D001", "kind": "等次调整", "from_grade": "一般", "to_grade": "较差", "reason": "集体审议",
        "by_role": "省考核办", "date": pd.Timestamp("2021-01-20"), "applied": True,
    })  # fmt: skip
    text = said(composite=composite(grade_final="较差"), caps=caps, decisions_log=decisions)
    assert "按得分为“较好”，因“重大违纪违规问题”认定为“是”，依附件1 第1、2条限为“一般”" in text
    assert "经省考核办决定（D001，2021年1月20日），等次由“一般”调整为“较差”，理由是集体审议" in text
    note = verdict(FakeReport(CITY, composite=composite(), decisions_log=decisions), **REFS)[0]
    assert note.ref == "t-decisions"
    assert verdict(FakeReport(CITY, composite=composite(), caps=caps), **REFS)[0].ref == "caps"
    assert verdict(FakeReport(CITY, composite=composite()), **REFS)[0].ref == "rank"
    refused = decisions.assign(applied=False)
    assert "决定" not in said(composite=composite(), decisions_log=refused)


def test_verdict_without_any_result() -> None:
    assert said() == "没有韶关市的综合评价结果。"


def items(grades: list[str], level: str = "city") -> pd.DataFrame:
    form = CITY.plan.forms["city14"].items
    return frame("item_grades", *(
        {"object": SHAOGUAN, "class_id": "city14", "level": level, "concept": i.concept, "item": i.no, "name": i.name, "grade": g,
         "n_graded": 1 if g else 0, "n_ordinary": int(g == "一般"), "n_poor": int(g == "较差")}
        for i, g in zip(form, grades, strict=True)
    ))  # fmt: skip


def weak(frame_: pd.DataFrame) -> str:
    return weak_items(frame_, CITY, "city", form="考核指标表", ref="grade-matrix").text


def test_weak_items_zero_one_many_and_missing() -> None:
    assert weak(items(["好"] * 17)) == "考核指标表17项指标全部为“好”。"
    assert weak(items(["较好"] * 17)) == "考核指标表17项指标全部为“较好”。"
    assert weak(items(["好"] * 5 + ["较好"] * 12)) == "考核指标表17项指标全部在“较好”及以上，其中“好”5项。"
    assert weak(items(["一般"] + ["好"] * 16)) == "考核指标表17项指标中，“一般”1项（贫困退出）。"
    many = weak(items(["一般"] * 5 + ["较差"] + ["好"] * 11))
    assert many == (
        "考核指标表17项指标中，“较差”1项（医疗救助）、“一般”5项（贫困退出、防止返贫监测、遍访制度、统筹协调等）。"
    )
    assert weak(items(["较差"] * 17)) == "考核指标表17项指标全部为“较差”。"
    assert weak(items(["一般"] * 16 + [""])) == "考核指标表17项指标中已评16项，全部为“一般”。"
    assert weak(items(["好"] * 15 + ["", ""])) == "考核指标表17项指标中已评15项，全部为“好”。"
    assert weak(items([""] * 17)) == "没有收到韶关市的考核指标表，各项指标等次缺数据。"


def evidence(*gaps: float) -> pd.DataFrame:
    form = CITY.plan.forms["city14"].items
    return frame("evidence", *(
        {"object": SHAOGUAN, "concept": i.concept, "item": i.no, "index_grade": "好", "index_value": 100.0, "evidence": 100.0 - g, "gap": g,
         "flagged": abs(g) >= 25}
        for i, g in zip(form, gaps, strict=False)
    ))  # fmt: skip


def test_evidence_zero_one_many_and_none_to_compare() -> None:
    none = evidence_note(frame("evidence"), CITY, ref="x").text
    assert none == "韶关市没有可供对照的实地核查记录，指标表等次未经实地印证。"
    zero = evidence_note(evidence(0, 10, -20), CITY, ref="x").text
    assert zero == "可对照的3项指标，指标表分值与实地核查得分相差都不到一档（25分）。"
    one = evidence_note(evidence(25, 0), CITY, ref="x").text
    assert one == (
        "可对照的2项指标中，相差一档以上的有1项：贫困退出（指标表“好”，实地核查75.0分、合“较好”），指标表偏高。"
    )
    mixed = evidence_note(evidence(25, -30, 0, 40, 26), CITY, ref="x").text
    assert "有4项：" in mixed
    assert mixed.endswith("，指标表3项偏高、1项偏低。")
    assert "遍访制度" not in mixed
    assert evidence_note(evidence(-25, -30), CITY, ref="x").text.endswith("，指标表都偏低。")


def rectified(*states: str, prominent: int = 0) -> pd.DataFrame:
    return frame("rectify", *(
        {"problem": f"P{i}", "object": SHAOGUAN, "prominent": i < prominent, "state": s} for i, s in enumerate(states)
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("states", "prominent", "text"),
    [
        ((), 0, "没有登记韶关市的问题。"),
        (("已完成",), 0, "登记问题1个，不属突出问题，已完成整改。"),
        (("未整改",), 1, "登记突出问题1个，尚未完成整改，整改方案与报告须于考核结果通报后两个月内提交。"),
        (("已完成", "已完成"), 1, "登记问题2个，其中突出问题1个，全部完成整改。"),
        (("未整改",), 0, "登记问题1个，不属突出问题，尚未完成整改，整改方案与报告须于考核结果通报后两个月内提交。"),
        (("未整改", "整改中"), 0, "登记问题2个，其中没有列为突出的，都尚未完成整改，整改方案与报告须于考核结果通报后两个月内提交。"),
        (("未整改", "已完成", "整改中"), 2,
         "登记问题3个，其中突出问题2个；已完成整改1个，尚有2个未完成，整改方案与报告须于考核结果通报后两个月内提交。"),
    ],
)  # fmt: skip
def test_problems(states: tuple[str, ...], prominent: int, text: str) -> None:
    assert problems(rectified(*states, prominent=prominent), CITY, ref="t-problems").text == text


def test_daily_and_completeness_zero_one_many() -> None:
    def source(name: str, points: float) -> dict[str, Any]:
        return {"object": "DW003", "source": name, "source_name": name, "points": points}

    unit = make_context("unit")
    assert daily_note(frame("daily_sources", source("a", 0)), unit, ref="x").text == "日常工作没有单位003的扣分记录。"
    assert (
        daily_note(frame("daily_sources", source("审计", 3)), unit, ref="x").text == "日常工作共扣3.0分，都来自审计。"
    )
    many = daily_note(frame("daily_sources", source("审计", 3), source("信访", 4.5)), unit, ref="x").text
    assert many == "日常工作共扣7.5分，涉及2类来源，最多的是信访（4.5分）。"

    def part(expected: int, received: int, label: str = "考核指标表") -> dict[str, Any]:
        return {"object": "DW003", "part": label, "label": label, "expected": expected, "received": received}

    def complete(*parts: dict[str, Any], **frames: pd.DataFrame) -> str:
        return complete_note(FakeReport(unit, completeness=frame("completeness", *parts), **frames), ref="x").text

    assert complete() == "没有单位003应报数据的记录。"
    assert complete(part(0, 0)) == "没有单位003应报数据的记录。"
    assert complete(part(15, 15)) == "应报数据全部收齐。"
    none = complete(part(1, 0, "自评报告"))
    assert none == "应报数据未收齐：没有收到自评报告。"
    answers = {**part(400, 371, "专项调查样本户"), "part": "survey"}
    assert complete(answers) == "应报数据未收齐：专项调查样本户未答29户。"
    short = (part(15, 13), part(1, 1, "自评报告"))
    assert complete(*short) == "应报数据2类中1类未收齐：考核指标表缺2项。"
    assert complete(*short, answers) == "应报数据3类中2类未收齐：专项调查样本户未答29户、考核指标表缺2项。"
    scored = frame("composite", {"object": "DW003", "class_id": "unit235", "composite": 80.0})
    assert complete(*short, composite=scored) == "应报数据2类中1类未收齐：考核指标表缺2项；综合得分照常计算。"


def estimate(indicator: str, value: float, low: float, high: float, **change: Any) -> dict[str, Any]:
    return {
        "unit": "household", "domain_type": "city", "domain": SHAOGUAN, "indicator": indicator, "label": indicator, "is_share": True,
        "direction": "up", "estimate": value, "ci_low": low, "ci_high": high, "n": 400, "quality": "ok", **change,
    }  # fmt: skip


def test_comparison_with_the_province_uses_whole_intervals_direction_and_quality() -> None:
    own = frame(
        "estimates",
        estimate("a_worse", 0.80, 0.75, 0.85), estimate("b_better", 0.97, 0.95, 0.99), estimate("c_same", 0.89, 0.86, 0.93),
        estimate("d_down_worse", 0.10, 0.08, 0.12, direction="down"), estimate("e_thin", 0.2, 0.1, 0.3, quality="caution"),
        estimate("f_none", 0.2, 0.1, 0.3, direction="none"), estimate("g_hidden", 0.2, 0.1, 0.3, quality="suppressed"),
    )  # fmt: skip
    whole = {
        "a_worse": 0.9,
        "b_better": 0.9,
        "c_same": 0.9,
        "d_down_worse": 0.05,
        "e_thin": 0.9,
        "f_none": 0.9,
        "g_hidden": 0.9,
    }
    province = frame("estimates", *(
        estimate(k, v, v, v, domain_type="province", domain="440000000000") for k, v in whole.items()
    ))  # fmt: skip
    worse, better, compared = comparable(own, province, CITY)
    assert [r["indicator"] for r in worse] == ["a_worse", "d_down_worse"]
    assert [r["indicator"] for r in better] == ["b_better"]
    assert compared == 4


def test_survey_against_forms_names_the_contradiction() -> None:
    own = estimate("water_safe", 0.80, 0.75, 0.85, label="饮水安全达标")
    whole = estimate("water_safe", 0.95, 0.94, 0.96, domain_type="province", domain="440000000000")
    answered = {"domain_type": "city", "domain": SHAOGUAN, "selected": 500, "completed": 471, "response_rate": 0.95}
    job = FakeReport(
        CITY,
        estimates=frame("estimates", own, whole),
        response=frame("response", answered),
        item_grades=items(["好"] * 17),
    )
    notes = [n.text for n in words.conclusions_survey(job).items]
    assert notes[1] == "可比的1项指标中，明显差于全省的1项（饮水安全达标）。"
    assert notes[2] == (
        "指标表“较好”及以上、可与调查对照的1项有指标明显差于全省，须核实：饮水安全（“好”；饮水安全达标）。"
    )
    city = words.conclusions_city(job).items[3]
    assert city.text == (
        "专项调查完成样本户471户，可比的1项指标中，明显差于全省的1项（饮水安全达标）；"
        "指标表“较好”及以上、可与调查对照的1项（饮水安全）有指标明显差于全省，须核实。"
    )
    assert city.ref == "t-differ"
    assert words.conclusions_survey(FakeReport(CITY)).items[0].text == "没有韶关市的专项调查数据，本报告只说明缺什么。"


def test_gaps_say_streams_facts_and_late_reports_or_that_there_are_none() -> None:
    late = frame("self_status", {
        "object": SHAOGUAN, "date": pd.Timestamp("2020-12-14"), "due": pd.Timestamp("2020-12-10"), "state": "逾期",
    })  # fmt: skip
    text = words.gaps(FakeReport(CITY, self_status=late))
    assert text.tone == "warning"
    assert text.paragraphs == ["自评报告于2020年12月14日提交，晚于2020年12月10日的期限，照收并注明。"]
    absent = frame("self_status", {"object": SHAOGUAN, "due": pd.Timestamp("2020-12-10"), "state": "未报"})
    assert words.gaps(FakeReport(CITY, self_status=absent)).paragraphs == ["没有收到自评报告（期限2020年12月10日）。"]
    assert words.gaps(FakeReport(CITY)).tone == ""
    assert not words.gaps(FakeReport(CITY)).paragraphs
    lacking = {
        "object": SHAOGUAN,
        "stream": "daily",
        "stream_name": "日常工作",
        "low": 0.0,
        "high": 100.0,
        "note": "未收到",
    }
    streams = frame("streams", {**lacking, "weight": 0.3})
    assert (
        "缺日常工作数据（未收到），该来源得分只能确定在0.0分至100.0分之间"
        in words.gaps(FakeReport(CITY, streams=streams)).paragraphs[0]
    )
    given = frame("streams", {**lacking, "weight": 0.0})
    assert "已按人工决定把它的权重按比例分给其余来源" in words.gaps(FakeReport(CITY, streams=given)).paragraphs[0]
    caps = frame(
        "caps",
        {"object": SHAOGUAN, "rule": "V1", "field_name": "重大违纪违规问题", "value": "未报", "state": "待核"},
        {
            "object": SHAOGUAN,
            "rule": "V2",
            "field_name": "完成年度减贫任务",
            "value": "待核",
            "state": "待核，不影响等次",
        },
    )
    first, second = words.gaps(FakeReport(CITY, caps=caps)).paragraphs
    assert first == "下列事实待核或未报，可能改变等次，核实前等次列为待核：重大违纪违规问题。"
    assert second == "下列事实待核或未报，无论认定结果如何都不改变等次：完成年度减贫任务。"


def test_self_report_compares_grades() -> None:
    status = frame("self_status", {
        "object": SHAOGUAN, "date": pd.Timestamp("2020-12-08"), "due": pd.Timestamp("2020-12-10"), "grade": "好",
    })  # fmt: skip
    compare = frame("self_compare", *(
        {"object": SHAOGUAN, "item": i, "concept": c, "self_grade": "好", "index_grade": g, "steps": s}
        for i, (c, g, s) in enumerate((("exit", "好", 0), ("water", "较好", 1), ("housing", "一般", 2)), start=1)
    ))  # fmt: skip
    text = words.self_report(FakeReport(CITY, composite=composite(), self_status=status, self_compare=compare))
    assert text.paragraphs == [
        "自评报告于2020年12月8日提交，期限为2020年12月10日。",
        "自评等次为“好”，综合评价为“较好”，自评高1档。",
        "可对照的3项指标中，自评高于考核的2项（饮水安全、住房保障），其余一致。",
    ]


def test_a_helper_citys_figures_are_said_to_be_its_paired_villages() -> None:
    helper = make_context("city6")
    scope = words.survey_scope(FakeReport(helper))
    assert scope.tone == "warning"
    assert "“广州市”都指广州市对口帮扶的村的登记户" in scope.paragraphs[0]
    texts = [n.text for n in words.conclusions_survey(invented_report(helper)).items]
    assert texts[0].startswith("在广州市对口帮扶的村，对脱贫攻坚工作表示满意的比例为")
    assert any(t.startswith("专项调查在广州市对口帮扶的村抽中") for t in texts)
    assert any(t.startswith("广州市对口帮扶的村人均可支配收入") for t in texts)
    assert words.survey_scope(FakeReport(CITY)).paragraphs == (
        "本节为韶关市全部登记户的加权估计；“全省”指有脱贫攻坚任务的14个市的全部登记户。",
    )


def test_counts_leave_out_what_is_not_there() -> None:
    assert grade_counts(pd.Series(["好", "好", "较差", "待核"])) == "“好”2个、“较差”1个"
    assert grade_counts(pd.Series([], dtype="str")) == ""


def test_ranking_counts_ends_and_spread_recomputed() -> None:
    job = invented_report(make_context("class"))
    notes = words.conclusions_ranking(job).items
    rows = invented("composite").query("class_id == 'city14'")
    known = rows.dropna(subset=["composite"])
    best, last = known.loc[known["composite"].idxmax()], known.loc[known["composite"].idxmin()]
    for grade in ("好", "较好", "一般"):
        n = int((known["grade_final"] == grade).sum())
        assert (f"“{grade}”{n}个" in notes[0].text) == (n > 0)
    assert "因缺数据不定等次1个（云浮市）" in notes[0].text
    spread = f"{best['composite'] - last['composite']:.1f}"
    assert best["name"] in notes[2].text
    assert last["name"] in notes[2].text
    assert f"相差{spread}分" in notes[2].text


def test_overview_counts_recomputed() -> None:
    job = invented_report(make_context("province"))
    texts = [n.text for n in words.conclusions_overview(job).items]
    talk = invented("talk_list")
    assert f"列入谈话提醒的对象共{talk['object'].nunique()}个" in " ".join(texts)
    own = invented("item_grades").query("class_id == 'city14' and level == 'city'")
    weak_n = int(own["grade"].isin(["一般", "较差"]).sum())
    assert f"{(own['grade'] != '').sum()}个指标等次中，一般及以下{weak_n}个" in " ".join(texts)
    assert len(texts) <= 6
    assert f"全省登记问题{len(invented('rectify'))}个" in texts[-1]


EVERY: list[tuple[str, str, Callable[..., Any]]] = [
    ("city", "", words.conclusions_city), ("city6", "", words.conclusions_city), ("county", SHAOGUAN, words.conclusions_county),
    ("unit", "", words.conclusions_unit), ("city", "", words.conclusions_survey), ("city6", "", words.conclusions_survey),
    ("class", "", words.conclusions_ranking), ("class6", "", words.conclusions_ranking),
    ("classunit", "", words.conclusions_ranking), ("province", "", words.conclusions_overview),
    ("province", "", words.conclusions_sample), ("province", "", words.conclusions_quality),
]  # fmt: skip
FAULTS = re.compile(r"[A-Za-z]{2,}|nan|NaN|None|。。|，。|；。|、。|“”|（）|0个中|共0|(?<!\d)0项（")


@pytest.mark.parametrize(("kind", "city", "made"), EVERY)
@pytest.mark.parametrize("full", [True, False])
def test_conclusions_are_clean_chinese_with_and_without_data(
    kind: str, city: str, made: Callable[..., Notes], full: bool
) -> None:
    ctx = make_context(kind)
    job = invented_report(ctx, city=city) if full else FakeReport(ctx, city=city)
    notes = made(job).items
    assert 1 <= len(notes) <= 8
    for note in notes:
        assert note.text.endswith("。")
        assert not FAULTS.search(note.text), note.text


def shown(value: float) -> str:
    """A score as a careful reader rounds it by hand."""
    tenths = int((Decimal(repr(float(value))) * 10 + Decimal("0.5")).to_integral_value(rounding=ROUND_FLOOR))
    return f"{tenths // 10}.{tenths % 10}"


@pytest.mark.parametrize("code", [*members("city14"), *members("city6")])
def test_numbers_of_a_citys_conclusions_recomputed_from_the_tables(code: str) -> None:
    kind = "city" if code in members("city14") else "city6"
    notes = [n.text for n in words.conclusions_city(invented_report(make_context(kind, object_=code))).items]
    row = invented("composite").set_index("object").loc[code]
    if pd.isna(row["composite"]):
        assert f"{shown(row['low'])}分至{shown(row['high'])}分" in notes[0]
        assert "名次区间" not in notes[0]
    else:
        assert f"综合得分{shown(row['composite'])}分" in notes[0]
        peers = invented("composite")
        same = peers.loc[peers["class_id"] == row["class_id"], "composite"]
        better = int((same > row["composite"] + 1e-9).sum())
        assert f"第{better + 1}名" in notes[0]
    own = invented("item_grades").query("object == @code and level == 'city'")["grade"]
    for grade in ("一般", "较差"):
        n = int((own == grade).sum())
        assert (f"“{grade}”{n}项（" in notes[1]) == (n > 0)
    gaps = invented("evidence").query("object == @code")
    both = gaps.dropna(subset=["evidence", "index_value"])
    n = int(((both["index_value"] - both["evidence"]).abs() >= 25).sum())
    assert f"可对照的{len(both)}项指标" in notes[2]
    assert (f"有{n}项：" in notes[2]) == (n > 0)
    answered = invented("response").query("domain == @code")["completed"].iloc[0]
    assert f"完成样本户{answered}户" in notes[3]
    problems_ = invented("rectify").query("object == @code")
    one_grave = len(problems_) == 1 and bool(problems_["prominent"].iloc[0])
    counted = f"登记{'突出' if one_grave else ''}问题{len(problems_)}个"
    assert notes[4].startswith(counted if len(problems_) else "没有登记")


@pytest.mark.parametrize("code", [*members("city14"), *members("city6")])
def test_every_city_has_three_to_six_conclusions(code: str) -> None:
    class_kind = "city" if code in members("city14") else "city6"
    notes = words.conclusions_city(invented_report(make_context(class_kind, object_=code))).items
    assert 3 <= len(notes) <= 6


@pytest.mark.parametrize(
    ("kind", "made"),
    [("city", words.cards_city), ("unit", words.cards_unit), ("county", words.cards_county), ("city", words.cards_survey),
     ("class", words.cards_ranking), ("province", words.cards_overview), ("province", words.cards_sample),
     ("province", words.cards_quality)],
)  # fmt: skip
@pytest.mark.parametrize("full", [True, False])
def test_cards_have_values_or_a_dash(kind: str, made: Callable[..., Any], full: bool) -> None:
    ctx = make_context(kind)
    job = invented_report(ctx, city=SHAOGUAN) if full else FakeReport(ctx, city=SHAOGUAN)
    cards = made(job).items
    assert all(card.value and card.label for card in cards)
    assert not any("nan" in card.value for card in cards)


def test_county_without_visit_says_so() -> None:
    ctx = make_context("county", object_=counties(SHAOGUAN)[0])
    text = words.conclusions_county(FakeReport(ctx, city=SHAOGUAN)).items[0].text
    assert text.endswith("没有接受实地核查，没有实地核查得分；本报告只列专项调查和问题整改情况。")


def test_every_choice_is_printed_and_marked_as_the_offices_own() -> None:
    text = words.choices(CITY)
    assert "省考核办选定，方案未作规定" in text.paragraphs[0]
    whole = "".join(text.paragraphs)
    for name, block in CITY.plan.choices.items():
        if isinstance(block, dict) and block.get("note") and name != "draw":  # which the protocol of a draw prints
            assert str(block["note"]) in whole
    assert "8,468.1元" in whole


def test_open_prominent_problems_do_not_swallow_the_others() -> None:
    rows = frame("rectify", *(
        {"object": SHAOGUAN, "problem": f"P{n}", "state": "未整改", "prominent": n < 2} for n in range(6)
    ))  # fmt: skip
    assert problems(rows, CITY, ref="x").text.startswith("登记问题6个，其中突出问题2个；6个都尚未完成整改，")


def test_decision_on_a_missing_stream_names_stream_and_reason() -> None:
    decisions = frame("decisions_log", {
        "object": SHAOGUAN, "decision": "D002", "stream": "cross", "reason": "集体审议", "by_role": "省考核办", "applied": True,
    })  # fmt: skip
    text = said(composite=composite(), decisions_log=decisions)
    assert "经省考核办决定（D002），对交叉考核缺数据作出决定，理由：集体审议" in text


def test_class_names_whose_grade_a_rule_lowered() -> None:
    ctx = make_context("class")
    caps = frame("caps", {
        "object": SHAOGUAN, "rule": "V1", "field_name": "甲", "value": "是", "fired": True, "before": "较好", "after": "一般",
    })  # fmt: skip
    job = FakeReport(ctx, composite=composite(composite=83.0, grade_final="一般"), caps=caps)
    text = "".join(n.text for n in words.conclusions_ranking(job).items)
    assert "因限制规则或人工决定改变等次的有1个：韶关市（83.0分）按限制规则定为“一般”。" in text


def test_survey_gaps_name_what_is_to_be_read_with_care() -> None:
    rows = invented("estimates").query("domain_type == 'city' and unit == 'household'")
    one = rows[rows["domain"] == SHAOGUAN].assign(quality="ok")
    ctx = make_context("city")
    clean = words.survey_gaps(FakeReport(ctx, estimates=one))
    assert clean.paragraphs == (f"{len(one)}项住户指标的估计都可用。",)
    single = words.survey_gaps(FakeReport(ctx, estimates=one.head(1))).paragraphs
    assert single == ("1项住户指标的估计可用。",)
    none = words.survey_gaps(FakeReport(ctx, estimates=one.head(0)))
    assert (none.paragraphs, none.tone) == (("没有韶关市的住户指标估计。",), "warning")
    one.loc[one.index[:2], "quality"] = "caution"
    one.loc[one.index[2], "quality"] = "suppressed"
    said = words.survey_gaps(FakeReport(ctx, estimates=one)).paragraphs
    assert said[0].startswith(f"{len(one)}项住户指标中，慎用的有2项，只列示、不作结论：")
    assert "；已隐藏的有1项，依保密要求不列示：" in said[0]


def test_units_are_told_by_bands_and_never_by_rank() -> None:
    job = invented_report(make_context("classunit"))
    text = "".join(n.text for n in words.conclusions_ranking(job).items)
    rows = invented("composite").query("class_id == 'unit235' and rank == rank")
    assert f"{len(rows)}个单位按得分分为{rows['band'].nunique()}档" in text or rows["band"].nunique() == 1
    assert "名次变动" not in text


def test_a_number_that_is_said_before_the_names_is_not_said_after_them() -> None:
    rows = [
        {
            "object": f"DW{n:03d}",
            "name": f"单位{n:03d}",
            "composite": float(n) if n < 7 else None,
            "grade_final": "一般",
        }
        for n in range(1, 12)
    ]
    assert grades_of(frame("composite", *rows)) == (
        "“一般”6个（单位001、单位002、单位003、单位004等）；因缺数据不定等次5个（单位007、单位008、单位009等）"
    )
