"""The font: found by coverage, refused in words, measured, subset."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kaohe.base.errors import KaoheError
from kaohe.plot import fonts


def test_packaged_font_is_found_without_importing_its_package() -> None:
    code = (
        "import sys; from kaohe.plot import fonts; print(fonts.font_path().name, 'zhplot' in sys.modules, "
        "'matplotlib.pyplot' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["NotoSansSC-Regular.ttf", "False", "False"]


def test_probe_holds_the_rare_names_and_the_grades() -> None:
    covered = fonts.coverage(fonts.font_path())
    for character in "滘塱埗氹漖好较好一般较差":
        assert character in fonts.PROBE
        assert ord(character) in covered


def test_override(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine.ttf"
    shutil.copy(fonts.font_path(), mine)
    monkeypatch.setenv("KAOHE_FONT", str(mine))
    assert fonts.font_path() == mine


@pytest.mark.parametrize(("content", "said"), [(None, "no such file"), (b"not a font", "not a readable font")])
def test_bad_override_is_refused(
    content: bytes | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.ttf"
    if content is not None:
        mine.write_bytes(content)
    monkeypatch.setenv("KAOHE_FONT", str(mine))
    with pytest.raises(KaoheError) as fault:
        fonts.font_path()
    assert fault.value.code == "K702"
    assert fault.value.exit_code == 2
    assert fault.value.got.startswith(f"mine.ttf: {said}")
    assert str(tmp_path) not in str(fault.value)


def test_override_that_lacks_chinese_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    latin = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    monkeypatch.setenv("KAOHE_FONT", str(latin))
    with pytest.raises(KaoheError, match=r"K702 .*\n.*\n  got       DejaVuSans.ttf: lacks 滘塱埗氹漖"):
        fonts.font_path()


@pytest.mark.case("E01")
def test_fallback_goes_through_the_system_and_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    real = fonts.font_path()
    monkeypatch.setattr(fonts, "packaged_font", lambda: None)
    monkeypatch.setattr(fonts, "_system_fonts", lambda: [real])
    fonts._font_path.cache_clear()
    assert fonts.font_path() == real
    monkeypatch.setattr(fonts, "_system_fonts", list)
    fonts._font_path.cache_clear()
    try:
        with pytest.raises(KaoheError) as fault:
            fonts.font_path()
    finally:
        fonts._font_path.cache_clear()
    assert str(fault.value) == (
        "K703 No font covers the place names of the province\n  got       no Chinese font found\n"
        "  expected  a font with the characters 滘塱埗氹漖…\n"
        "  remedy    install the package zhplot, or set KAOHE_FONT to the file of a Chinese font"
    )


def test_width_is_that_of_the_font_file() -> None:
    """Advances against the font's own hmtx table, read by fontTools."""
    from fontTools.ttLib import TTFont

    font = TTFont(fonts.font_path(), lazy=True)
    cmap, metrics, em = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    text = "较好 86.1–99.4%（滘）A"
    expected = sum(metrics[cmap[ord(c)]][0] for c in text) / em * 9.5 / 72
    assert fonts.width(text, 9.5) == pytest.approx(expected, rel=2e-3)


def test_characters_without_glyph_are_shown_as_geta() -> None:
    assert fonts.drawable("单位😀\n甲\x00") == "单位〓〓甲〓"
    assert fonts.drawable("氹仔") == "氹仔"


def test_subset_holds_what_is_asked_and_is_the_same_twice() -> None:
    from fontTools.ttLib import TTFont

    data = fonts.subset_woff2("好好较一般😀")
    assert data[:4] == b"wOF2"
    cmap = TTFont(io.BytesIO(data)).getBestCmap()
    assert {ord(c) for c in "好较一般aZ09%〓"} <= set(cmap)
    assert ord("差") not in cmap
    assert len(data) < 40_000
    fonts._subset.cache_clear()
    assert fonts.subset_woff2("般一较好") == data
