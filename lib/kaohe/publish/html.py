"""The exporter ``kaohe``: an executed report notebook as one offline page.

Nothing but the suite's own outputs and the narrative is shown; everything is escaped; the page
asks for nothing from outside.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import nbformat
from jinja2 import Environment
from nbconvert.exporters.templateexporter import TemplateExporter
from traitlets import Bool, Enum, Unicode, default

from kaohe.publish.look import (
    FAMILY_STACK,
    FONT_HERE,
    MARGINS,
    RUNNING,
    TEMPLATES,
    page_environment,
    script_hash,
    script_text,
    visible,
)
from kaohe.publish.page import EDITIONS, read_page
from kaohe.publish.webfont import data_uri


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
        """The page of an executed notebook; `resources` come back with the ending of the page's file.

        Parameters
        ----------
        nb : NotebookNode
            An executed, sealed notebook.
        resources : dict, optional
            Of nbconvert.
        **kw
            Not used: nbconvert's signature.

        Returns
        -------
        page, resources : str, dict
            HTML of one whole page without other files; `resources` with the ending of its file.

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
            script=script_text("page"),
            script_hash=script_hash("page"),
        )
        if self.embed_font:
            text = text.replace(FONT_HERE, data_uri(visible(text) + MARGINS), 1)
        return text, {**(resources or {}), "output_extension": self.file_extension}


@lru_cache(maxsize=2)
def exporter(edition: str) -> KaoheExporter:
    """The exporter of an edition, made once a process; it keeps nothing of one page for the next.

    Parameters
    ----------
    edition : str
        One of `EDITIONS`.
    """
    made: KaoheExporter = KaoheExporter(edition=edition)  # type: ignore[no-untyped-call]
    return made
