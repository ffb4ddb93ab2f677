"""What a narrow screen does with a picture that is wider than it: what stays in sight, and what stands outside.

The picture opens at its left end and is moved sideways. The names of its rows stay; its key stands above it,
in rows that a screen of 320 px holds; a picture with words too wide for that is drawn a second time, narrower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kaohe.plot import fonts
from kaohe.plot.shapes import Label, Shape

Box = tuple[float, float, float, float]

KEY = 0.21  # inches of the strip along the upper edge that holds a key
ROW = 3.2  # inches of a row of the key
NARROW = 4.0  # inches of a picture that need not be moved
_PART = 0.14  # inches between two entries, at least; a mark stands closer to its word


@dataclass(frozen=True)
class Phone:
    """Measures in inches of a picture `width` inches wide.

    Parameters
    ----------
    width : float
        Of the picture.
    names : sequence of float
        Right, upper and lower edge of the names of the rows; empty: they move with the picture.
    keys : sequence of (left, upper, right, lower)
        The rows of the key.
    cut : float
        Height of the upper strip that holds nothing but the key, shown there instead of here.
    svg : str
        The picture drawn for a narrow screen; empty: the one picture is for all.
    """

    width: float
    names: Sequence[float] = ()
    keys: Sequence[Sequence[float]] = ()
    cut: float = 0.0
    svg: str = ""


def key_rows(shapes: Sequence[Shape | Label]) -> list[Box]:
    """The key in the strip along the upper edge, in rows of whole entries.

    Parameters
    ----------
    shapes : sequence
        All that the picture is made of.

    Returns
    -------
    list of (left, upper, right, lower)
        Inches; each at most `ROW` wide unless a single entry is wider.
    """
    entries: list[tuple[float, float]] = []
    for left, right in sorted(_extent(s) for s in shapes if _middle(s) < KEY):
        if entries and left - entries[-1][1] < _PART:
            left, right = entries[-1][0], max(right, entries.pop()[1])
        entries.append((left, right))
    rows: list[tuple[float, float]] = []
    for left, right in entries:
        if rows and right - rows[-1][0] <= ROW:
            left = rows.pop()[0]
        rows.append((left, right))
    return [(max(left - 0.02, 0.0), 0.0, right + 0.03, KEY) for left, right in rows]


def _middle(shape: Shape | Label) -> float:
    if isinstance(shape, Label):
        return shape.y
    heights = [y for _, y in shape.points]
    return (min(heights) + max(heights)) / 2


def _extent(shape: Shape | Label) -> tuple[float, float]:
    """Left and right edge."""
    if isinstance(shape, Label):
        wide = fonts.width(shape.text, shape.size)
        left = shape.x - wide * {"left": 0.0, "center": 0.5, "right": 1.0}[shape.align]
        return left, left + wide
    across = [x for x, _ in shape.points]
    more = shape.radius + shape.line / 144
    return min(across) - more, max(across) + more
