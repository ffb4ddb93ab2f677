"""The few shapes that pictures are made of, each as a Matplotlib artist and, the same, as lean SVG.

A city's report holds some 1,800 of them. Matplotlib spends a millisecond on each (an artist, its
transforms, a text layout that a start, middle or end anchor does not need), so the SVG of these
shapes is written straight away. What comes out is, byte for byte, what `kaohe.plot.svg.lean`
makes of Matplotlib's own SVG of the same artists; a test compares the two. Shapes that reach the
edge of the picture, where Matplotlib cuts lines off, are left to Matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any

from kaohe.plot import fonts

Points = Sequence[tuple[float, float]]
INCH = 72
_ANCHOR = {"left": "start", "center": "middle", "right": "end"}
_MANY = 100  # Matplotlib thins out longer lines


class NotPlain(Exception):
    """Only Matplotlib can draw this shape."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled or stroked outline.

    Parameters
    ----------
    kind : str
        rect, circle, polygon, path or line.
    points : sequence of (x, y)
        Inches from the top left corner; for a circle its centre.
    codes : str
        One letter a point, M, L or Z (which closes), for a path; empty for the others.
    fill, edge : str
        Colours, or ``none``.
    line : float
        Width of the stroke in points.
    dash : sequence of float
        Dashes and gaps in points.
    radius : float
        Of a circle, in inches.
    alpha : float
        Below 1 others shine through a polygon's fill.
    """

    kind: str
    points: Points
    z: float
    codes: str = ""
    fill: str = "none"
    edge: str = "none"
    line: float = 0.0
    dash: Sequence[float] = ()
    radius: float = 0.0
    alpha: float = 1.0

    def artist(self) -> Any:
        """The shape for Matplotlib, in inches."""
        from matplotlib import lines, patches
        from matplotlib.path import Path

        style: Any = (0, tuple(d / self.line for d in self.dash)) if self.dash else "-"
        if self.kind == "line":
            xs, ys = zip(*self.points, strict=True)
            return lines.Line2D(
                xs, ys, color=self.edge, linewidth=self.line, linestyle=style, solid_capstyle="butt", zorder=self.z
            )
        look: dict[str, Any] = {
            "facecolor": self.fill,
            "edgecolor": self.edge,
            "linewidth": self.line,
            "zorder": self.z,
        }
        if self.kind == "rect":
            (x, y), _, (x1, y1), _ = self.points
            return patches.Rectangle((x, y), x1 - x, y1 - y, linestyle=style, **look)
        if self.kind == "circle":
            return patches.Circle(self.points[0], self.radius, **look)
        if self.kind == "polygon":
            return patches.Polygon(self.points, closed=True, alpha=self.alpha, **look)
        known = {"M": Path.MOVETO, "L": Path.LINETO, "Z": Path.CLOSEPOLY}
        return patches.PathPatch(Path(self.points, [known[c] for c in self.codes]), **look)

    def svg(self, width: float, height: float) -> str:
        """The shape as an element, in a picture of `width` × `height` inches.

        Raises
        ------
        NotPlain
        """
        if self.alpha != 1:
            raise NotPlain
        if self.fill == "none" and not self._inside(width, height):  # an unfilled outline is cut at the edge
            raise NotPlain
        style = "" if _black(self.fill) else f' fill="{_hex(self.fill)}"'
        if self.dash:
            style += f' stroke-dasharray="{",".join(_fixed(d / self.line * self.line) for d in self.dash)}"'
        if self.line and self.edge != "none":
            style += f' stroke="{_hex(self.edge)}"'
            if self.line != 1.0:
                style += f' stroke-width="{_fixed(self.line)}"'
            if self.kind != "line":
                style += ' stroke-linejoin="miter"'
        return f'<path d="{self._data()}"{style}/>'

    def _inside(self, width: float, height: float) -> bool:
        if len(self.points) > _MANY or self.kind not in {"rect", "line", "path"} or "Z" in self.codes:
            return False
        return all(0 < x < width and 0 < y < height for x, y in self.points)

    def _data(self) -> str:
        if self.kind == "circle":
            (x, y), r = self.points[0], self.radius
            curve = [f"{_short((x + r * u) * INCH)} {_short((y + r * v) * INCH)}" for u, v in _unit_circle()]
            return f"M {curve[0]} C {' C '.join(' '.join(curve[k : k + 3]) for k in range(1, len(curve), 3))} z"
        spots = [f"{_short(x * INCH)} {_short(y * INCH)}" for x, y in self.points]
        if self.kind == "rect" and self.fill == "none":
            spots.append(spots[0])
        if not self.codes:
            return f"M {' L '.join(spots)}" + ("" if self.kind == "line" else " z")
        return " ".join("z" if c == "Z" else f"{c} {s}" for c, s in zip(self.codes, spots, strict=True))


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text, its baseline at height `y`, in inches."""

    x: float
    y: float
    text: str
    z: float
    size: float
    color: str
    align: str

    def svg(self, width: float, height: float) -> str:
        """The text as an element.

        Raises
        ------
        NotPlain
            For what is not one line.
        """
        if not self.text.isprintable():
            raise NotPlain
        said = self.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        fill = "" if _black(self.color) else f' fill="{_hex(self.color)}"'
        return (
            f'<text font-size="{_fixed(self.size)}" text-anchor="{_ANCHOR[self.align]}"{fill} '
            f'x="{_fixed(self.x * INCH)}" y="{_fixed(self.y * INCH)}">{said}</text>'
        )


def drawing(shapes: Sequence[Shape | Label], width: float, height: float) -> str:
    """A picture of `width` × `height` inches as SVG.

    Raises
    ------
    NotPlain
    """
    order = sorted(shapes, key=lambda s: (s.z, isinstance(s, Label)))
    w, h = _fixed(width * INCH), _fixed(height * INCH)
    body = "\n".join(s.svg(width, height) for s in order)
    return framed(body, w, h)


def framed(body: str, width: str, height: str) -> str:
    """Elements inside the frame of a picture of so many points."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}pt" '
        f'height="{height}pt" font-family="{fonts.FAMILY_STACK}" stroke-linejoin="round">\n{body}\n</svg>'
    )


def _fixed(value: float) -> str:
    """A number with at most six decimals."""
    return _six(value).rstrip("0").rstrip(".")


def _short(value: float) -> str:
    """A coordinate of a path to 0.01 point; rounded twice, as the longer way does."""
    six = _six(value).rstrip("0")
    if len(six) - six.index(".") > 3:
        six = f"{float(six):.2f}".rstrip("0")
    return six.rstrip(".")


def _six(value: float) -> str:
    """Six decimals; Matplotlib leaves out points that are nowhere."""
    if not isfinite(value):
        raise NotPlain
    return f"{value:f}"


@lru_cache(maxsize=256)
def _hex(color: str) -> str:
    """A colour as #rrggbb; ``none`` stays.

    Raises
    ------
    NotPlain
        For a colour that lets others shine through.
    """
    from matplotlib.colors import to_hex, to_rgba

    if color == "none":
        return color
    if to_rgba(color)[3] != 1:
        raise NotPlain
    return to_hex(color)


def _black(color: str) -> bool:
    """True for the colour that SVG takes unless told otherwise."""
    return _hex(color) == "#000000"


@lru_cache(maxsize=1)
def _unit_circle() -> tuple[tuple[float, float], ...]:
    """Matplotlib's circle of radius 1 in Bézier curves, upside down like our heights, without its closing point."""
    from matplotlib.path import Path

    corners: Any = Path.unit_circle().vertices
    return tuple((float(x), float(y)) for x, y in corners[:-1])
