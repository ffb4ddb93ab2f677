"""Lean SVG: what Matplotlib writes, without header, groups and ids, styles as attributes."""

from __future__ import annotations

import re

from kaohe.plot import fonts

_TAG = re.compile(r"<[^<>]+>")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_STYLE = re.compile(r' style="([^"]*)"')
_DATA = re.compile(r'(?<= d=")[^"]*')
_UPRIGHT = re.compile(r' transform="rotate\(-0 [^"]*\)"')
_DROP = {"font-family", "stroke-dashoffset"}


def lean(svg: str) -> str:
    """Matplotlib's SVG made small: no header, groups, ids or comments, coordinates to 0.01 point.

    Only tags are touched; texts stay as they are, so that hostile text stays text.
    """
    body = svg[svg.index("<g id=") : svg.rindex("</svg>")]
    width, height = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0]
    body = _TAG.sub(_tag, body)
    body = re.sub(r"\s*\n\s*", "\n", body).strip()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}pt" '
        f'height="{height}pt" font-family="{fonts.FAMILY_STACK}" stroke-linejoin="round">\n{body}\n</svg>'
    )


def _tag(match: re.Match[str]) -> str:
    tag = match[0]
    if tag.startswith(("<g", "</g", "<!--")):
        return ""
    tag = _UPRIGHT.sub("", tag)
    tag = _STYLE.sub(_attributes, tag)
    return _DATA.sub(lambda m: _path(m[0]), tag)


def _attributes(match: re.Match[str]) -> str:
    pairs = (part.split(":", 1) for part in match[1].split(";") if part.strip())
    kept = [(k.strip(), v.strip()) for k, v in pairs if k.strip() not in _DROP]
    return "".join(f' {k}="{v.removesuffix("px") if k == "font-size" else v}"' for k, v in kept)


def _path(data: str) -> str:
    short = _NUMBER.sub(lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), data)
    return re.sub(r"\s+", " ", short).strip()
