"""Sentences about the survey: sample, satisfaction, what is worse or better than the province, income."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import against, numbers, terms
from kaohe.plot.labels import interval_of, some
from kaohe.plot.output import Card, Cards, Context, Note, Notes, Text
from kaohe.plot.survey_cells import drawn_households, estimate_cell, without_vacant
from kaohe.plot.table_maker import records
from kaohe.plot.words_common import Row, Source, end, first

SATISFACTION = "sat_work"


def province_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The province's rows of ``estimates``."""
    return frame[frame["domain_type"] == "province"]


def comparable(own: pd.DataFrame, province: pd.DataFrame, ctx: Context) -> tuple[list[Row], list[Row], int]:
    """Indicators whose whole interval is worse or better than the province's estimate.

    Parameters
    ----------
    own, province : DataFrame
        ``estimates`` of the target and of the province.
    ctx : Context
        Its codebook gives the order.

    Returns
    -------
    worse, better : list of rows
        Scored indicators first, then in codebook order.
    compared : int
        How many were comparable: direction known, an interval, quality fit for conclusions.
    """
    whole = {r["indicator"]: r for r in records(province) if r["unit"] == "household"}
    worse: list[Row] = []
    better: list[Row] = []
    compared = 0
    questions = list(ctx.plan.questions.values())
    order = {q.id: (q.weight == 0, n) for n, q in enumerate(questions)}
    rows = records(own[own["unit"] == "household"])
    for row in sorted(rows, key=lambda r: order.get(str(r["indicator"]), (True, len(order)))):
        beside = whole.get(row["indicator"])
        if row["direction"] not in {"up", "down"} or not against.comparable(row, beside):
            continue
        compared += 1
        good = against.side(row, beside) * (1 if row["direction"] == "up" else -1)
        if good < 0:
            worse.append(row)
        elif good > 0:
            better.append(row)
    return worse, better, compared


def labels(rows: list[Row], most: int = 3) -> str:
    """Names of indicators after their number, the first ones spelt out."""
    return some([str(r["label"]) for r in rows], most)


def against_province(worse: list[Row], better: list[Row], compared: int) -> str:
    """One clause on how many indicators differ from the province."""
    if compared == 0:
        return "没有可与全省比较的指标"
    if not worse and not better:
        return f"可比的{compared}项指标与全省估计均无明显差别"
    parts = []
    if worse:
        parts.append(f"明显差于全省的{len(worse)}项（{labels(worse)}）")
    if better:
        parts.append(f"明显好于全省的{len(better)}项（{labels(better)}）")
    return f"可比的{compared}项指标中，{'，'.join(parts)}" + ("" if worse else "，没有明显差于全省的")


def shown(rows: pd.DataFrame, indicator: str) -> Row | None:
    """The row of an indicator, when its estimate may be shown."""
    row = first(rows[rows["indicator"] == indicator])
    if row is None or terms.hidden(str(row["quality"])) or numbers.is_missing(row["estimate"]):
        return None
    return row


def with_interval(row: Row, ctx: Context) -> str:
    """An estimate with its interval in brackets, and a word of caution where it is due."""
    text = str(estimate_cell(row))
    inside = []
    if not (numbers.is_missing(row["ci_low"]) or numbers.is_missing(row["ci_high"])):
        span = numbers.span(row["ci_low"], row["ci_high"], str(row["measure_unit"]), bool(row["is_share"]))
        inside.append(f"{interval_of(ctx)}{span}")
    elif row["quality"] == "not_estimable":
        inside.append("误差不可估")
    if row["quality"] == "caution":
        inside.append("慎用")
    return f"{text}（{'，'.join(inside)}）" if inside else text


def contradictions(worse: list[Row], items: pd.DataFrame, ctx: Context) -> str:
    """Where a good grade on the form meets a survey result clearly below the province."""
    graded = {r["concept"]: r["grade"] for r in records(items[items["level"] == "city"])}
    found = []
    for row in worse:
        concept = terms.INDICATOR_CONCEPT.get(str(row["indicator"]), "")
        if graded.get(concept) in {"好", "较好"}:
            found.append(
                f"{ctx.plan.concepts[concept]}（指标表{numbers.quoted(str(graded[concept]))}，{row['label']}明显差于全省）"
            )
    if not found:
        return "；没有指标表评为“较好”及以上而调查明显差于全省的事项"
    return f"；指标表等次与调查结果不一致、需要核实的有{numbers.names(found, 3)}"


def survey_note(job: Source, *, ref: str) -> Note:
    """What the survey says beside what the forms say, for a city's report."""
    ctx = job.ctx
    own = job.own("estimates")
    if own.empty:
        return Note(f"没有{ctx.name}的专项调查数据。", ref)
    answered = first(job.own("response"))
    where = f"在{ctx.name}对口帮扶的村" if ctx.class_id == "city6" else ""
    heard = f"专项调查{where}完成样本户{numbers.integer(answered['completed'])}户" if answered else f"专项调查{where}"
    worse, better, compared = comparable(own, job.province("estimates"), ctx)
    text = f"{heard}，{against_province(worse, better, compared)}{_satisfaction(own, ctx)}"
    return Note(end(text + contradictions(worse, job.own("item_grades"), ctx)), "t-differ" if worse or better else ref)


def _satisfaction(own: pd.DataFrame, ctx: Context) -> str:
    row = shown(own, SATISFACTION)
    return f"；{row['label']}为{with_interval(row, ctx)}" if row is not None else ""


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
    worse, better, compared = comparable(own, whole, ctx)
    notes = [_headline(own, whole, ctx)]
    tail = contradictions(worse, job.own("item_grades"), ctx)
    notes.append(Note(end(against_province(worse, better, compared) + tail), "t-estimates"))
    notes += _income(job)
    notes += _score(job)
    notes.append(_sample(job))
    key = job.own("key_survey")
    if len(key):
        n = f"{numbers.integer(key['n_villages'].max())}个重点调查村"
        notes.append(Note(f"{n}的情况另列一节，不加权、不推算全市，不进入估计、得分和名次。", "t-key-survey"))
    return Notes(notes)


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
