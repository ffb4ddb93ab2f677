"""How pages are put together: templates with everything escaped, the font, the words in page margins."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from kaohe.publish.webfont import FAMILY

TEMPLATES = Path(__file__).parent / "templates"
GRADE_CLASS = {"好": "g-a", "较好": "g-b", "一般": "g-c", "较差": "g-d", "缺": "g-missing", "—": "g-none"}
FAMILY_STACK = Markup(
    '"Kaohe Sans","Noto Sans SC","Source Han Sans SC","Microsoft YaHei","PingFang SC","Noto Sans CJK SC",sans-serif'
)
RUNNING = Markup(f"font:9px/1.4 {FAMILY_STACK};color:#52606D")
FONT_HERE = "@font-goes-here@"
MARGINS = "第页，共 0123456789"
_SEAM = re.compile(r"(?<=年)(?=扶贫|定点|考核|专项)|(?<=开发)(?=工作)|(?<=成效考核)|(?<=：)|(?<=任务的)")
_DATE = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
_SVG_TEXT = re.compile(r"<[^>]*>")


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
    environment.filters["seams"] = seams
    environment.filters["unbroken"] = unbroken
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


def unbroken(value: object) -> bool:
    """True for a table cell that stays on one line: a few characters, or a date."""
    text = value if isinstance(value, str) else str(value["text"]) if isinstance(value, dict) else ""
    return len(text) <= 7 or _DATE.fullmatch(text) is not None


def visible(html: str) -> str:
    """The characters that a page can show, once each, in order."""
    body = html[html.find("<body") :]
    return "".join(sorted(set(_SVG_TEXT.sub("", body)) | set("".join(re.findall(r'"([^"<>]*)"', html)))))
