"""How pages are put together: templates with everything escaped, the font, the words in page margins."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from kaohe.publish.webfont import FAMILY

TEMPLATES = Path(__file__).parent / "templates"
GRADE_CLASS = {"好": "g-a", "较好": "g-b", "一般": "g-c", "较差": "g-d", "缺": "g-missing", "—": "g-none"}
FAMILY_STACK = Markup(
    '"Kaohe Sans","Noto Sans SC","Source Han Sans SC","Microsoft YaHei","PingFang SC","Noto Sans CJK SC",sans-serif'
)
RUNNING = Markup(f"font:9px/1.4 {FAMILY_STACK};color:#52606D")
SHORT = 7  # characters of a cell that is not broken
FONT_HERE = "@font-goes-here@"
MARGINS = "第页，共 0123456789"
_SEAM = re.compile(r"(?<=年)(?=扶贫|定点|考核|专项)|(?<=开发)(?=工作)|(?<=成效考核)|(?<=：)|(?<=任务的)")
_DATE = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
_SVG_TEXT = re.compile(r"<[^>]*>")


@lru_cache(maxsize=1)
def page_environment() -> Environment:
    """Templates of pages and index: everything escaped, an unknown name is an error; compiled once a process."""
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
    environment.filters["seams"] = seams
    environment.filters["table_cells"] = table_cells
    environment.globals["family"] = FAMILY
    return environment


def css_string(text: str) -> Markup:
    """A text as the inside of a CSS string: letters as they are, everything else as escapes."""
    return Markup("".join(c if c.isalnum() or c in " ·（）：" else f"\\{ord(c):x} " for c in text))


def seams(title: str) -> Markup:
    """A title that breaks between its parts only, where the parts are known, and anywhere when it must."""
    return Markup("<wbr>").join(escape(part) for part in _SEAM.split(title) if part)


def grade_class(grade: str) -> str:
    """The CSS class of a grade's colour; none for an unknown word."""
    return GRADE_CLASS.get(grade, "g-none")


def unbroken(text: str) -> bool:
    """True for a table cell that stays on one line: a few characters, or a date."""
    return len(text) <= SHORT or _DATE.fullmatch(text) is not None


def table_cells(row: Sequence[Any], columns: Sequence[Mapping[str, Any]]) -> Markup:
    """The cells of a table's row, the first one its header; everything escaped.

    A report has thousands of cells: this is done here, not by a macro for each of them.
    """
    made = []
    for number, (value, column) in enumerate(zip(row, columns, strict=True)):
        text, grade, href = (value, "", "") if isinstance(value, str) else map(value.get, ("text", "grade", "href"))
        shown = escape(text)
        if grade:
            made.append(f'<td class="grade {grade_class(grade)}">{shown}</td>')
            continue
        align = column["align"]
        classes = ("" if align == "left" else align[0] + " ") + ("short" if unbroken(text) else "")
        within = (f'<a href="{escape(href)}">{shown}</a>' if href else shown).strip()
        named = f' class="{escape(classes.strip())}"' if classes.strip() else ""
        tag, scope = ("td", "") if number else ("th", ' scope="row"')
        made.append(f"<{tag}{scope}{named}>{within}</{tag}>")
    return Markup("".join(made))


def visible(html: str) -> str:
    """The characters that a page can show, once each, in order."""
    body = html[html.find("<body") :]
    return "".join(sorted(set(_SVG_TEXT.sub("", body)) | set("".join(re.findall(r'"([^"<>]*)"', html)))))


@lru_cache(maxsize=2)
def script_text(name: str) -> str:
    """The only script of a kind of page: ``page`` of a report, ``index`` of the list."""
    return (TEMPLATES / "kaohe" / f"{name}.js").read_text(encoding="utf-8").strip()


@lru_cache(maxsize=2)
def script_hash(name: str) -> str:
    """SHA-256 of the script `name` in base64, as the content policy names it."""
    return b64encode(hashlib.sha256(script_text(name).encode()).digest()).decode("ascii")
