"""The page: offline, escaped, accessible in its marks, the same bytes each time."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import nbconvert
import pytest

from kaohe.plot.output import Card, Cards, Note, Notes, Text, cell
from kaohe.publish.audit import scan
from kaohe.publish.html import KaoheExporter
from kaohe.publish.look import css_string, script_hash, script_text
from support.publishing import executed, figure, header, seal, table

HOSTILE = [
    "<script>document.body.dataset.pwn=1</script>",
    '"><img src=x onerror=alert(1)>',
    "$\\href{javascript:alert(1)}{x}$",
    "[x](javascript:alert(1))",
    "{{ 7*7 }}{% raw %}",
    "</style></title></svg><b>",
    "'; content: url(http://example.org)",
    "&lt;b&gt; &amp;",
]


def page(*parts: Any, edition: str = "leadership", **kw: Any) -> str:
    return KaoheExporter(edition=edition, embed_font=False).from_notebook_node(executed(*parts, **kw))[0]


class Reader(HTMLParser):
    """Tags and texts of a page, as a browser reads them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_exporter_is_registered() -> None:
    assert nbconvert.get_exporter("kaohe") is KaoheExporter


def test_nbconvert_learns_the_ending_of_the_file() -> None:
    given = {"unique_key": "city"}
    found = KaoheExporter(embed_font=False).from_notebook_node(executed(figure()), given)[1]
    assert found == {"unique_key": "city", "output_extension": ".html"}
    assert given == {"unique_key": "city"}


def test_head_of_the_page() -> None:
    text = page(figure())
    assert text.startswith('<!DOCTYPE html>\n<html lang="zh-CN">')
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:" in text
    assert "<title>2020年扶贫开发工作成效考核分析报告：韶关市</title>" in text
    assert text.count("script") == 3  # the policy and the one script that it names
    assert f"script-src 'sha256-{script_hash('page')}'; base-uri 'none'; form-action 'none'\">" in text
    assert f"<script>{script_text('page')}</script>" in text
    assert not re.search(r"(src|href)=\"(?!#|index\.html|glossary\.html)", text)


def test_neither_code_nor_streams_are_shown_to_leadership() -> None:
    text = page("## 甲", figure(), table())
    assert "SECRET" not in text
    assert "SECRET_CODE" in page(figure(), edition="statistician")
    assert "SECRET_STREAM" not in page(figure(), edition="statistician")


def test_marks_banner_preview_and_provenance() -> None:
    text = page(figure())
    assert text.count("内部资料 · 不公开") >= 2
    assert "演示数据（虚构）" in text
    assert "预览" not in text
    assert "《方案》" in text
    assert "同一表内各指标等权" in text
    assert "预览 · 不可发布" in page(figure(), head=header(preview=True))
    assert "虚构" not in page(figure(), head=header(banner=""))


def test_figure_and_table_marks() -> None:
    text = page(Notes([Note("结论", "a")]), figure("a"), table("t"))
    tags = Reader(text).tags
    assert '<figure class="chart" id="a">' in text
    assert '<figcaption><span class="no">图1</span>标题a</figcaption>' in text
    assert '<a href="#a">见图1</a>' in text
    assert ("svg", {"viewbox": "0 0 500 60", "role": "img", "aria-labelledby": "a-svg-title",
                    "aria-describedby": "a-svg-desc"}) in tags  # fmt: skip
    assert all(a.get("scope") in {"col", "row"} for t, a in tags if t == "th")
    assert sum(t == "table" for t, _ in tags) == sum(t == "caption" for t, _ in tags) == 2
    assert '<td class="grade g-b">较好</td>' in text
    assert '<a href="city-440200.html">韶关市</a>' in text


def test_ids_stand_once_and_headings_do_not_skip() -> None:
    tags = Reader(page("## 甲\n\n文", "#### 乙\n\n文", figure("a"), figure("b"), table("t"))).tags
    ids = [a["id"] for _, a in tags if a.get("id")]
    assert len(ids) == len(set(ids))
    levels = [int(t[1]) for t, _ in tags if re.fullmatch(r"h[1-6]", t)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


@pytest.mark.parametrize("bad", HOSTILE)
@pytest.mark.case("C39")
def test_hostile_text_in_every_field_is_shown_as_text(bad: str) -> None:
    marked = f"甲{bad}乙"
    text = page(
        f"## {marked}\n\n{marked}",
        Notes([Note(marked, "a")]),
        Cards([Card(marked, marked, marked)]),
        Text([marked], "warning"),
        figure("a", title=marked, subtitle=marked, alt=marked + "述", note=marked,
               table=type(figure().table)(marked, [marked], [[marked]])),
        table("t", caption=marked, note=marked, rows=[[cell(marked, href="x.html"), marked, cell(marked, grade=marked)]],
              columns=[type(table().columns[0])(marked), *table().columns[1:]], folded=True),
        head=header(title=marked, facts=[(marked, marked)], mark=marked, banner=marked, target=marked),
        end=seal(facts=[(marked, marked)], choices=[marked]),
    )  # fmt: skip
    seen = Reader(text)
    assert not {t for t, _ in seen.tags} & {"img", "b", "iframe"}
    assert sum(t == "script" for t, _ in seen.tags) == 1
    assert f"<script>{script_text('page')}</script>" in text
    assert not [k for _, a in seen.tags for k in a if k.startswith("on")]
    assert not [
        a["href"]
        for _, a in seen.tags
        if "href" in a and not re.match(r"#|index\.html|glossary\.html|x\.html", a["href"] or "")
    ]
    assert sum(t == "style" for t, _ in seen.tags) == 1
    assert sum(marked in t for t in seen.texts) >= 15
    assert [f for f in scan(text) if f.what not in {"an escape sequence"}] == []


def test_statisticians_code_is_escaped() -> None:
    made = executed(figure())
    made.cells[2].source = "x = '<script>alert(1)</script>'"
    text = KaoheExporter(edition="statistician", embed_font=False).from_notebook_node(made)[0]
    assert "&lt;script&gt;" in text
    assert text.count("<script") == 1


def test_the_statistician_sees_folded_tables_open() -> None:
    assert "<details><summary>表1" in page(table(folded=True))
    shown = page(table(folded=True), edition="statistician")
    assert "<details open><summary>表1" in shown
    assert "<li>streams[object=440200000000]　000000000000</li>" in shown
    assert "streams[object=" not in page(table())
    assert scan(shown) == []


def test_the_same_notebook_gives_the_same_bytes() -> None:
    made = executed("## 甲", figure(), table())
    first, second = (KaoheExporter().from_notebook_node(made)[0] for _ in range(2))
    assert first == second
    assert first.count("data:font/woff2;base64,") == 1


@pytest.mark.parametrize("text", ["韶关市", '"; } body{display:none}', "a\\b\n<x>"])
def test_css_strings_cannot_end(text: str) -> None:
    made = str(css_string(text))
    assert not set(made) & set('"\n<>;{}')
    back = re.sub(r"\\([0-9a-f]+) ", lambda m: chr(int(m[1], 16)), made)
    assert back == text


def test_no_way_back_where_there_is_no_index() -> None:
    text = KaoheExporter(index_href="", embed_font=False).from_notebook_node(executed(figure()))[0]
    assert "返回报告总目录" not in text
