"""What a notebook cell hands to the exporter: small frozen objects that become one MIME output.

Texts in a payload are plain; whoever renders them escapes them. In JupyterLab the objects show as escaped HTML.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from kaohe.plot.cells import Cell as Cell
from kaohe.plot.cells import cell as cell
from kaohe.plot.cells import cell_text as cell_text
from kaohe.plot.context import Context as Context
from kaohe.plot.mime import BATCH as BATCH
from kaohe.plot.mime import MIME as MIME
from kaohe.plot.mime import Output as Output
from kaohe.plot.mime import check_rows, check_slug, fault
from kaohe.plot.mime import in_batch as in_batch
from kaohe.plot.output_words import Card as Card
from kaohe.plot.output_words import Cards as Cards
from kaohe.plot.output_words import Header as Header
from kaohe.plot.output_words import Note as Note
from kaohe.plot.output_words import Notes as Notes
from kaohe.plot.output_words import Seal as Seal
from kaohe.plot.output_words import Text as Text
from kaohe.plot.phone import Phone


@dataclass(frozen=True)
class DataTable:
    """The numbers of a chart, as text at the displayed precision.

    Attributes
    ----------
    caption : str
        What the numbers are.
    columns : sequence of str
        Heads, with units.
    rows : sequence of sequence of str
        One cell a column.

    Raises
    ------
    KaoheError
        K701 for a row of another length.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        check_rows(self.caption, len(self.columns), self.rows)


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

    Raises
    ------
    KaoheError
        K701 for an id that is no slug, or a description that says the title again.
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
        check_slug(self.id)
        if not self.alt or self.alt == self.title:
            raise fault(self.id, f"alt = {self.alt!r}", "a description distinct from the title")

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
    """A column of a table: its label and how it is aligned (left, right, center).

    Attributes
    ----------
    label, align : str
        Its head; left, right or center.
    """

    label: str
    align: str = "left"


@dataclass(frozen=True)
class Table(Output):
    """A table of a report.

    Attributes
    ----------
    id, caption : str
        Slug, unique on the page; what is shown.
    columns : sequence of Column
        Heads, with units.
    rows : sequence of sequence of Cell
        Text, or text with a grade or a link (see `cell`).
    note : str
        Said beneath.
    folded : bool
        It opens when asked for.

    Raises
    ------
    KaoheError
        K701 for an id that is no slug, a row of another length, or an unknown alignment.
    """

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    folded: bool = False
    kind = "table"

    def __post_init__(self) -> None:
        check_slug(self.id)
        check_rows(self.id, len(self.columns), self.rows)
        for column in self.columns:
            if column.align not in {"left", "right", "center"}:
                raise fault(self.id, f"align = {column.align}", "left, right or center")

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
