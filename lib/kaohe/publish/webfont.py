"""The font inside a page: the characters it shows and no others, as WOFF2.

`kaohe.plot.fonts.subset_woff2` takes a second a page, nearly all of it in transforming and
compressing; a batch makes hundreds of pages. Here the large file is reduced once to what a batch
needs, each page is cut from that, and tables are packed without the optional transform (WOFF2 2.0,
section 5), which costs a few kilobytes. The bytes depend on the characters and the font alone.
"""

from __future__ import annotations

import base64
import io
import struct
from pathlib import Path
from typing import Any

from kaohe.plot.fonts import coverage, font_path

FAMILY = "Kaohe Sans"
QUALITY = 9
_ALWAYS = frozenset(range(0x20, 0x7F)) | {0x3013}
# Known tags of WOFF2, in the order of their numbers, as far as a TrueType font has them.
_TAGS = (
    "cmap", "head", "hhea", "hmtx", "maxp", "name", "OS/2", "post", "cvt ", "fpgm", "glyf", "loca", "prep", "CFF ",
)  # fmt: skip
_NULL_TRANSFORM = {"glyf", "loca"}


class PageFonts:
    """Cuts fonts for pages; keeps the reduced font of all characters that were ever asked for."""

    def __init__(self, expected: str = "", path: Path | None = None) -> None:
        self._path = path or font_path()
        self._covered = coverage(self._path)
        self._pool = b""
        self._pooled: frozenset[int] = frozenset()
        self._expected = self._of(expected)

    def woff2(self, characters: str) -> bytes:
        """The font with these characters, printable ASCII and 〓; others it lacks are left out."""
        wanted = self._of(characters)
        if not wanted <= self._pooled:
            self._pooled = self._pooled | wanted | self._expected
            self._pool = _cut(self._path.read_bytes(), self._pooled, hints=False)
        return pack_woff2(_cut(self._pool, wanted, hints=True))

    def data_uri(self, characters: str) -> str:
        """`woff2` as a data URI."""
        return "data:font/woff2;base64," + base64.b64encode(self.woff2(characters)).decode("ascii")

    def _of(self, characters: str) -> frozenset[int]:
        return frozenset(c for c in _ALWAYS | {ord(c) for c in characters} if c in self._covered)


def _cut(font: bytes, wanted: frozenset[int], *, hints: bool) -> bytes:
    """A TrueType font reduced to code points, without layout tables; `hints` keeps what hints it has."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options()
    options.hinting = hints
    options.layout_features = []
    options.name_IDs = [1, 2, 13, 14]
    options.notdef_outline = True
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "STAT", "DSIG"]
    loaded: Any = TTFont(io.BytesIO(font), recalcTimestamp=False, recalcBBoxes=False, lazy=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=sorted(wanted))
    cutter.subset(loaded)
    out = io.BytesIO()
    loaded.save(out, reorderTables=True)
    return out.getvalue()


def pack_woff2(font: bytes) -> bytes:
    """A TrueType or CFF font as WOFF2, tables untransformed.

    Method: W3C Recommendation WOFF File Format 2.0 (2022), sections 4 and 5; `glyf` and `loca`
    carry transformation version 3, the null transform.
    """
    import brotli

    flavour, count = struct.unpack_from(">4sH", font)
    tables = sorted(struct.unpack_from(">4sIII", font, 12 + 16 * n) for n in range(count))
    directory, content = bytearray(), bytearray()
    size = 12 + 16 * count
    for tag, _, offset, length in tables:
        name = tag.decode("ascii")
        transform = 3 if name in _NULL_TRANSFORM else 0
        number = _TAGS.index(name) if name in _TAGS else 63
        directory.append(number | transform << 6)
        if number == 63:
            directory += tag
        directory += _base128(length)
        content += font[offset : offset + length]
        size += (length + 3) & ~3
    packed = brotli.compress(bytes(content), mode=brotli.MODE_FONT, quality=QUALITY)
    total = 48 + len(directory) + len(packed)
    header = struct.pack(
        ">4s4sIHHIIHHIIIII",
        b"wOF2", flavour, (total + 3) & ~3, count, 0, size, len(packed), 1, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    body: bytes = header + bytes(directory) + bytes(packed)
    return body + b"\0" * (-len(body) % 4)


def _base128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
