"""What stands between one target and the next better grade, as a paragraph."""

from __future__ import annotations

from kaohe.plot import numbers, terms
from kaohe.plot.output import Context, Text
from kaohe.plot.words_common import Row, Source, end, first


def next_grade(job: Source) -> Text:
    """How far the next better grade is, and which items lead there.

    Parameters
    ----------
    job : Source
        Reads ``way_up``.
    """
    ctx = job.ctx
    row = first(job.own("way_up"))
    if row is None:
        return Text((f"没有{ctx.name}的综合评价结果，不说明升等途径。",))
    return Text((end(_said(row, ctx)),))


def _said(row: Row, ctx: Context) -> str:
    state, why = str(row["state"]), str(row["why"])
    if row["from_grade"] == terms.LACKING:
        return f"{ctx.name}没有综合得分，补齐数据后才能说明升等途径"
    if row["from_grade"] == terms.DOUBTFUL:
        return f"{ctx.name}有事实待核，认定以后才能说明升等途径"
    if state == "已是最高等次":
        return f"{ctx.name}已是最高等次"
    if state == "受限":
        return f"{ctx.name}{why}，提升指标等次不能升等"
    gap = f"，还差{numbers.number(row['gap'], 2)}分" if not numbers.is_missing(row["gap"]) else ""
    head = f"{ctx.name}升为{numbers.quoted(str(row['to_grade']))}须达到{numbers.score(row['cut'])}分{gap}"
    if state == "提升指标可达":
        steps = f"指标表最少提升{numbers.integer(row['steps'])}档"
        return f"{head}；其余来源不变，{steps}可达{numbers.score(row['after'])}分：{row['items']}"
    if numbers.is_missing(row["after"]):
        return f"{head}；{why}，不能只靠提升指标等次升等"
    return (
        f"{head}；指标表各项全部提升到“好”可达{numbers.score(row['after'])}分，"
        f"仍差{numbers.score(row['cut'] - row['after'])}分，还须提高{_others(ctx)}得分"
    )


def _others(ctx: Context) -> str:
    """The streams that do not come from the index table."""
    cls = ctx.plan.classes[ctx.class_id]
    return "、".join(ctx.plan.streams[s] for s in cls.streams if s != "cross")
