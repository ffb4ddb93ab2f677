"""What of a picture comes into a page."""

from __future__ import annotations

import io
import re

import pytest

from kaohe.base.errors import KaoheError
from kaohe.plot.canvas import Canvas
from kaohe.publish import svg
from kaohe.publish.svg import inline

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 500 60">'


def of(body: str) -> str:
    return inline(f"{HEAD}{body}</svg>", "fig", "题 <1>", "说明 & 更多")


def test_title_and_description_are_said_and_escaped() -> None:
    made = of("<g/>")
    assert made.startswith(
        '<svg viewBox="0 0 500 60" role="img" aria-labelledby="fig-svg-title" aria-describedby="fig-svg-desc">'
        '<title id="fig-svg-title">题 &lt;1&gt;</title><desc id="fig-svg-desc">说明 &amp; 更多</desc>'
    )


def test_ids_in_use_are_renamed_and_the_others_dropped() -> None:
    made = of(
        '<defs><clipPath id="p1"><rect/></clipPath><path id="m"/></defs><g id="figure_1" clip-path="url(#p1)">'
        '<use xlink:href="#m"/><path style="fill: url(#p1)"/></g>'
    )
    assert re.findall(r' id="([^"]+)"', made) == ["fig-svg-title", "fig-svg-desc", "fig-drawn", "fig--2", "fig--1"]
    assert made.count("url(#fig--2)") == 2
    assert 'href="#fig--1"' in made
    assert "figure_1" not in made


def test_two_pictures_on_a_page_share_no_id() -> None:
    body = '<defs><path id="m"/></defs><use xlink:href="#m"/>'
    ids = [set(re.findall(r' id="([^"]+)"', inline(f"{HEAD}{body}</svg>", n, "t", "d"))) for n in ("a", "b")]
    assert not ids[0] & ids[1]


def test_text_of_the_picture_stays_text() -> None:
    made = of('<text x="1">&lt;script&gt;alert(1)&lt;/script&gt; $x^2$</text>')
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $x^2$</text>" in made


def test_matplotlibs_own_output_comes_through_with_its_text() -> None:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3, 2))
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.plot([1, 2, 3], marker="o")
    axes.set_title("a < b & c")
    out = io.StringIO()
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(out, format="svg")
    made = inline(out.getvalue(), "fig", "t", "d")
    assert "a &lt; b &amp; c</text>" in made
    assert not re.search(r"<(metadata|style|\?xml|!DOCTYPE)|http://|font-family", made)
    assert len(made) < len(out.getvalue())


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        '<image href="http://example.org/x.png"/>',
        '<use href="http://example.org/x.svg#a"/>',
        '<use xlink:href="data:image/svg+xml,x"/>',
        '<rect style="fill: url(http://example.org/x)"/>',
        '<rect fill="url(javascript:alert(1))"/>',
        "<style>@import url(http://example.org/x.css);</style>",
        "<style>a{background:url(x)}</style>",
        "<animate attributeName='href'/>",
        "<g",
    ],
)
def test_what_a_picture_must_not_hold_is_refused(body: str) -> None:
    with pytest.raises(KaoheError, match="K840"):
        of(body)


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + HEAD + "<text>&a;</text></svg>"
    with pytest.raises(KaoheError, match="K840"):
        inline(bomb, "fig", "t", "d")


def test_a_picture_needs_its_size() -> None:
    with pytest.raises(KaoheError, match="no viewBox"):
        inline('<svg xmlns="http://www.w3.org/2000/svg"/>', "fig", "t", "d")


def test_a_plain_picture_is_written_as_parsing_would_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = Canvas(1.0)
    canvas.rect(0.1, 0.1, 0.5, 0.3, "#CFE3F1", edge="#52606D", dash=(2, 2))
    canvas.text(1.0, 0.5, '滘 <script> & "x" &amp;', align="right")
    said = canvas.svg()
    fast = inline(said, "f", "题 <b>", "述 & 评")
    assert svg._PLAIN.fullmatch(said)
    for hostile in (
        '<rect onload="x"/>',
        '<path d="url(#a)"/>',
        '<text x="1">&#60;</text>',
        "<script/>",
        '<path id="a"/>',
    ):
        assert not svg._PLAIN.fullmatch(said.replace("</svg>", hostile + "\n</svg>"))
    monkeypatch.setattr(svg, "_PLAIN", re.compile("never"))
    assert inline(said, "f", "题 <b>", "述 & 评") == fast
