"""The outputs that are words: head, main conclusions, large figures, paragraphs, and the seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from kaohe.plot.mime import Output, check_slug, fault


@dataclass(frozen=True)
class Header(Output):
    """Head of a report.

    Attributes
    ----------
    title, target, class_label : str
        What the report is called, of whom it is, and of which class.
    facts : sequence of (label, value)
        Year, time of the build and the like.
    mark, banner : str
        How the report may be used; that the data are invented, where they are.
    preview : bool
        It was opened without a target and cannot be published.
    slug : str
        Name of the file, without ending.
    """

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
    """One sentence of the main conclusions, with the id of the figure or table it rests on.

    Attributes
    ----------
    text : str
        The sentence.
    ref : str
        Id of the figure or table it rests on, or of the sentence that stands in its place; may be empty.
    """

    text: str
    ref: str = ""


@dataclass(frozen=True)
class Notes(Output):
    """主要结论: sentences computed from the tables.

    Attributes
    ----------
    items : sequence of Note
        The most important first.
    """

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
    """One large figure with its label and a short note.

    Attributes
    ----------
    value, label, note : str
        The figure with its unit or its label's unit; what it is; a remark, may be empty.
    """

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Cards(Output):
    """A row of large figures.

    Attributes
    ----------
    items : sequence of Card
        From left to right.
    """

    items: Sequence[Card]
    kind = "cards"

    def plain(self) -> str:
        """Labels and values in one line."""
        return "；".join(f"{i.label} {i.value}" + (f"（{i.note}）" if i.note else "") for i in self.items)


@dataclass(frozen=True)
class Text(Output):
    """Computed paragraphs, such as what is missing or doubtful.

    Attributes
    ----------
    paragraphs : sequence of str
        Whole sentences.
    tone : {"", "warning"}
        A warning is set apart.
    id : str
        Slug of the chart or table in whose place it stands: what refers to that leads here; empty: it stands for none.

    Raises
    ------
    KaoheError
        K701 for another tone, or an id that is no slug.
    """

    paragraphs: Sequence[str]
    tone: str = ""
    id: str = ""
    kind = "text"

    def __post_init__(self) -> None:
        if self.id:
            check_slug(self.id)
        if self.tone not in {"", "warning"}:
            raise fault("text", f"tone = {self.tone}", "empty or warning")

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

    Attributes
    ----------
    notebook, target : str
        Stem of the notebook, code of the target.
    preview : bool
        It cannot be published.
    build, plan, version : str
        Hashes of the build and the plan, version of the library.
    tables : mapping of part to digest
        The rows of tables that were read (see `kaohe.publish.parts`).
    facts : sequence of (label, value)
        Said in the footer.
    choices : sequence of str
        Choices in force, one sentence each.
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
