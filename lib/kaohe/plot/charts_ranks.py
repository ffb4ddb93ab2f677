"""Ranks: their intervals, and what other choices would make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SMALL, TINY, WIDTH, Canvas, Caption
from kaohe.plot.labels import (
    class_of,
    group_word,
    joined,
    listed,
    nothing,
    of_class,
    rank_level,
    records,
    short,
    some,
    source,
)
from kaohe.plot.layout import Numbers, Scale, axis, rows
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import BLUE, INK, MID, MUTED, PAPER, SOFT
from kaohe.plot.phone import NARROW
from kaohe.plot.rank_lines import bump, ranges

BUMP_TARGETS = 20
BASE = "基准"
# Quantiles of random scales are taken target by target: no ranking of their own, so no picture of them.
RANDOM = "scale"
LAST = 25


def rank_intervals(
    rank_intervals: pd.DataFrame,
    composite: pd.DataFrame,
    ctx: Context,
    *,
    class_id: str = "",
    id: str = "rank-intervals",
) -> Chart | Text:
    """Ranks with their 95 % sets, score and interval in columns; the joint set as a thin line.

    Parameters
    ----------
    rank_intervals, composite : DataFrame
        Built tables of these names.
    ctx : Context
    class_id : str
        The class; the report's own when empty. A class without survey has no sampling error and
        gets a sentence instead.

    Examples
    --------
    >>> charts.rank_intervals(s.table("rank_intervals"), s.table("composite"), s.ctx, class_id="city14").title
    '计入抽样误差，茂名、河源的名次不变，其余11市只能定到区间，最宽的湛江、汕尾各跨5个位次；云浮数据不全，不排名次'
    """
    which = class_of(ctx, class_id)
    if which and "survey" not in ctx.plan.classes[which].streams:
        return Text(
            (f"{ctx.plan.classes[which].label}不含专项调查，综合得分没有抽样误差，名次不设区间，只分档列示。",), id=id
        )
    spans = {str(r["object"]): r for r in records(of_class(rank_intervals, which))}
    scores = {str(r["object"]): r for r in records(of_class(composite, which))}
    if not scores:
        return nothing("名次", ctx, id)
    ranked = [c for c in scores if c in spans and not is_missing(spans[c]["low"]) and not is_missing(spans[c]["rank"])]
    ranked.sort(key=lambda c: (spans[c]["rank"], -scores[c]["composite"], c))
    unranked = [short(ctx, c) for c in scores if c not in ranked]
    title = words.ranks_title(which, [(short(ctx, c), spans[c]["low"], spans[c]["high"]) for c in ranked], unranked)
    if ctx.kind in {"city", "unit"} and ctx.object in scores:
        mine = spans[ctx.object] if ctx.object in ranked else dict.fromkeys(("rank", "low", "high"), float("nan"))
        meets = [
            c for c in ranked if c != ctx.object and spans[c]["low"] <= mine["high"] and spans[c]["high"] >= mine["low"]
        ]
        title = words.own_rank_title(ctx.name, mine["rank"], mine["low"], mine["high"], len(meets), which)
    if not ranked:
        return Text((f"{title}。",), id=id)
    n = max(len(ranked), *(int(spans[c]["high"]) for c in ranked))
    level = rank_level(ctx)
    lines = [_Line(short(ctx, c), numbers.score(scores[c]["composite"]), spans[c], c == ctx.object) for c in ranked]
    canvas, narrow = _draw_ranks(lines, n, WIDTH), _draw_ranks(lines, n, NARROW)
    _ranks_key(canvas, level)
    wide = max(ranked, key=lambda c: spans[c]["high"] - spans[c]["low"])
    caption = Caption(
        title,
        f"综合得分名次及{level}区间（只计专项调查的抽样误差），{ctx.year}年",
        f"区间图：{group_word(len(ranked), which)}按名次排列，圆圈为名次，粗线为各自的名次区间；"
        f"区间最宽的是{short(ctx, wide)}，{numbers.rank_span(spans[wide]['low'], spans[wide]['high'])}。",
        source(ctx, "综合评价", f"名次区间的置信水平为{level}，含义见“名词解释和方法说明”",
               "交叉考核和日常工作没有抽样误差，赋分等方法选择的影响另见敏感性图"),
    )  # fmt: skip
    head = ["对象", "综合得分", "名次", "名次区间", "同时成立的区间"]
    body = [
        [ctx.name_of(c), numbers.score(scores[c]["composite"]), numbers.integer(spans[c]["rank"]),
         numbers.rank_short(spans[c]["low"], spans[c]["high"]), numbers.rank_short(spans[c]["sim_low"], spans[c]["sim_high"])]
        for c in ranked
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable("名次及名次区间", head, body), narrow=narrow)


@dataclass(frozen=True)
class _Line:
    """One target: name and score as printed, rank with its sets, and whether it is the report's own."""

    name: str
    score: str
    span: Mapping[str, float]
    own: bool


def _draw_ranks(lines: Sequence[_Line], n: int, width: float) -> Canvas:
    """Ranks up to `n` with their sets; a narrow picture has no room for a key."""
    whole = width == WIDTH
    frame = rows(
        [r.name for r in lines], above=0.56 if whole else 0.32, below=0.5, pitch=0.25 if len(lines) <= 20 else 0.22,
        gap=0.3 if whole else 0.2, marked=[r.own for r in lines], width=width,
        numbers=[
            Numbers("得分", [r.score for r in lines], [INK] * len(lines)),
            Numbers("名次区间", [numbers.rank_short(r.span["low"], r.span["high"]) for r in lines]),
        ],
    )  # fmt: skip
    scale = Scale(1, max(n, 2), frame.left + 0.12, frame.right - 0.05)
    step = 1 if n <= 20 else 5
    marks = [float(v) for v in range(1, n + 1) if v == 1 or v % step == 0 or n <= 20]
    axis(frame, scale, marks, lambda v: f"{v:.0f}", "名次（1为最高）")
    for row, line in enumerate(lines):
        color = BLUE if line.own or not any(r.own for r in lines) else MID
        _span(frame.canvas, scale, frame.y(row), line.span, color)
    return frame.canvas


def _ranks_key(canvas: Canvas, level: str) -> None:
    canvas.key, x = True, 0.02
    for color, line, word in ((BLUE, 5.0, f"各自的{level}区间"), (SOFT, 1.4, f"同时成立的{level}区间")):
        canvas.line([(x, 0.12), (x + 0.34, 0.12)], color, line=line)
        canvas.text(x + 0.42, 0.12, word, size=SMALL, color=MUTED)
        x += 0.42 + fonts.width(word, SMALL) + 0.24
    canvas.dot(x + 0.075, 0.12, 0.075, PAPER, edge=BLUE, line=1.4)
    canvas.text(x + 0.215, 0.12, "名次", size=SMALL, color=MUTED)


def _span(canvas: Canvas, scale: Scale, y: float, span: Mapping[str, float], color: str) -> None:
    if not is_missing(span["sim_low"]):
        canvas.line([(scale(span["sim_low"]), y), (scale(span["sim_high"]), y)], SOFT, line=1.2)
    if span["high"] > span["low"]:
        canvas.line([(scale(span["low"]), y), (scale(span["high"]), y)], color, line=5)
    canvas.dot(scale(span["rank"]), y, 0.098, PAPER, edge=color, line=1.6)
    canvas.text(scale(span["rank"]), y, f"{span['rank']:.0f}", size=TINY, color=INK, align="center")


def sensitivity_ranks(
    sensitivity: pd.DataFrame, ctx: Context, *, class_id: str = "", id: str = "sensitivity"
) -> Chart | Text:
    """Ranks under other choices: lines for up to 20 targets, ranges above.

    Parameters
    ----------
    sensitivity : DataFrame
        Built table `sensitivity`; scenario 基准 holds the rank in force.
    ctx : Context
    class_id : str
        The class; the report's own when empty.

    Notes
    -----
    Lines show, for each kind of choice, the scenario that moves ranks most in total; the title and the colours speak of
    what is drawn, the table gives the greatest shift over all scenarios beside it. Random scales are in neither: their
    quantiles are taken target by target, which makes no ranking; `tables.sensitivity_summary` has their shifts.

    Examples
    --------
    >>> charts.sensitivity_ranks(s.table("sensitivity"), s.ctx, class_id="city14").title
    '换用图中4种做法，名次至多变动2位（茂名、清远、汕头等10市）'
    """
    which = class_of(ctx, class_id)
    mine = of_class(sensitivity, which)
    mine = mine[mine["rank"].notna()]
    base = {str(r["object"]): float(r["rank"]) for r in records(mine[mine["scenario"] == BASE])}
    others = mine[(mine["scenario"] != BASE) & mine["object"].isin(list(base))]
    random = bool((others["source"] == RANDOM).any())
    others = others[others["source"] != RANDOM]
    if not base or others.empty:
        return nothing("方法敏感性", ctx, id)
    reach: dict[str, list[float]] = {c: [base[c]] for c in base}
    for row in records(others):
        reach[str(row["object"])].append(float(row["rank"]))
    order = sorted(base, key=lambda c: (base[c], c))
    n_scenarios = len(others[["source", "scenario"]].drop_duplicates())
    most = {c: _farthest(base[c], reach[c]) for c in order}
    columns = _columns(others, base) if len(order) <= BUMP_TARGETS else []
    drawn = (
        {c: _farthest(base[c], [found[c] for _, found in columns if c in found]) for c in order} if columns else most
    )
    movers = [c for c in sorted(order, key=lambda c: -drawn[c]) if drawn[c] > 0][:3]
    if len(order) <= BUMP_TARGETS:
        canvas = bump(order, base, columns, movers, ctx)
        shape = f"{n_scenarios}种固定做法中，每类取名次变动合计最大的一种；着色为图中变动最大的对象"
        alt = f"名次连线图：{group_word(len(order), which)}在{len(columns) + 1}种做法下的名次，从左到右为基准、{'、'.join(h[0] for h, _ in columns)}；"
    else:
        shown = sorted(order, key=lambda c: (-most[c], base[c]))[:LAST]
        canvas = ranges(shown, base, reach, ctx)
        shape = joined(
            [
                f"{n_scenarios}种固定做法下的最好和最差名次",
                f"只列变动最大的{len(shown)}个" if len(shown) < len(order) else "",
            ]
        )
        alt = f"区间图：{group_word(len(shown), which)}在{n_scenarios}种固定做法下名次的最好与最差；"
    under = f"换用图中{len(columns)}种做法" if columns else f"换用{n_scenarios}种固定做法"
    caption = Caption(
        words.moves_title(which, {short(ctx, c): drawn[c] for c in order}, under),
        joined(["综合得分名次", shape, f"{ctx.year}年"]),
        f"{alt}变动最大的是{some([short(ctx, c) for c in movers]) or '无'}。",
        source(ctx, "综合评价敏感性分析", "来源权重的情形只作假设，方案权重不变",
               "不含随机赋分，其名次变动见下表" if random else "",
               _beyond(drawn, most, n_scenarios, which, ctx), "与抽样误差分开计算"),
    )  # fmt: skip
    heads = [f"{name}：{scenario}" for (name, scenario), _ in columns]
    head = ["对象", "基准名次", *heads, *(["图中最大变动"] if columns else []), "最好名次", "最差名次", "最大变动"]
    body = [
        [ctx.name_of(c), numbers.integer(base[c]), *(numbers.integer(found.get(c, float("nan"))) for _, found in columns),
         *([str(drawn[c])] if columns else []), numbers.integer(min(reach[c])), numbers.integer(max(reach[c])), str(most[c])]
        for c in order
    ]  # fmt: skip
    return canvas.chart(
        id, caption, DataTable(f"名次：基准和{n_scenarios}种固定做法（最好、最差和最大变动）", head, body)
    )


def _farthest(base: float, ranks: Sequence[float]) -> int:
    return round(max((abs(r - base) for r in ranks), default=0.0))


def _beyond(drawn: Mapping[str, int], most: Mapping[str, int], n: int, class_id: str, ctx: Context) -> str:
    """Who moves farther in a scenario that is not drawn than anybody in one that is; empty where nobody does."""
    top = max(most.values())
    if top <= max(drawn.values()):
        return ""
    named = listed([short(ctx, c) for c, v in most.items() if v == top], class_id)
    return f"全部{n}种中变动最大的是{named}（{top}位）"


def _columns(others: pd.DataFrame, base: Mapping[str, float]) -> list[tuple[tuple[str, str], dict[str, float]]]:
    """For each source its scenario with the largest total shift; sources without any shift are left out."""
    best: dict[str, tuple[float, tuple[str, str], dict[str, float]]] = {}
    for (source_id, scenario), part in others.groupby(["source", "scenario"], sort=False):
        found = {str(r["object"]): float(r["rank"]) for r in records(part)}
        shift = sum(abs(r - base[c]) for c, r in found.items())
        if shift > 0 and (str(source_id) not in best or shift > best[str(source_id)][0]):
            best[str(source_id)] = (shift, (str(part.iloc[0]["source_name"]), str(scenario)), found)
    return [(head, found) for _, head, found in best.values()]
