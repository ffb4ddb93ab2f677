"""The picture of a profile: shares of one target by question, each beside the province's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kaohe.plot import fonts
from kaohe.plot.canvas import SIZE, SMALL, WIDTH, Canvas
from kaohe.plot.labels import interval_of, surveyed
from kaohe.plot.layout import Numbers, Rows, Scale, axis, rows, ticks, widen
from kaohe.plot.marks import Row, mark, tick
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Context
from kaohe.plot.palette import ACCENT, BLUE, INK, MUTED, PAPER, SOFT
from kaohe.plot.terms import hidden

# How an estimate differs from the province's; the last where neither way is better.
SMALL_SHARE = 0.2
_BETWEEN = 3  # rows between two panels: what the axis of the upper one says, and the head of the lower one
_SIDES = {ACCENT: "明显较差", BLUE: "明显较好", INK: "明显不同"}


def profile_ends(items: Sequence[Row]) -> tuple[float, float]:
    """Where the axis starts and stops: 0 and 1, or a round share below or above everything shown that leaves out 30 % or more."""
    open_rows = [r for r in items if not hidden(str(r["quality"]))]
    low, _ = widen([float(r[c]) for r in open_rows for c in ("estimate", "ci_low")], floor=0.0, ceiling=1.0)
    _, high = widen([0.0, *(float(r[c]) for r in open_rows for c in ("estimate", "ci_high"))], floor=0.0, ceiling=1.0)
    if low >= 0.3:
        return low, 1.0
    return 0.0, high if 0 < high <= 0.7 else 1.0


def small_apart(items: Sequence[Row], beside: Sequence[Row | None]) -> list[bool]:
    """Which shares have a panel with an axis of their own: all of a row below 20 %, where the others begin at 30 % or more.

    Parameters
    ----------
    items, beside : sequence of Row
        ``estimates`` of the target, and the province's or None.

    Returns
    -------
    list of bool
        None of them True where one axis serves all.
    """
    small = [_most((r, b)) < SMALL_SHARE for r, b in zip(items, beside, strict=True)]
    others = [
        r
        for pair, s in zip(zip(items, beside, strict=True), small, strict=True)
        if not s
        for r in pair
        if r is not None
    ]
    apart = any(small) and not all(small) and profile_ends(others)[0] > 0
    return [s and apart for s in small]


def _most(pair: Sequence[Row | None]) -> float:
    """The greatest share that a row shows; 1 where it shows none."""
    shown = [
        float(r[c]) for r in pair if r is not None and not hidden(str(r["quality"])) for c in ("estimate", "ci_high")
    ]
    return max((v for v in shown if not is_missing(v)), default=1.0)


def draw_profile(
    items: Sequence[Row], beside: Sequence[Row | None], columns: Sequence[Numbers], color: Sequence[str], small: int,
    width: float,
) -> Canvas:  # fmt: skip
    """Shares with their intervals and the province's beside them, the last `small` in a panel of their own; a narrow picture has no key."""
    whole, first = width == WIDTH, len(items) - small
    between = [""] * (_BETWEEN if small else 0)
    names = [str(r["label"]) for r in items]
    columns = [
        Numbers(c.head, [*c.texts[:first], *between, *c.texts[first:]], c.colors and [*c.colors[:first], *between, *c.colors[first:]])
        for c in columns
    ]  # fmt: skip
    frame = rows([*names[:first], *between, *names[first:]], numbers=columns, above=0.6 if whole else 0.34, below=0.48,
                 pitch=0.25, widest=3.05 if whole else 1.65, size=SIZE - 0.5, gap=0.2, width=width)  # fmt: skip
    _panel(replace(frame, count=first), items[:first], beside[:first], color[:first])
    if small:
        top = frame.y(first + _BETWEEN - 1) + frame.pitch / 2
        word = f"{tick(SMALL_SHARE, True)}%以下的另用横轴"
        frame.canvas.text(frame.left - 0.1, top - 0.12, word, size=SMALL, color=MUTED, align="right")
        _panel(replace(frame, top=top, count=small), items[first:], beside[first:], color[first:])
    return frame.canvas


def _panel(frame: Rows, items: Sequence[Row], beside: Sequence[Row | None], color: Sequence[str]) -> None:
    """Rows that share an axis."""
    low, high = profile_ends([*items, *(b for b in beside if b is not None)])
    scale = Scale(low, high, frame.left + 0.08, frame.right)
    cut = "；横轴不从0开始" if low else f"；横轴只到{tick(high, True)}%" if high < 1 else ""
    axis(frame, scale, ticks(low, high), lambda v: tick(v, True), "比例（%）" + cut)
    for row, (item, reference) in enumerate(zip(items, beside, strict=True)):
        y = frame.y(row)
        if reference is not None and not is_missing(reference["estimate"]):
            x = scale.clip(reference["estimate"])
            frame.canvas.line([(x, y - 0.1), (x, y + 0.1)], INK, line=1.6, z=2.5)
        mark(frame.canvas, scale, y, item, color[row])


def profile_key(canvas: Canvas, ctx: Context, alone: bool, colors: Sequence[str], *, few: bool) -> None:
    """The key of a profile; only of marks that occur."""
    canvas.key = True
    canvas.line([(0.02, 0.12), (0.34, 0.12)], SOFT, line=3.2)
    canvas.dot(0.18, 0.12, 0.062, SOFT, edge=PAPER, line=0.8)
    x = 0.42
    entries = [f"{surveyed(ctx)}及{interval_of(ctx)}"]
    canvas.text(x, 0.12, entries[0], size=SMALL, color=MUTED, fit=2.2)
    x += min(2.2, fonts.width(entries[0], SMALL)) + 0.24
    if not alone:
        canvas.line([(x, 0.03), (x, 0.2)], INK, line=1.6)
        canvas.text(x + 0.08, 0.12, "全省", size=SMALL, color=MUTED)
        x += 0.56
        for color in (c for c in _SIDES if c in colors):
            word = _SIDES[color]
            if color == ACCENT:
                canvas.diamond(x + 0.05, 0.12, 0.075, color)
            else:
                canvas.dot(x + 0.05, 0.12, 0.058, color)
            canvas.text(x + 0.17, 0.12, word, size=SMALL, color=MUTED)
            x += 0.9
    if few and x < WIDTH - 1.5:
        canvas.dot(x + 0.05, 0.12, 0.062, PAPER, edge=SOFT, line=1.6)
        canvas.text(x + 0.17, 0.12, "不作结论", size=SMALL, color=MUTED)
