"""Sentences about the survey: sample, satisfaction, what is worse or better than the province, income."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.labels import interval_of
from kaohe.plot.output import Card, Cards, Context, Note, Notes, Text
from kaohe.plot.survey_cells import drawn_households, estimate_cell, without_vacant
from kaohe.plot.table_maker import records
from kaohe.plot.words_beside import against_province, beside_forms, borne_out, judged
from kaohe.plot.words_common import Row, Source, end, first

SATISFACTION = "sat_work"


def province_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The province's rows of ``estimates``."""
    return frame[frame["domain_type"] == "province"]


def shown(rows: pd.DataFrame, indicator: str) -> Row | None:
    """The row of an indicator, when its estimate may be shown."""
    row = first(rows[rows["indicator"] == indicator])
    if row is None or terms.hidden(str(row["quality"])) or numbers.is_missing(row["estimate"]):
        return None
    return row


def with_interval(row: Row, ctx: Context, *, level: bool = True) -> str:
    """An estimate with its interval in brackets, and a word of caution where it is due; `level` False: said elsewhere."""
    text = str(estimate_cell(row))
    inside = []
    if not (numbers.is_missing(row["ci_low"]) or numbers.is_missing(row["ci_high"])):
        span = numbers.span(row["ci_low"], row["ci_high"], str(row["measure_unit"]), bool(row["is_share"]))
        inside.append(f"{interval_of(ctx) if level else ''}{span}")
    elif row["quality"] == "not_estimable":
        inside.append("误差不可估")
    if row["quality"] == "caution":
        inside.append("慎用")
    return f"{text}（{'，'.join(inside)}）" if inside else text


def survey_note(job: Source, *, ref: str) -> Note:
    """What the survey says beside what the forms say, for a city's report."""
    ctx = job.ctx
    own = job.own("estimates")
    if own.empty:
        return Note(f"没有{ctx.name}的专项调查数据。", ref)
    answered = first(job.own("response"))
    where = "在对口帮扶的村" if ctx.class_id == "city6" else ""
    heard = f"专项调查{where}完成样本户{numbers.integer(answered['completed'])}户" if answered else f"专项调查{where}"
    found = judged(own, job.province("estimates"), ctx)
    borne = beside_forms(borne_out(found, job.own("item_grades"), ctx), ctx, brief=True)
    text = f"{heard}，{against_province(found, brief=True)}；{borne}"
    return Note(end(text), "t-differ" if any(good for _, good in found) else ref)


def survey_scope(job: Source) -> Text:
    """Whom the survey's figures speak of: a city's registered households, or those of its paired villages."""
    ctx = job.ctx
    whole = f"“全省”指{ctx.plan.classes['city14'].label}的全部登记户"
    if ctx.class_id == "city6":
        return Text(
            (f"{ctx.name}没有自己的样本户：本节图表中的“{ctx.name}”都指{ctx.name}对口帮扶的村的登记户；{whole}。",),
            "warning",
        )
    return Text((f"本节为{ctx.name}全部登记户的加权估计；{whole}。",))


def conclusions_survey(job: Source) -> Notes:
    """主要结论 of a city's survey report.

    Parameters
    ----------
    job : Source
        Reads ``response``, ``estimates``, ``income``, ``survey_items``, ``key_survey``, ``item_grades``,
        ``streams``.
    """
    ctx = job.ctx
    own = job.own("estimates")
    if own.empty:
        return Notes([Note(f"没有{ctx.name}的专项调查数据，本报告只说明缺什么。", "t-estimates")])
    whole = job.province("estimates")
    found = judged(own, whole, ctx)
    notes = [_headline(own, whole, ctx), Note(end(against_province(found)), "t-estimates")]
    notes.append(Note(end(beside_forms(borne_out(found, job.own("item_grades"), ctx), ctx)), "t-estimates"))
    return Notes([*notes, *_income(job), *_score(job), _sample(job)])


HEADLINE = (SATISFACTION, "guarantees")


def _headline(own: pd.DataFrame, province: pd.DataFrame, ctx: Context) -> Note:
    """What readers ask first, each with its interval and the province beside it."""
    said = []
    for indicator in HEADLINE:
        row, beside = shown(own, indicator), shown(province, indicator)
        if row is not None:
            whole = f"，全省为{estimate_cell(beside)}" if beside is not None else ""
            said.append(f"{row['label']}的比例为{with_interval(row, ctx)}{whole}".replace("的比例的比例", "的比例"))
    if not said:
        return Note("满意度和“三保障”达标情况因应答户太少或缺数据，不列示。", "t-estimates")
    where = f"在{ctx.name}对口帮扶的村，" if ctx.class_id == "city6" else ""
    return Note(end(where + "；".join(said)), "t-estimates")


def survey_gaps(job: Source) -> Text:
    """Which household estimates are to be read with care, are withheld, or have no error; and a missing score.

    From ``estimates``, ``streams``.
    """
    rows = job.own("estimates")
    rows = rows[rows["unit"] == "household"]
    said = []
    for quality, tail in (
        ("caution", "只列示、不作结论"),
        ("suppressed", "依保密要求不列示"),
        ("not_estimable", "不能估计误差，不给区间"),
        ("missing", "没有应答"),
    ):
        mine = rows[rows["quality"] == quality]
        if len(mine):
            names = numbers.names(mine["label"], 4)
            said.append(f"{terms.quality_word(quality)}的有{len(mine)}项，{tail}：{names}")
    stream = first(job.own("streams").query("stream == 'survey'"))
    lead = [] if stream is None or not numbers.is_missing(stream["score"]) else ["专项调查不计分，综合得分只给上下界。"]
    if rows.empty:
        return Text((*lead, f"没有{job.ctx.name}的住户指标估计。"), "warning")
    if not said:
        every = "都" if len(rows) > 1 else ""
        return Text((*lead, f"{len(rows)}项住户指标的估计{every}可用。"), "warning" if lead else "")
    return Text((*lead, end(f"{len(rows)}项住户指标中，{'；'.join(said)}")), "warning")


def _sample(job: Source) -> Note:
    row = first(job.own("response"))
    if row is None:
        return Note(f"没有{job.ctx.name}的样本户应答记录。", "t-response")
    where = f"在{job.ctx.name}对口帮扶的村" if job.ctx.class_id == "city6" else ""
    text = (
        f"专项调查{where}抽中{numbers.integer(row['selected'])}户，完成{numbers.integer(row['completed'])}户，"
        f"应答率{numbers.percent(row['response_rate'])}{without_vacant(row)}"
    )
    if row["set_aside"]:
        text += f"；另有{numbers.integer(row['set_aside'])}户没有可用答卷（未收到，或因错误被隔离）"
    key = job.own("key_survey")
    if len(key):
        text += f"；{numbers.integer(key['n_villages'].max())}个重点调查村另列一节，不进入估计、得分和名次"
    return Note(end(text), "t-response")


def _income(job: Source) -> list[Note]:
    row = first(job.own("income"))
    if row is None or terms.hidden(str(row["quality"])) or numbers.is_missing(row["p50"]):
        return []
    line = numbers.integer(job.ctx.plan.poverty_line)
    where = f"{job.ctx.name}对口帮扶的村" if job.ctx.class_id == "city6" else ""
    text = f"{where}人均可支配收入的中位数为{numbers.integer(row['p50'])}元"
    if not numbers.is_missing(row["share_below"]):
        text += f"，低于相对贫困线（{line}元）的人口占{numbers.percent(row['share_below'])}"
        if not numbers.is_missing(row["share_low"]):
            text += f"（{interval_of(job.ctx)}{numbers.span(row['share_low'], row['share_high'], is_share=True)}）"
    return [Note(end(text), "income")]


def _score(job: Source) -> list[Note]:
    items = job.own("survey_items")
    known = items[items["score"].notna()]
    if known.empty:
        return [Note("计分指标缺数据，专项调查不计分。", "t-survey-items")] if len(items) else []
    stream = first(job.own("streams").query("stream == 'survey'"))
    total = (
        f"专项调查得分{numbers.score(stream['score'])}分"
        if stream and not numbers.is_missing(stream["score"])
        else "专项调查不计分"
    )
    least = records(known.sort_values(["score", "indicator"]))[0]
    if least["score"] >= 100:
        return [Note(f"{total}，{len(known)}项计分指标全部达到目标值。", "t-survey-items")]
    return [
        Note(
            f"{total}，{len(known)}项计分指标中得分最低的是{least['label']}（{numbers.score(least['score'])}分）。",
            "t-survey-items",
        )
    ]


def cards_survey(job: Source) -> Cards:
    """Answered households, response rate, satisfaction, share below the line.

    From ``response``, ``estimates``, ``income``.
    """
    own, row = job.own("estimates"), first(job.own("response"))
    income = first(job.own("income"))
    below = (
        numbers.MISSING
        if income is None or terms.hidden(str(income["quality"]))
        else numbers.percent(income["share_below"])
    )
    sat = shown(own, SATISFACTION)
    return Cards(
        [
            Card(
                numbers.integer(row["completed"]) if row else numbers.MISSING,
                "完成样本户（户）",
                drawn_households(row) if row else "",
            ),
            Card(numbers.percent(row["response_rate"]) if row else numbers.MISSING, "应答率"),
            Card(str(estimate_cell(sat)) if sat else numbers.MISSING, "满意度", "对脱贫攻坚工作表示满意"),
            Card(below, "低于相对贫困线", "人均收入低于线的人口"),
        ]
    )
