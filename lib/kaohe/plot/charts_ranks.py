"""Ranks: their intervals, and what other choices would make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import LINE, SIZE, SMALL, TINY, WIDTH, Canvas, Caption
from kaohe.plot.labels import class_of, group_word, joined, nothing, of_class, rank_level, records, short, some, source
from kaohe.plot.layout import Numbers, Scale, axis, rows, ticks
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BLUE, INK, MID, MUTED, PAPER, PLUM, RULE, SOFT
from kaohe.plot.phone import NARROW
from kaohe.plot.typeset import balanced

BUMP_TARGETS = 20
MOVERS = (ACCENT, BLUE, PLUM)
BASE = "基准"
# Quantiles of random scales are taken target by target: no ranking of their own, so no column of lines.
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
    Lines show, for each kind of choice but random scales, the scenario that moves ranks most in total; moves in the
    title and table are over all scenarios.

    Examples
    --------
    >>> charts.sensitivity_ranks(s.table("sensitivity"), s.ctx, class_id="city14").title
    '换用其他办法，名次至多变动2位（茂名、清远、汕头等13市）'
    """
    which = class_of(ctx, class_id)
    mine = of_class(sensitivity, which)
    mine = mine[mine["rank"].notna()]
    base = {str(r["object"]): float(r["rank"]) for r in records(mine[mine["scenario"] == BASE])}
    others = mine[(mine["scenario"] != BASE) & mine["object"].isin(list(base))]
    if not base or others.empty:
        return nothing("方法敏感性", ctx, id)
    reach: dict[str, list[float]] = {c: [base[c]] for c in base}
    for row in records(others):
        reach[str(row["object"])].append(float(row["rank"]))
    moves = {c: round(max(abs(r - base[c]) for r in reach[c])) for c in base}
    order = sorted(base, key=lambda c: (base[c], c))
    n_scenarios = len(others[["source", "scenario"]].drop_duplicates())
    random = bool((others["source"] == RANDOM).any())
    drawn = ["随机赋分只计名次的5%、50%、95%分位，不是全部抽取的最大变动"] if random else []
    title = words.moves_title(which, {short(ctx, c): moves[c] for c in order})
    movers = [c for c in sorted(order, key=lambda c: -moves[c]) if moves[c] > 0][:3]
    if len(order) <= BUMP_TARGETS:
        columns = _columns(others, base)
        canvas = bump(order, base, columns, movers, ctx)
        shape = (
            "每类办法取名次变动合计最大的一种情形" + ("，图中不含随机赋分" if random else "") + "；着色为变动最大的对象"
        )
        alt = f"名次连线图：{group_word(len(order), which)}在{len(columns) + 1}种办法下的名次，从左到右为基准、{'、'.join(h[0] for h, _ in columns)}；"
    else:
        shown = sorted(order, key=lambda c: (-moves[c], base[c]))[:LAST]
        canvas = ranges(shown, base, reach, ctx)
        shape = f"只列变动最大的{len(shown)}个" if len(shown) < len(order) else ""
        alt = f"区间图：{group_word(len(shown), which)}在{n_scenarios}种情形下名次的最好与最差；"
    caption = Caption(
        title,
        joined([f"{n_scenarios}种情形下的综合得分名次", shape, f"{ctx.year}年"]),
        f"{alt}变动最大的是{some([short(ctx, c) for c in movers]) or '无'}。",
        source(ctx, "综合评价敏感性分析", "来源权重的情形只作假设，方案权重不变", *drawn, "与抽样误差分开计算"),
    )
    head = ["对象", "基准名次", "最好名次", "最差名次", "最大变动"]
    body = [
        [ctx.name_of(c), numbers.integer(base[c]), numbers.integer(min(reach[c])), numbers.integer(max(reach[c])), str(moves[c])]
        for c in order
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable("各种办法下的名次", head, body))


def _columns(others: pd.DataFrame, base: Mapping[str, float]) -> list[tuple[tuple[str, str], dict[str, float]]]:
    """For each source its scenario with the largest total shift; sources without any shift and random scales are left out."""
    best: dict[str, tuple[float, tuple[str, str], dict[str, float]]] = {}
    for (source_id, scenario), part in others.groupby(["source", "scenario"], sort=False):
        found = {str(r["object"]): float(r["rank"]) for r in records(part)}
        if source_id == RANDOM:
            continue
        shift = sum(abs(r - base[c]) for c, r in found.items())
        if shift > 0 and (str(source_id) not in best or shift > best[str(source_id)][0]):
            best[str(source_id)] = (shift, (str(part.iloc[0]["source_name"]), str(scenario)), found)
    return [(head, found) for _, head, found in best.values()]


def bump(
    order: Sequence[str], base: Mapping[str, float], columns: Sequence[tuple[tuple[str, str], Mapping[str, float]]],
    movers: Sequence[str], ctx: Context,
) -> Canvas:  # fmt: skip
    """Lines of ranks: the base and one column for each scenario, those that move most coloured."""
    names = {c: short(ctx, c) for c in order}
    label = min(1.3, max(fonts.width(n, SIZE) for n in names.values())) + 0.1
    every = [{c: base[c] for c in order}, *(found for _, found in columns)]
    room = min(1.0, (WIDTH - 2 * label - 0.32) / max(len(columns), 1) - 0.06)
    heads = [["基准"], *([name, *balanced(scenario, room, TINY)[:4]] for (name, scenario), _ in columns)]
    deep = max(len(h) for h in heads)
    top = 0.16 + deep * TINY * LINE / 72 + 0.06
    pitch = 0.27
    slots = [_places(found) for found in every]
    count = len(order)
    canvas = Canvas(top + pitch * count + 0.04)
    x0, x1 = label + 0.16, WIDTH - label - 0.16
    xs = [x0 + (x1 - x0) * i / max(len(every) - 1, 1) for i in range(len(every))]
    color = dict(zip(movers, MOVERS, strict=False))
    for x, block in zip(xs, heads, strict=True):
        start = top - 0.1 - (len(block) - 1) * TINY * LINE / 72
        for i, line in enumerate(block):
            middle = start + i * TINY * LINE / 72
            canvas.text(x, middle, line, size=TINY, color=MUTED, align="center", fit=room)
    for code in sorted(order, key=lambda c: c in color):
        points = [(x, top + (slot[code] + 0.5) * pitch) for x, slot in zip(xs, slots, strict=True) if code in slot]
        hot = color.get(code)
        if len(points) > 1:
            canvas.line(points, hot or RULE, line=2.6 if hot else 1.4, z=2.5 if hot else 2)
        for (x, y), found in zip(points, every, strict=False):
            canvas.dot(x, y, 0.095, hot or RULE, edge=PAPER, line=1.0, z=3.5 if hot else 3)
            canvas.text(x, y, f"{found[code]:.0f}", size=TINY, color=PAPER if hot else INK, align="center")
        canvas.text(label, points[0][1], names[code], color=hot or INK, align="right", fit=1.3)
        if len(points) == len(every) and len(every) > 1:
            canvas.text(WIDTH - label, points[-1][1], names[code], color=hot or INK, fit=1.3)
    return canvas


def _places(found: Mapping[str, float]) -> dict[str, int]:
    """Row of each target in a column; equal ranks stand one below the other in code order."""
    return {code: i for i, code in enumerate(sorted(found, key=lambda c: (found[c], c)))}


def ranges(
    shown: Sequence[str], base: Mapping[str, float], reach: Mapping[str, Sequence[float]], ctx: Context
) -> Canvas:
    """Dots at the base rank with a line from the best to the worst."""
    spans = [numbers.rank_short(min(reach[c]), max(reach[c])) for c in shown]
    frame = rows([short(ctx, c) for c in shown], above=0.3, below=0.5, pitch=0.22,
                 numbers=[Numbers("基准", [numbers.integer(base[c]) for c in shown]), Numbers("最好–最差", spans)])  # fmt: skip
    worst = max(max(reach[c]) for c in shown)
    scale = Scale(1, max(worst, 2), frame.left + 0.1, frame.right)
    axis(frame, scale, [1.0, *[t for t in ticks(1, worst) if t > 1]], lambda v: f"{v:.0f}", "名次（1为最高）")
    for row, code in enumerate(shown):
        y = frame.y(row)
        frame.canvas.line([(scale(min(reach[code])), y), (scale(max(reach[code])), y)], SOFT, line=3)
        frame.canvas.dot(scale(base[code]), y, 0.055, BLUE)
    return frame.canvas
