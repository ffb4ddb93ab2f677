"""The font inside a page: right characters, the same bytes whatever was cut before."""

from __future__ import annotations

import io

from fontTools.ttLib import TTFont

from kaohe.plot.fonts import font_path
from kaohe.publish.webfont import PageFonts

TEXT = "韶关市 滘塱埗氹漖 86.1% 较好"


def test_the_font_holds_the_characters_asked_for_and_ascii() -> None:
    font = TTFont(io.BytesIO(PageFonts().woff2(TEXT)))
    assert font.flavor == "woff2"
    covered = set(font.getBestCmap())
    assert {ord(c) for c in TEXT} | set(range(0x20, 0x7F)) <= covered
    assert ord("饕") not in covered


def test_outlines_are_those_of_the_full_font() -> None:
    cut, full = TTFont(io.BytesIO(PageFonts().woff2(TEXT))), TTFont(font_path())
    for character in "韶滘8":
        ours, theirs = (f["glyf"][f.getBestCmap()[ord(character)]] for f in (cut, full))
        if not theirs.isComposite():
            assert list(ours.coordinates) == list(theirs.coordinates)
        assert cut["hmtx"][cut.getBestCmap()[ord(character)]] == full["hmtx"][full.getBestCmap()[ord(character)]]


def test_bytes_depend_on_the_characters_alone() -> None:
    grown = PageFonts("广东省扶贫开发")
    grown.woff2("别的字先来一些")
    assert grown.woff2(TEXT) == PageFonts().woff2(TEXT) == grown.woff2(TEXT[::-1] * 2)


def test_licence_travels_with_the_font() -> None:
    names = {n.nameID: str(n) for n in TTFont(io.BytesIO(PageFonts().woff2(TEXT)))["name"].names}
    assert "Open Font License" in names[13]


def test_characters_that_the_font_lacks_are_left_out() -> None:
    font = TTFont(io.BytesIO(PageFonts().woff2("😀\ue000字")))
    assert not {0x1F600, 0xE000} & set(font.getBestCmap())


def test_a_page_of_five_hundred_characters_is_light() -> None:
    text = "".join(chr(c) for c in range(0x4E00, 0x4E00 + 500))
    assert len(PageFonts().woff2(text)) < 160_000
