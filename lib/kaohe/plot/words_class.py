"""主要结论 and cards of the ranking of a class and of the province's overview."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.labels import rank_level, some
from kaohe.plot.output import Card, Cards, Context, Note, Notes
from kaohe.plot.table_maker import records
from kaohe.plot.tables_grades import due
from kaohe.plot.words_common import Source, concept_name, end, grade_counts
from kaohe.plot.words_survey import SATISFACTION, province_rows, shown, with_interval


def conclusions_ranking(job: Source) -> Notes:
    """主要结论 of a class: grades, first and last, how sure the ranks are, what moves them.

    Parameters
    ----------
    job : Source
        Reads ``composite``, ``rank_intervals``, ``sensitivity_summary``, ``effective_weights``, ``caps``,
        ``decisions_log``.
    """
    ctx = job.ctx
    rows = job.peers("composite")
    if rows.empty:
        return Notes([Note(f"没有{ctx.name}的综合评价结果。", "t-ranking")])
    changed = capped(rows, job.peers("caps"), job.peers("decisions_log"))
    notes = [
        Note(end(f"{ctx.class_label}中，{grades_of(rows)}"), "t-ranking"),
        Note(end(changed or "没有对象因限制规则或人工决定改变等次"), "t-ranking"),
        _ends(rows),
    ]
    has_survey = "survey" in ctx.plan.classes[ctx.class_id].streams
    notes.append(_sure(job.peers("rank_intervals"), rows, ctx) if has_survey else _bands(rows, ctx))
    notes += _effective(job.peers("effective_weights"))
    notes += _moves(job.peers("sensitivity_summary"), has_survey)
    return Notes(notes)


def cards_ranking(job: Source) -> Cards:
    """Ranked targets, mean score, spread, weak ones: from ``composite``."""
    rows = job.peers("composite")
    known = rows[rows["composite"].notna()]
    weak = int(rows["grade_final"].isin(terms.WEAK).sum())
    mean = numbers.score(known["class_mean"].iloc[0]) if len(known) else numbers.MISSING
    return Cards(
        [
            Card(numbers.integer(int(rows["rank"].notna().sum())), "有综合得分（个）", f"共{len(rows)}个"),
            Card(mean, "平均综合得分", "满分100分"),
            Card(spread(known) if len(known) else numbers.MISSING, "首末相差（分）"),
            Card(numbers.integer(weak), "一般及以下（个）", "综合评价等次"),
        ]
    )


def spread(rows: pd.DataFrame) -> str:
    """Points between the first and the last, taken between the scores as printed."""
    return str(numbers.half_up(rows["composite"].max(), 1) - numbers.half_up(rows["composite"].min(), 1))


def grades_of(rows: pd.DataFrame) -> str:
    """Counts of final grades with the weak ones by name, and who is 待核 or lacks data."""
    lacking = rows[rows["composite"].isna()]
    doubtful = rows[rows["composite"].notna() & ~rows["grade_final"].isin(terms.GRADES)]
    given = rows[rows["composite"].notna()]
    counts = grade_counts(given["grade_final"])
    for grade in terms.WEAK:
        who = given[given["grade_final"] == grade].sort_values(["composite", "object"])["name"]
        if len(who):
            said = f"{numbers.quoted(grade)}{len(who)}个"
            counts = counts.replace(said, f"{said}（{some(list(who), 4)}）")
    parts = [counts]
    for word, who in (("待核", doubtful), ("因缺数据不定等次", lacking)):
        if len(who):
            parts.append(f"{word}{len(who)}个（{some(list(who['name']))}）")
    return "；".join(p for p in parts if p)


def _ends(rows: pd.DataFrame) -> Note:
    ranked = rows[rows["rank"].notna()].sort_values(["rank", "object"])
    if len(ranked) < 2:
        return Note("排名次的对象不足2个，不作先后比较。", "t-ranking")
    top = ranked[ranked["rank"] == ranked["rank"].min()]
    last = ranked[ranked["rank"] == ranked["rank"].max()]
    gap = spread(ranked)
    return Note(
        f"综合得分最高的是{numbers.names(top['name'], 3, '个')}（{numbers.score(top['composite'].iloc[0])}分），最低的是"
        f"{numbers.names(last['name'], 3, '个')}（{numbers.score(last['composite'].iloc[0])}分），相差{gap}分。",
        "streams",
    )


def _sure(within: pd.DataFrame, rows: pd.DataFrame, ctx: Context) -> Note:
    known = within[within["low"].notna() & within["high"].notna()]
    if known.empty:
        return Note("没有名次区间，不能判断名次先后是否可靠。", "rank-intervals")
    names = dict(zip(rows["object"], rows["name"], strict=True))
    fixed = [names.get(r["object"], str(r["object"])) for r in records(known) if r["low"] == r["high"]]
    widest = numbers.integer((known["high"] - known["low"] + 1).max())
    if len(fixed) == len(known):
        return Note("计入抽样误差后，各对象名次都不变。", "rank-intervals")
    said = f"名次确定的只有{numbers.names(fixed, 3, '个')}" if fixed else "没有一个对象的名次是确定的"
    text = f"计入抽样误差后，{said}，{rank_level(ctx)}名次区间最宽的跨{widest}个位次；区间相互重叠的对象不宜分先后。"
    return Note(text, "rank-intervals")


def _bands(rows: pd.DataFrame, ctx: Context) -> Note:
    """How many bands there are: units in one band are not told apart."""
    ranked = rows[rows["rank"].notna()]
    word = "个单位" if ctx.plan.classes[ctx.class_id].kind == "unit" else "个对象"
    if ranked.empty:
        return Note("没有可以分档的综合得分。", "bands")
    sizes = ranked.sort_values(["rank", "object"]).groupby("band", sort=False).size()
    if len(sizes) == 1:
        return Note(f"{len(ranked)}{word}同在一档，分不出先后。", "bands")
    alone = int((sizes == 1).sum())
    tail = f"，其中{alone}档只有1{word}" if alone else ""
    return Note(
        f"{len(ranked)}{word}按得分分为{len(sizes)}档，第一档有{int(sizes.iloc[0])}{word}{tail}；同档之间分不出先后，宜看档、不宜看名次。",
        "bands",
    )


def _moves(rows: pd.DataFrame, ranks: bool) -> list[Note]:
    """What moves ranks and grades most when a choice is changed; places instead of ranks where bands count."""
    if rows.empty:
        return []
    word = "名次" if ranks else "位次"
    changed = int(rows["grade_changes"].max())
    tail = (
        f"改变{_most(rows, 'grade_changes')}时等次变化的最多，有{numbers.integer(changed)}个对象"
        if changed
        else "没有对象改变等次"
    )
    if rows["max_shift"].max() == 0:
        return [Note(f"在试过的各种方法情形下，{word}都没有变动；{tail}。", "t-sensitivity")]
    means = [numbers.half_up(v, 2) for v in rows["mean_shift"]]
    mean = rows[[v == max(means) for v in means]]
    reach = f"最多{numbers.integer(mean['max_shift'].max())}位"
    said = f"改变{numbers.names(mean['source_name'], 3)}时{word}变动最大（平均{max(means)}位，{reach}）"
    farthest = rows[rows["max_shift"] == rows["max_shift"].max()]
    if not set(mean["source_name"]) & set(farthest["source_name"]):
        most = numbers.integer(rows["max_shift"].max())
        said += f"，改变{_most(rows, 'max_shift')}时个别对象最多变动{most}位"
    return [Note(f"{said}；{tail}。", "t-sensitivity")]


def _most(rows: pd.DataFrame, column: str) -> str:
    """The kinds of choice that share the greatest value of a column."""
    return numbers.names(rows[rows[column] == rows[column].max()]["source_name"], 3)


def _effective(rows: pd.DataFrame) -> list[Note]:
    known = rows[rows["effective"].notna()]
    if known.empty:
        return []
    top = records(known.sort_values("effective", ascending=False))[0]
    return [
        Note(
            f"得分差距主要由{top['stream_name']}拉开：方案权重{numbers.percent(top['nominal'], 0)}，"
            f"有效权重{numbers.percent(top['effective'], 0)}。",
            "effective-weights",
        )
    ]


def capped(rows: pd.DataFrame, caps: pd.DataFrame, decisions: pd.DataFrame) -> str:
    """Whose grade is not the one by score, named with score and what changed it; empty when nobody's."""
    both = rows[rows["grade_final"].isin(terms.GRADES) & (rows["grade_score"] != "")]
    moved = both[both["grade_final"] != both["grade_score"]]
    if moved.empty:
        return ""
    ruled = set(caps[caps["fired"] & (caps["before"] != caps["after"])]["object"])
    decided = set(decisions[decisions["applied"] & (decisions["to_grade"] != "")]["object"])
    said = []
    for row in records(moved.sort_values("object")):
        by = ["限制规则"] if row["object"] in ruled else []
        by += ["人工决定"] if row["object"] in decided else []
        why = "和".join(by) or "限制规则或人工决定"
        said.append(
            f"{row['name']}（{numbers.score(row['composite'])}分）按{why}定为{numbers.quoted(str(row['grade_final']))}"
        )
    listed = numbers.names(said, 4, "个")
    return f"因限制规则或人工决定改变等次的有{len(moved)}个：{listed}"


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
    said: dict[str, list[str]] = {}
    caps, decisions = job.table("caps"), job.table("decisions_log")
    for kind in dict.fromkeys(cls.kind for cls in ctx.plan.classes.values()):
        mine = [(cls, rows[rows["class_id"] == cls.id]) for cls in ctx.plan.classes.values() if cls.kind == kind]
        parts = [f"{cls.label}：{grades_of(part)}" for cls, part in mine if len(part)]
        if parts:
            changed = capped(pd.concat([part for _, part in mine]), caps, decisions)
            said[kind] = [*parts, changed] if changed else parts
    notes = [
        Note("".join(end(part) for part in parts), "tiles" if kind == "city" else "class-summary")
        for kind, parts in said.items()
    ]
    notes += [
        _talk(job.table("talk_list")),
        _common(job),
        _province_survey(job),
        _problems(job.table("rectify"), due(ctx)),
    ]
    return Notes(notes)


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
    row = shown(rows, SATISFACTION)
    said = []
    if row is not None:
        said.append(f"{row['label']}为{with_interval(row, ctx)}")
    for indicator in ("guarantees", "poor"):
        other = shown(rows, indicator)
        if other is not None:
            said.append(f"{other['label']}{'的比例' if indicator == 'guarantees' else ''}为{with_interval(other, ctx)}")
    if not said:
        return Note("没有全省专项调查估计。", "estimate-sat-work")
    return Note(
        f"据专项调查推算，{ctx.plan.classes['city14'].label}的登记户中，{'；'.join(said)}。", "estimate-sat-work"
    )


def _problems(rows: pd.DataFrame, due: str) -> Note:
    if rows.empty:
        return Note("没有登记问题。", "t-problems")
    left, bad = int((rows["state"] != "已完成").sum()), int(rows["prominent"].sum())
    text = f"全省登记问题{len(rows)}个" + (f"，其中突出问题{bad}个" if bad else "，其中没有列为突出的")
    text += f"；尚有{left}个未完成整改，整改方案与报告须于{due}提交" if left else "；全部完成整改"
    overdue = int((rows["progress"] == "逾期未完成").sum())
    text += f"，其中{overdue}个已逾期" if overdue else ""
    return Note(end(text), "t-problems")
