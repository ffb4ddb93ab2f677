"""主要结论 and cards of city, unit and county reports."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.labels import some
from kaohe.plot.output import Card, Cards, Context, Note, Notes
from kaohe.plot.table_maker import records
from kaohe.plot.tables_grades import problems_of
from kaohe.plot.words_common import (
    Row,
    Source,
    bands,
    concept_name,
    end,
    first,
    problems,
    talk,
    verdict,
    weak_items,
)
from kaohe.plot.words_survey import comparable, labels, survey_note

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


def conclusions_unit(job: Source) -> Notes:
    """主要结论 of a unit's report: verdict, weak items, deductions, problems, completeness.

    Parameters
    ----------
    job : Source
        Reads ``composite``, ``streams``, ``caps``, ``decisions_log``, ``item_grades``, ``daily_sources``,
        ``rectify``, ``talk_list``, ``completeness``.
    """
    ctx = job.ctx
    return Notes(
        [
            *verdict(job, ref_rank="bands", ref_caps="t-caps", ref_streams="t-streams"),
            weak_items(job.own("item_grades"), ctx, "unit", form="定点扶贫考核指标表", ref="unit-grades"),
            daily_note(job.own("daily_sources"), ctx, ref="t-daily"),
            problems(job.own("rectify"), ctx, ref="t-problems", extra=talk(job.own("talk_list"))),
            complete_note(job, ref="t-completeness"),
        ]
    )


def conclusions_county(job: Source) -> Notes:
    """主要结论 of a county's report: field score and place, weak items, survey, problems.

    Parameters
    ----------
    job : Source
        Reads ``counties``, ``item_grades``, ``estimates``, ``rectify``, ``talk_list``.
    """
    ctx = job.ctx
    row = first(job.own("counties"))
    notes = [_county_verdict(row, job)]
    items = job.own("item_grades")
    if row is not None and row["n_county"] > 0:
        notes.append(weak_items(items, ctx, "county", form="县级考评表", ref="county-grades"))
    notes.append(_county_survey(job))
    notes.append(
        problems(problems_of(job.own("rectify"), ctx), ctx, ref="t-problems", extra=talk(job.own("talk_list")))
    )
    if row is not None and row["n_county"] + row["n_town"] + row["n_village"] > 0:
        notes.append(
            Note("核查地点按方案重点抽查脱贫任务较重、存在问题较多的县镇村，得分不代表全县平均水平。", "t-forms")
        )
    return Notes(notes)


def cards_city(job: Source) -> Cards:
    """Grade, score, rank interval, completeness: from ``composite``, ``rank_intervals``, ``completeness``."""
    ctx = job.ctx
    row, within = first(job.own("composite")), first(job.own("rank_intervals"))
    return Cards([*_grade_and_score(row), _rank_card(row, within, ctx), _complete_card(row, job)])


def cards_unit(job: Source) -> Cards:
    """Grade, score, band with the ranks that it takes together, completeness: from ``composite``, ``completeness``."""
    row = first(job.own("composite"))
    place = Card(numbers.MISSING, "所在档", "不排名次")
    if row is not None and not numbers.is_missing(row["rank"]):
        count, same = bands(job.peers("composite"), row)
        low = same["rank"].min() if len(same) else row["rank"]
        ranks = numbers.rank_span(low, low + max(len(same), 1) - 1)
        alike = f"，同档{len(same)}个" if len(same) > 1 else ""
        place = Card(str(row["band"]) or ranks, "所在档", f"共{count}档{alike}，{ranks}" if row["band"] else "")
    return Cards([*_grade_and_score(row), place, _complete_card(row, job)])


def cards_county(job: Source) -> Cards:
    """Field score, place, weak items, households: from ``counties``."""
    row = first(job.own("counties"))
    if row is None:
        return Cards([Card(numbers.MISSING, "实地核查得分", "未接受核查")])
    place = numbers.integer(row["rank"])
    if numbers.is_missing(row["score"]):
        return Cards(
            [
                Card(numbers.MISSING, "实地核查得分", "未核查" if row["n_county"] == 0 else "有应评未评的指标"),
                Card(numbers.integer(row["n_households"]), "完成样本户（户）"),
            ]
        )
    return Cards(
        [
            Card(numbers.score(row["score"]), "实地核查得分", "满分100分"),
            Card(
                place,
                "位次",
                ("靠后，" if row["bottom"] else "") + f"有得分的共{numbers.integer(row['n_ranked'])}个县（市、区）",
            ),
            Card(numbers.integer(row["n_weak"]), "一般及以下指标（项）"),
            Card(numbers.integer(row["n_households"]), "完成样本户（户）"),
        ]
    )


def evidence_note(rows: pd.DataFrame, ctx: Context, *, ref: str) -> Note:
    """Where the index grade and the field visits differ by a step or more."""
    step = numbers.integer(ctx.plan.choices["levels"]["one_step"])
    both = rows[rows["evidence"].notna() & rows["index_value"].notna()]
    if both.empty:
        return Note(f"{ctx.name}没有可供对照的实地核查记录，指标表等次未经实地印证。", ref)
    off = both[both["flagged"]].sort_values("gap", key=abs, ascending=False)
    if off.empty:
        return Note(f"可对照的{len(both)}项指标，指标表分值与实地核查得分相差都不到一档（{step}分）。", ref)
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
    return Note(f"可对照的{len(both)}项指标中，相差一档以上的有{len(off)}项：{some(said)}，{side}。", ref)


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
    late = [r for r in records(due) if r["received"] < r["expected"]]
    unanswered = any(r["part"] == "survey" for r in late)
    short = [_short(r) for r in late if r["part"] != "survey"]
    if short:
        return Note(f"应报数据未全部收齐：{some(short, 4)}{counted}。", ref)
    return Note("除未应答的样本户外，应报数据全部收齐。" if unanswered else "应报数据全部收齐。", ref)


def _short(row: Row) -> str:
    unit = "份" if row["part"] == "self_report" else "项"
    if row["received"] == 0:
        return f"没有收到{row['label']}"
    lack = row["expected"] - row["received"]
    return f"{row['label']}缺{numbers.integer(lack)}{unit}（应有{numbers.integer(row['expected'])}{unit}）"


def _grade_and_score(row: Row | None) -> list[Card]:
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


def _complete_card(row: Row | None, job: Source) -> Card:
    share = numbers.MISSING if row is None else numbers.percent(row["completeness"])
    due = job.own("completeness").query("expected > 0")
    lacking = int((due["received"] < due["expected"]).sum())
    note = f"{len(due)}类数据中{lacking}类不全" if lacking else f"{len(due)}类数据全部收齐" if len(due) else ""
    return Card(share, "数据完整率", note)


def _county_verdict(row: Row | None, job: Source) -> Note:
    ctx, ref = job.ctx, "county-grades"
    if row is None or row["n_county"] + row["n_town"] + row["n_village"] == 0:
        return Note(f"{ctx.name}没有接受实地核查，没有实地核查得分；本报告只列专项调查和问题整改情况。", ref)
    if row["n_county"] == 0:
        return Note(f"没有收到{ctx.name}的县级考评表，没有实地核查得分，不排位次；镇、村考评表情况见下。", ref)
    if numbers.is_missing(row["score"]):
        bounds = f"{numbers.score(row['low'])}分至{numbers.score(row['high'])}分"
        return Note(f"{ctx.name}县级考评表有应评未评的指标，实地核查得分只能确定在{bounds}之间，不排位次。", ref)
    seen = f"{numbers.integer(row['n_county'])}张县级、{numbers.integer(row['n_town'])}张镇级、{numbers.integer(row['n_village'])}张村级考评表"
    text = (
        f"{ctx.name}实地核查得分{numbers.score(row['score'])}分（县级考评表），在有得分的{numbers.integer(row['n_ranked'])}个县（市、区）中"
        f"{'并列' if (job.table('counties')['rank'] == row['rank']).sum() > 1 else '列'}第{numbers.integer(row['rank'])}位"
    )
    if row["bottom"]:
        text += f"，在后{numbers.percent(ctx.plan.choices['county']['bottom_share'], 0)}之内，列为靠后"
    if row["prominent"]:
        text += "，存在突出问题"
    return Note(end(f"{text}；共收到{seen}"), "county-place")


def _county_survey(job: Source) -> Note:
    ctx = job.ctx
    own = job.own("estimates")
    households = own[own["unit"] == "household"]
    usable = households[households["quality"] == "ok"]
    if households.empty:
        return Note(f"专项调查没有{ctx.name}的样本户。", "t-estimates")
    if usable.empty:
        return Note(f"{ctx.name}样本户少，专项调查各项估计只列示或已隐藏，不作结论。", "t-estimates")
    row = first(job.own("counties"))
    n = f"完成样本户{numbers.integer(row['n_households'])}户，" if row is not None else ""
    worse, better, compared = comparable(own, job.province("estimates"), ctx)
    if compared == 0:
        return Note(f"专项调查{n}{len(households)}项估计误差都较大，没有可与全省比较的。", "t-estimates")
    head = f"专项调查{n}{len(households)}项估计中{compared}项可与全省比较"
    rest = "，其余误差较大，不作结论" if compared < len(households) else ""
    if not worse and not better:
        return Note(f"{head}，{'都' if compared > 1 else ''}没有明显差别{rest}。", "t-estimates")
    said = [f"明显较差的{len(worse)}项（{labels(worse)}）" if worse else "没有明显较差的"]
    if better:
        said.append(f"明显较好的{len(better)}项（{labels(better)}）")
    return Note(f"{head}：{'，'.join(said)}{rest}。", "t-differ")
