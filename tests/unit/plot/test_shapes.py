"""Shapes written straight away are those of Matplotlib's own SVG backend, byte for byte."""

from __future__ import annotations

import pandas as pd
import pytest

from kaohe.plot.canvas import Canvas
from kaohe.plot.labels import records
from kaohe.plot.palette import INK, PAPER, SOFT
from kaohe.plot.shapes import NotPlain, drawing


def every_shape() -> Canvas:
    canvas = Canvas(3.0)
    canvas.rect(0.1, 0.1, 1.0 / 3, 0.2, "#CFE3F1", edge=SOFT, line=0.8, dash=(2, 2))
    canvas.rect(0.6, 0.1, 0.4, 0.2, "#000000")
    canvas.rect(1.2, 0.1, 0.4, 0.2, edge=INK, line=1.0, z=4)
    canvas.rect(1.3, 0.2, 0.4, 0.2, "white", edge="#000000", line=1.7)
    canvas.rect(-0.2, 0.1, 0.4, 0.2, "#8DBADC")
    canvas.tiles([(2.0, 0.1, 0.123456, 0.2), (2.2, 0.1, 0.1, 0.2)], INK)
    canvas.hatch(2.5, 0.1, 0.3, 0.2)
    canvas.line([(3.0, 0.1), (3.3, 0.3), (3.6, 0.1)], INK, line=1.5)
    canvas.line([(3.0, 0.4), (3.6, 0.4)], SOFT, line=0.7, dash=(3, 2))
    canvas.dot(4.0, 0.3)
    canvas.dot(4.3, 0.3, 0.07, PAPER, edge=INK)
    canvas.diamond(4.6, 0.3, edge=INK)
    canvas.pointer(5.0, 0.3, INK)
    for number, align in enumerate(("left", "center", "right")):
        canvas.text(3.0, 1.0 + number * 0.31, f'滘 塱 <b>&amp; "{number}"', align=align, size=8.5 + number)
    canvas.text(3.0, 2.5, "黑", color="#000000", z=1)
    return canvas


def test_every_shape_is_what_matplotlib_writes() -> None:
    canvas = every_shape()
    assert drawing(canvas._shapes, canvas.width, canvas.height) == canvas.drawn() == canvas.svg()


@pytest.mark.parametrize(
    "points",
    [
        [(-1.0, 1.0), (9.0, 1.0)],
        [(1.0, 1.0), (float("nan"), 1.0), (2.0, 1.0)],
        [(k / 100, 0.5 + k / 1000) for k in range(1, 300)],
    ],
    ids=["over the edge", "nowhere", "long"],
)
def test_what_matplotlib_cuts_or_thins_is_left_to_it(points: list[tuple[float, float]]) -> None:
    canvas = Canvas(2.0)
    canvas.line(points)
    with pytest.raises(NotPlain):
        drawing(canvas._shapes, canvas.width, canvas.height)
    assert canvas.svg() == canvas.drawn()


def test_records_are_those_of_pandas() -> None:
    frame = pd.DataFrame({
        "text": ["好", None], "whole": [1, 2], "half": [0.5, None], "yes": [True, False],
        "day": pd.to_datetime(["2020-12-28", None]), "any": [1, "甲"],
    })  # fmt: skip
    theirs = frame.to_dict("records")
    assert repr(records(frame)) == repr(theirs)
    assert [[type(v) for v in r.values()] for r in records(frame)] == [[type(v) for v in r.values()] for r in theirs]
    assert records(frame.head(0)) == []
