"""What a notebook cell hands to the exporter: small frozen objects that become one MIME output.

Texts in a payload are plain; whoever renders them escapes them. In JupyterLab the objects show as escaped HTML.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from html import escape
from typing import Any

from kaohe.base.errors import EXIT_BUG, KaoheError
from kaohe.plot.cells import Cell as Cell
from kaohe.plot.cells import cell as cell
from kaohe.plot.cells import cell_text as cell_text
from kaohe.plot.context import Context as Context
from kaohe.plot.phone import Phone

MIME = "application/vnd.kaohe.v1+json"
BATCH = "KAOHE_BATCH"
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def in_batch() -> bool:
    """True inside a batch (environment ``KAOHE_BATCH=1``): nobody looks at JupyterLab's pictures."""
    return os.environ.get(BATCH, "") == "1"


def _jsonable(value: Any) -> Any:
    if is_dataclass(value):
        return {f.name: _jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _jsonable(value[k]) for k in sorted(value)}
    many = isinstance(value, Sequence) and not isinstance(value, str)
    return [_jsonable(v) for v in value] if many else value


class Output:
    """Base of all payloads: one MIME output with plain text beside it."""

    kind = ""

    def payload(self) -> dict[str, Any]:
        """The JSON-able content: its ``kind``, then every field but pictures for JupyterLab."""
        own = {f.name: _jsonable(getattr(self, f.name)) for f in fields(self) if f.name != "png"}  # type: ignore[arg-type]
        return {"kind": self.kind, **own}

    def plain(self) -> str:
        """One line of plain text."""
        raise NotImplementedError

    def html(self) -> str:
        """Escaped HTML for JupyterLab; never used by the exporter."""
        return f"<p>{escape(self.plain())}</p>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {MIME: self.payload(), "text/plain": self.plain()}
        if not in_batch():
            bundle["text/html"] = self.html()
        return bundle


@dataclass(frozen=True)
class Header(Output):
    """Head of a report: title, target, facts, mark, banner of invented data, preview flag, file slug."""

    title: str
    target: str
    class_label: str
    facts: Sequence[tuple[str, str]]
    mark: str
    banner: str = ""
    preview: bool = False
    slug: str = ""
    kind = "header"

    def plain(self) -> str:
        """Title, mark and banner."""
        parts = [self.title, self.mark, self.banner, "预览" if self.preview else ""]
        return " | ".join(p for p in parts if p)


@dataclass(frozen=True)
class Note:
    """One sentence of the main conclusions, with the id of the figure or table it rests on."""

    text: str
    ref: str = ""


@dataclass(frozen=True)
class Notes(Output):
    """主要结论: sentences computed from the tables."""

    items: Sequence[Note]
    kind = "notes"

    def plain(self) -> str:
        """The sentences, one a line."""
        return "\n".join(f"{n}. {i.text}" for n, i in enumerate(self.items, start=1))

    def html(self) -> str:
        """A numbered list."""
        return "<ol>" + "".join(f"<li>{escape(i.text)}</li>" for i in self.items) + "</ol>"


@dataclass(frozen=True)
class Card:
    """One large figure with its label and a short note."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Cards(Output):
    """A row of large figures."""

    items: Sequence[Card]
    kind = "cards"

    def plain(self) -> str:
        """Labels and values in one line."""
        return "；".join(f"{i.label} {i.value}" + (f"（{i.note}）" if i.note else "") for i in self.items)


@dataclass(frozen=True)
class DataTable:
    """The numbers of a chart, as text at the displayed precision."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        _check_rows(self.caption, len(self.columns), self.rows)


@dataclass(frozen=True)
class Chart(Output):
    """A figure: picture, computed title, description and data.

    Parameters
    ----------
    id : str
        ASCII slug, unique on the page; every id inside the SVG starts with it.
    title : str
        The finding, computed.
    subtitle : str
        What is shown: measure, unit, order, year.
    alt : str
        What the picture shows, for who cannot see it; distinct from the title.
    note : str
        Level, number of places or households, source.
    svg : str
        The picture with its text kept as text and no title inside.
    table : DataTable
        The data behind it.
    png : bytes
        The picture for JupyterLab; empty in a batch.
    phone : Phone, optional
        What a narrow screen does with it.
    """

    id: str
    title: str
    subtitle: str
    alt: str
    note: str
    svg: str = field(repr=False)
    table: DataTable = field(repr=False)
    png: bytes = field(default=b"", repr=False)
    phone: Phone | None = None
    kind = "figure"

    def __post_init__(self) -> None:
        _check_slug(self.id)
        if not self.alt or self.alt == self.title:
            raise _fault(self.id, f"alt = {self.alt!r}", "a description distinct from the title")

    def plain(self) -> str:
        """The title."""
        return f"图：{self.title}"

    def html(self) -> str:
        """Title, subtitle, the picture and the source line."""
        data = base64.b64encode(self.png).decode("ascii")
        picture = f'<img style="width:100%;max-width:60em" alt="{escape(self.alt)}" src="data:image/png;base64,{data}">'
        return (
            f"<figure><p><strong>{escape(self.title)}</strong><br>{escape(self.subtitle)}</p>{picture * bool(data)}"
            f"<figcaption><small>{escape(self.note)}</small></figcaption></figure>"
        )


@dataclass(frozen=True)
class Column:
    """A column of a table: its label and how it is aligned (left, right, center)."""

    label: str
    align: str = "left"


@dataclass(frozen=True)
class Table(Output):
    """A table; a cell is plain text, or text with a grade or a link (see `cell`)."""

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    folded: bool = False
    kind = "table"

    def __post_init__(self) -> None:
        _check_slug(self.id)
        _check_rows(self.id, len(self.columns), self.rows)
        for column in self.columns:
            if column.align not in {"left", "right", "center"}:
                raise _fault(self.id, f"align = {column.align}", "left, right or center")

    def plain(self) -> str:
        """Caption and number of rows."""
        return f"表：{self.caption}（{len(self.rows)}行）"

    def html(self) -> str:
        """A plain table."""
        head = "".join(f"<th>{escape(c.label)}</th>" for c in self.columns)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell_text(v))}</td>" for v in row) + "</tr>" for row in self.rows)
        return (
            f"<table><caption>{escape(self.caption)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table><p><small>{escape(self.note)}</small></p>"
        )


@dataclass(frozen=True)
class Text(Output):
    """Computed paragraphs, as what is missing or doubtful; tone ``""`` or ``warning``."""

    paragraphs: Sequence[str]
    tone: str = ""
    kind = "text"

    def __post_init__(self) -> None:
        if self.tone not in {"", "warning"}:
            raise _fault("text", f"tone = {self.tone}", "empty or warning")

    def plain(self) -> str:
        """The paragraphs, one a line."""
        return "\n".join(self.paragraphs)

    def html(self) -> str:
        """The paragraphs."""
        return "".join(f"<p>{escape(p)}</p>" for p in self.paragraphs)


@dataclass(frozen=True)
class Seal(Output):
    """What this report was made of; publishing refuses a notebook whose seal is missing or differs.

    `facts` (label, value) and `choices` in force stand in the page's footer.
    """

    notebook: str
    target: str
    preview: bool
    build: str
    plan: str
    version: str
    tables: Mapping[str, str]
    facts: Sequence[tuple[str, str]] = ()
    choices: Sequence[str] = ()
    kind = "seal"

    def plain(self) -> str:
        """Notebook, target and build in one line."""
        state = "预览，不可发布" if self.preview else "已封存"
        return f"{state}：{self.notebook} {self.target} build {self.build[:12]}，读取{len(self.tables)}张表"


def _check_slug(text: str) -> None:
    if not _SLUG.fullmatch(text):
        raise _fault("id", text, "lower-case ASCII letters, digits and hyphens, starting with a letter")


def _check_rows(where: str, width: int, rows: Sequence[Sequence[Any]]) -> None:
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise _fault(where, f"row {number} has {len(row)} cells", f"{width} cells, one a column")


def _fault(where: str, got: str, expected: str) -> KaoheError:
    error = KaoheError("K701", "An output is put together wrongly", where=where, got=got, expected=expected)
    error.exit_code = EXIT_BUG
    return error
