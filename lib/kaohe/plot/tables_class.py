"""Tables of a class or the province: ranking, sensitivity, weights, counties, talk list."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot import table_maker as t
from kaohe.plot.output import Cell, Context, Table, Text, cell

FOLD_FROM = 50
MAIN = frozenset({"40_city", "45_county", "50_unit"})


def ranking(
    frame: pd.DataFrame, ctx: Context, *, intervals: pd.DataFrame | None = None, targets: pd.DataFrame | None = None,
    id: str = "t-ranking",
) -> Table | Text:  # fmt: skip
    """The composite ranking of a class: grade, score, streams, rank with interval or band.

    Parameters
    ----------
    frame : DataFrame
        ``composite`` of the class.
    ctx : Context
    intervals : DataFrame, optional
        ``rank_intervals`` of the class.
    targets : DataFrame, optional
        ``targets``: names become links to the reports.
    id : str
        ASCII slug on the page.
    """
    within = {} if intervals is None else {r["object"]: r for r in t.records(intervals)}
    has_survey = "survey" in ctx.plan.classes[ctx.class_id].streams if ctx.class_id else True
    rows = frame.sort_values(["rank", "object"], na_position="last")
    banded = not has_survey and bool((frame["band"] != "").any())
    if banded:  # who shares a band is not told apart: neither by a rank nor by the order of rows
        first = rows.groupby("band")["rank"].transform("min").where(rows["rank"].notna())
        rows = rows.assign(_b=first).sort_values(["_b", "object"], na_position="last")
    moved = (rows["grade_score"] != "") & (rows["grade_score"] != rows["grade_final"])
    fields = [
        t.custom("档", _band, "center") if banded else t.custom("名次", rank_cell, "center"),
        t.custom("对象", linked(targets)), t.grade("等次", "grade_final"),
        *([t.custom("按分等次", _by_score, "center")] if moved.any() else []),
        t.custom("综合得分", _score_one if banded else _score, "right"),
    ]  # fmt: skip
    if has_survey:
        fields.append(t.decimal("专项调查", "survey"))
    fields += [t.decimal("交叉考核", "cross"), t.decimal("日常工作", "daily")]
    if within and has_survey:
        fields.append(t.custom("名次区间", lambda r: _interval(within.get(r["object"])), "center"))
    if not banded and (rows["band"] != "").any():
        fields.append(t.text("档", "band"))
    fields += [t.whole("弱项", "n_weak"), t.percent("完整率", "completeness")]
    return t.make(
        id, f"{ctx.class_label or ctx.name}综合评价一览（{len(rows)}个）", rows, fields,
        empty="本类没有参评对象。",
        note=("按档排列，同档之间分不出先后，按编号排列；缺数据的不分档，" if banded else
              "得分相同的名次并列，其后名次顺延；等次待核的按得分排名次，等次待定；缺数据的不排名次，")
        + "综合得分栏为可能的上下界。弱项：一般及以下的指标数。",
        folded=len(rows) > FOLD_FROM,
    )  # fmt: skip


def sensitivity_summary(frame: pd.DataFrame, ctx: Context, *, id: str = "t-sensitivity") -> Table | Text:
    """How far ranks move when a choice is changed, by kind of choice.

    Parameters
    ----------
    frame : DataFrame
        ``sensitivity_summary`` of the class.
    """
    return t.make(
        id, "改变方法选择时名次的变动", frame.sort_values("mean_shift", ascending=False),
        [
            t.text("改变什么", "source_name"), t.whole("情形数", "scenarios"), t.decimal("平均名次变动", "mean_shift", 2),
            t.whole("最大名次变动", "max_shift"), t.whole("等次变化的对象数", "grade_changes"),
            t.whole("其中居中的等次变化", "middle_changes"),
        ],
        empty="没有做方法敏感性分析。",
        note="这里是方法选择的影响，不是抽样误差，两者不可相加。来源权重为方案规定，变动权重只作假设情形。"
        "等次变化的对象数：任一情形下等次不同即计入；随机赋分只看5%、居中、95%三个分位，有一个不同即计入，因此偏多，宜看居中的等次。",
    )  # fmt: skip


def sensitivity(frame: pd.DataFrame, ctx: Context, *, id: str = "t-scenarios") -> Table | Text:
    """Score, rank and grade of one target in each scenario.

    Parameters
    ----------
    frame : DataFrame
        ``sensitivity`` of the target.
    """
    return t.make(
        id, f"{ctx.name}在各种方法情形下的得分和名次", frame.sort_values(["source", "scenario"]),
        [
            t.text("改变什么", "source_name"), t.text("情形", "scenario"), t.decimal("得分", "score", 2), t.custom("名次", rank_cell, "center"),
            t.grade("等次", "grade"),
        ],
        empty=f"没有{ctx.name}的方法敏感性分析。",
        folded=True,
    )  # fmt: skip


def effective_weights(frame: pd.DataFrame, ctx: Context, *, id: str = "t-effective") -> Table | Text:
    """Nominal and effective weight of each stream in a class.

    Parameters
    ----------
    frame : DataFrame
        ``effective_weights`` of the class.
    """
    order = {s: n for n, s in enumerate(ctx.plan.streams)}
    return t.make(
        id, "各类来源的名义权重和有效权重", frame.sort_values("stream", key=lambda s: s.map(order)),
        [t.text("来源", "stream_name"), t.percent("名义权重", "nominal", 0), t.percent("有效权重", "effective")],
        empty="参评对象太少，不能计算有效权重。",
        note="名义权重为方案规定；有效权重 = 权重 × 该来源与综合得分的协方差 ÷ 综合得分的方差，说明名次高低实际由哪类来源拉开。",
    )  # fmt: skip


def counties(frame: pd.DataFrame, ctx: Context, *, id: str = "t-counties") -> Table | Text:
    """Counties by the score of their field forms, the bottom ones and prominent problems marked.

    Parameters
    ----------
    frame : DataFrame
        ``counties`` of the city or province.
    """
    rows = frame.sort_values(["rank", "county"], na_position="last")
    where = str(rows["city_name"].iloc[0]) if ctx.kind == "county" and len(rows) else ctx.name
    share = numbers.percent(ctx.plan.choices["county"]["bottom_share"], 0)
    return t.make(
        id, f"{where}{len(rows)}个县（市、区）的实地核查得分", rows,
        [
            t.custom("位次", rank_cell, "center"), t.text("县（市、区）", "name"),
            *([t.text("市", "city_name")] if ctx.kind == "province" else []), t.decimal("实地核查得分", "score"),
            t.custom("县／镇／村表", _forms, "center"),
            t.custom("一般及以下（项）", lambda r: numbers.integer(r["n_weak"]) if r["n_county"] else numbers.MISSING, "right"),
            t.yes("靠后", "bottom", "靠后", numbers.MISSING), t.yes("突出问题", "prominent", "有", numbers.MISSING), t.whole("样本户", "n_households"),
        ],
        empty=f"{ctx.name}没有接受实地核查的县（市、区）。",
        note=f"县（市、区）得分为县级考评表得分，不是综合评价；位次只在接受核查的县之间排，居后{share}的列为靠后（省考核办选定，方案未作规定）。",
    )  # fmt: skip


def _because(caps: pd.DataFrame | None, decisions: pd.DataFrame | None) -> dict[str, str]:
    """By target, in brackets, the rule or decision that has changed its grade."""
    why: dict[str, list[str]] = {}
    for row in t.records(caps[caps["fired"] & (caps["before"] != caps["after"])]) if caps is not None else []:
        said = f"因{row['field_name']}认定为{numbers.quoted(str(row['value']))}受限"
        why.setdefault(str(row["object"]), []).append(said)
    for row in (
        t.records(decisions[decisions["applied"] & (decisions["to_grade"] != "")]) if decisions is not None else []
    ):
        why.setdefault(str(row["object"]), []).append("按人工决定")
    return {code: f"（{'；'.join(dict.fromkeys(said))}）" for code, said in why.items()}


def talk_list(
    frame: pd.DataFrame,
    ctx: Context,
    *,
    targets: pd.DataFrame | None = None,
    caps: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
    id: str = "t-talk",
) -> Table | Text:
    """Whom the leading group is to talk to, and why: one row a target, all its reasons together.

    Parameters
    ----------
    frame : DataFrame
        ``talk_list``.
    ctx : Context
    targets : DataFrame, optional
        ``targets``: names become links to the reports.
    caps : DataFrame, optional
        ``caps``: a grade that a rule has lowered says by which finding.
    decisions : DataFrame, optional
        ``decisions_log``: a grade that was decided says so.
    id : str
        ASCII slug on the page.
    """
    order = {"city": 0, "unit": 1, "county": 2}
    merged: dict[str, dict[Hashable, Any]] = {}
    because = _because(caps, decisions)
    for row in t.records(frame.assign(_k=frame["kind"].map(order)).sort_values(["_k", "object", "reason"])):
        held = merged.setdefault(str(row["object"]), {**row, "reason": ""})
        held["reason"] = "、".join(
            p for p in (held["reason"], terms.talk_reason(str(row["reason"]), str(row["kind"]))) if p
        )
        if str(row["reason"]).startswith("综合评价"):
            held["reason"] += because.get(str(row["object"]), "")
        if row["kind"] == "county":
            held["name"] = f"{row['name']}（{ctx.name_of(str(row['object'])[:4] + '0' * 8)}）"
    clauses = {str(r["clause"]) for r in merged.values()}
    kinds = {str(r["kind"]) for r in merged.values()}
    return t.make(
        id, f"谈话提醒对象（{len(merged)}个）", list(merged.values()),
        [
            t.custom("对象", linked(targets)),
            *([t.custom("种类", lambda r: terms.word(terms.KINDS, str(r["kind"]), "talk_list.kind"))] if len(kinds) > 1 else []),
            t.text("理由", "reason"), *([t.text("依据", "clause")] if len(clauses) > 1 else []),
        ],
        empty="按现有认定，没有需要谈话提醒的对象。",
        note="按方案“六、（五）结果审定及运用”列出；是否谈话由省扶贫开发领导小组决定。市、单位按事实认定，县（市、区）按问题登记；"
        "问题登记中的“突出”是单个问题的性质，不等于事实认定；县按实地核查得分判断“靠后”是省考核办的理解，方案原文为“综合评价靠后”。",
    )  # fmt: skip


def class_summary(frame: pd.DataFrame, ctx: Context, *, id: str = "t-class-summary") -> Table | Text:
    """How many targets of each class have which grade.

    Parameters
    ----------
    frame : DataFrame
        ``class_summary``.
    """
    counts = {(r["class_id"], r["grade"]): r["n"] for r in t.records(frame)}
    words = [*terms.GRADES, *(g for g in dict.fromkeys(frame["grade"]) if g and g not in terms.GRADES)]
    present = [c for c in ctx.plan.classes.values() if any(k == c.id for k, _ in counts)]

    def show(grade: str) -> t.Show:
        return lambda r: numbers.integer(counts.get((r["id"], grade), 0))

    return t.make(
        id, "各类对象的等次分布（个）", [{"id": c.id, "label": c.label} for c in present],
        [t.text("类别", "label"), *(t.custom(g, show(g), "right") for g in words)],
        empty="没有综合评价结果。",
    )  # fmt: skip


def rank_cell(row: t.Row) -> Cell:
    """A rank, with 并列 where it is shared; — when there is none."""
    if numbers.is_missing(row["rank"]):
        return numbers.MISSING
    text = numbers.integer(row["rank"])
    return cell(f"{text}（并列）" if row.get("tied") else text)


def _by_score(row: t.Row) -> Cell:
    """The grade by score alone where a rule, a decision or a doubtful fact made the final one another."""
    return numbers.MISSING if row["grade_score"] == row["grade_final"] else t.grade_cell(str(row["grade_score"]))


def _interval(row: t.Row | None) -> Cell:
    return numbers.MISSING if row is None else numbers.rank_short(row["low"], row["high"])


def _forms(row: t.Row) -> Cell:
    """County, town and village forms received, or that nobody went there."""
    counts = [int(row[c]) for c in ("n_county", "n_town", "n_village")]
    return "／".join(str(n) for n in counts) if any(counts) else "未核查"


def _band(row: t.Row) -> Cell:
    return str(row["band"]) or numbers.MISSING


def _score_one(row: t.Row) -> Cell:
    """The composite with one decimal, where finer differences say nothing."""
    return (
        numbers.span(row["low"], row["high"])
        if numbers.is_missing(row["composite"])
        else numbers.score(row["composite"])
    )


def _score(row: t.Row) -> Cell:
    """The composite, or its bounds where a stream is missing."""
    if numbers.is_missing(row["composite"]):
        return numbers.span(row["low"], row["high"])
    return numbers.number(row["composite"], 2)


def linked(targets: pd.DataFrame | None) -> t.Show:
    """The name as a link to the target's main report, where there is one."""
    pages = {} if targets is None else {r["object"]: r["slug"] for r in t.records(targets) if r["notebook"] in MAIN}

    def show(row: t.Row) -> Cell:
        slug = pages.get(row["object"])
        return cell(str(row["name"]), href=f"{slug}.html") if slug else str(row["name"])

    return show
