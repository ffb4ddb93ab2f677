"""The font of charts and pages: found by what it covers, measured without drawing, subset for embedding.

The static Noto Sans SC file comes with the package ``zhplot`` (SIL Open Font License); the file is
taken without importing the package, which would change matplotlib's settings.
"""

from __future__ import annotations

import io
import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kaohe.base.errors import KaoheError

ENV_FONT = "KAOHE_FONT"
PACKAGE, PACKAGED_FILE = "zhplot", "fonts/NotoSansSC-Regular.ttf"
SYSTEM_FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "WenQuanYi Micro Hei",
)
FAMILY_STACK = "'Kaohe Sans','Noto Sans SC','Microsoft YaHei','PingFang SC',sans-serif"
# Guangdong place names outside GB 2312, the grade words, and the signs that charts use.
PROBE = "滘塱埗氹漖好较好一般较差缺待核广东省市县镇村（）“”、，。；：《》〔〕—–−·×→←±%0123456789"
GETA = "〓"
_EM = 1000


def font_path() -> Path:
    """The font file in use.

    Order: environment ``KAOHE_FONT``, the packaged file, then the system's Chinese families. A
    file counts when it covers the probe string, whatever its name.

    Raises
    ------
    KaoheError
        K702 when ``KAOHE_FONT`` names a file that cannot be used; K703 when there is none at all.
    """
    return _font_path(os.environ.get(ENV_FONT, ""))


@lru_cache(maxsize=8)
def _font_path(override: str) -> Path:
    if override:
        path = Path(override)
        lacking = _lacking(path)
        if lacking:
            raise KaoheError(
                "K702",
                "The font chosen cannot be used",
                where=f"environment {ENV_FONT}",
                got=f"{path.name}: {lacking}",
                expected=f"a TrueType or OpenType file with the characters {PROBE[:5]}…",
                remedy=f"name another file, or unset {ENV_FONT}",
            )
        return path
    tried = []
    packaged = packaged_font()
    if packaged is not None:
        lacking = _lacking(packaged)
        if not lacking:
            return packaged
        tried.append(f"{packaged.name}: {lacking}")
    for path in _system_fonts():
        lacking = _lacking(path)
        if not lacking:
            return path
        tried.append(f"{path.name}: {lacking}")
    raise KaoheError(
        "K703",
        "No font covers the place names of the province",
        got="; ".join(tried) or "no Chinese font found",
        expected=f"a font with the characters {PROBE[:5]}…",
        remedy=f"install the package {PACKAGE}, or set {ENV_FONT} to the file of a Chinese font",
    )


def packaged_font() -> Path | None:
    """The file that the package carries, without importing the package; None where it is missing."""
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / PACKAGED_FILE
        if path.is_file():
            return path
    return None


def _system_fonts() -> list[Path]:
    from matplotlib.font_manager import fontManager

    by_family: dict[str, str] = {}
    for entry in fontManager.ttflist:
        if entry.style == "normal" and (entry.name not in by_family or entry.weight == 400):
            by_family[entry.name] = entry.fname
    return [Path(by_family[f]) for f in SYSTEM_FAMILIES if f in by_family]


def _lacking(path: Path) -> str:
    """What is wrong with a font file; empty when it can be used."""
    if not path.is_file():
        return "no such file"
    try:
        covered = coverage(path)
    except (RuntimeError, OSError) as error:
        return f"not a readable font ({str(error).splitlines()[0]})"
    missing = [c for c in PROBE if ord(c) not in covered]
    return f"lacks {''.join(missing[:8])}" if missing else ""


@lru_cache(maxsize=8)
def coverage(path: Path) -> frozenset[int]:
    """Code points that a font file covers."""
    return frozenset(glyph_numbers(path))


@lru_cache(maxsize=8)
def glyph_numbers(path: Path) -> dict[int, int]:
    """Number of the glyph of each code point that a font file covers."""
    numbers: dict[int, int] = _face(path).get_charmap()
    return numbers


@lru_cache(maxsize=8)
def _face(path: Path) -> Any:
    from matplotlib.ft2font import FT2Font

    face = FT2Font(str(path))
    face.set_size(_EM, 72)
    return face


def drawable(text: str) -> str:
    """`text` with each character that the font lacks, control characters too, shown as 〓."""
    return _drawable(font_path(), text)


@lru_cache(maxsize=8192)
def _drawable(path: Path, text: str) -> str:
    covered = coverage(path)
    if all(ord(c) in covered for c in text):
        return text
    return "".join(c if ord(c) in covered else GETA for c in text)


def width(text: str, size: float) -> float:
    """Width of one line of text in inches at `size` points; as drawn, so 〓 for what the font lacks."""
    return _ems(font_path(), text) * size / 72


@lru_cache(maxsize=16384)
def _ems(path: Path, text: str) -> float:
    """Width of a text in em."""
    advances = _advances(path)
    return sum(advances[c] for c in _drawable(path, text))


@lru_cache(maxsize=8)
def _advances(path: Path) -> _Advances:
    return _Advances(path)


class _Advances(dict[str, float]):
    """Advance of each character in em, measured when first asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def __missing__(self, character: str) -> float:
        from matplotlib.ft2font import LoadFlags

        glyph = _face(self._path).load_char(ord(character), LoadFlags.NO_HINTING)
        self[character] = float(glyph.linearHoriAdvance) / 65536 / _EM
        return self[character]


@lru_cache(maxsize=32)
def font_properties(size: float) -> Any:
    """Matplotlib's properties of the font at `size` points; never changed by its users."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(font_path()), size=size)


def subset_woff2(characters: str) -> bytes:
    """The font reduced to `characters` as WOFF2, for embedding in a page.

    Parameters
    ----------
    characters : str
        Every character the pages show; repeats do no harm. Characters that the font lacks are
        left out. Printable ASCII is always kept.

    Returns
    -------
    bytes
        The same for the same characters and font.
    """
    wanted = set(characters) | {chr(c) for c in range(0x20, 0x7F)} | {GETA}
    covered = coverage(font_path())
    return _subset(font_path(), "".join(sorted(c for c in wanted if ord(c) in covered)))


@lru_cache(maxsize=8)
def _subset(path: Path, characters: str) -> bytes:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options()
    options.flavor = "woff2"
    options.hinting = False
    options.layout_features = ["kern", "locl", "ccmp"]
    options.name_IDs = [1, 2, 13, 14]
    options.notdef_outline = True
    font = TTFont(path, recalcTimestamp=False, lazy=True, fontNumber=0)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue()
