"""The font inside a page: the characters it shows and no others, as WOFF2.

`kaohe.plot.fonts.subset_woff2` takes a second a page, nearly all of it in transforming and
compressing; a batch makes hundreds of pages. Here tables are packed without the optional
transform (WOFF2 2.0, section 5), which costs a few kilobytes. The bytes depend on the characters
and the font alone.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from kaohe.plot.fonts import GETA, coverage, font_path, subset_woff2
from kaohe.publish.truetype import TrueType

FAMILY = "Kaohe Sans"
QUALITY = 6  # of 11; 9 takes four times as long for one byte in a hundred
_ALWAYS = frozenset(range(0x20, 0x7F)) | {ord(GETA)}
# Known tags of WOFF2, with their numbers, as far as a reduced TrueType font has them.
_NUMBERS = {
    "cmap": 0, "head": 1, "hhea": 2, "hmtx": 3, "maxp": 4, "name": 5, "OS/2": 6, "post": 7, "glyf": 10, "loca": 11,
}  # fmt: skip
_NULL_TRANSFORM = {"glyf", "loca"}


def page_font(characters: str) -> bytes:
    """The font in use with these `characters` (a text), printable ASCII and 〓 as WOFF2; those it lacks are left out."""
    path = font_path()
    wanted = frozenset(p for p in _ALWAYS | {ord(c) for c in characters} if p in coverage(path))
    font = _font(path)
    if font is None:
        return subset_woff2("".join(chr(p) for p in sorted(wanted)))
    return pack_woff2(font.cut(wanted))


def data_uri(characters: str) -> str:
    """`page_font` as a data URI."""
    return "data:font/woff2;base64," + base64.b64encode(page_font(characters)).decode("ascii")


@lru_cache(maxsize=4)
def _font(path: Path) -> TrueType | None:
    """The font read once; None for one with other outlines, which fontTools reduces instead."""
    try:
        return TrueType(path)
    except ValueError:
        return None


def pack_woff2(tables: Mapping[str, bytes]) -> bytes:
    """Tables of a TrueType font as WOFF2, untransformed.

    Method: W3C Recommendation WOFF File Format 2.0 (2022), sections 4 and 5; `glyf` and `loca`
    carry transformation version 3, the null transform.
    """
    import brotli

    directory, content = bytearray(), bytearray()
    size = 12 + 16 * len(tables)
    for tag in sorted(tables):
        table = tables[tag]
        directory.append(_NUMBERS[tag] | (3 if tag in _NULL_TRANSFORM else 0) << 6)
        directory += _base128(len(table))
        content += table
        size += (len(table) + 3) & ~3
    packed = bytes(brotli.compress(bytes(content), mode=brotli.MODE_FONT, quality=QUALITY))
    total = 48 + len(directory) + len(packed)
    header = struct.pack(
        ">4s4sIHHIIHHIIIII",
        b"wOF2", b"\0\1\0\0", (total + 3) & ~3, len(tables), 0, size, len(packed), 1, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    body = header + bytes(directory) + packed
    return body + b"\0" * (-len(body) % 4)


def _base128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
