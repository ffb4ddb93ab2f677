"""主要结论 and cards of city reports."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.labels import fitting
from kaohe.plot.output import Card, Cards, Context, Note, Notes
from kaohe.plot.table_maker import records
from kaohe.plot.words_common import (
    Row,
    Source,
    concept_name,
    first,
    problems,
    talk,
    verdict,
)
from kaohe.plot.words_items import weak_items
from kaohe.plot.words_survey import survey_note

CITY_REFS = {"ref_rank": "position", "ref_caps": "t-caps", "ref_streams": "t-streams"}


def conclusions_city(job: Source) -> Notes:
    """主要结论 of a city's report: verdict, weak items, evidence, survey, problems, completeness.

    Parameters
    ----------
    job : Source
        Reads ``composite``, ``streams``, ``caps``, ``decisions_log``, ``rank_intervals``,
        ``item_grades``, ``evidence``, ``estimates``, ``response``, ``rectify``, ``talk_list``,
        ``completeness``.
    """
    ctx = job.ctx
    items = job.own("item_grades")
    return Notes(
        [
            *verdict(job, **CITY_REFS),
            weak_items(items, ctx, "city", form="考核指标表", ref="grade-matrix"),
            evidence_note(job.own("evidence"), ctx, ref="evidence-gap"),
            survey_note(job, ref="t-estimates"),
            problems(job.own("rectify"), ctx, ref="t-problems", extra=talk(job.own("talk_list"))),
            complete_note(job, ref="t-completeness"),
        ]
    )


def cards_city(job: Source) -> Cards:
    """Grade, score, rank interval, completeness: from ``composite``, ``rank_intervals``, ``completeness``."""
    ctx = job.ctx
    row, within = first(job.own("composite")), first(job.own("rank_intervals"))
    return Cards([*grade_and_score(row), _rank_card(row, within, ctx), complete_card(row, job)])


def evidence_note(rows: pd.DataFrame, ctx: Context, *, ref: str) -> Note:
    """Where the index grade and the field visits differ by a step or more."""
    step = numbers.integer(ctx.plan.choices["levels"]["one_step"])
    both = rows[rows["evidence"].notna() & rows["index_value"].notna()]
    if both.empty:
        return Note(f"{ctx.name}没有可供对照的实地核查记录，指标表等次未经实地印证。", ref)
    off = both[both["flagged"]].sort_values("gap", key=abs, ascending=False)
    if off.empty:
        every = "都" if len(both) > 1 else ""
        return Note(f"可对照的{len(both)}项指标，指标表分值与实地核查得分相差{every}不到一档（{step}分）。", ref)
    grade = ctx.plan.scale.grade
    said = [
        f"{concept_name(str(r['concept']), ctx, str(r['label']))}（指标表{numbers.quoted(str(r['index_grade']))}，"
        f"实地核查{numbers.score(r['evidence'])}分、合{numbers.quoted(grade(r['evidence']))}）"
        for r in records(off)
    ]
    high, low = int((off["gap"] > 0).sum()), int((off["gap"] < 0).sum())
    if high and low:
        side = f"指标表{high}项偏高、{low}项偏低"
    else:
        side = f"指标表{'都' if len(off) > 1 else ''}偏{'高' if high else '低'}"
    return Note(f"可对照的{len(both)}项指标中，相差一档以上的有{len(off)}项：{fitting(said, 64)}，{side}。", ref)


def daily_note(rows: pd.DataFrame, ctx: Context, *, ref: str) -> Note:
    """Points taken off in daily work and the source that took most."""
    hit = rows[rows["points"] > 0].sort_values(["points", "source"], ascending=[False, True])
    if hit.empty:
        return Note(f"日常工作没有{ctx.name}的扣分记录。", ref)
    total = numbers.number(hit["points"].sum())
    top = records(hit)[0]
    if len(hit) == 1:
        return Note(f"日常工作共扣{total}分，都来自{top['source_name']}。", ref)
    return Note(
        f"日常工作共扣{total}分，涉及{len(hit)}类来源，最多的是{top['source_name']}（{numbers.number(top['points'])}分）。",
        ref,
    )


def complete_note(job: Source, *, ref: str) -> Note:
    """Which parts of the data are complete, which are not, and whether the score stands all the same.

    Parameters
    ----------
    job : Source
        Reads ``completeness``, ``composite`` and ``decisions_log``.
    ref : str
        Id of the table.
    """
    rows = job.own("completeness")
    due = rows[rows["expected"] > 0]
    if due.empty:
        return Note(f"没有{job.ctx.name}应报数据的记录。", ref)
    score, made = first(job.own("composite")), job.own("decisions_log")
    how = "按人工决定" if (made["applied"] & made["to_grade"].eq("")).any() else "照常"
    counted = "" if score is None or numbers.is_missing(score["composite"]) else f"；综合得分{how}计算"
    short = [_short(r) for r in records(due) if r["received"] < r["expected"]]
    if not short:
        return Note("应报数据全部收齐。", ref)
    which = f"{len(due)}类中{len(short)}类" if len(due) > 1 else ""
    return Note(f"应报数据{which}未收齐：{'、'.join(short)}{counted}。", ref)


def _short(row: Row) -> str:
    """What of one kind of data is lacking."""
    lack = numbers.integer(row["expected"] - row["received"])
    if row["part"] == "survey":
        return f"{row['label']}未答{lack}户"
    if row["received"] == 0:
        return f"没有收到{row['label']}"
    return f"{row['label']}缺{lack}{'份' if row['part'] == 'self_report' else '项'}"


def grade_and_score(row: Row | None) -> list[Card]:
    """Grade and score of a city or unit, from its row of ``composite``; None where there is none."""
    if row is None:
        return [Card(terms.LACKING, "综合等次"), Card(numbers.MISSING, "综合得分")]
    if numbers.is_missing(row["composite"]):
        bounds = numbers.span(row["low"], row["high"])
        return [Card(terms.LACKING, "综合等次", "不定等次"), Card(numbers.MISSING, "综合得分", f"可能在{bounds}分")]
    grade = str(row["grade_final"])
    known = grade in terms.GRADES
    note = (
        ""
        if grade == row["grade_score"]
        else f"按得分为{numbers.quoted(str(row['grade_score']))}"
        if row["grade_score"]
        else ""
    )
    return [
        Card(grade if known else terms.DOUBTFUL, "综合等次", note),
        Card(numbers.score(row["composite"]), "综合得分", f"满分100分，同类平均{numbers.score(row['class_mean'])}分"),
    ]


def _rank_card(row: Row | None, within: Row | None, ctx: Context) -> Card:
    if row is None or numbers.is_missing(row["rank"]):
        return Card(numbers.MISSING, "名次", "不排名次")
    among = f"{numbers.counted(row['n_ranked'], ctx.kind)}排名次"
    place = f"第{numbers.integer(row['rank'])}名{'（并列）' if row['tied'] else ''}，共{among}"
    if within is None or numbers.is_missing(within["low"]):
        return Card(numbers.integer(row["rank"]), "名次", place)
    return Card(numbers.rank_short(within["low"], within["high"]), "名次区间", place)


def complete_card(row: Row | None, job: Source) -> Card:
    """How complete the data are: the share in the `row` of ``composite``, the kinds of data in ``completeness``."""
    share = numbers.MISSING if row is None else numbers.percent(row["completeness"])
    due = job.own("completeness").query("expected > 0")
    lacking = int((due["received"] < due["expected"]).sum())
    note = f"{len(due)}类数据中{lacking}类不全" if lacking else f"{len(due)}类数据全部收齐" if len(due) else ""
    return Card(share, "数据完整率", note)
