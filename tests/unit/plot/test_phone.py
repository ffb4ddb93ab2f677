"""The key outside of a picture on a narrow screen: which parts of the picture hold it."""

from __future__ import annotations

import itertools

import pytest

from kaohe.plot.canvas import SMALL, Canvas, Caption
from kaohe.plot.layout import Scale, axis, legend, stacked
from kaohe.plot.output import Chart, DataTable
from kaohe.plot.palette import GRADE_FILL, INK, PAPER, RULE
from kaohe.plot.phone import KEY, ROW

WORDS = [
    *((f, g) for g, f in GRADE_FILL.items()),
    ("hatch", "缺：应评未评"),
    ("#123456", "一二三四五六七八九十"),
    (INK, "末"),
]


def chart(canvas: Canvas, narrow: Canvas | None = None) -> Chart:
    canvas.rect(0.1, 0.5, 1.0, 0.2, INK)
    canvas.text(0.1, 0.4, "得分", size=SMALL)
    return canvas.chart("a", Caption("题", "副题", "图", "来源。"), DataTable("数", ["甲"], [["1"]]), narrow=narrow)


def test_rows_hold_whole_entries_and_are_no_wider_than_a_small_screen() -> None:
    canvas = Canvas(1.0)
    at = [0.02]
    for entry in WORDS:
        at.append(legend(canvas, at[-1], 0.12, [entry]))
    phone = chart(canvas).phone
    assert phone is not None
    assert (phone.width, phone.cut, phone.svg) == (7.1, KEY, "")
    assert len(phone.keys) > 1
    ends = [(left, right) for left, _, right, _ in phone.keys]
    assert all(right - left < ROW + 0.1 for left, right in ends)
    assert all((top, bottom) == (0.0, KEY) for _, top, _, bottom in phone.keys)
    for start, after in itertools.pairwise(at):  # the gap after an entry is 0.24
        assert any(left <= start and after - 0.24 <= right for left, right in ends), start
    assert all(one[1] < other[0] for one, other in itertools.pairwise(ends))


def test_a_picture_without_a_key_is_not_cut() -> None:
    phone = chart(Canvas(1.0)).phone
    assert phone is not None
    assert (list(phone.keys), phone.cut) == ([], 0.0)


def test_texts_of_the_narrow_drawing_are_held_to_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    from kaohe.base.errors import KaoheError

    monkeypatch.setenv("KAOHE_CHECK_LAYOUT", "1")
    narrow = Canvas(1.0, 2.0)
    narrow.text(1.5, 0.5, "一二三四五六七八")
    with pytest.raises(KaoheError, match="K704"):
        chart(Canvas(1.0), narrow)


def test_no_line_goes_through_a_name_that_stands_above_its_bar() -> None:
    frame = stacked(["对脱贫攻坚工作表示满意的比例", "乙"], ["+0.4", "−0.1"])
    axis(frame, Scale(-1, 1, frame.left, frame.right), [-1, 0, 1], str)
    drawing = frame.canvas.svg()
    boxes = [i for i in range(len(drawing)) if drawing.startswith(f'fill="{PAPER.lower()}"', i)]
    lines = [i for i in range(len(drawing)) if drawing.startswith(f'stroke="{RULE.lower()}"', i)]
    names = [drawing.index(f">{name}<") for name in ("对脱贫攻坚工作表示满意的比例", "乙")]
    assert (len(boxes), len(lines)) == (2, 3)
    assert max(lines) < min(boxes) < max(boxes) < min(names)
