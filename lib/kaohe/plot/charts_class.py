"""A target among its class: its score or its band, and the weights that make the spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SMALL, WIDTH, Canvas, Caption
from kaohe.plot.charts_band import band_place
from kaohe.plot.labels import class_of, group_word, nothing, of_class, records, short, source
from kaohe.plot.layout import Numbers, Rows, Scale, axis, rows, ticks, widen
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BLUE, INK, MID, MUTED, PAPER, SOFT
from kaohe.plot.phone import NARROW

STRIP = 20


def position_in_class(composite: pd.DataFrame, ctx: Context, *, id: str = "position") -> Chart | Text:
    """The target's composite among its class: a dot a target, or for large classes its band among all.

    Parameters
    ----------
    composite : DataFrame
        Built table `composite`.
    ctx : Context
        A city or unit.

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> charts.position_in_class(job.peers("composite"), job.ctx).title
    '韶关市综合得分80.6分，在13市中列第4名，高于平均2.0分'
    """
    peers = of_class(composite, ctx.class_id)
    own = peers[peers["object"] == ctx.object]
    if own.empty:
        return nothing("综合评价", ctx, id)
    if len(peers) > STRIP:
        return band_place(composite, ctx, id=id)
    me = records(own)[0]
    scored = sorted(
        (r for r in records(peers) if not is_missing(r["composite"])), key=lambda r: (-r["composite"], r["object"])
    )
    title = words.position_title(
        ctx.name, ctx.class_id, me["composite"], me["rank"], bool(me["tied"]), int(me["n_ranked"]), me["class_mean"], (me["low"], me["high"])
    )  # fmt: skip
    listing = scored if not is_missing(me["composite"]) else [*scored, me]
    mine = [r["object"] == ctx.object for r in listing]
    tints = [BLUE if m else MUTED for m in mine]
    columns = [
        Numbers("得分", [numbers.score(r["composite"]) for r in listing], tints),
        Numbers("名次", [("并列" if r["tied"] else "") + numbers.integer(r["rank"]) for r in listing], tints),
        Numbers("综合等次", [str(r["grade_final"]) or numbers.MISSING for r in listing], tints),
    ]
    span = [r["composite"] for r in scored] + ([me["low"], me["high"]] if is_missing(me["composite"]) else [])
    ends = widen(span, floor=0, ceiling=100)
    names = [short(ctx, str(r["object"])) for r in listing]
    canvas, narrow = (
        _draw_place(
            rows(names, above=0.5, below=0.48, marked=mine, numbers=columns[:n], width=width), ends, listing, me, ctx
        )
        for width, n in ((WIDTH, 3), (NARROW, 1))
    )
    caption = Caption(
        title,
        f"{group_word(len(listing), ctx.class_id)}综合得分由高到低，{ctx.year}年",
        f"点图：{group_word(len(scored), ctx.class_id)}的综合得分，{ctx.name}单独标出；最高{numbers.score(scored[0]['composite']) if scored else numbers.MISSING}分，"
        f"最低{numbers.score(scored[-1]['composite']) if scored else numbers.MISSING}分。",
        source(ctx, "综合评价", "竖虚线：同类平均；细竖线：分等界限（考核办选定）", "虚线段：数据不全对象的得分上下界" if is_missing(me["composite"]) else "",
               "综合等次还受等次限制规则影响"),
    )  # fmt: skip
    head = ["对象", "综合得分", "名次", "综合等次"]
    body = [
        [ctx.name_of(str(r["object"])), numbers.score(r["composite"]), ("并列" if r["tied"] else "") + numbers.integer(r["rank"]), str(r["grade_final"])]
        for r in listing
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable("同类对象综合得分", head, body), narrow=narrow)


def _draw_place(
    frame: Rows, ends: tuple[float, float], listing: Sequence[Mapping[str, Any]], me: Mapping[str, Any], ctx: Context
) -> Canvas:
    """The scores of a class with its mean and the cut-offs of the grades."""
    canvas, scale = frame.canvas, Scale(*ends, frame.left + 0.08, frame.right - 0.02)
    show = "综合得分；横轴不从0开始"
    axis(frame, scale, ticks(*ends), lambda v: numbers.number(v, 0 if float(v).is_integer() else 1), show)
    _marks(frame, scale, me["class_mean"], ctx)
    for row, item in enumerate(listing):
        y, own = frame.y(row), item["object"] == ctx.object
        if is_missing(item["composite"]):
            if not is_missing(item["low"]):
                reach = [(scale.clip(item["low"]), y), (scale.clip(item["high"]), y)]
                canvas.line(reach, ACCENT, line=2.2, dash=(4, 3))
            continue
        canvas.dot(scale(item["composite"]), y, 0.085 if own else 0.06, BLUE if own else MID)
    return canvas


def _marks(frame: Rows, scale: Scale, mean: float, ctx: Context) -> None:
    """Cut-offs of the grades and the class mean, named above the rows."""
    canvas = frame.canvas
    taken: tuple[list[tuple[float, float]], ...] = ([], [])
    marks: list[tuple[float, str, str]] = []
    if not is_missing(mean):
        marks.append((float(mean), f"平均 {numbers.score(mean)}", INK))
    marks += [(cut, f"“{g}” ≥ {numbers.number(cut, 1)}", MUTED) for g, cut in ctx.plan.scale.cuts.items()]
    for value, text, color in marks:
        if not scale.low <= value <= scale.high:
            continue
        x, half = scale(value), fonts.width(text, SMALL) / 2 + 0.04
        canvas.line(
            [(x, frame.top - 0.05), (x, frame.bottom)],
            color,
            line=1.2 if color == INK else 0.8,
            dash=(4, 3) if color == INK else (),
        )
        centre = min(max(x, half), frame.right + 0.1 - half)
        free = [k for k, spans in enumerate(taken) if all(centre + half < a or centre - half > b for a, b in spans)]
        if free:
            canvas.text(centre, frame.top - 0.16 - 0.2 * free[0], text, size=SMALL, color=color, align="center")
            taken[free[0]].append((centre - half, centre + half))


def effective_weights(
    effective_weights: pd.DataFrame, ctx: Context, *, class_id: str = "", id: str = "effective-weights"
) -> Chart | Text:
    """Nominal weight of each stream beside its share in the spread of the composite.

    Parameters
    ----------
    effective_weights : DataFrame
        Built table `effective_weights`.
    ctx : Context
    class_id : str
        The class; the report's own when empty.

    Examples
    --------
    >>> charts.effective_weights(s.table("effective_weights"), s.ctx, class_id="city14").title
    '交叉考核对得分差异的影响大于方案权重（42%，方案40%）'
    """
    which = class_of(ctx, class_id)
    mine = of_class(effective_weights, which)
    if mine.empty:
        return nothing("有效权重", ctx, id)
    found = {str(r["stream"]): r for r in records(mine)}
    items = [found[s] for s in ctx.plan.streams if s in found]
    canvas, narrow = (_dumbbells(items, width) for width in (WIDTH, NARROW))
    caption = Caption(
        words.effective_title([(str(r["stream_name"]), r["nominal"], r["effective"]) for r in items]),
        f"{group_word(ctx.plan.classes[which].n, which) if which else ''}各来源的方案权重与有效权重，{ctx.year}年",
        f"哑铃图：{len(items)}个来源，空心圆为方案权重，实心圆为有效权重。",
        source(
            ctx,
            "综合评价",
            "有效权重：权重×来源得分与综合得分的协方差÷综合得分的方差，各来源合计为1",
            "有效权重只说明差异从哪里来，不改变方案权重",
        ),
    )
    body = [
        [str(r["stream_name"]), numbers.percent(r["nominal"]), numbers.percent(r["effective"]).replace("-", "−")]
        for r in items
    ]
    return canvas.chart(id, caption, DataTable("名义与有效权重", ["来源", "方案权重", "有效权重"], body), narrow=narrow)


def _dumbbells(items: Sequence[Mapping[str, Any]], width: float) -> Canvas:
    """Nominal and effective weight of each stream; a narrow picture has no key."""
    wide = width == WIDTH
    frame = rows(
        [str(r["stream_name"]) for r in items], above=0.56 if wide else 0.36, below=0.5, pitch=0.28, gap=0.3, width=width,
        numbers=[Numbers("方案权重", [numbers.percent(r["nominal"], 0) for r in items]), Numbers("有效权重", [numbers.percent(r["effective"], 0).replace("-", "−") for r in items], [INK] * len(items))],
    )  # fmt: skip
    canvas = frame.canvas
    if wide:
        canvas.key = True
        canvas.dot(0.1, 0.12, 0.06, PAPER, edge=MUTED, line=1.5)
        canvas.text(0.24, 0.12, "方案权重", size=SMALL, color=MUTED)
        canvas.dot(1.1, 0.12, 0.06, BLUE)
        canvas.text(1.24, 0.12, "有效权重", size=SMALL, color=MUTED)
    values = [float(r[c]) for r in items for c in ("nominal", "effective") if not is_missing(r[c])]
    low, high = min(0.0, widen([*values, 0.0])[0]), max(widen([*values, 0.0])[1], 0.5)
    scale = Scale(low, high, frame.left + 0.08, frame.right)
    axis(frame, scale, ticks(low, high), lambda v: numbers.percent(v, 0).replace("-", "−"), "占综合得分差异的比例")
    for row, item in enumerate(items):
        y = frame.y(row)
        if not is_missing(item["effective"]):
            canvas.line([(scale(item["nominal"]), y), (scale(item["effective"]), y)], SOFT, line=2)
            canvas.dot(scale(item["effective"]), y, 0.07, BLUE)
        canvas.dot(scale(item["nominal"]), y, 0.07, PAPER, edge=MUTED, line=1.5, z=4)
    return canvas
