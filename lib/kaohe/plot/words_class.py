"""主要结论 and cards of the ranking of a class."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.labels import rank_level, some
from kaohe.plot.output import Card, Cards, Context, Note, Notes
from kaohe.plot.pairs import in_order, ranked_pairs, told_apart
from kaohe.plot.table_maker import records
from kaohe.plot.words_common import Source, end, grade_counts
from kaohe.plot.words_moves import moves, spread_by


def conclusions_ranking(job: Source) -> Notes:
    """主要结论 of a class: grades, first and last, how sure the ranks are, what moves them.

    Parameters
    ----------
    job : Source
        Reads ``composite``, ``rank_intervals``, ``pair_probabilities``, ``sensitivity_summary``, ``effective_weights``, ``caps``, ``decisions_log``.
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
    notes.append(_sure(job, rows) if has_survey else _bands(rows, ctx))
    notes += spread_by(job.peers("effective_weights"))
    notes += moves(job.peers("sensitivity_summary"), has_survey)
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


def _sure(job: Source, rows: pd.DataFrame) -> Note:
    ctx, within = job.ctx, job.peers("rank_intervals")
    known = within[within["low"].notna() & within["high"].notna()]
    if known.empty:
        return Note("没有名次区间，不能判断名次先后是否可靠。", "rank-intervals")
    names = dict(zip(rows["object"], rows["name"], strict=True))
    fixed = [names.get(r["object"], str(r["object"])) for r in records(known) if r["low"] == r["high"]]
    widest = numbers.integer((known["high"] - known["low"] + 1).max())
    if len(fixed) == len(known):
        return Note("计入抽样误差后，各对象名次都不变。", "rank-intervals")
    said = f"名次确定的只有{numbers.names(fixed, 3, '个')}" if fixed else "没有一个对象的名次是确定的"
    text = f"计入抽样误差后，{said}，{rank_level(ctx)}名次区间最宽的跨{widest}个位次"
    return Note(f"{text}；区间重叠的，不能据此分出先后{_pairs(job, rows)}。", "rank-intervals")


def _pairs(job: Source, rows: pd.DataFrame) -> str:
    """How many pairs are told apart by their own probability, which intervals do not say."""
    order, chances = ranked_pairs(job.peers("pair_probabilities"), rows)
    pairs = in_order(order, chances)
    if not pairs:
        return ""
    sure = sum(told_apart(chances[p], job.ctx) for p in pairs)
    return f"，逐对比较看先后概率：{len(pairs)}对中{sure}对有{rank_level(job.ctx)}以上把握"


def _bands(rows: pd.DataFrame, ctx: Context) -> Note:
    """How many bands there are: units in one band are not told apart."""
    ranked = rows[rows["rank"].notna()]
    word = "个单位" if ctx.plan.classes[ctx.class_id].kind == "unit" else "个对象"
    if ranked.empty:
        return Note("没有可以分档的综合得分。", "bands")
    sizes = ranked.sort_values(["rank", "object"]).groupby("band", sort=False).size()
    if len(sizes) == 1:
        return Note(f"{len(ranked)}{word}同在一档，分不出先后。", "bands")
    first, alone = int(sizes.iloc[0]), int((sizes.iloc[1:] == 1).sum())
    tail = f"，另有{alone}个档{'各' if alone > 1 else ''}只有1{word}" if alone else ""
    return Note(
        f"{len(ranked)}{word}按得分分为{len(sizes)}档，第一档{'有' if first > 1 else '只有'}{first}{word}{tail}；"
        "同档之间分不出先后，宜看档、不宜看名次。",
        "bands",
    )


def capped(rows: pd.DataFrame, caps: pd.DataFrame, decisions: pd.DataFrame) -> str:
    """Whose grade is not the one by score, named with score and what changed it; empty when nobody's."""
    by = changed_by(rows, caps, decisions)
    if not by:
        return ""
    said = [
        f"{row['name']}（{numbers.score(row['composite'])}分）按{by[row['object']]}定为{numbers.quoted(str(row['grade_final']))}"
        for row in records(rows.sort_values("object"))
        if row["object"] in by
    ]
    listed = numbers.names(said, 4, "个")
    return f"因限制规则或人工决定改变等次的有{len(by)}个：{listed}"


def changed_by(rows: pd.DataFrame, caps: pd.DataFrame, decisions: pd.DataFrame) -> dict[str, str]:
    """What changed the grade of each target whose grade is not the one by score.

    Parameters
    ----------
    rows, caps, decisions : DataFrame
        ``composite``, ``caps`` and ``decisions_log``.
    """
    both = rows[rows["grade_final"].isin(terms.GRADES) & (rows["grade_score"] != "")]
    moved = both[both["grade_final"] != both["grade_score"]]["object"]
    ruled = set(caps[caps["fired"] & (caps["before"] != caps["after"])]["object"])
    decided = set(decisions[decisions["applied"] & (decisions["to_grade"] != "")]["object"])
    return {
        str(o): "和".join(w for w, who in (("限制规则", ruled), ("人工决定", decided)) if o in who)
        or "限制规则或人工决定"
        for o in moved
    }
