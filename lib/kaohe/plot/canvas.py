"""A picture laid out in inches from its top left corner, drawn by Matplotlib, saved as lean SVG.

The caption carries the title, so none stands in the picture. Text stays text: the SVG names a
family stack and the page embeds the font. Two runs give the same bytes; no element has an id, so
any number of pictures share a page.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from kaohe.base.errors import EXIT_BUG, KaoheError
from kaohe.plot import fonts
from kaohe.plot.caption import Caption as Caption
from kaohe.plot.output import Chart, DataTable, in_batch
from kaohe.plot.palette import INK, PAPER, SOFT
from kaohe.plot.phone import KEY, Box, Phone, key_rows
from kaohe.plot.shapes import Label, NotPlain, Shape, drawing
from kaohe.plot.svg import lean
from kaohe.plot.typeset import check_layout, shorten

WIDTH = 7.1
SIZE = 9.5
SMALL = 8.5
TINY = 7.5
LINE = 1.36
CHECK = "KAOHE_CHECK_LAYOUT"
# Half the height of a Chinese character above the baseline, in em, less its part below.
_MIDDLE = 0.36


class Canvas:
    """An empty picture.

    Methods put one shape each on the picture. ``x`` and ``y`` are inches from its left and its top; ``w``, ``h`` and ``r`` inches of
    width, height and radius; ``points`` are pairs of x and y; ``z`` is the rank of a shape, higher ones lie above; ``fill``, ``edge``
    and ``color`` are colours as ``#rrggbb``, or none; ``line`` is the width of a line in points; ``dash`` gives lengths on and off, in
    points; ``size`` is that of the text in points; ``align`` is left, center or right.

    Parameters
    ----------
    height, width : float
        Inches. The width is that of the text on A4 and on the page.

    Attributes
    ----------
    names : tuple of float
        Right, upper and lower edge of the names of the rows, in inches; empty: they need not stay in sight.
    key : bool
        The strip along the upper edge holds the key and nothing else.
    keys : list of (left, upper, right, lower)
        Where a key stands elsewhere, in inches.
    """

    def __init__(self, height: float, width: float = WIDTH) -> None:
        self.width = width
        self.height = height
        self.lacks = False
        self.names: tuple[float, ...] = ()
        self.key = False
        self.keys: list[Box] = []
        self._shapes: list[Shape | Label] = []

    @cached_property
    def figure(self) -> Any:
        """The picture as a Matplotlib figure; take it when all is drawn."""
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        figure = Figure(figsize=(self.width, self.height))
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        place = Affine2D().scale(1, -1).translate(0, self.height) + figure.dpi_scale_trans
        for shape in self._shapes:
            if isinstance(shape, Label):
                figure.text(
                    shape.x, shape.y, shape.text, transform=place, fontproperties=fonts.font_properties(shape.size),
                    color=shape.color, ha=shape.align, va="baseline", parse_math=False, zorder=shape.z,
                )  # fmt: skip
                continue
            artist = shape.artist()
            artist.set_transform(place)
            artist.set_clip_on(False)
            figure.add_artist(artist, clip=False)
        return figure

    def rect(
        self, x: float, y: float, w: float, h: float, fill: str = "none", *,
        edge: str = "none", line: float = 0.8, dash: Sequence[float] = (), z: float = 1,
    ) -> None:  # fmt: skip
        """A rectangle with its top left corner at (x, y); `line` and `dash` in points."""
        corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        self._add(Shape("rect", corners, z, "", fill, edge, line if edge != "none" else 0, dash))

    def tiles(self, boxes: Sequence[tuple[float, float, float, float]], fill: str, *, z: float = 1) -> None:
        """Many rectangles (x, y, w, h) of one colour as one shape.

        Parameters
        ----------
        boxes : sequence of (x, y, w, h)
            Inches.
        """
        if not boxes:
            return
        points = [p for x, y, w, h in boxes for p in ((x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y))]
        self._add(Shape("path", points, z, "MLLLZ" * len(boxes), fill))

    def hatch(self, x: float, y: float, w: float, h: float, *, step: float = 0.075) -> None:
        """A white box with slanted lines: missing.

        Parameters
        ----------
        step : float
            Inches from one slanted line to the next.
        """
        self.rect(x, y, w, h, PAPER, edge=SOFT, line=0.6)
        points: list[tuple[float, float]] = []
        k = 1
        while k * step < w + h:
            c = k * step
            points += [(x + max(0.0, c - h), y + min(h, c)), (x + min(w, c), y + max(0.0, c - w))]
            k += 1
        if points:
            self._add(Shape("path", points, 1.1, "ML" * (len(points) // 2), edge=SOFT, line=0.6))

    def line(
        self, points: Sequence[tuple[float, float]], color: str = INK, *, line: float = 1.0,
        dash: Sequence[float] = (), z: float = 2,
    ) -> None:  # fmt: skip
        """A line through points; `line` and `dash` in points."""
        self._add(Shape("line", tuple(points), z, edge=color, line=line, dash=dash))

    def area(self, points: Sequence[tuple[float, float]], fill: str, *, alpha: float = 0.2, z: float = 0.6) -> None:
        """A closed shape, see-through: the band of a curve.

        Parameters
        ----------
        alpha : float
            How much it covers, a share of 0 to 1.
        """
        self._add(Shape("polygon", tuple(points), z, fill=fill, alpha=alpha))

    def dot(
        self,
        x: float,
        y: float,
        r: float = 0.055,
        fill: str = INK,
        *,
        edge: str = "none",
        line: float = 1.4,
        z: float = 3,
    ) -> None:
        """A disc; hollow with ``fill=PAPER`` and an edge."""
        width = line if edge != "none" else 0
        self._add(Shape("circle", ((x, y),), z, fill=fill, edge=edge, line=width, radius=r))

    def diamond(
        self, x: float, y: float, r: float = 0.07, fill: str = INK, *, edge: str = "none", z: float = 3
    ) -> None:
        """A square on its corner."""
        corners = ((x, y - r), (x + r, y), (x, y + r), (x - r, y))
        self._add(Shape("polygon", corners, z, fill=fill, edge=edge, line=1.2))

    def pointer(self, x: float, y: float, fill: str) -> None:
        """A small triangle from `x` to the right: the row of the report's own target."""
        corners = ((x, y - 0.045), (x + 0.065, y), (x, y + 0.045))
        self._add(Shape("polygon", corners, 3, fill=fill))

    def text(
        self, x: float, y: float, text: str, *, size: float = SIZE, color: str = INK, align: str = "left",
        fit: float = 0.0, z: float = 5,
    ) -> None:  # fmt: skip
        """One line of text, its middle at height `y`; cut with … where it is wider than `fit` inches.

        Parameters
        ----------
        text : str
            Characters that the font lacks are replaced, and the caption says so.
        fit : float
            Inches that there are; 0: any.
        """
        shown = fonts.drawable(text)
        self.lacks = self.lacks or shown != text
        if fit:
            shown = shorten(shown, fit, size)
        if not shown.strip():
            return
        self._add(Label(x, y + _MIDDLE * size / 72, shown, z, size, color, align))

    def lines(
        self, x: float, y: float, texts: Sequence[str], *, size: float = SIZE, color: str = INK, align: str = "left"
    ) -> None:
        """Lines of text, the block's middle at height `y`.

        Parameters
        ----------
        texts : sequence of str
            One a line, from the top.
        """
        pitch = size * LINE / 72
        top = y - pitch * (len(texts) - 1) / 2
        for number, text in enumerate(texts):
            self.text(x, top + number * pitch, text, size=size, color=color, align=align)

    def problems(self) -> list[str]:
        """Texts that leave the picture or overlap another (see `check_layout`)."""
        return check_layout(self.figure)

    def svg(self) -> str:
        """The picture as SVG for use inside a page."""
        try:
            return drawing(self._shapes, self.width, self.height)
        except NotPlain:
            return self.drawn()

    def drawn(self) -> str:
        """What `svg` gives, drawn by Matplotlib."""
        import matplotlib as mpl

        out = io.StringIO()
        meta = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "kaohe", "path.simplify": False}):
            canvas: Any = self.figure.canvas
            canvas.print_svg(out, metadata=meta)
        return lean(out.getvalue())

    def png(self, dpi: int = 144) -> bytes:
        """The picture as PNG on white, with `dpi` pixels an inch."""
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        out = io.BytesIO()
        FigureCanvasAgg(self.figure)
        self.figure.patch.set_visible(True)
        with mpl.rc_context({"text.hinting": "none"}):
            self.figure.savefig(out, format="png", dpi=dpi, facecolor=PAPER, metadata={"Software": None})
        self.figure.patch.set_visible(False)
        return out.getvalue()

    def chart(self, id: str, caption: Caption, table: DataTable, *, narrow: Canvas | None = None) -> Chart:
        """The finished output; with ``KAOHE_CHECK_LAYOUT=1`` a clipped or overlapping text is an error.

        Parameters
        ----------
        id : str
            Slug of the figure.
        caption : Caption
            The words around it.
        table : DataTable
            Its numbers as text.
        narrow : Canvas, optional
            The same drawn for a telephone, without its key.

        Raises
        ------
        KaoheError
            K704, naming the texts.
        """
        if os.environ.get(CHECK, "") == "1":
            found = [*self.problems(), *(narrow.problems() if narrow else [])]
            if found:
                error = KaoheError("K704", "A chart's texts are cut or overlap", where=id, got="; ".join(found[:5]))
                error.exit_code = EXIT_BUG
                raise error
        note = caption.note + (f"{fonts.GETA}：字库无此字，原字见数据表。" if self.lacks else "")
        svg = self.svg()
        png = b"" if in_batch() else self.png()
        return Chart(id, caption.title, caption.subtitle, caption.alt, note, svg, table, png, self._phone(narrow))

    def _phone(self, narrow: Canvas | None) -> Phone:
        keys = [*self.keys, *(key_rows(self._shapes) if self.key else [])]
        return Phone(self.width, self.names, keys, KEY if self.key else 0.0, narrow.svg() if narrow else "")

    def _add(self, shape: Shape | Label) -> None:
        self._shapes.append(shape)
        self.__dict__.pop("figure", None)


def show_inline() -> None:
    """Charts drawn with pyplot appear under their cells, as in an ordinary kernel, although matplotlib was imported before."""
    import matplotlib

    matplotlib.rcParams["backend"] = "module://matplotlib_inline.backend_inline"
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot._backend_mod = None  # type: ignore[attr-defined]  # chosen anew when first used
