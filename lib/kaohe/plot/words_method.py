"""Paragraphs that stand in every report: what is missing, how it was done, what the office chose."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.choices import CHOSEN, sentences
from kaohe.plot.labels import interval_of, some
from kaohe.plot.output import Context, Text
from kaohe.plot.table_maker import records
from kaohe.plot.words_common import Row, Source, concept_name, end, first, lacking


def gaps(job: Source) -> Text:
    """What is missing or doubtful for this report: streams, bounds, facts, late self-report; nothing where nothing is.

    Parameters
    ----------
    job : Source
        Reads ``streams``, ``caps``, ``self_status``.
    """
    said = []
    for row in records(job.own("streams")):
        if numbers.is_missing(row["score"]):
            said.append(_lacking(row))
    said += _unknown(job)
    late = first(job.own("self_status"))
    if late is not None:
        said += _self_report(late)
    return Text(said, "warning" if said else "")


def _lacking(row: Row) -> str:
    if row["weight"] == 0:
        return f"{lacking(row)}，已按人工决定把它的权重按比例分给其余来源，决定见人工决定记录。"
    return (
        f"{lacking(row)}，该来源得分只能确定在{numbers.score(row['low'])}分至{numbers.score(row['high'])}分之间；"
        "不以其他来源代替，不重新分配权重。"
    )


def _unknown(job: Source) -> list[str]:
    """Facts that are not settled, and whether they hold up the grade."""
    caps = records(job.own("caps"))
    holding = [str(r["field_name"]) for r in caps if r["state"] == terms.DOUBTFUL]
    harmless = [str(r["field_name"]) for r in caps if r["state"].startswith(f"{terms.DOUBTFUL}，")]
    said = []
    if holding:
        said.append(f"下列事实待核或未报，可能改变等次，核实前等次列为待核：{'、'.join(holding)}。")
    if harmless:
        said.append(f"下列事实待核或未报，无论认定结果如何都不改变等次：{'、'.join(harmless)}。")
    return said


def class_gaps(job: Source) -> Text:
    """Which targets of a class, or of the province, lack a stream or are in doubt: from ``streams``, ``composite``."""
    streams = job.table("streams") if job.ctx.kind == "province" else job.peers("streams")
    rows = job.table("composite") if job.ctx.kind == "province" else job.peers("composite")
    names = dict(zip(rows["object"], rows["name"], strict=True))
    said = []
    absent = streams[streams["score"].isna() & (streams["weight"] > 0)]
    for stream in dict.fromkeys(absent["stream_name"]):
        who = [names.get(o, str(o)) for o in absent[absent["stream_name"] == stream]["object"]]
        said.append(
            f"{stream}缺数据或有缺项的有{len(who)}个：{some(who, 6)}，不计综合得分、不定等次、不排名次，只给上下界。"
        )
    doubt = rows[rows["composite"].notna() & ~rows["grade_final"].isin(terms.GRADES)]
    if len(doubt):
        said.append(f"事实待核、等次待定的有{len(doubt)}个：{some(list(doubt['name']), 6)}。")
    if not said:
        return Text(("全部对象计入综合得分的来源数据齐全，事实认定完毕。",))
    return Text(said, "warning")


def _self_report(row: Row) -> list[str]:
    if numbers.is_missing(row["date"]):
        return [f"没有收到自评报告（期限{numbers.date_cn(row['due'])}）。"]
    if row["date"] > row["due"]:
        return [f"自评报告于{numbers.date_cn(row['date'])}提交，晚于{numbers.date_cn(row['due'])}的期限，照收并注明。"]
    return []


def self_report(job: Source) -> Text:
    """When the self-report came in and how the own grade compares with the one given.

    From ``self_status``, ``self_compare``, ``composite``.
    """
    ctx = job.ctx
    status, given = first(job.own("self_status")), first(job.own("composite"))
    if status is None or numbers.is_missing(status["date"]):
        return Text((f"没有收到{ctx.name}的自评报告，无法与考核结果对照。",), "warning")
    said = [end(f"自评报告于{numbers.date_cn(status['date'])}提交，期限为{numbers.date_cn(status['due'])}")]
    said = _self_report(status) or said
    own = str(status["grade"])
    if own and given is not None and given["grade_final"] in terms.GRADES:
        order = ctx.plan.scale.order
        steps = order.index(str(given["grade_final"])) - order.index(own) if own in order else 0
        side = "一致" if steps == 0 else f"自评高{steps}档" if steps > 0 else f"自评低{-steps}档"
        said.append(f"自评等次为{numbers.quoted(own)}，综合评价为{numbers.quoted(str(given['grade_final']))}，{side}。")
    compare = job.own("self_compare")
    both = compare[(compare["self_grade"] != "") & (compare["index_grade"] != "")]
    if len(both):
        said.append(_compared(both, ctx))
    return Text(said)


def _compared(both: pd.DataFrame, ctx: Context) -> str:
    """How many items are graded higher and lower by the target itself, with their names."""
    higher, lower = (
        [concept_name(str(c), ctx) for c in rows["concept"]]
        for rows in (both[both["steps"] > 0], both[both["steps"] < 0])
    )
    if not higher and not lower:
        return f"可对照的{len(both)}项指标自评与考核等次全部一致。"
    parts = [
        f"自评高于考核的{len(higher)}项（{some(higher, 5)}）" if higher else "",
        f"{'低于' if higher else '自评低于'}考核的{len(lower)}项（{some(lower, 5)}）" if lower else "",
        "其余一致" if len(higher) + len(lower) < len(both) else "",
    ]
    return f"可对照的{len(both)}项指标中，{'，'.join(p for p in parts if p)}。"


def method(ctx: Context) -> Text:
    """How the figures of this report were made, in a few plain sentences."""
    law = f"《{ctx.plan.meta['title']}》（{ctx.plan.meta['document_no']}）"
    if ctx.kind == "county":
        return Text(
            (
                f"依据{law}附件3，县、镇、村考评表由交叉考核组逐项打等次；本报告只作描述，县（市、区）不计综合得分。",
                "专项调查估计按最终权重加权，方差按泰勒线性化计算，自由度取县内抽样单元数减层数；县内抽样点少，区间较宽。",
            )
        )
    cls = ctx.plan.classes.get(ctx.class_id)
    weights = ""
    if cls is not None:
        weights = "、".join(f"{ctx.plan.streams[s]}{numbers.percent(w, 0)}" for s, w in cls.streams.items())
        weights = f"{cls.label}按{weights}的权重综合（{cls.clause}）"
    said = [f"依据{law}。{weights}。" if weights else f"依据{law}。"]
    said.append("等次按得分和分等界限确定，再按限制规则限定等次；限制规则和人工决定只改变等次，不改变得分，逐条留痕。")
    if cls is None or "survey" in cls.streams:
        said.append(
            "专项调查为分层多阶段抽样，权重经无应答调整和校准；名次区间只反映专项调查的抽样误差，交叉考核和日常工作不作误差假设。"
        )
        said.append(
            f"专项调查中的“全省”指{ctx.plan.classes['city14'].label}的全部登记户；“明显差于（好于）全省”指{interval_of(ctx)}全部落在全省估计"
            "较差（较好）的一侧，逐项比较，未作多重比较校正。"
        )
    else:
        said.append("单位考核没有专项调查，没有抽样误差；得分相同或相近的单位并列或归入同一档，不作细分。")
    said.append("计算保留全部小数，只在显示时四舍五入。")
    return Text(said)


def choices(ctx: Context) -> Text:
    """The choices in force as sentences, each marked as the office's own."""
    return Text([f"{CHOSEN}：", *map(end, sentences(ctx))])
