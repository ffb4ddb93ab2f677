"""The exporter ``kaohe``: an executed report notebook as one offline page.

Nothing but the suite's own outputs and the narrative is shown; everything is escaped; the page
asks for nothing from outside.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from traitlets import Bool, Enum, Unicode, default

from kaohe.publish.page import EDITIONS, read_page
from kaohe.publish.webfont import FAMILY, PageFonts

TEMPLATES = Path(__file__).parent / "templates"
GRADE_CLASS = {"好": "g-a", "较好": "g-b", "一般": "g-c", "较差": "g-d", "缺": "g-missing", "—": "g-none"}
FAMILY_STACK = Markup(
    '"Kaohe Sans","Noto Sans SC","Source Han Sans SC","Microsoft YaHei","PingFang SC","Noto Sans CJK SC",sans-serif'
)
RUNNING = Markup(f"font:9px/1.4 {FAMILY_STACK};color:#52606D")
FONT_HERE = "@font-goes-here@"
MARGINS = "第页，共 0123456789"
_SVG_TEXT = re.compile(r"<[^>]*>")


class KaoheExporter(TemplateExporter):
    """Exporter behind ``jupyter nbconvert --to kaohe``."""

    export_from_notebook = "考核报告（离线网页）"
    output_mimetype = "text/html"
    edition = Enum(EDITIONS, default_value="leadership", help="leadership, or statistician with folded code").tag(
        config=True
    )
    embed_font = Bool(True, help="Embed the font's subset in the page.").tag(config=True)
    index_href = Unicode("index.html", help="Where the page's way back leads; empty: none.").tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "kaohe"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATES)]

    @cached_property
    def _pages(self) -> Environment:
        return page_environment()

    def from_notebook_node(  # type: ignore[override]
        self, nb: nbformat.NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page of an executed notebook; `resources` come back as they were given.

        Raises
        ------
        KaoheError
            K840 to K843 (see `kaohe.publish.page.read_page`).
        """
        page = read_page(nb, self.edition)
        template = self._pages.get_template("kaohe/index.html.j2")
        stamp = next((f"建表 {value}" for label, value in page.seal.get("facts", []) if label == "建表时间"), "")
        text = template.render(
            page=page,
            index_href=self.index_href,
            stamp=stamp,
            font=FONT_HERE if self.embed_font else "",
            family_stack=FAMILY_STACK,
            running=RUNNING,
        )
        if self.embed_font:
            text = text.replace(FONT_HERE, shared_fonts().data_uri(visible(text) + MARGINS), 1)
        return text, resources or {}


@lru_cache(maxsize=1)
def shared_fonts() -> PageFonts:
    """The process's own cutter of fonts."""
    return PageFonts(library_characters())


def page_environment() -> Environment:
    """Templates of pages and index: everything escaped, an unknown name is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["css_string"] = css_string
    environment.filters["grade_class"] = grade_class
    environment.filters["trusted"] = Markup
    environment.globals["family"] = FAMILY
    return environment


def css_string(text: str) -> Markup:
    """A text as the inside of a CSS string: letters as they are, everything else as escapes."""
    return Markup("".join(c if c.isalnum() or c in " ·（）：" else f"\\{ord(c):x} " for c in text))


def grade_class(grade: str) -> str:
    """The CSS class of a grade's colour; none for an unknown word."""
    return GRADE_CLASS.get(grade, "g-none")


def visible(html: str) -> str:
    """The characters that a page can show, once each, in order."""
    body = html[html.find("<body") :]
    return "".join(sorted(set(_SVG_TEXT.sub("", body)) | set("".join(re.findall(r'"([^"<>]*)"', html)))))


def library_characters() -> str:
    """Characters of the plan's names and the library's own words, which most pages need."""
    root = Path(__file__).parent.parent
    found: set[str] = set()
    for pattern in ("plans/*/*.toml", "plans/*/*.csv", "plot/*.py", "publish/*.py", "publish/templates/**/*"):
        for path in root.glob(pattern):
            if path.is_file():
                found.update(path.read_text(encoding="utf-8"))
    return "".join(sorted(found))
