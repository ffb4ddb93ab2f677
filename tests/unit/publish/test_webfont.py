"""The font inside a page: right characters with the outlines of the full font, the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from kaohe.plot.fonts import font_path, subset_woff2
from kaohe.publish import webfont
from kaohe.publish.truetype import TrueType
from kaohe.publish.webfont import data_uri, page_font

TEXT = "韶关市 滘塱埗氹漖 86.1% 较好 éÅ ①ⅣＡ〔〕"


@pytest.fixture(scope="module")
def full() -> Iterator[TTFont]:
    with TTFont(font_path(), lazy=True) as font:
        yield font


def opened(characters: str) -> TTFont:
    return TTFont(io.BytesIO(page_font(characters)))


def test_the_font_holds_the_characters_asked_for_and_ascii() -> None:
    font = opened(TEXT)
    assert font.flavor == "woff2"
    covered = set(font.getBestCmap())
    assert {ord(c) for c in TEXT} | set(range(0x20, 0x7F)) <= covered
    assert ord("饕") not in covered


def test_every_table_reads_and_both_maps_agree() -> None:
    font = opened(TEXT)
    for tag in font.keys():  # noqa: SIM118 - a font is not a dict
        assert font[tag] is not None
    tables = {t.format: t.cmap for t in font["cmap"].tables}
    assert set(tables) == {4, 12}
    assert tables[4] == tables[12]
    assert font["maxp"].numGlyphs == len(font.getGlyphOrder()) == font["hhea"].numberOfHMetrics


def test_outlines_and_widths_are_those_of_the_full_font(full: TTFont) -> None:
    cut = opened(TEXT)
    for point, name in cut.getBestCmap().items():
        ours, theirs = DecomposingRecordingPen(cut.getGlyphSet()), DecomposingRecordingPen(full.getGlyphSet())
        cut.getGlyphSet()[name].draw(ours)
        full.getGlyphSet()[full.getBestCmap()[point]].draw(theirs)
        assert ours.value == theirs.value, hex(point)
        assert cut["hmtx"][name] == full["hmtx"][full.getBestCmap()[point]]


def test_vertical_measures_are_those_of_the_full_font(full: TTFont) -> None:
    cut = opened(TEXT)
    for table, fields in (("hhea", ("ascent", "descent", "lineGap")), ("OS/2", ("sTypoAscender", "usWinDescent"))):
        assert [getattr(cut[table], f) for f in fields] == [getattr(full[table], f) for f in fields]
    assert cut["head"].unitsPerEm == full["head"].unitsPerEm


def test_it_agrees_with_fonttools_own_subset() -> None:
    theirs = TTFont(io.BytesIO(subset_woff2(TEXT)))
    ours = opened(TEXT)
    assert set(ours.getBestCmap()) == set(theirs.getBestCmap())


def test_bytes_depend_on_the_characters_alone() -> None:
    first = page_font(TEXT)
    page_font("别的字先来一些")
    assert page_font(TEXT[::-1] * 2) == first


def test_licence_travels_with_the_font() -> None:
    names = {n.nameID: str(n) for n in opened(TEXT)["name"].names}
    assert "Open Font License" in names[13]


def test_characters_that_the_font_lacks_are_left_out() -> None:
    assert not {0x1F600, 0xE000} & set(opened("😀\ue000字").getBestCmap())


def test_characters_beyond_the_basic_plane(full: TTFont) -> None:
    beyond = [p for p in full.getBestCmap() if p > 0xFFFF]
    assert beyond
    assert beyond[0] in opened(chr(beyond[0])).getBestCmap()


def test_a_page_of_five_hundred_characters_is_light() -> None:
    assert len(data_uri("".join(chr(c) for c in range(0x4E00, 0x4E00 + 500)))) < 200_000


def test_fonts_with_other_outlines_are_left_to_fonttools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "x.otf"
    other.write_bytes(b"OTTO" + b"\0" * 60)
    with pytest.raises(ValueError, match="not a single TrueType font"):
        TrueType(other)
    monkeypatch.setattr(webfont, "_font", lambda _: None)
    font = TTFont(io.BytesIO(page_font(TEXT)))
    assert {ord(c) for c in TEXT} <= set(font.getBestCmap())
