"""Bands of scores that the grades cannot tell apart: a class of many targets, and where one of them stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SIZE, SMALL, WIDTH, Canvas, Caption
from kaohe.plot.labels import group_word, joined, nothing, of_class, records, source
from kaohe.plot.layout import Numbers, Scale, axis, legend, rows, ticks, widen
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

    Examples
    --------
    >>> job = kaohe.open_report("50_unit", "DW001")
    >>> charts.band_place(job.peers("composite"), job.ctx).title
    '单位001综合得分83.1分，在3档中居第2档，同档4个单位分不出先后'
    """
    items = records(of_class(composite, ctx.class_id))
    scored = [r for r in items if not is_missing(r["composite"])]
    me = next((r for r in items if r["object"] == ctx.object), None)
    if me is None:
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
    if not scored:
        return Text((f"{title}。",), id=id)
    drawn = "柱形图：{bands}档，柱高为该档数量并按综合等次分段"
    at = f"；{ctx.name}在{own}" if own else ""
    caption = _caption(title, groups, len(items) - len(scored), ctx, ctx.class_id, drawn, at)
    return _draw(groups, own).chart(id, caption, _table(groups))


def band_groups(scored: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows with a composite by band, best first."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in sorted(scored, key=lambda r: -r["composite"]):
        groups.setdefault(str(item["band"]) or numbers.score(item["composite"]), []).append(item)
    return groups


def unit_bands(composite: pd.DataFrame, ctx: Context, *, class_id: str = "unit235", id: str = "bands") -> Chart | Text:
    """Number of targets by band of scores that the grades cannot tell apart, stacked by final grade.

    Parameters
    ----------
    composite : DataFrame
        Built table `composite`.
    ctx : Context
    class_id : str
        The class.

    Examples
    --------
    >>> charts.unit_bands(s.table("composite"), s.ctx).title
    '8个单位分为3档，中段最多，有4个单位'
    """
    peers = of_class(composite, class_id)
    if peers.empty:
        return nothing("综合评价", ctx, id)
    items = records(peers)
    scored = [r for r in items if not is_missing(r["composite"])]
    groups = band_groups(scored)
    sizes = [(b, len(g)) for b, g in groups.items()]
    title = words.bands_title(class_id, sizes, len(items) - len(scored))
    if not scored:
        return Text((f"{title}。",), id=id)
    muted = [MUTED] * len(groups)
    frame = rows(
        list(groups), above=0.6, below=0.5, pitch=0.24 if len(groups) <= 20 else 0.2,
        size=SIZE if len(groups) <= 20 else SMALL,
        numbers=[
            Numbers("得分", [numbers.span(g[-1]["composite"], g[0]["composite"]) if len(g) > 1 else numbers.score(g[0]["composite"]) for g in groups.values()], muted),
            Numbers("名次", [numbers.rank_short(g[0]["rank"], g[0]["rank"] + len(g) - 1) for g in groups.values()], muted),
        ],
    )  # fmt: skip
    canvas = frame.canvas
    present = _present(groups)
    legend(canvas, 0.02, 0.12, [(GRADE_FILL.get(g, "hatch"), g) for g in present])
    top = max(n for _, n in sizes)
    scale = Scale(0, widen([0.0, float(top)], floor=0)[1], frame.left, frame.right - 0.35)
    axis(
        frame,
        scale,
        [t for t in ticks(0, scale.high) if float(t).is_integer()],
        lambda v: f"{v:.0f}",
        f"数量（{group_word(0, class_id)[1:]}）",
    )
    for row, group in enumerate(groups.values()):
        _band(canvas, scale, frame.y(row), frame.pitch * 0.72, group, present)
    drawn = "条形图：{bands}档，每条的长度为该档数量并按综合等次分段"
    return canvas.chart(id, _caption(title, groups, len(items) - len(scored), ctx, class_id, drawn), _table(groups))


def _band(
    canvas: Canvas,
    scale: Scale,
    y: float,
    h: float,
    group: Sequence[Mapping[str, Any]],
    grades: Sequence[str],
) -> None:
    at = 0
    for grade in grades:
        n = sum(r["grade_final"] == grade for r in group)
        if not n:
            continue
        x0, x1 = scale(at), scale(at + n)
        if grade in GRADE_FILL:
            canvas.rect(x0, y - h / 2, x1 - x0 - 0.01, h, GRADE_FILL[grade])
        else:
            canvas.hatch(x0, y - h / 2, x1 - x0 - 0.01, h)
        at += n
    canvas.text(scale(at) + 0.05, y, str(len(group)), size=SMALL, color=MUTED)


def _present(groups: Mapping[str, Group]) -> list[str]:
    """Final grades that occur, best first."""
    seen = {r["grade_final"] for rows in groups.values() for r in rows}
    return [g for g in (*GRADES, DOUBTFUL) if g in seen]


def _caption(
    title: str, groups: Mapping[str, Group], lacking: int, ctx: Context, class_id: str, drawn: str, at: str = ""
) -> Caption:
    """Title, subtitle, what is `drawn` (with ``{bands}``) and source of a chart of bands."""
    n, most = sum(map(len, groups.values())), max(map(len, groups.values()))
    return Caption(
        title,
        joined([f"{group_word(n, class_id)}按综合得分由高到低分档，同档之间分不出先后", f"{ctx.year}年"]),
        f"{drawn.format(bands=len(groups))}；最多的一档有{group_word(most, class_id)}{at}。",
        source(ctx, "综合评价", "一档的宽度为一项指标相差一档所值的综合分",
               f"{group_word(lacking, class_id)}数据不全，未列" if lacking else ""),
    )  # fmt: skip


def _table(groups: Mapping[str, Group]) -> DataTable:
    """The bands: how many, scores, ranks, and how many of each final grade."""
    present = _present(groups)
    body = [
        [b, str(len(g)), numbers.score(g[0]["composite"]), numbers.score(g[-1]["composite"]), numbers.rank_short(g[0]["rank"], g[0]["rank"] + len(g) - 1),
         *(str(sum(r["grade_final"] == p for r in g)) for p in present)]
        for b, g in groups.items()
    ]  # fmt: skip
    return DataTable("综合得分分档", ["档", "数量", "最高分", "最低分", "名次", *present], body)


def _draw(groups: Mapping[str, Group], own: str) -> Canvas:
    canvas = Canvas(_TOP + _TALL + 0.5)
    present = _present(groups)
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
    for number, (name, members) in enumerate(groups.items()):
        x = _LEFT + number * wide
        if number == 0 or (number + 1) % (5 if len(groups) > 12 else 1) == 0:
            canvas.text(x + wide / 2, bottom + 0.14, str(number + 1), size=SMALL, color=MUTED, align="center")
        _column(canvas, x + wide * 0.1, wide * 0.8, bottom, _TALL / top, members, present)
        if name == own:
            _own(canvas, x + wide * 0.1, wide * 0.8, bottom - len(members) / top * _TALL, bottom, name, members)
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
