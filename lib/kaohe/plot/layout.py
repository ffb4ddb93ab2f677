"""Frames that most charts share: scales, axes below the rows, name and number columns, legends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kaohe.plot import fonts
from kaohe.plot.canvas import SIZE, SMALL, TINY, WIDTH, Canvas
from kaohe.plot.palette import BLUE, INK, MUTED, PAPER, RULE, SOFT
from kaohe.plot.phone import KEY, NARROW
from kaohe.plot.typeset import balanced, shorten

PITCH = 0.225
BAR = 0.13  # inches of a bar under its name
_STACK = 0.37
KEPT = 2.1  # inches of names that leave room beside them on a telephone


@dataclass(frozen=True)
class Scale:
    """Turns a value into inches; `log` for a logarithmic one."""

    low: float
    high: float
    left: float
    right: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Place of a value in inches."""
        a, b, v = (math.log(x) if self.log else x for x in (self.low, self.high, value))
        return self.left + (v - a) / (b - a) * (self.right - self.left)

    def clip(self, value: float) -> float:
        """Place of a value, kept within the scale."""
        return self(min(max(value, self.low), self.high))


def nice_step(span: float, count: int = 5) -> float:
    """A step of 1, 2 or 5 times a power of ten that divides `span` into about `count` parts."""
    if span <= 0:
        return 1.0
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    return next((m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999), 10 * power)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round values from `low` to `high`, both included where they are round."""
    step = nice_step(high - low, count)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def widen(values: Iterable[float], *, floor: float | None = None, ceiling: float | None = None) -> tuple[float, float]:
    """Round limits around values for a dot plot, within `floor` and `ceiling`."""
    known = [v for v in values if not math.isnan(v)]
    if not known:
        return (floor if floor is not None else 0.0, ceiling if ceiling is not None else 1.0)
    low, high = min(known), max(known)
    if high - low < 1e-9:
        pad = abs(high) * 0.05 or 1.0
        low, high = low - pad, high + pad
    step = nice_step(high - low)
    a, b = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    a = a if floor is None else max(floor, a)
    b = b if ceiling is None else min(ceiling, b)
    return (a, b) if b > a else (a, a + step)


@dataclass(frozen=True)
class Numbers:
    """A column of texts beside the plot, right-aligned under its head."""

    head: str
    texts: Sequence[str]
    colors: Sequence[str] = ()


@dataclass(frozen=True)
class Rows:
    """Rows of a chart: where the plot lies between names at left and numbers at right."""

    canvas: Canvas
    left: float
    right: float
    top: float
    pitch: float
    count: int

    def y(self, row: int) -> float:
        """Middle of a row."""
        return self.top + (row + 0.5) * self.pitch

    @property
    def bottom(self) -> float:
        """Lower edge of the last row."""
        return self.top + self.count * self.pitch


def rows(
    names: Sequence[str], *, numbers: Sequence[Numbers] = (), above: float = 0.3, below: float = 0.5, pitch: float = PITCH,
    marked: Sequence[bool] = (), colors: Sequence[str] = (), widest: float = 2.2, size: float = SIZE, gap: float = 0.2,
    width: float = WIDTH,
) -> Rows:  # fmt: skip
    """A canvas with names at left and columns of numbers at right.

    Parameters
    ----------
    names : sequence of str
        One a row; in two small lines beyond `widest` inches, with rows of the usual height at least.
    numbers : sequence of Numbers
        Columns at right, heads in the strip `above`.
    above, below : float
        Inches above the first row (key, heads) and below the last (axis).
    marked : sequence of bool
        Rows of the report's own target: blue, with a pointer beside the name.
    colors : sequence of str
        Colour of each name otherwise.
    gap : float
        Inches between plot and first number column.
    width : float
        Inches of the picture.
    """
    if any(fonts.width(n, size) > widest for n in names):
        pitch = max(pitch, PITCH)
    height = above + pitch * len(names) + below
    canvas = Canvas(height, width)
    label = min(widest, max((fonts.width(n, size) for n in names), default=0.0)) + 0.02
    x = width - 0.02
    spots = []
    for column in reversed(numbers):
        texts = [column.head, *column.texts]
        wide = max(fonts.width(t, SMALL if t == column.head else size) for t in texts)
        spots.append((column, x))
        x -= wide + 0.2
    right = x + 0.2 - gap if numbers else width - 0.12
    frame = Rows(canvas, label + 0.12, right, above, pitch, len(names))
    if frame.left <= KEPT:
        canvas.names = (frame.left - 0.02, frame.top, frame.bottom)
    for row, name in enumerate(names):
        color = BLUE if marked and marked[row] else (colors[row] if colors else INK)
        if marked and marked[row]:
            canvas.pointer(label + 0.03, frame.y(row), BLUE)
        _name(canvas, label, frame.y(row), name, widest, size, color)
    for column, spot in spots:
        canvas.text(spot, above - 0.14, column.head, size=SMALL, color=MUTED, align="right")
        for row, text in enumerate(column.texts):
            color = column.colors[row] if column.colors else MUTED
            canvas.text(spot, frame.y(row), text, size=size, color=color, align="right")
    return frame


def stacked(names: Sequence[str], texts: Sequence[str], *, colors: Sequence[str] = ()) -> Rows:
    """Rows for a telephone: name and number stand above a bar (`BAR` inches high) that has the whole width.

    Parameters
    ----------
    names, texts : sequence of str
        Name at left and number at right, one pair a row.
    colors : sequence of str
        Colour of each number; none: muted.
    """
    canvas = Canvas(0.15 + _STACK * len(names) + 0.47, NARROW)
    frame = Rows(canvas, 0.2, NARROW - 0.22, 0.15, _STACK, len(names))
    for row, (name, text) in enumerate(zip(names, texts, strict=True)):
        y, room = frame.y(row) - 0.18, NARROW - fonts.width(text, SIZE) - 0.4
        width, height = min(fonts.width(name, SIZE), room), 1.2 * SIZE / 72
        # On paper of its own, so that no line goes through it.
        canvas.rect(frame.left + 0.01, y - height / 2, width + 0.04, height, PAPER, z=4)
        canvas.text(frame.left + 0.03, y, name, fit=room)
        canvas.text(NARROW - 0.02, y, text, color=colors[row] if colors else MUTED, align="right")
    return frame


def _name(canvas: Canvas, x: float, y: float, name: str, widest: float, size: float, color: str) -> None:
    """The name of a row; one that is too wide stands in one or two small lines, and is cut with … only beyond those."""
    if fonts.width(name, size) > widest:
        lines = balanced(fonts.drawable(name), widest, TINY)
        if len(lines) <= 2:
            for number, line in enumerate(lines):
                at = y + 0.062 * (2 * number + 1 - len(lines))
                canvas.text(x, at, line, size=TINY, color=color, align="right")
            return
    canvas.text(x, y, name, size=size, color=color, align="right", fit=widest)


def axis(
    frame: Rows, scale: Scale, values: Sequence[float], show: Callable[[float], str], title: str = "", *, grid: bool = True,
) -> None:  # fmt: skip
    """Tick labels under the rows, thin lines through them, and what the axis shows."""
    canvas = frame.canvas
    taken = -1.0
    for value in values:
        x = scale(value)
        if grid:
            canvas.line([(x, frame.top - 0.03), (x, frame.bottom)], RULE, line=0.7, z=0)
        text = show(value)
        half = fonts.width(text, SMALL) / 2
        if x - half > taken + 0.04:
            canvas.text(x, frame.bottom + 0.13, text, size=SMALL, color=MUTED, align="center")
            taken = x + half
    if title:
        half = min(fonts.width(fonts.drawable(title), SMALL), scale.right) / 2
        x = max(half, min((scale.left + scale.right) / 2, canvas.width - half))
        canvas.text(x, frame.bottom + 0.33, title, size=SMALL, color=MUTED, align="center", fit=scale.right)


def legend(canvas: Canvas, x: float, y: float, entries: Iterable[tuple[str, str]], *, gap: float = 0.24) -> float:
    """A row of swatches with their words at height `y`; returns the x after the last.

    An entry is (fill, word); the fill ``hatch`` draws the pattern of missing values.
    """
    for fill, text in entries:
        word = shorten(fonts.drawable(text), 1.4, SMALL)
        if fill == "hatch":
            canvas.hatch(x, y - 0.065, 0.2, 0.13)
        else:
            canvas.rect(x, y - 0.065, 0.2, 0.13, fill, edge=SOFT, line=0.5)
        canvas.text(x + 0.26, y, word, size=SMALL, color=MUTED)
        x += 0.26 + fonts.width(word, SMALL) + gap
    canvas.key = canvas.key or y < KEY
    return x
