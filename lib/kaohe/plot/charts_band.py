"""Where one of many targets stands: the bands of scores as columns, its own marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SIZE, SMALL, WIDTH, Canvas, Caption
from kaohe.plot.charts_class import band_groups, unit_bands
from kaohe.plot.labels import group_word, joined, of_class, records, source
from kaohe.plot.layout import legend, ticks, widen
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import BLUE, GRADE_FILL, INK, MUTED, RULE
from kaohe.plot.terms import DOUBTFUL, GRADES

_LEFT, _TOP, _TALL = 0.42, 0.84, 1.55
Group = Sequence[Mapping[str, Any]]


def band_place(composite: pd.DataFrame, ctx: Context, *, id: str = "bands") -> Chart | Text:
    """Number of targets in each band of scores, stacked by final grade, the report's own band marked.

    Parameters
    ----------
    composite : DataFrame
        Built table `composite` with the rows of the class.
    ctx : Context
        A unit.
    """
    items = records(of_class(composite, ctx.class_id))
    scored = [r for r in items if not is_missing(r["composite"])]
    me = next((r for r in items if r["object"] == ctx.object), None)
    if me is None or not scored:
        return unit_bands(composite, ctx, class_id=ctx.class_id, id=id)
    groups = band_groups(scored)
    names = list(groups)
    own = next((b for b, g in groups.items() if any(r["object"] == ctx.object for r in g)), "")
    if own:
        title = words.own_band_title(
            ctx.name, ctx.class_id, me["composite"], names.index(own) + 1, len(groups), len(groups[own]), len(scored)
        )
    else:
        title = words.position_title(
            ctx.name, ctx.class_id, me["composite"], me["rank"], False, 0, me["class_mean"], (me["low"], me["high"])
        )
    canvas = _draw(groups, own)
    lacking = len(items) - len(scored)
    caption = Caption(
        title,
        joined([f"{group_word(len(scored), ctx.class_id)}按综合得分由高到低分档，同档之间分不出先后", f"{ctx.year}年"]),
        f"柱形图：{len(groups)}档，柱高为该档数量并按综合等次分段，最多的一档有{group_word(max(map(len, groups.values())), ctx.class_id)}"
        f"{f'；{ctx.name}在{own}' if own else ''}。",
        source(ctx, "综合评价", "一档的宽度为一项指标相差一档所值的综合分",
               f"{group_word(lacking, ctx.class_id)}数据不全，未列" if lacking else ""),
    )  # fmt: skip
    head = ["档", "数量", "最高分", "最低分", "名次"]
    body = [
        [b, str(len(g)), numbers.score(g[0]["composite"]), numbers.score(g[-1]["composite"]), numbers.rank_short(g[0]["rank"], g[0]["rank"] + len(g) - 1)]
        for b, g in groups.items()
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable("综合得分分档", head, body))


def _draw(groups: Mapping[str, Group], own: str) -> Canvas:
    canvas = Canvas(_TOP + _TALL + 0.5)
    present = [g for g in (*GRADES, DOUBTFUL) if any(r["grade_final"] == g for rows in groups.values() for r in rows)]
    legend(canvas, 0.02, 0.12, [(GRADE_FILL.get(g, "hatch"), g) for g in present])
    bottom, right = _TOP + _TALL, WIDTH - 0.05
    top = widen([0.0, float(max(map(len, groups.values())))], floor=0)[1]
    for value in ticks(0, top, 4):
        if float(value).is_integer():
            y = bottom - value / top * _TALL
            canvas.line([(_LEFT, y), (right, y)], RULE, line=0.7, z=0)
            canvas.text(_LEFT - 0.08, y, f"{value:.0f}", size=SMALL, color=MUTED, align="right")
    canvas.text(0.02, _TOP - 0.2, "数量（个）", size=SMALL, color=MUTED)
    wide = (right - _LEFT) / len(groups)
    for number, (name, rows) in enumerate(groups.items()):
        x = _LEFT + number * wide
        if number == 0 or (number + 1) % (5 if len(groups) > 12 else 1) == 0:
            canvas.text(x + wide / 2, bottom + 0.14, str(number + 1), size=SMALL, color=MUTED, align="center")
        _column(canvas, x + wide * 0.1, wide * 0.8, bottom, _TALL / top, rows, present)
        if name == own:
            _own(canvas, x + wide * 0.1, wide * 0.8, bottom - len(rows) / top * _TALL, bottom, name, rows)
    canvas.line([(_LEFT, bottom), (right, bottom)], INK, line=1.0)
    canvas.text((_LEFT + right) / 2, bottom + 0.36, "档（1为最高）", size=SMALL, color=MUTED, align="center")
    return canvas


def _column(canvas: Canvas, x: float, w: float, bottom: float, each: float, rows: Group, grades: Sequence[str]) -> None:
    at = bottom
    for grade in grades:
        n = sum(r["grade_final"] == grade for r in rows)
        if not n:
            continue
        at -= n * each
        if grade in GRADE_FILL:
            canvas.rect(x, at, w, n * each - 0.008, GRADE_FILL[grade])
        else:
            canvas.hatch(x, at, w, n * each - 0.008)


def _own(canvas: Canvas, x: float, w: float, top: float, bottom: float, name: str, rows: Group) -> None:
    """A frame around the own column and what it is, above the plot."""
    canvas.rect(x, top, w, bottom - top, edge=BLUE, line=1.8, z=4)
    canvas.line([(x + w / 2, _TOP - 0.1), (x + w / 2, top - 0.02)], BLUE, line=1.0)
    span = (
        numbers.span(rows[-1]["composite"], rows[0]["composite"])
        if len(rows) > 1
        else numbers.score(rows[0]["composite"])
    )
    text = f"{name}：{span}分，{len(rows)}个"
    half = fonts.width(text, SIZE) / 2
    canvas.text(min(max(x + w / 2, 0.9 + half), WIDTH - 0.02 - half), _TOP - 0.2, text, color=BLUE, align="center")
