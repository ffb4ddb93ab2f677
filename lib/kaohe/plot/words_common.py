"""What all computed sentences share: the source they read from, the verdict, weak items, problems."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Protocol

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.labels import fitting, rank_level
from kaohe.plot.output import Context, Note
from kaohe.plot.table_maker import records
from kaohe.plot.tables_grades import due

Row = Mapping[Hashable, Any]


class Source(Protocol):
    """What sentences read from: an open report, or anything that gives the same frames."""

    @property
    def ctx(self) -> Context:
        """Whose report this is."""

    def own(self, name: str) -> pd.DataFrame:
        """Rows of a built table about this target."""

    def peers(self, name: str) -> pd.DataFrame:
        """Rows about this target's class."""

    def province(self, name: str) -> pd.DataFrame:
        """The province's estimates as printed."""

    def table(self, name: str) -> pd.DataFrame:
        """A whole built table."""


def first(frame: pd.DataFrame) -> Row | None:
    """The first row, or None."""
    return next(iter(records(frame.head(1))), None)


def end(text: str) -> str:
    """A sentence with exactly one full stop at its end."""
    return text.rstrip("。；，") + "。"


def grade_counts(words: pd.Series) -> str:
    """Counts of grades in order: “好”3个、“较好”9个; grades that do not occur are left out."""
    parts = [f"{numbers.quoted(g)}{int((words == g).sum())}个" for g in terms.GRADES if (words == g).any()]
    return "、".join(parts)


def lacking(row: Row) -> str:
    """What a stream without a score lacks: all of it, or some of its parts."""
    why = f"（{row['note']}）" if row["note"] else ""
    return f"{row['stream_name']}有缺项{why}" if row["state"] == "缺项" else f"缺{row['stream_name']}数据{why}"


def _what_lacks(streams: pd.DataFrame) -> str:
    parts = [lacking(r) for r in records(streams) if numbers.is_missing(r["score"]) and r["weight"] > 0]
    return "、".join(parts) or "数据不全"


def possible_grades(row: Row, ctx: Context) -> str:
    """Which grades the bounds of an incomplete composite allow."""
    if numbers.is_missing(row["low"]) or numbers.is_missing(row["high"]):
        return ""
    low, high = ctx.plan.scale.grade(row["low"]), ctx.plan.scale.grade(row["high"])
    bounds = f"综合得分只能确定在{numbers.score(row['low'])}分至{numbers.score(row['high'])}分之间"
    if low == high:
        return f"{bounds}，上下界都属{numbers.quoted(low)}"
    return f"{bounds}，按分可能为{numbers.quoted(low)}至{numbers.quoted(high)}"


def verdict(job: Source, *, ref_rank: str, ref_caps: str, ref_streams: str) -> list[Note]:
    """Grade, score and rank of a city or unit, with the doubtful cases said.

    Parameters
    ----------
    job : Source
        Reads ``composite``, ``streams``, ``caps``, ``decisions_log``, ``rank_intervals``.
    ref_rank, ref_caps, ref_streams : str
        Ids of the figures or tables that the sentences rest on.
    """
    ctx = job.ctx
    row = first(job.own("composite"))
    if row is None:
        return [Note(f"没有{ctx.name}的综合评价结果。", ref_rank)]
    if numbers.is_missing(row["composite"]):
        text = f"{ctx.name}{_what_lacks(job.own('streams'))}，不计综合得分、不定等次、不排名次；{possible_grades(row, ctx)}"
        return [Note(end(text) + _actions(job), _decided(job) or ref_streams)]
    scored = f"综合得分{numbers.score(row['composite'])}分"
    if row["grade_final"] not in terms.GRADES:
        unknown = [str(r["field_name"]) for r in records(job.own("caps")) if r["state"] == terms.DOUBTFUL]
        why = f"：{'、'.join(numbers.quoted(u) for u in unknown)}尚待核实，核实前不定等次" if unknown else ""
        by_score = f"按得分为{numbers.quoted(str(row['grade_score']))}" if row["grade_score"] else "按得分尚不能定等"
        text = f"{ctx.name}综合等次待核{why}；{scored}，{by_score}{_rank(job, row)}"
        return [Note(end(text) + _actions(job), ref_caps)]
    text = f"{ctx.name}综合评价为{numbers.quoted(str(row['grade_final']))}，{scored}{_rank(job, row)}"
    actions = _actions(job)
    return [Note(end(text) + actions, _decided(job) or (ref_caps if actions else ref_rank))]


def _rank(job: Source, row: Row) -> str:
    ctx = job.ctx
    if numbers.is_missing(row["rank"]):
        return "，不排名次"
    ranked = f"（{int(row['n_ranked'])}个排名次）" if int(row["n_ranked"]) < ctx.n_class else ""
    among = f"，在{ctx.class_label}{ranked}中"
    if row["band"] and ctx.kind == "unit":
        return among + _band(job, row)
    text = f"{among}{'并列' if row['tied'] else '列'}第{numbers.integer(row['rank'])}名"
    within = first(job.own("rank_intervals"))
    if within is None or numbers.is_missing(within["low"]) or numbers.is_missing(within["high"]):
        return text
    if "survey" not in ctx.plan.classes[ctx.class_id].streams:
        return text
    if within["low"] == within["high"]:
        return f"{text}，计入抽样误差后名次不变"
    whole = within["low"] == 1 and within["high"] == row["n_ranked"]
    tail = "，覆盖全部位次，不能据此分出先后" if whole else ""
    return f"{text}，计入抽样误差的{rank_level(ctx)}名次区间为{numbers.rank_span(within['low'], within['high'])}{tail}"


def bands(peers: pd.DataFrame, row: Row) -> tuple[int, pd.DataFrame]:
    """How many bands a class has, and the rows of the band of `row`."""
    banded = peers[peers["band"] != ""]
    return int(banded["band"].nunique()), banded[banded["band"] == row["band"]]


def _band(job: Source, row: Row) -> str:
    """Band, and the ranks that it takes together: a ladder of single ranks would say more than the scores do."""
    count, same = bands(job.peers("composite"), row)
    if len(same) <= 1:
        return f"列第{numbers.integer(row['rank'])}名，独在{row['band']}（共{count}档）"
    ranks = numbers.rank_span(same["rank"].min(), same["rank"].min() + len(same) - 1)
    return f"居{row['band']}（共{count}档），同档{numbers.counted(len(same), job.ctx.kind)}分不出先后，名次合为{ranks}"


def _decided(job: Source) -> str:
    """Id of the table of decisions when one of them was applied."""
    return "t-decisions" if job.own("decisions_log")["applied"].any() else ""


def _actions(job: Source) -> str:
    """Caps that changed the grade and decisions taken by hand, as one sentence; empty when none."""
    parts = []
    for cap in records(job.own("caps")):
        if cap["fired"] and cap["before"] != cap["after"] and cap["before"]:
            parts.append(
                f"按得分为{numbers.quoted(str(cap['before']))}，因{numbers.quoted(str(cap['field_name']))}认定为"
                f"{numbers.quoted(str(cap['value']))}，依{cap['clause']}限为{numbers.quoted(str(cap['after']))}"
            )
    for made in records(job.own("decisions_log")):
        if made["applied"] and made["to_grade"]:
            parts.append(
                f"经{made['by_role']}决定（{made['decision']}，{numbers.date_cn(made['date'])}），等次由"
                f"{numbers.quoted(str(made['from_grade']))}调整为{numbers.quoted(str(made['to_grade']))}，理由是{made['reason']}"
            )
        elif made["applied"]:
            parts.append(
                f"经{made['by_role']}决定（{made['decision']}），对{_stream(job, str(made['stream']))}缺数据作出决定，理由：{made['reason']}"
            )
    return end("；".join(parts)) if parts else ""


def _stream(job: Source, stream: str) -> str:
    """The name of a stream in a decision, which may hold its id or its name."""
    return job.ctx.plan.streams.get(stream, stream)


def concept_name(concept: str, ctx: Context, fallback: str = "") -> str:
    """The short name of a concept."""
    return ctx.plan.concepts.get(concept, fallback or concept)


def problems(rows: pd.DataFrame, ctx: Context, *, ref: str, extra: str = "") -> Note:
    """How many problems, how many prominent, how many open, and until when."""
    total, bad, room = len(rows), int(rows["prominent"].sum()), 12 if extra else 20
    if total == 0:
        return Note(end(f"没有登记{ctx.name}的问题{extra}"), ref)
    left = int((rows["state"] != "已完成").sum())
    if total == 1:
        text = "登记突出问题1个" if bad else "登记问题1个，不属突出问题"
    else:
        text = f"登记问题{total}个，其中{f'突出问题{bad}个' if bad else '没有列为突出的'}"
    if left == 0:
        text += f"{_about(rows[rows['prominent']])}，{'全部' if total > 1 else '已'}完成整改"
    elif left == total:
        every = f"；{total}个都" if bad and total > bad else "，都" if total > 1 else "，"
        text += f"{every}尚未完成整改{_matters(rows, room)}，整改方案与报告须于{due(ctx)}提交"
    else:
        text += (
            f"；已完成整改{total - left}个，尚有{left}个未完成{_matters(rows, room)}，整改方案与报告须于{due(ctx)}提交"
        )
    overdue = int((rows["progress"] == "逾期未完成").sum())
    text += f"，其中{overdue}个已逾期" if overdue else ""
    return Note(end(text + extra), ref)


def _matters(rows: pd.DataFrame, room: int) -> str:
    """Which items the open problems are about, prominent ones first, in brackets; empty where none is named."""
    still = rows[rows["state"] != "已完成"].sort_values(["prominent", "date", "problem"], ascending=[False, True, True])
    return _about(still, room)


def _about(rows: pd.DataFrame, room: int = 20) -> str:
    """Which items problems are about, in brackets; empty where none is named."""
    about = [str(v) for v in dict.fromkeys(rows["label"]) if v]
    return f"（涉及{fitting(about, room)}）" if about else ""


def talk(rows: pd.DataFrame, found: pd.DataFrame | None = None) -> str:
    """Whether the target is on the talk list, as a clause.

    Parameters
    ----------
    rows : DataFrame
        ``talk_list`` of the target.
    found : DataFrame, optional
        ``rectify`` of a county: its prominent problems put it on the list, rectified or not, and that is said
        where all of them are.
    """
    if rows.empty:
        return ""
    grave = found[found["prominent"]] if found is not None else None
    done = grave is not None and len(grave) > 0 and bool((grave["state"] == "已完成").all())
    said = [
        terms.talk_reason(str(r["reason"]), str(r["kind"]))
        + ("（整改完成后仍计入）" if done and r["reason"] == "存在突出问题" and r["kind"] == "county" else "")
        for r in records(rows)
    ]
    return f"；按方案“六、（五）结果审定及运用”列入谈话提醒对象，理由是{'、'.join(dict.fromkeys(said))}"
