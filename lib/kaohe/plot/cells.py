"""One cell of a table: its text, with a grade or a link where it has one."""

from __future__ import annotations

from collections.abc import Mapping

Cell = str | Mapping[str, str]


def cell(text: str, *, grade: str = "", href: str = "") -> Cell:
    """One cell of a table: plain text, or text with its grade or a link to ``#id`` or ``page.html``."""
    if grade:
        return {"text": text, "grade": grade}
    if href:
        return {"text": text, "href": href}
    return text


def cell_text(value: Cell) -> str:
    """The text of a cell."""
    return value if isinstance(value, str) else value["text"]
