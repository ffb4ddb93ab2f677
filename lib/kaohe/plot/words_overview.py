"""主要结论 and cards of the province's overview."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.labels import interval_of, some
from kaohe.plot.output import Card, Cards, Note, Notes
from kaohe.plot.tables_grades import due
from kaohe.plot.words_class import changed_by
from kaohe.plot.words_common import Source, concept_name, end
from kaohe.plot.words_survey import SATISFACTION, province_rows, shown, with_interval


def conclusions_overview(job: Source) -> Notes:
    """主要结论 of the province: grades by class, talk list, common weak items, survey, problems, gaps.

    Parameters
    ----------
    job : Source
        Reads ``composite``, ``talk_list``, ``item_grades``, ``estimates``, ``rectify``, ``caps``,
        ``decisions_log``.
    """
    ctx = job.ctx
    rows = job.table("composite")
    by = changed_by(rows, job.table("caps"), job.table("decisions_log"))
    notes = []
    for kind in dict.fromkeys(cls.kind for cls in ctx.plan.classes.values()):
        mine = [(cls, rows[rows["class_id"] == cls.id]) for cls in ctx.plan.classes.values() if cls.kind == kind]
        parts = [end(f"{cls.label}：{_grades(part, by)}") for cls, part in mine if len(part)]
        if parts:
            notes.append(Note("".join(parts), "tiles" if kind == "city" else "class-summary"))
    notes += [
        _talk(job.table("talk_list")),
        _common(job),
        _province_survey(job),
        _problems(job.table("rectify"), due(ctx)),
    ]
    return Notes(notes)


def _grades(rows: pd.DataFrame, by: Mapping[str, str]) -> str:
    """Counts of final grades; the weak ones and those that a rule or decision changed by name, then who has none."""
    lacking = rows[rows["composite"].isna()]
    given = rows[rows["composite"].notna()].sort_values(["composite", "object"])
    doubtful = given[~given["grade_final"].isin(terms.GRADES)]
    parts = []
    for grade in terms.GRADES:
        mine = given[given["grade_final"] == grade]
        if len(mine):
            who = _who(mine, by, weak=grade in terms.WEAK)
            parts.append(f"{numbers.quoted(grade)}{len(mine)}个{f'（{who}）' if who else ''}")
    said = ["、".join(parts)]
    for word, who_ in (("待核", doubtful), ("因缺数据不定等次", lacking)):
        if len(who_):
            said.append(f"{word}{len(who_)}个（{some(list(who_['name']), 2)}）")
    return "；".join(p for p in said if p)


def _who(rows: pd.DataFrame, by: Mapping[str, str], *, weak: bool) -> str:
    """Names of those of one grade: all of a weak grade, otherwise those whose grade is not the one by score."""
    why = pd.Series([by.get(str(o), "") for o in rows["object"]], index=rows.index, dtype="str")
    reasons = [w for w in dict.fromkeys(why) if w]
    plain = list(rows[why == ""]["name"]) if weak else []
    if not reasons:
        return some(plain, 4)
    said = [f"{numbers.names(rows[why == w]['name'], 3, '个')}按{w}" for w in reasons]
    if plain:
        said.append(f"{'、'.join(plain) if len(plain) <= 2 else f'其余{len(plain)}个'}按得分")
    return "，".join(said)


def cards_overview(job: Source) -> Cards:
    """Targets assessed, weak ones, talk list, open problems: from ``composite``, ``talk_list``, ``rectify``."""
    rows, open_ = job.table("composite"), job.table("rectify")
    weak = int(rows["grade_final"].isin(terms.WEAK).sum())
    undecided = int((~rows["grade_final"].isin(terms.GRADES)).sum())
    besides = f"另有{undecided}个待核或缺数据" if undecided else "综合评价等次"
    left = int((open_["state"] != "已完成").sum())
    return Cards(
        [
            Card(numbers.integer(len(rows)), "考核对象（个）", "市和单位"),
            Card(numbers.integer(weak), "一般及以下（个）", besides),
            Card(numbers.integer(job.table("talk_list")["object"].nunique()), "谈话提醒对象（个）", "含县（市、区）"),
            Card(numbers.integer(left), "未完成整改问题（个）", f"共登记{len(open_)}个"),
        ]
    )


def _talk(rows: pd.DataFrame) -> Note:
    if rows.empty:
        return Note("按现有认定，没有需要谈话提醒的对象。", "t-talk")
    parts = []
    for kind in ("city", "unit", "county"):
        who = rows[rows["kind"] == kind].drop_duplicates("object")
        if len(who):
            names = f"（{some(list(who['name']), 6)}）" if kind == "city" else ""
            parts.append(f"{terms.KINDS[kind]}{len(who)}个{names}")
    said = "、".join(parts)
    return Note(f"按方案“六、（五）结果审定及运用”列入谈话提醒的对象共{rows['object'].nunique()}个：{said}。", "t-talk")


def _common(job: Source) -> Note:
    ctx = job.ctx
    items = job.table("item_grades")
    own = items[(items["level"] == "city") & (items["class_id"] == "city14")]
    weak = own[own["grade"].isin(terms.WEAK)]
    n = own["object"].nunique()
    if not n:
        return Note("没有收到任务市的考核指标表。", "grade-heatmap")
    if weak.empty:
        return Note(f"{n}个任务市的考核指标全部在“较好”及以上。", "grade-heatmap")
    counts = weak["concept"].value_counts()
    order = sorted(counts.index, key=lambda c: (-counts[c], c))
    top = [c for c in order if counts[c] >= counts[order[min(3, len(order)) - 1]]]
    if len(top) > 5:
        top = [c for c in order if counts[c] > counts[order[2]]] or [c for c in order if counts[c] == counts[order[0]]]
    said = [f"{concept_name(c, ctx)}（{counts[c]}个市）" for c in top]
    return Note(
        f"{n}个任务市的{len(own[own['grade'] != ''])}个指标等次中，一般及以下{len(weak)}个，最多的是{numbers.names(said, 6)}。",
        "grade-heatmap",
    )


def _province_survey(job: Source) -> Note:
    ctx = job.ctx
    rows = province_rows(job.table("estimates"))
    said = []
    for indicator, tail in ((SATISFACTION, ""), ("guarantees", "的比例"), ("poor", "")):
        row = shown(rows, indicator)
        if row is not None:
            said.append(f"{row['label']}{tail}为{with_interval(row, ctx, level=False)}")
    if not said:
        return Note("没有全省专项调查估计。", "estimate-sat-work")
    whose = f"{ctx.plan.classes['city14'].n}个任务市的登记户"
    return Note(f"据专项调查推算，{whose}中，{'，'.join(said)}；括号内为{interval_of(ctx)}。", "estimate-sat-work")


def _problems(rows: pd.DataFrame, due: str) -> Note:
    if rows.empty:
        return Note("没有登记问题。", "t-problems")
    left, bad = int((rows["state"] != "已完成").sum()), int(rows["prominent"].sum())
    text = f"全省登记问题{len(rows)}个" + (f"，其中突出问题{bad}个" if bad else "，其中没有列为突出的")
    text += f"；尚有{left}个未完成整改，整改方案与报告须于{due}提交" if left else "；全部完成整改"
    overdue = int((rows["progress"] == "逾期未完成").sum())
    text += f"，其中{overdue}个已逾期" if overdue else ""
    return Note(end(text), "t-problems")
