"""The province: final grades by class, and the cities as tiles of relative position (not a map)."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SIZE, SMALL, TINY, WIDTH, Canvas, Caption
from kaohe.plot.labels import nothing, of_class, records, short, source
from kaohe.plot.layout import Numbers, Scale, axis, legend, rows
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import BLUE, GRADE_FILL, GRADE_INK, INK, MUTED, PAPER, SOFT
from kaohe.plot.phone import NARROW
from kaohe.plot.terms import GRADES

TILES = (
    ("", "", "", "清远", "韶关", "", "河源", "梅州", "潮州"),
    ("", "", "肇庆", "佛山", "广州", "惠州", "汕尾", "揭阳", "汕头"),
    ("", "", "云浮", "江门", "中山", "东莞", "深圳", "", ""),
    ("", "茂名", "阳江", "", "珠海", "", "", "", ""),
    ("湛江", "", "", "", "", "", "", "", ""),
)


def class_summary(class_summary: pd.DataFrame, ctx: Context, *, id: str = "class-summary") -> Chart | Text:
    """Share of final grades by class, counts in the bars.

    Parameters
    ----------
    class_summary : DataFrame
        Built table `class_summary`.
    ctx : Context
        A class shows its own row, the province all three.

    Examples
    --------
    >>> charts.class_summary(s.table("class_summary"), s.ctx).title
    '28个对象中3个为“一般及以下”：任务市1个、帮扶市1个、帮扶单位1个；1个缺数据'
    """
    mine = of_class(class_summary, ctx.class_id)
    if mine.empty or not int(mine["n"].sum()):
        return nothing("综合等次", ctx, id)
    classes = [c for c in ctx.plan.classes.values() if c.id in set(mine["class_id"])]
    counts = {c.id: {str(r["grade"]): int(r["n"]) for r in records(mine[mine["class_id"] == c.id])} for c in classes}
    labels = {c.id: c.short for c in classes}
    grades = [
        g
        for g in (*GRADES, *dict.fromkeys(g for c in counts.values() for g in c if g not in GRADES))
        if any(c.get(g) for c in counts.values())
    ]
    totals = {k: sum(c.values()) for k, c in counts.items()}
    names = [labels[c.id] for c in classes]
    canvas, narrow = (_shares(names, [counts[c.id] for c in classes], grades, width) for width in (WIDTH, NARROW))
    said = "；".join(f"{labels[k]}{'、'.join(f'“{g}”{n}个' for g, n in c.items() if n)}" for k, c in counts.items())
    caption = Caption(
        words.summary_title(counts, labels),
        f"各类对象的综合等次构成（比例，条内为数量），{ctx.year}年",
        f"堆叠条形图：每条为一类对象，合计100%。{said}。",
        source(ctx, "综合评价", "；".join(f"{labels[c.id]}：{c.label}" for c in classes)),
    )
    head = ["类别", *[g or "未定" for g in grades], "合计"]
    body = [[c.label, *(str(counts[c.id].get(g, 0)) for g in grades), str(totals[c.id])] for c in classes]
    return canvas.chart(id, caption, DataTable("综合等次分布", head, body), narrow=narrow)


def _shares(names: Sequence[str], counts: Sequence[Mapping[str, int]], grades: Sequence[str], width: float) -> Canvas:
    """A bar for each class, its grades as shares of it; a narrow picture has no key."""
    totals = [sum(c.values()) for c in counts]
    frame = rows(
        names, above=0.4 if width == WIDTH else 0.3, below=0.36, pitch=0.36, numbers=[Numbers("合计", [str(n) for n in totals])], width=width
    )  # fmt: skip
    canvas = frame.canvas
    if width == WIDTH:
        legend(canvas, 0.02, 0.12, [(GRADE_FILL.get(g, "hatch"), g or "未定") for g in grades])
    scale = Scale(0, 1, frame.left, frame.right)
    axis(frame, scale, [0, 0.25, 0.5, 0.75, 1], lambda v: numbers.percent(v, 0), grid=False)
    for row, (found, total) in enumerate(zip(counts, totals, strict=True)):
        at, h, y = 0.0, frame.pitch * 0.66, frame.y(row)
        for grade in (g for g in grades if found.get(g)):
            n = found[grade]
            x0, x1 = scale(at), scale(at + n / total)
            if grade in GRADE_FILL:
                canvas.rect(x0, y - h / 2, x1 - x0 - 0.012, h, GRADE_FILL[grade])
            else:
                canvas.hatch(x0, y - h / 2, x1 - x0 - 0.012, h)
            text = f"{grade} {n}" if x1 - x0 > fonts.width(f"{grade} {n}", SIZE) + 0.06 else str(n)
            wide = fonts.width(text, SIZE)
            if x1 - x0 > wide + 0.04:
                if grade not in GRADE_FILL:
                    canvas.rect((x0 + x1) / 2 - wide / 2 - 0.03, y - 0.09, wide + 0.06, 0.18, PAPER, z=1.5)
                canvas.text((x0 + x1) / 2, y, text, color=GRADE_INK.get(grade, INK), align="center")
            at += n / total
    return canvas


def tile_grid(composite: pd.DataFrame, ctx: Context, *, id: str = "tiles") -> Chart | Text:
    """Final grades of the cities on a grid of relative positions; not a map.

    Parameters
    ----------
    composite : DataFrame
        Built table `composite`; cities are shown.
    ctx : Context
        The province.

    Examples
    --------
    >>> charts.tile_grid(s.table("composite"), s.ctx).title
    '有脱贫攻坚任务的14市中12市“较好”、1市“一般”；“一般及以下”为汕头；云浮缺数据；帮扶市中广州为“一般及以下”'
    """
    cities = {c: cls.id for cls in ctx.plan.classes.values() if cls.kind == "city" for c in cls.members}
    found = {str(r["object"]): r for r in records(composite) if str(r["object"]) in cities}
    if not found:
        return nothing("市级综合等次", ctx, id)
    excluded = {short(ctx, c): c for c in ctx.plan.excluded}
    by_name = {short(ctx, c): c for c in cities}
    task, helper = _city_classes(ctx)
    tiles = {k: (found.get(c), c in helper) for k, c in by_name.items()}
    side, gap = 0.66, 0.075
    canvas = _tiles(WIDTH, side, gap, tiles, excluded)
    x0 = (WIDTH - 9 * (side + gap)) / 2
    _tile_key(canvas, x0 + 5 * (side + gap), 0.04 + 3 * (side + gap), [str(r["grade_final"]) for r in found.values()])
    grades = {short(ctx, c): str(found[c]["grade_final"]) if c in found else "" for c in task}
    helpers = {short(ctx, c): str(found[c]["grade_final"]) if c in found else "" for c in helper}
    title = words.tiles_title(grades, "有脱贫攻坚任务的")
    weak = [k for k, v in helpers.items() if v in {"一般", "较差"}]
    if weak:
        title += f"；帮扶市中{numbers.names(weak, 3, '市')}为“一般及以下”"
    clause = next(iter(ctx.plan.excluded.values()), "")
    caption = Caption(
        title,
        f"各市综合等次，{ctx.year}年。方格只示意相对方位，不是行政区划图",
        f"方格图：{len(found)}个市按相对方位排列，格内写明综合等次；蓝框为帮扶市。帮扶市：{words.tiles_title(helpers, '')}。",
        source(ctx, "综合评价", clause, "方格不表示行政区域界线、面积和海域"),
    )
    names = {c.id: c.label for c in ctx.plan.classes.values()}
    head = ["市", "类别", "综合等次", "综合得分"]
    body = [
        [ctx.name_of(c), names[k], str(found[c]["grade_final"]), numbers.score(found[c]["composite"])]
        for c, k in cities.items()
        if c in found
    ]
    narrow = _tiles(NARROW, 0.41, 0.034, tiles, excluded)
    return canvas.chart(id, caption, DataTable("各市综合等次", head, body), narrow=narrow)


def _tiles(
    width: float, side: float, gap: float, tiles: Mapping[str, tuple[Mapping[str, Any] | None, bool]], excluded: Container[str]
) -> Canvas:  # fmt: skip
    """The cities in their places: the row of each and whether it helps; those left out dashed."""
    canvas = Canvas(5 * (side + gap) + 0.04, width)
    x0 = (width - 9 * (side + gap)) / 2
    for r, line in enumerate(TILES):
        for c, name in enumerate(line):
            x, y = x0 + c * (side + gap), 0.04 + r * (side + gap)
            if name in excluded:
                canvas.rect(x, y, side, side, edge=SOFT, line=1.0, dash=(3, 3))
                said, at, size = (["另行制定"], 0.36, SIZE + 1) if side > 0.5 else (["另行", "制定"], 0.2, SMALL)
                canvas.text(x + side / 2, y + side * at, name, size=size, color=MUTED, align="center")
                canvas.lines(x + side / 2, y + side * 0.68, said, size=TINY, color=MUTED, align="center")
            elif name in tiles:
                _tile(canvas, x, y, side, name, *tiles[name])
    return canvas


def _city_classes(ctx: Context) -> tuple[list[str], list[str]]:
    task = [m for c in ctx.plan.classes.values() if c.kind == "city" and c.form == "city14" for m in c.members]
    helper = [m for c in ctx.plan.classes.values() if c.kind == "city" and c.form != "city14" for m in c.members]
    return task, helper


def _tile(
    canvas: Canvas, x: float, y: float, side: float, name: str, row: Mapping[str, Any] | None, helper: bool
) -> None:
    grade = str(row["grade_final"]) if row is not None else ""
    if grade in GRADE_FILL:
        canvas.rect(x, y, side, side, GRADE_FILL[grade])
    else:
        canvas.hatch(x, y, side, side)
        edge = 0.12 if side > 0.5 else 0.04
        canvas.rect(x + edge * 0.75, y + edge, side - edge * 1.5, side - edge * 2, PAPER, z=1.5)
    if helper:
        canvas.rect(x + 0.015, y + 0.015, side - 0.03, side - 0.03, edge=BLUE, line=2.4, z=2)
    ink, small = GRADE_INK.get(grade, INK), side < 0.5
    upper, lower, large, plain = (0.29, 0.71, SMALL, SMALL) if small else (0.36, 0.68, SIZE + 1.5, SIZE)
    canvas.text(x + side / 2, y + side * upper, name, size=large, color=ink, align="center")
    canvas.text(x + side / 2, y + side * lower, grade or "缺", size=plain, color=ink, align="center")


def _tile_key(canvas: Canvas, x: float, y: float, grades: Sequence[str]) -> None:
    entries: list[tuple[str, str]] = [(GRADE_FILL[g], g) for g in GRADES]
    for i, (fill, word) in enumerate(entries):
        legend(canvas, x + 0.95 * (i % 2), y + 0.12 + 0.24 * (i // 2), [(fill, word)])
    canvas.rect(x, y + 0.535, 0.2, 0.13, edge=BLUE, line=2.0)
    canvas.text(x + 0.26, y + 0.6, "帮扶市", size=SMALL, color=MUTED)
    canvas.rect(x + 0.95, y + 0.535, 0.2, 0.13, edge=SOFT, line=0.8, dash=(2, 2))
    canvas.text(x + 1.21, y + 0.6, "考核方案另行制定", size=SMALL, color=MUTED)
    if any(g not in GRADES for g in grades):
        legend(canvas, x, y + 0.84, [("hatch", "待核或缺数据")])
    canvas.keys = [(x - 0.03, y + 0.03, x + 1.26 + fonts.width("考核方案另行制定", SMALL), y + 0.94)]
