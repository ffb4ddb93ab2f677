"""An executed notebook as the parts of a page: head, sections, numbered figures and tables, footer.

Only markdown cells and the suite's own MIME type are read; all other output is left out, and an
error output refuses the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import nbformat

from kaohe.base.errors import KaoheError
from kaohe.plot.output import MIME
from kaohe.publish import markdown, svg
from kaohe.publish.downloads import downloads

EDITIONS = ("leadership", "statistician")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_HREF = re.compile(r"(#[a-z][a-z0-9-]*|[a-z0-9-]+\.html(#[a-z][a-z0-9-]*)?)", re.ASCII)
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
LONGEST_TEXT = 2000
_NUMBER = re.compile(r"[<>+−-]?[\d,]+(\.\d+)?%?([–至/][+−-]?[\d,]+(\.\d+)?%?)*")
_NO_NUMBER = frozenset(("", "—", "缺", "已隐藏", "不可估", "区间不可估", "缺数据"))


@dataclass
class Block:
    """One piece of a page: its template, and what the template shows."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Page:
    """Everything a template needs to show a report."""

    header: dict[str, Any]
    seal: dict[str, Any]
    blocks: list[Block]
    contents: list[dict[str, Any]]
    edition: str
    n_figures: int
    n_tables: int


def read_page(notebook: nbformat.NotebookNode, edition: str = "leadership") -> Page:
    """The page of an executed notebook.

    Markdown above the report's head is for who opens the notebook and is left out.

    Raises
    ------
    KaoheError
        K841 an error output, K842 no head, no seal or more than one, K843 an id that is
        malformed or stands twice, or an unknown kind of output.
    """
    maker = _Maker(edition)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            maker.narrative(cell.source)
        elif cell.cell_type == "code":
            maker.code(cell)
    return maker.page()


class _Maker:
    def __init__(self, edition: str) -> None:
        self.edition = edition
        self.header: dict[str, Any] | None = None
        self.seal: dict[str, Any] | None = None
        self.blocks: list[Block] = []
        self.numbers: dict[str, str] = {}
        self.stood_for: set[str] = set()
        self.figures = 0
        self.tables = 0

    def narrative(self, source: str) -> None:
        if self.header is None:
            return
        for piece in markdown.blocks(source):
            if isinstance(piece, markdown.Heading):
                self.blocks.append(Block("heading", {"level": piece.level, "text": clean_text(piece.text)}))
            else:
                self.blocks.append(Block("prose", {"html": _UNSEEN.sub("", piece)}))

    def code(self, cell: nbformat.NotebookNode) -> None:
        tags = set(cell.metadata.get("tags", []))
        shown = bool(cell.source.strip()) and not tags & {"parameters", "injected-parameters"}
        shown, opened = shown and self.edition == "statistician", self.header is not None
        if shown and opened:
            self.blocks.append(Block("code", {"source": cell.source}))
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise _fault("K841", "A notebook with an error cannot become a page", str(output.ename))
            if output.output_type in {"display_data", "execute_result"}:
                payload = output.data.get(MIME)
                if isinstance(payload, dict):
                    self.payload(_clean(payload))
        if shown and not opened and self.header is not None:  # where `job`, `charts` and the others come from
            self.blocks.append(Block("code", {"source": cell.source}))

    def payload(self, payload: dict[str, Any]) -> None:
        kind = payload.get("kind")
        if kind == "header":
            if self.header is not None:
                raise _fault("K842", "A page has more than one head", str(payload.get("title")))
            self.header = payload
        elif kind == "seal":
            if self.seal is not None:
                raise _fault("K842", "A page has more than one seal", str(payload.get("target")))
            self.seal = payload
        elif self.header is None:
            raise _fault("K842", "A page has no head", f"{kind} before open_report")
        elif kind == "figure":
            self.figures += 1
            self._number(payload["id"], f"图{self.figures}")
            words = payload["title"], payload["alt"]
            picture = svg.inline(payload["svg"], payload["id"], *words)
            small = (payload.get("phone") or {}).get("svg", "")
            small = small and svg.inline(small, f"{payload['id']}-small", *words)
            table = {**payload["table"], "right": _numeric(payload["table"])}
            self.blocks.append(Block("figure", {**payload, "picture": picture, "small": small, "table": table}))
        elif kind == "table":
            self.tables += 1
            self._number(payload["id"], f"表{self.tables}")
            self.blocks.append(Block("table", {**payload, "open": self.edition == "statistician"}))
        elif kind in {"notes", "cards", "text"}:
            if payload.get("items", payload.get("paragraphs")):
                if name := payload.get("id", ""):
                    self._named(name)
                    self.stood_for.add(name)
                self.blocks.append(Block(str(kind), payload))
        else:
            raise _fault("K843", "An output has a kind that pages do not know", str(kind))

    def _number(self, name: str, number: str) -> None:
        self._named(name)
        self.numbers[name] = number

    def _named(self, name: str) -> None:
        if not _ID.fullmatch(name) or name in self.numbers or name in self.stood_for:
            raise _fault("K843", "An id is malformed or stands twice on the page", name)

    def page(self) -> Page:
        if self.header is None or self.seal is None:
            raise _fault("K842", "A page has no head or no seal", "none")
        blocks = list(_sections(self.blocks))
        contents = [b.data for b in blocks if b.kind == "heading"]
        within = ""
        for block in blocks:
            if block.kind == "heading":
                within = f"“{block.data['text']}”"
            elif block.kind == "text" and block.data.get("id"):
                self.numbers[block.data["id"]] = within
        for block in blocks:
            if block.kind in {"figure", "table"}:
                block.data["number"] = self.numbers[block.data["id"]]
            if block.kind == "notes":
                for item in block.data["items"]:
                    item["number"] = self.numbers.get(item.get("ref", ""), "")
            if block.kind == "table":
                self._links(block.data)
                block.data["files"] = downloads(self.seal["notebook"], self.seal["target"], block.data["id"])
        return Page(self.header, self.seal, blocks, contents, self.edition, self.figures, self.tables)

    def _links(self, table: dict[str, Any]) -> None:
        for row in table["rows"]:
            for number, cell in enumerate(row):
                if isinstance(cell, dict) and "href" in cell and not _HREF.fullmatch(str(cell["href"])):
                    row[number] = {k: v for k, v in cell.items() if k != "href"}


def _sections(blocks: list[Block]) -> Iterator[Block]:
    """Headings with ASCII ids, levels without gaps, none over an empty section."""
    chapter = section = 0
    level = 1
    for place, block in enumerate(blocks):
        if block.kind != "heading":
            yield block
            continue
        wanted = max(2, block.data["level"])
        if _empty(blocks, place, wanted):
            continue
        level = min(wanted, level + 1, 4)
        if level == 2:
            chapter, section = chapter + 1, 0
            name, number = f"sec-{chapter}", f"{chinese_number(chapter)}、"
        else:
            section += 1
            name, number = f"sec-{chapter}-{section}", f"（{chinese_number(section)}）" if level == 3 else ""
        yield Block("heading", {"level": level, "number": number, "text": block.data["text"], "id": name})


def _empty(blocks: list[Block], place: int, level: int) -> bool:
    for block in blocks[place + 1 :]:
        if block.kind == "heading":
            if max(2, block.data["level"]) <= level:
                return True
        elif block.kind != "code":
            return False
    return True


def _numeric(table: dict[str, Any]) -> list[bool]:
    """Which columns of a figure's data hold numbers, or words in place of one: they stand at the right."""
    columns = zip(*table["rows"], strict=True) if table["rows"] else ()
    found = [[bool(_NUMBER.fullmatch(v)) for v in values if v not in _NO_NUMBER] for values in columns]
    return [number > 0 and bool(cells) and all(cells) for number, cells in enumerate(found)]


def chinese_number(n: int) -> str:
    """一, 二, … 九十九."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(n, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{digits[tens]}十")
    return head + (digits[ones] if ones or not tens else "")


def clean_text(text: str) -> str:
    """A text without control, invisible and direction-changing characters, and of bearable length."""
    clean = _UNSEEN.sub("", text)
    return clean if len(clean) <= LONGEST_TEXT else clean[:LONGEST_TEXT] + "…"


def _clean(value: Any) -> Any:
    """A payload with `clean_text` over every text but the picture."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {k: (_UNSEEN.sub("", v) if k == "svg" else _clean(v)) for k, v in value.items()}
    if isinstance(value, list):
        return [_clean(v) for v in value]
    return value


def _fault(code: str, title: str, got: str) -> KaoheError:
    error = KaoheError(code, title, got=got, remedy="look at the notebook kept beside the failed report")
    error.exit_code = 1
    return error
