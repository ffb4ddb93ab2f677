"""Tables that answer why and how sure: chances of grades, ways up, points lost, swap weights, profiles."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kaohe.plot import captions_why as words
from kaohe.plot import numbers
from kaohe.plot import table_maker as t
from kaohe.plot.labels import rank_level
from kaohe.plot.output import Cell, Context, Table, Text
from kaohe.plot.tables_class import FOLD_FROM, linked

TOP, HELD, REACHED, SHORT = "已是最高等次", "受限", "提升指标可达", "仅提升指标不足"


def grade_chances(
    grade_probabilities: pd.DataFrame, composite: pd.DataFrame, ctx: Context, *, id: str = "t-grade-chances"
) -> Table | Text:
    """Probability of each grade by target, beside the grade given.

    Parameters
    ----------
    grade_probabilities, composite : DataFrame
        Built tables of these names, rows of the class.
    """
    which = ctx.class_id
    if which and "survey" not in ctx.plan.classes[which].streams:
        return Text((f"{ctx.plan.classes[which].label}没有抽样误差，等次不计概率。",), id=id)
    chances = {(r["object"], r["grade"]): r["p"] for r in t.records(grade_probabilities)}
    known = {o for o, _ in chances}
    rows = composite[composite["object"].isin(known)].sort_values(["rank", "object"])

    def show(grade: str) -> t.Show:
        return lambda r: numbers.chance(chances.get((r["object"], grade), float("nan")))

    unsure = sum(max(chances[o, g] for g in ctx.plan.grades) < ctx.plan.choices["uncertainty"]["level"] for o in known)
    return t.make(
        id, f"{ctx.class_label or ctx.name}各等次的概率（{len(rows)}个，{unsure}个不到{rank_level(ctx)}的把握）", rows,
        [t.text("对象", "name"), t.grade("综合等次", "grade_final"), t.decimal("综合得分", "composite", 2),
         *(t.custom(g, show(g), "right") for g in ctx.plan.grades)],
        empty="没有可以计算的等次概率。",
        note="只计专项调查的抽样误差；已计入触发的等次限制规则，未计人工决定和待核事实。",
    )  # fmt: skip


def way_up(
    frame: pd.DataFrame, ctx: Context, *, targets: pd.DataFrame | None = None, id: str = "t-way-up"
) -> Table | Text:
    """The fewest item steps that take each target to the next better grade, and what stands in the way.

    Parameters
    ----------
    frame : DataFrame
        ``way_up`` of the class; the report's own row only where it is one target's.
    targets : DataFrame, optional
        ``targets``: names become links to the reports.
    """
    own = frame[frame["object"] == ctx.object] if ctx.kind in {"city", "unit"} else frame
    order = {g: i for i, g in enumerate(ctx.plan.grades)}
    rows = own.assign(_g=own["from_grade"].map(order).fillna(9)).sort_values(["_g", "gap", "object"])
    rows = rows.assign(name=[ctx.name_of(str(c)) for c in rows["object"]])
    states = rows["state"].value_counts()
    reach = states.get(REACHED, 0)
    steps = [t.custom("最少档数", lambda r: numbers.integer(r["steps"]), "right"), t.custom("提升的指标", _items)]
    return t.make(
        id, words.way_caption(ctx.class_label or ctx.name, len(rows), *(int(states.get(k, 0)) for k in (TOP, HELD, REACHED))), rows,
        [
            t.custom("对象", linked(targets)), t.grade("现等次", "from_grade"), t.grade("目标等次", "to_grade"),
            t.decimal("还差（分）", "gap", 2), *(steps if reach else []), t.custom("说明", _why),
        ],
        empty="没有综合评价结果。",
        note="每一步为指标表一项指标提高一档，取步数最少的一组；步数相同的取加分多的，再从等次低的指标算起。其余来源不变。",
        folded=len(rows) > FOLD_FROM,
    )  # fmt: skip


def _items(row: t.Row) -> Cell:
    return str(row["items"]) or numbers.MISSING


def _why(row: t.Row) -> Cell:
    why = str(row["why"])
    if row["state"] == SHORT and not numbers.is_missing(row["after"]):
        why = f"指标全部为“好”后{numbers.score(row['after'])}分，仍差{numbers.score(row['cut'] - row['after'])}分"
    parts = [str(row["state"]), why]
    return "：".join(p for p in parts if p) or numbers.MISSING


def lost_points(frame: pd.DataFrame, ctx: Context, *, most: int = 10, id: str = "t-lost") -> Table | Text:
    """Where a target loses points to 100, largest first, and what one step up on an item is worth.

    Parameters
    ----------
    frame : DataFrame
        ``lost_points``; rows of other targets are left out.
    most : int
        Rows shown; the rest is one row.
    """
    own = frame[frame["object"] == ctx.object].sort_values(
        ["lost", "stream", "component"], ascending=[False, True, True]
    )
    losing = own[own["lost"].abs() > 1e-9]
    if len(own) and losing.empty:
        return Text((f"{ctx.name}没有失分。",), id=id)
    rows = t.records(losing.head(most))
    rest = losing.iloc[most:]
    if len(rest):
        rows.append(
            {
                "stream_name": "",
                "label": f"其余{len(rest)}项",
                "grade": "",
                "lost": rest["lost"].sum(),
                "step": float("nan"),
            }
        )
    rows.append({"stream_name": "", "label": "合计", "grade": "", "lost": own["lost"].sum(), "step": float("nan")})
    return t.make(
        id, f"{ctx.name}距满分失{numbers.score(own['lost'].sum())}分，按分项（{len(losing)}项）", rows if len(own) else [],
        [t.text("分项", "label"), t.text("来源", "stream_name"), t.grade("等次", "grade"),
         t.decimal("失分", "lost", 2), t.decimal("提升一档可得", "step", 2)],
        empty=f"{ctx.name}没有综合得分，不列失分。",
        note="失分以综合得分的分值计，各项之和等于100减综合得分；只有指标表的指标可以提升等次。",
    )  # fmt: skip


def swap_weights(frame: pd.DataFrame, composite: pd.DataFrame, ctx: Context, *, id: str = "t-swap") -> Table | Text:
    """At which weight of a stream each target would overtake the one before it: a what-if.

    Parameters
    ----------
    frame : DataFrame
        ``swap_weights`` of the class.
    composite : DataFrame
        ``composite`` of the class.
    """
    if ctx.class_id and ctx.plan.classes[ctx.class_id].kind == "unit":
        return Text((f"{ctx.class_label}分档列示，不比较相邻名次的换位权重。",), id=id)
    found = {(r["object"], r["stream"]): r["swap"] for r in t.records(frame)}
    names = {r["object"]: r["other_name"] for r in t.records(frame)}
    others = {r["object"]: r["other"] for r in t.records(frame)}
    score = dict(zip(composite["object"], composite["composite"], strict=True))
    rows = composite[composite["object"].isin(list(names))].sort_values(["rank", "object"])
    streams = list(ctx.plan.classes[ctx.class_id].streams) if ctx.class_id else list(ctx.plan.streams)

    def show(stream: str) -> t.Show:
        return lambda r: numbers.percent(found.get((r["object"], stream), float("nan")))

    heads = [
        t.custom(f"{ctx.plan.streams[s]}（方案{numbers.percent(ctx.plan.classes[ctx.class_id].streams[s], 0)}）", show(s), "right")
        for s in streams
        if ctx.class_id
    ]  # fmt: skip
    return t.make(
        id, f"{ctx.class_label}与前一名换位的来源权重（{len(rows)}个）", rows,
        [t.text("对象", "name"), t.custom("前一名", lambda r: names[r["object"]]),
         t.custom("相差（分）", lambda r: numbers.number(score[others[r["object"]]] - r["composite"], 2), "right"), *heads],
        empty="没有可以比较的相邻名次。",
        note="某一来源的权重改到表中数值、其余来源按比例分配时，两者得分相同；—表示怎样改都不换位。权重由方案规定，此处只作假设。",
    )  # fmt: skip


def profiles(frame: pd.DataFrame, ctx: Context, *, id: str = "t-profiles") -> Table | Text:
    """The mix of grades without any scale, and who is ahead of whom under every scale.

    Parameters
    ----------
    frame : DataFrame
        ``profiles`` of the class.
    """
    rows = frame[frame["n_graded"] > 0].sort_values(["at_good", "at_fair", "object"], ascending=[False, False, True])
    rows = rows.assign(name=[ctx.name_of(str(c)) for c in rows["object"]])
    shares = frame["ordered"].dropna()
    said = f"，{numbers.percent(shares.iloc[0], 0)}的两两比较不论怎样赋分都能定先后" if len(shares) else ""
    return t.make(
        id, f"{ctx.class_label or ctx.name}指标等次构成（{len(rows)}个{said}）", rows,
        [t.text("对象", "name"), t.percent("好", "at_good", 0), t.percent("较好及以上", "at_fair", 0),
         t.percent("一般及以上", "at_ordinary", 0), t.grade("中位等次", "lower_median"), t.grade("最低等次", "worst"),
         *(t.custom(label, _compared(c), "right") for label, c in _ORDERED)],
        empty="没有收到指标表等次。",
        note="不用赋分：一个对象在“好”“较好及以上”“一般及以上”各比例上都不低于另一个、且至少一项较高，则不论怎样赋分，其交叉考核得分都较高。",
        folded=len(rows) > FOLD_FROM,
    )  # fmt: skip


_ORDERED = (("都领先（个）", "n_ahead"), ("都落后（个）", "n_behind"), ("随赋分而变（个）", "n_open"))


def _compared(column: str) -> t.Show:
    """A count of others; — for a target with items not graded, which is not compared."""
    return lambda r: numbers.integer(r[column]) if r["n_graded"] == r["n_items"] else numbers.MISSING


def by_rank(codes: pd.Series, composite: pd.DataFrame | None) -> list[str]:
    """Codes once each: by rank where ranks are given and no bands are, those without one last, otherwise by code."""
    if composite is not None and composite["band"].str.endswith("档").any():
        composite = None
    rank = {} if composite is None else dict(zip(composite["object"], composite["rank"].fillna(1e9), strict=True))
    return sorted(dict.fromkeys(str(c) for c in codes), key=lambda c: (rank.get(c, 1e9), c))


def group_scores(
    frame: pd.DataFrame, ctx: Context, *, composite: pd.DataFrame | None = None, id: str = "t-groups"
) -> Table | Text:
    """Score of each group of items (考核内容) by target.

    Parameters
    ----------
    frame : DataFrame
        ``group_scores`` of the class or target; rows of the county form are left out in a class's.
    composite : DataFrame, optional
        ``composite`` of the class: its ranks give the order of rows; without it codes do.
    """
    rows = frame[frame["class_id"] == ctx.class_id] if ctx.class_id else frame
    groups: Sequence[str] = list(rows.sort_values("place").drop_duplicates("group")["group"])
    found = {(r["object"], r["group"]): r for r in t.records(rows)}
    codes = by_rank(rows["object"], composite)

    def show(group: str) -> t.Show:
        return lambda r: _group(found.get((r["object"], group)))

    return t.make(
        id, f"{ctx.class_label or ctx.name}各组指标得分（{len(codes)}个）", [{"object": c, "name": ctx.name_of(c)} for c in codes],
        [t.text("对象", "name"), *(t.custom(g, show(g), "right") for g in groups)],
        empty="没有收到指标表等次。", note="组内各项等权，满分100；有缺项的组给出可能的上下界。",
        folded=len(codes) > FOLD_FROM,
    )  # fmt: skip


def _group(row: t.Row | None) -> Cell:
    if row is None:
        return numbers.MISSING
    return numbers.span(row["low"], row["high"]) if numbers.is_missing(row["score"]) else numbers.score(row["score"])
