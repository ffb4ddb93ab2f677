"""Tables of one target's score and grade: streams, rules that limit the grade, decisions taken by hand."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers
from kaohe.plot import table_maker as t
from kaohe.plot.output import Cell, Context, Table, Text


def streams(
    frame: pd.DataFrame, ctx: Context, *, peers: pd.DataFrame | None = None, id: str = "t-streams"
) -> Table | Text:
    """The streams of the composite and their sum: weight, score, contribution; bounds and state where one lacks.

    Parameters
    ----------
    frame : DataFrame
        ``streams`` of the target.
    ctx : Context
    peers : DataFrame, optional
        ``streams`` of the class, for its mean score by stream.
    id : str
        ASCII slug on the page.
    """
    rows = t.records(frame.sort_values("stream", key=lambda s: s.map(_stream_order(ctx))))
    counted = [r for r in rows if r["weight"] > 0]
    lacks = any(numbers.is_missing(r["score"]) for r in rows)
    means = {} if peers is None else _class_means(peers)
    if rows and not any(numbers.is_missing(r["score"]) for r in counted):
        total = sum(r["contribution"] for r in counted)
        rows.append({**dict.fromkeys(frame.columns, float("nan")), "stream_name": "合计（综合得分）", "weight": sum(r["weight"] for r in counted),
                     "score": total, "contribution": total, "state": "", "note": "", "stream": ""})  # fmt: skip
    sampled = any(not numbers.is_missing(r["se"]) for r in rows)
    fields = [
        t.text("来源", "stream_name"), t.percent("权重", "weight", 0), t.decimal("得分", "score"),
        *([t.custom("同类平均", lambda r: numbers.score(means.get(r["stream"])), "right")] if means else []),
        *([t.custom("上下界", _bounds, "right")] if lacks else []), *([t.decimal("抽样标准误", "se", 2)] if sampled else []),
        t.decimal("贡献分", "contribution", 2), *([t.text("状态", "state"), t.text("说明", "note")] if lacks else []),
    ]  # fmt: skip
    return t.make(
        id, f"{ctx.name}各类来源的得分和贡献", rows, fields,
        empty=f"没有{ctx.name}的任何一类来源数据。",
        note="贡献分 = 权重 × 得分，合计为综合得分；权重由方案规定" + ("；只有专项调查有抽样误差" if sampled else "")
        + ("。缺数据的来源只给出可能的上下界。" if lacks else "。"),
    )  # fmt: skip


def _class_means(peers: pd.DataFrame) -> dict[str, float]:
    """Mean score by stream over the targets that have all of them, and under "" that of their composites."""
    lacking = peers.loc[peers["score"].isna(), "object"]
    whole = peers[~peers["object"].isin(lacking)]
    means: dict[str, float] = whole.groupby("stream")["score"].mean().to_dict()
    return {**means, "": float(whole.groupby("object")["contribution"].sum().mean())} if len(whole) else {}


def _bounds(row: t.Row) -> Cell:
    return numbers.span(row["low"], row["high"]) if numbers.is_missing(row["score"]) else numbers.MISSING


def caps(frame: pd.DataFrame, ctx: Context, *, id: str = "t-caps") -> Table | Text:
    """The log of the rules that limit the grade: fact, evidence, date, fired or not, before and after.

    Parameters
    ----------
    frame : DataFrame
        ``caps`` of the target.
    """
    return t.make(
        id, f"{ctx.name}等次限制规则的逐条认定", frame.sort_values("rule"),
        [
            t.text("事项", "field_name"), t.text("认定", "value"), t.custom("依据和日期", _evidenced), t.text("结果", "state"),
            t.custom("限制前", _if_fired("before"), "center"), t.custom("限制后", _if_fired("after"), "center"), t.custom("条款", lambda r: f"{r['clause']}：{r['text']}"),
        ],
        empty="现行方案没有启用等次限制规则。",
        note="限制只改变等次，不改变得分；事实待核或未报且可能改变等次的，综合等次列为待核；“未启用”的规则不限制等次。",
    )  # fmt: skip


def decisions(frame: pd.DataFrame, ctx: Context, *, id: str = "t-decisions") -> Table | Text:
    """The log of decisions taken by hand.

    Parameters
    ----------
    frame : DataFrame
        ``decisions_log`` of the target.
    """
    return t.make(
        id, f"{ctx.name}的人工决定记录", frame.sort_values("decision"),
        [
            t.text("编号", "decision"), t.text("类型", "kind"), t.grade("原等次", "from_grade"), t.grade("调整为", "to_grade"),
            t.text("涉及来源", "stream"), t.text("理由", "reason"), t.text("决定机构", "by_role"), t.day("日期", "date"),
            t.yes("是否采用", "applied", "采用", "未采用"), t.text("说明", "why"),
        ],
        empty=f"没有涉及{ctx.name}的人工决定。",
    )  # fmt: skip


def _stream_order(ctx: Context) -> dict[str, int]:
    return {stream: n for n, stream in enumerate(ctx.plan.streams)}


def _if_fired(column: str) -> t.Show:
    """A grade before or after a rule; a rule that did not fire has changed nothing."""
    return lambda row: t.grade_cell(str(row[column])) if row["fired"] else numbers.MISSING


def _evidenced(row: t.Row) -> Cell:
    """The evidence of a fact and its date."""
    parts = [str(row["evidence"]), "" if numbers.is_missing(row["date"]) else numbers.date_cn(row["date"])]
    return "，".join(p for p in parts if p) or numbers.MISSING
