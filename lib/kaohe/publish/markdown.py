"""Narrative cells: a small part of Markdown, everything else as the text that was typed.

Headings (``##``, ``###``), paragraphs, lists, emphasis, code and links inside the report set.
No HTML, no pictures, no links out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import mistune

_LINK = re.compile(r"(#[a-z][a-z0-9-]*|[a-z0-9-]+\.html(#[a-z][a-z0-9-]*)?)", re.ASCII)


@dataclass(frozen=True)
class Heading:
    """A heading of the narrative: its level in the cell and its text."""

    level: int
    text: str


class _Renderer(mistune.HTMLRenderer):
    """Collects headings as blocks of their own; escapes what is not in the small part."""

    def __init__(self) -> None:
        super().__init__(escape=True)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return f'<a href="{escape(url)}">{text}</a>' if _LINK.fullmatch(url) else text

    def softbreak(self) -> str:
        return ""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return text


@lru_cache(maxsize=1)
def _parser() -> Any:
    return mistune.create_markdown(renderer="ast", escape=True)


@lru_cache(maxsize=1)
def _renderer() -> _Renderer:
    return _Renderer()


def blocks(source: str) -> list[Heading | str]:
    """A cell as headings and pieces of escaped HTML, in order."""
    found: list[Heading | str] = []
    tokens: list[dict[str, Any]] = list(_parser()(source))
    render = _renderer()
    state = mistune.BlockState()
    for token in tokens:
        if token["type"] == "heading":
            found.append(Heading(int(token["attrs"]["level"]), _plain(token).strip()))
        elif token["type"] == "blank_line":
            continue
        else:
            html = str(render([token], state)).strip()
            if html:
                found.append(html)
    return found


def _plain(token: dict[str, Any]) -> str:
    if "raw" in token:
        return str(token["raw"])
    return "".join(_plain(child) for child in token.get("children", ()))
