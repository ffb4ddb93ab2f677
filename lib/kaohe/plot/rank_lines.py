"""Ranks under several choices: lines from choice to choice for few targets, ranges for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import LINE, SIZE, TINY, WIDTH, Canvas
from kaohe.plot.labels import short
from kaohe.plot.layout import Numbers, Scale, axis, rows, ticks
from kaohe.plot.output import Context
from kaohe.plot.palette import ACCENT, BLUE, INK, MUTED, PAPER, PLUM, RULE, SOFT
from kaohe.plot.typeset import balanced

MOVERS = (ACCENT, BLUE, PLUM)


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
