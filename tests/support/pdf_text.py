"""The text of each page of a PDF that Chromium wrote, and how far down it stands, without a PDF library."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\b(.*?)\nendobj", re.DOTALL)
_STEP = re.compile(rb"(?<=\n)(?:(q|Q)|([-\d. ]+) (cm)|([-\d. ]+) (Tm))(?=\n)|<[0-9A-Fa-f]+> (Tj)")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def page_texts(data: bytes) -> list[str]:
    """The characters of each page in the order they were drawn."""
    objects = _objects(data)
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


def text_depths(data: bytes) -> list[list[float]]:
    """Millimetres from the top of the sheet to the base of each piece of text, by page; pictures' texts too."""
    objects = _objects(data)
    found = []
    for body in objects.values():
        if re.search(rb"/Type\s*/Page\b", body):
            height = float(re.search(rb"/MediaBox ?\[[-\d.]+ [-\d.]+ [-\d.]+ ([\d.]+)\]", body)[1])  # type: ignore[index]
            contents = re.search(rb"/Contents (\d+) 0 R", body)
            heights = _heights(_inflate(objects[int(contents[1])])) if contents else []
            found.append([(height - y) / 72 * 25.4 for y in heights])
    return found


def _heights(content: bytes) -> list[float]:
    """Where each text stands above the foot of the sheet, in points; nothing that Chromium prints is turned or slanted."""
    scale, shift = 1.0, 0.0
    kept: list[tuple[float, float]] = []
    base = 0.0
    heights = []
    for stack, moved, cm, placed, tm, shown in _STEP.findall(b"\n" + content):
        if stack == b"q":
            kept.append((scale, shift))
        elif stack == b"Q":
            scale, shift = kept.pop()
        elif cm:
            *_, d, _, f = map(float, moved.split())
            scale, shift = scale * d, shift + scale * f
        elif tm:
            base = float(placed.split()[5])
        elif shown:
            heights.append(shift + scale * base)
    return heights


def _objects(data: bytes) -> dict[int, bytes]:
    return {int(n): body for n, body in _OBJECT.findall(data)}


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
