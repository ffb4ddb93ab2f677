"""One figure drawn beforehand and thrown away, so that what Matplotlib imports, finds and measures once is there for all."""

from __future__ import annotations

import io


def draw_one() -> None:
    """Draw lines, filled contours and words as SVG and as pixels, without pyplot: no setting and no figure is left behind."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.0, 1.0))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([1.0, 2.0], [1.0, 3.0], label="0.5")
    axes.contourf([[0.0, 1.0], [1.0, 2.0]], levels=2)
    axes.hist([1.0, 2.0, 2.0], bins=2)
    axes.set_title("a 0.5")
    axes.legend()
    figure.savefig(io.StringIO(), format="svg")
    figure.canvas.draw()
