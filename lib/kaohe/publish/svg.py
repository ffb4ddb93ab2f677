"""Pictures into a page: an allowlist of elements and attributes, ids of their own, title and description."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from kaohe.base.errors import KaoheError

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
ELEMENTS = frozenset((
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs",
    "clipPath", "use", "symbol", "marker", "pattern", "linearGradient", "radialGradient", "stop", "title",
    "desc",
))  # fmt: skip
ATTRIBUTES = frozenset((
    "id", "class", "style", "transform", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry",
    "dx", "dy", "width", "height", "viewBox", "preserveAspectRatio", "points", "fill", "fill-opacity",
    "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity", "clip-path", "clip-rule",
    "clipPathUnits", "font-family", "font-size", "font-weight", "font-style", "text-anchor",
    "dominant-baseline", "baseline-shift", "letter-spacing", "rotate", "offset", "stop-color", "stop-opacity",
    "gradientUnits", "gradientTransform", "patternUnits", "patternContentUnits", "patternTransform",
    "markerWidth", "markerHeight", "refX", "refY", "orient", "markerUnits", "textLength", "lengthAdjust",
    "href",
))  # fmt: skip
_URL = re.compile(r"url\(\s*(['\"]?)#([\w.\-]+)\1\s*\)")
_BAD_STYLE = re.compile(r"url\(|@import|expression|javascript:|\\", re.IGNORECASE)
_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
_SAFE_ID = re.compile(r"[\w.\-]+", re.ASCII)
_WORD = r'"[\w#.,\- ]*"'
# Pictures as `kaohe.plot.shapes` writes them: paths and texts alone, no ids, references, styles or other attributes.
_PLAIN = re.compile(
    r'<svg xmlns="http://www\.w3\.org/2000/svg" viewBox="([\d. ]+)" width="[\d.]+pt" height="[\d.]+pt" '
    r'font-family="[^"&<>]*" stroke-linejoin="round">\n'
    rf"((?:<path d={_WORD}(?: (?:fill|stroke|stroke-width|stroke-dasharray|stroke-linejoin)={_WORD})*/>\n"
    rf"|<text(?: (?:font-size|text-anchor|fill|x|y)={_WORD})*>(?:[^<>&\x00-\x1f\ud800-\udfff\ufffe\uffff]|&amp;|&lt;|&gt;)*</text>\n)*)</svg>",
    re.ASCII,
)
_PLAIN_STYLE = re.compile(r"\*?\s*\{[\w\s:;\-.#,()%]*\}\s*", re.ASCII)


def inline(svg: str, name: str, title: str, description: str) -> str:
    """An SVG text as an element to stand in a page.

    Parameters
    ----------
    svg : str
        As matplotlib writes it, declarations and all.
    name : str
        Id of the figure; every id inside begins with it.
    title, description : str
        What screen readers say.

    Raises
    ------
    KaoheError
        K840 when it is not well-formed or holds what a picture must not hold.
    """
    from defusedxml import ElementTree as Safe
    from defusedxml.common import DefusedXmlException

    if (plain := _PLAIN.fullmatch(svg)) is not None:
        return _plain(plain[1], plain[2], name, title, description)
    try:
        root = Safe.fromstring(_without_doctype(svg).encode())
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise _refused(name, f"not readable: {error}") from error
    if root.tag != f"{{{SVG}}}svg":
        raise _refused(name, f"root {root.tag}")
    _drop(root, name)
    renamed = _ids(root, name)
    for element in list(root.iter()):
        _tidy(element, name, renamed)
        _close_up(element)
    root.tail = None
    box = root.get("viewBox", "")
    root.attrib.pop("height", None)
    root.attrib.pop("width", None)
    root.attrib.pop("id", None)
    if not box:
        raise _refused(name, "no viewBox")
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-svg-title")
    root.set("aria-describedby", f"{name}-svg-desc")
    heads = []
    for tag, text in (("title", title), ("desc", description)):
        head = ElementTree.Element(tag, {"id": f"{name}-svg-{tag}"})
        head.text = text
        heads.append(head)
    drawn = ElementTree.Element("g", {"id": f"{name}-drawn"})
    drawn.extend(root)
    root[:] = [*heads, drawn]
    return ElementTree.tostring(root, encoding="unicode")


def _plain(box: str, body: str, name: str, title: str, description: str) -> str:
    """A picture of `_PLAIN` form: what parsing, tidying and writing it would give."""
    heads = "".join(
        f'<{tag} id="{name}-svg-{tag}">{_escaped(text)}</{tag}>'
        for tag, text in (("title", title), ("desc", description))
    )
    start = (
        f'<svg viewBox="{box}" stroke-linejoin="round" role="img" '
        f'aria-labelledby="{name}-svg-title" aria-describedby="{name}-svg-desc">'
    )
    drawn = body.replace("/>\n", " />").replace("</text>\n", "</text>")
    return f'{start}{heads}<g id="{name}-drawn">{drawn}</g></svg>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _without_doctype(svg: str) -> str:
    """Matplotlib names the DTD of SVG 1.1; the parser takes no DTD at all."""
    return re.sub(r"<!DOCTYPE\s+svg\s+PUBLIC\s+\"[^\"]*\"\s+\"[^\"]*\"\s*>", "", svg, count=1)


def _drop(element: ElementTree.Element, name: str) -> None:
    """Take out comments, metadata and matplotlib's one style rule, which the page's own style repeats."""
    for child in list(element):
        tag = _local(child.tag) if isinstance(child.tag, str) else "metadata"
        if tag == "style" and not _PLAIN_STYLE.fullmatch(child.text or ""):
            raise _refused(name, "a style sheet with more than one plain rule")
        if tag in {"metadata", "title", "desc", "style"}:
            element.remove(child)
        else:
            _drop(child, name)


def _local(tag: str) -> str:
    return tag.removeprefix(f"{{{SVG}}}")


def _ids(root: ElementTree.Element, name: str) -> dict[str, str]:
    """New names of the ids that are referred to; the others are dropped."""
    used: set[str] = set()
    for element in root.iter():
        for key, value in element.attrib.items():
            used.update(m[2] for m in _URL.finditer(value))
            if key in {"href", f"{{{XLINK}}}href"} and value.startswith("#"):
                used.add(value[1:])
    return {old: f"{name}--{number}" for number, old in enumerate(sorted(used), start=1) if _SAFE_ID.fullmatch(old)}


def _tidy(element: ElementTree.Element, name: str, renamed: dict[str, str]) -> None:
    tag = _local(element.tag)
    if tag not in ELEMENTS:
        raise _refused(name, f"element {tag}")
    kept: dict[str, str] = {}
    for key, value in element.attrib.items():
        plain = "href" if key == f"{{{XLINK}}}href" else key
        if plain not in ATTRIBUTES:
            if plain.startswith("on") or plain == "src":
                raise _refused(name, f"attribute {plain}")
            continue
        if plain == "id":
            if value in renamed:
                kept["id"] = renamed[value]
            continue
        if plain == "class":
            continue
        if plain == "href":
            if value[:1] != "#":
                raise _refused(name, "a reference out of the picture")
            kept["href"] = f"#{renamed[value[1:]]}"
            continue
        value = _URL.sub(lambda m: f"url(#{renamed[m[2]]})", value)
        if _BAD_STYLE.search(_URL.sub("", value)):
            raise _refused(name, f"attribute {plain} = {value[:60]}")
        if plain == "font-family":
            continue
        kept[plain] = _FAMILY.sub("", value) if plain == "style" else value
    element.attrib.clear()
    element.attrib.update(kept)
    element.tag = tag


def _close_up(element: ElementTree.Element) -> None:
    """Drop the indentation between shapes; text keeps its blanks."""
    if element.tag not in {"text", "tspan"}:
        element.text = None
        for child in element:
            child.tail = None


def _refused(name: str, got: str) -> KaoheError:
    error = KaoheError(
        "K840",
        "A picture holds what a page must not hold",
        where=name,
        got=got,
        expected="shapes and text, references inside the picture only",
        remedy="draw it with kaohe.plot.charts",
    )
    error.exit_code = 1
    return error
