"""Canvas, setting of text, scales and the SVG that leaves the house."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from kaohe.base.errors import KaoheError
from kaohe.plot import fonts
from kaohe.plot.canvas import Canvas, Caption
from kaohe.plot.layout import Numbers, Scale, nice_step, rows, ticks, widen
from kaohe.plot.output import DataTable
from kaohe.plot.palette import GRADE_FILL, GRADE_INK
from kaohe.plot.typeset import balanced, check_layout, shorten, wrap

CAPTION = Caption("题", "副", "图", "来源。")
DATA = DataTable("数据", ["甲"], [["1"]])


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


def test_svg_is_lean_and_hostile_text_stays_text() -> None:
    canvas = Canvas(1.0, 4.0)
    evil = '<g id="x" style="fill:red">$\\frac{1}{2}$ & d="M 1.23456 7.8912"'
    canvas.text(0.1, 0.5, evil, size=8)
    canvas.rect(0.1, 0.1, 1.23456, 0.2, "#CFE3F1")
    canvas.hatch(2, 0.1, 0.5, 0.2)
    canvas.dot(3, 0.5)
    svg = canvas.svg()
    assert texts(svg) == [evil]
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 288 72"')
    tags = "".join(re.findall(r"<[^<>]+>", svg))
    assert not re.search(r"\bid=|\bstyle=|<g|<defs|<metadata|<style|xlink|DejaVu", tags)
    assert not re.search(r"\d\.\d{3,}", "".join(re.findall(r' d="[^"]*"', tags)))
    assert "Kaohe Sans" in svg


def test_two_processes_draw_the_same_bytes() -> None:
    code = (
        "from kaohe.plot.canvas import Canvas\nc = Canvas(1.0)\nc.text(1, .5, '较好')\nc.hatch(2, .1, .5, .2)\n"
        "c.line([(0, 0), (1, 1)], dash=(3, 2))\nimport hashlib\nprint(hashlib.sha256(c.svg().encode()).hexdigest())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert len(runs) == 1


def test_layout_check_finds_what_the_eye_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_BATCH", "1")
    canvas = Canvas(1.0, 2.0)
    canvas.text(0.2, 0.3, "甲甲甲")
    canvas.text(0.4, 0.3, "乙乙乙")
    canvas.text(1.9, 0.7, "出界")
    assert canvas.problems() == ["leaves the picture: '出界'", "overlap: '甲甲甲' and '乙乙乙'"]
    assert canvas.chart("a", CAPTION, DATA).id == "a"
    monkeypatch.setenv("KAOHE_CHECK_LAYOUT", "1")
    with pytest.raises(KaoheError) as fault:
        canvas.chart("a", CAPTION, DATA)
    assert str(fault.value) == (
        "K704 A chart's texts are cut or overlap\n  where     a\n"
        "  got       leaves the picture: '出界'; overlap: '甲甲甲' and '乙乙乙'"
    )
    clear = Canvas(1.0, 2.0)
    clear.text(0.2, 0.3, "甲甲甲")
    clear.text(0.2, 0.5, "乙乙乙")
    assert check_layout(clear.figure) == []
    assert check_layout(Canvas(1.0).figure) == []


def test_missing_characters_are_said_in_the_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_BATCH", "1")
    canvas = Canvas(1.0)
    canvas.text(0.2, 0.3, "单位😀")
    chart = canvas.chart("a", CAPTION, DATA)
    assert texts(chart.svg) == ["单位〓"]
    assert chart.note == "来源。〓：字库无此字，原字见数据表。"


def test_png_is_drawn_on_white_outside_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAOHE_BATCH", raising=False)
    canvas = Canvas(0.5, 1.0)
    canvas.rect(0, 0, 0.5, 0.5, GRADE_FILL["较差"])
    chart = canvas.chart("a", CAPTION, DATA)
    assert chart.png[:4] == b"\x89PNG"
    import matplotlib.image as image

    pixels = image.imread(io.BytesIO(chart.png))
    assert pixels.shape[:2] == (72, 144)
    assert pixels[36, 130, :3].tolist() == [1.0, 1.0, 1.0]
    assert pixels[36, 20, :3] == pytest.approx([0x6B / 255, 0x0F / 255, 0x1A / 255], abs=0.01)


def test_wrap_keeps_all_text_and_closing_marks_in_place() -> None:
    text = "发挥党组织领导作用，培育村党组织带头人、帮助村党组织建设党建阵地（含活动）情况"
    for inches in (0.5, 0.9, 1.3, 2.0):
        lines = wrap(text, inches, 9)
        assert "".join(lines) == text
        assert all(fonts.width(line, 9) <= inches + 1e-9 for line in lines)
        assert not any(line[0] in "，、）" for line in lines)
        assert len(balanced(text, inches, 9)) == len(lines)
        assert "".join(balanced(text, inches, 9)) == text
    assert wrap(text, 1.0, 9, most=2)[1].endswith("…")
    assert balanced("贫困退出", 0.4, 9) == ["贫困", "退出"]


def test_a_number_and_a_latin_word_are_not_broken_over_two_lines() -> None:
    for inches in (0.8, 1.0, 1.2, 1.4):
        lines = wrap("“好”的分界提高到87.5%，各组等权（Holm校正）", inches, 9)
        assert "".join(lines) == "“好”的分界提高到87.5%，各组等权（Holm校正）"
        assert all(fonts.width(line, 9) <= inches + 1e-9 for line in lines)
        assert any("87.5%" in line for line in lines), lines
        assert any("Holm" in line for line in lines), lines
    assert wrap("88888888", 0.3, 9)[0] != "88888888"  # wider than a line by itself


def test_shortened_text_ends_with_a_sign_of_it() -> None:
    assert shorten("贫困退出", 0.3, 9) == "贫…"
    assert shorten("贫困", 1, 9) == "贫困"


def test_scales_and_ticks() -> None:
    assert Scale(0, 10, 1, 3)(5) == 2
    assert Scale(1, 100, 0, 2, log=True)(10) == pytest.approx(1)
    assert Scale(0, 10, 1, 3).clip(12) == 3
    assert nice_step(100) == 20
    assert nice_step(0) == 1
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(72, 91) == [75, 80, 85, 90]
    assert widen([71.9, 88.7]) == (70, 90)
    assert widen([0.93, 0.99], floor=0, ceiling=1) == (0.92, 1)
    low, high = widen([5.0, 5.0])
    assert low < 5 < high
    assert widen([], floor=0, ceiling=1) == (0, 1)


def test_rows_give_names_and_numbers_their_room() -> None:
    frame = rows(["韶关", "长" * 60], numbers=[Numbers("得分", ["1.0", "100.0"]), Numbers("名次", ["1", "2"])])
    assert frame.left < frame.right
    assert frame.canvas.problems() == []
    assert any(t.get_text().endswith("…") for t in frame.canvas.figure.texts)
    name = "医疗救助、基本医疗和大病保险政策落实情况"  # too wide for the room, but not in small letters
    assert name in [t.get_text() for t in rows([name]).canvas.figure.texts]
    assert frame.y(1) - frame.y(0) == pytest.approx(frame.pitch)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_grade_colours_darken_in_order_and_their_words_can_be_read() -> None:
    """Contrast of at least 4.5 : 1 (WCAG 2.2), lightness falling from 好 to 较差."""
    shades = [luminance(GRADE_FILL[g]) for g in ("好", "较好", "一般", "较差")]
    assert shades == sorted(shades, reverse=True)
    assert min(a - b for a, b in pairwise(shades)) > 0.1
    for grade, fill in GRADE_FILL.items():
        high, low = sorted((luminance(fill), luminance(GRADE_INK[grade])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5
