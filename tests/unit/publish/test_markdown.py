"""Narrative: a small part of Markdown, everything else as typed."""

from __future__ import annotations

import pytest

from kaohe.publish.markdown import Heading, blocks


def test_headings_come_apart_from_paragraphs() -> None:
    assert blocks("## 指标 *等次*\n\n第一行\n第二行\n\n- 甲\n- 乙") == [
        Heading(2, "指标 等次"),
        "<p>第一行第二行</p>",
        "<ul>\n<li>甲</li>\n<li>乙</li>\n</ul>",
    ]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("字 <img src=x onerror=alert(1)> 字", "&lt;img src=x onerror=alert(1)&gt;"),
        ("[点](javascript:alert(1))", "点"),
        ("[点](https://example.org)", "点"),
        ("![图](https://example.org/x.png)", "图"),
        ("$\\alpha$ 与 $$x$$", "$\\alpha$ 与 $$x$$"),
        ("<https://example.org>", "https://example.org"),
    ],
)
def test_nothing_hostile_survives(source: str, shown: str) -> None:
    made = "".join(str(b) for b in blocks(source))
    assert shown in made
    assert "<a" not in made
    assert "<img" not in made
    assert "<script" not in made


def test_links_inside_the_set_stay() -> None:
    assert blocks("[表](#t-grades)与[市](city-440200.html)") == [
        '<p><a href="#t-grades">表</a>与<a href="city-440200.html">市</a></p>'
    ]
