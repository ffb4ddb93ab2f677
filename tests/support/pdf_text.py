"""The text of each page of a PDF that Chromium wrote, without a PDF library: enough to look for a word."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\b(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def page_texts(data: bytes) -> list[str]:
    """The characters of each page in the order they were drawn."""
    objects = {int(n): body for n, body in _OBJECT.findall(data)}
    maps = {n: _unicode(objects, body) for n, body in objects.items() if b"/ToUnicode" in body}
    texts = []
    for body in objects.values():
        if not re.search(rb"/Type\s*/Page\b", body):
            continue
        fonts = {name: maps.get(int(n), {}) for name, n in re.findall(rb"/(F\d+) (\d+) 0 R", body)}
        resources = re.search(rb"/Resources (\d+) 0 R", body)
        if resources:
            fonts |= {k: maps.get(int(n), {}) for k, n in re.findall(rb"/(F\d+) (\d+) 0 R", objects[int(resources[1])])}
        contents = re.search(rb"/Contents (\d+) 0 R", body)
        texts.append(_text(_inflate(objects[int(contents[1])]), fonts) if contents else "")
    return texts


def _inflate(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if not found:
        return b""
    # Not zlib.decompress: a last byte that is \r is taken for the end of a line, and only the checksum would miss it.
    return zlib.decompressobj().decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _unicode(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    """Glyph number to text."""
    number = re.search(rb"/ToUnicode (\d+) 0 R", font)
    cmap = _inflate(objects[int(number[1])]) if number else b""
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for a, b in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(a, 16)] = bytes.fromhex(b.decode()).decode("utf-16-be", "replace")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for a, z, b in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for step in range(int(z, 16) - int(a, 16) + 1):
                found[int(a, 16) + step] = chr(int(b, 16) + step)
    return found


def _text(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    said: list[str] = []
    known: dict[int, str] = {}
    for font, hexes in re.findall(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>", content):
        if font:
            known = fonts.get(font, {})
        else:
            said += [known.get(int(hexes[i : i + 4], 16), "") for i in range(0, len(hexes), 4)]
    return "".join(said)
