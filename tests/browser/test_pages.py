"""The bar of the pages, in a real browser: offline, accessible, calm on a phone, right on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kaohe.publish.html import KaoheExporter
from kaohe.publish.pdf import find_browser, print_page
from kaohe.run.asked import Selection
from kaohe.run.pdf import print_reports
from support.bar import inaccessible, incomplete, pdf_faults, repeated_ids, too_wide, unfold, unlinked
from support.browsing import KINDS, Listener
from support.built_frames import the_plan
from support.pdf_text import page_texts
from support.publishing import executed, figure, header, table

pytestmark = pytest.mark.browser
WIDTHS = (1366, 390)


def url(site: Path, name: str) -> str:
    path = site / f"{name}.html"
    assert path.is_file(), sorted(p.name for p in site.iterdir())
    return path.as_uri()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.case("E08")
def test_no_connection_no_console_error_and_shown_at_once(
    name: str, site: Path, page: Page, listener: Listener
) -> None:
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    before = len(listener.visits)
    page.goto(url(site, name))
    # A bar of the page itself, several times what it takes: a script or style that holds it up would show here.
    spent = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert spent < 1500
    page.wait_for_timeout(200)
    assert said == []
    assert [a for a in asked if not a.startswith(("file:", "data:"))] == []
    assert len(listener.visits) == before


def test_the_listener_sees_a_page_that_asks_for_something(tmp_path: Path, page: Page, listener: Listener) -> None:
    (tmp_path / "bad.html").write_text("<img src='http://example.org/x.png'>", encoding="utf-8")
    before = len(listener.visits)
    page.goto((tmp_path / "bad.html").as_uri())
    page.wait_for_timeout(200)
    assert any(b"example.org" in v for v in listener.visits[before:])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing_and_the_page_does_not_scroll_sideways(name: str, width: int, site: Path, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(url(site, name))
    assert too_wide(page) == []
    unfold(page)
    assert too_wide(page) == []
    assert inaccessible(page) == []


@pytest.mark.parametrize("name", KINDS[3:])
def test_every_figure_and_table_is_complete(name: str, site: Path, page: Page) -> None:
    page.goto(url(site, name))
    assert page.locator("figure.chart").count() > 0
    assert incomplete(page) == []
    assert repeated_ids(page) == []


@pytest.mark.parametrize("name", KINDS)
def test_every_character_is_drawn_by_the_embedded_font(name: str, site: Path, page: Page) -> None:
    session = page.context.new_cdp_session(page)
    page.goto(url(site, name))
    unfold(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    body = session.send("DOM.querySelector", {"nodeId": root, "selector": "body"})["nodeId"]
    nodes = session.send("DOM.querySelectorAll", {"nodeId": body, "selector": "main *, header *, footer *, nav *"})[
        "nodeIds"
    ]
    foreign = set()
    for node in nodes[:: max(1, len(nodes) // 400)]:
        for font in session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]:
            if not font["isCustomFont"]:
                foreign.add((font["familyName"], font["glyphCount"]))
    assert foreign == set()


def test_every_page_says_at_its_head_and_foot_that_its_data_are_invented(site: Path, page: Page) -> None:
    """Of all kinds: each notebook's, the index, the words and the summary of the run."""
    made = sorted(p.stem for p in site.glob("*.html"))
    assert set(KINDS) <= set(made)
    for name in made:
        page.goto(url(site, name))
        assert page.inner_text(".demo") == "演示数据（虚构）", name
        foot = page.inner_text("footer .closing")
        assert "内部资料 · 不公开。仅供考核工作使用" in foot, name
        assert "数据均为演示数据（虚构），不反映任何实际情况。" in foot, name


def test_links_lead_somewhere(site: Path, page: Page) -> None:
    made = {p.name for p in site.iterdir()}
    for name in KINDS:
        page.goto(url(site, name))
        hrefs = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))")
        for href in hrefs:
            file, _, anchor = href.partition("#")
            if anchor and not file:
                assert page.evaluate("id => !!document.getElementById(id)", anchor), (name, href)
            elif file.startswith("../tables/"):
                assert (site / file).is_file(), (name, href)
            elif name in {"index", "glossary"} or file in {"index.html", "glossary.html"}:
                assert file in made
            else:
                assert re.fullmatch(r"[a-z0-9-]+\.html", file), (name, href)


@pytest.mark.parametrize("name", KINDS[3:])
def test_every_conclusion_leads_to_what_it_says_and_opens_it(name: str, site: Path, page: Page) -> None:
    page.goto(url(site, name))
    assert page.locator(".notes li").count() >= 2
    assert unlinked(page) == []
    folded = page.locator("figure.tab:has(> details)").evaluate_all("all => all.map(f => f.id)")
    page.goto("about:blank")
    page.goto(f"{url(site, name)}#{folded[0]}")
    assert page.evaluate("id => document.querySelector(`#${id} > details`).open", folded[0])
    page.evaluate("id => { location.hash = id }", folded[-1])
    page.wait_for_function("id => document.querySelector(`#${id} > details`).open", arg=folded[-1])
    expect(page.locator(f"#{folded[-1]} summary")).to_be_in_viewport()
    assert not page.locator("figure.chart > details").evaluate_all("all => all.some(d => d.open)")


def test_without_scripts_a_conclusion_leads_to_the_line_that_opens_the_table(site: Path, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 900}, java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{url(site, 'unit-dw003')}#t-daily")
    expect(opened.locator("#t-daily summary")).to_be_in_viewport()
    context.close()


HOSTILE = "<script>document.body.dataset.pwn=1</script>"


@pytest.mark.parametrize(
    "bad", [HOSTILE, '"><img src=x onerror="document.body.dataset.pwn=1">', "[x](javascript:document.body.dataset.pwn=1)",
            "$\\unicode{x}$", "甲\u202e乙", "</style><style>body{display:none}"]
)  # fmt: skip
def test_hostile_text_does_nothing_and_is_seen(bad: str, tmp_path: Path, page: Page, listener: Listener) -> None:
    before = len(listener.visits)
    made = executed(f"## 甲{bad}", figure(title=bad, subtitle=bad, note=bad, alt=bad + "述"), table(caption=bad),
                    head=header(title=bad, banner=bad, mark=bad))  # fmt: skip
    (tmp_path / "x.html").write_text(KaoheExporter().from_notebook_node(made)[0], encoding="utf-8")
    page.goto((tmp_path / "x.html").as_uri())
    page.wait_for_timeout(100)
    assert page.evaluate("document.body.dataset.pwn") is None
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    shown = bad.replace("\u202e", "")
    assert page.evaluate("document.body.innerText").count(shown) >= 4
    assert page.title() == shown
    assert len(listener.visits) == before


class TestIndex:
    def test_search_filters_and_count(self, site: Path, page: Page) -> None:
        page.goto(url(site, "index"))
        total = page.locator("#reports tbody tr").count()
        page.fill("#find", "韶关市")
        visible = page.locator("#reports tbody tr:visible")
        names = visible.locator("th").all_inner_texts()
        assert names
        assert all("韶关" in n for n in names)
        assert page.inner_text("#count") == f"显示 {len(names)} / {total} 份"
        page.fill("#find", "")
        page.select_option("#group", "帮扶市")
        assert set(page.locator("#reports tbody tr:visible td:nth-child(2)").all_inner_texts()) == {"帮扶市"}
        page.select_option("#group", "")
        page.select_option("#grade", "好")
        assert set(page.locator("#reports tbody tr:visible td:nth-child(4)").all_inner_texts()) == {"好"}
        page.fill("#find", "没有这样的名字")
        assert page.is_visible("#none")

    def test_sorting_says_its_order_and_keeps_empty_cells_last(self, site: Path, page: Page) -> None:
        page.goto(url(site, "index"))
        head = page.locator("#reports thead th").nth(4)
        for order, wanted in (("descending", True), ("ascending", False)):
            head.locator("button").click()
            assert head.get_attribute("aria-sort") == order
            texts = page.locator("#reports tbody td:nth-child(5)").all_inner_texts()
            scores = [float(t) for t in texts if re.fullmatch(r"[\d.]+", t)]
            assert scores == sorted(scores, reverse=wanted)
            assert len(scores) < len(texts)
            assert all(re.fullmatch(r"[\d.]+", t) for t in texts[: len(scores)])
        grades = page.locator("#reports thead th").nth(3)
        grades.locator("button").click()
        first = [
            t for t in page.locator("#reports tbody td:nth-child(4)").all_inner_texts() if t in "好较好一般较差" and t
        ]
        assert first == sorted(first, key=["好", "较好", "一般", "较差"].index)
        assert head.get_attribute("aria-sort") is None

    @pytest.mark.parametrize("clicks", [1, 2])
    def test_ranks_are_sorted_within_their_class_only(self, clicks: int, site: Path, page: Page) -> None:
        page.goto(url(site, "index"))
        groups = page.locator("#reports tbody td:nth-child(2)").all_inner_texts()
        button = page.locator("#reports thead th").nth(5).locator("button")
        for _ in range(clicks):
            button.click()
        now = page.locator("#reports tbody tr").evaluate_all(
            "rows => rows.map(r => [r.cells[1].innerText, r.cells[5].innerText])"
        )
        assert list(dict.fromkeys(g for g, _ in now)) == list(dict.fromkeys(groups))
        assert [g for g, _ in now] == sorted((g for g, _ in now), key=list(dict.fromkeys(groups)).index)
        for group in set(groups):
            ranks = [int(n[0]) for g, r in now if g == group and (n := re.findall(r"\d+", r))]
            assert ranks == sorted(ranks, reverse=clicks == 2), group

    def test_it_works_by_keyboard(self, site: Path, page: Page) -> None:
        page.goto(url(site, "index"))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.focus("#reports thead button")
        page.keyboard.press("Enter")
        assert page.locator("#reports thead th").first.get_attribute("aria-sort") == "ascending"

    def test_every_row_is_seen_without_scripts(self, site: Path, browser: object) -> None:
        context = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
        opened = context.new_page()
        opened.goto(url(site, "index"))
        assert opened.locator("#reports tbody tr:visible").count() == opened.locator("#reports tbody tr").count() > 50
        assert not opened.is_visible("#tools")
        context.close()

    def test_it_is_light(self, site: Path) -> None:
        assert (site / "index.html").stat().st_size < 200_000


@pytest.mark.parametrize(("name", "limit"), [("city-440200", 1_000_000), ("unit-dw003", 400_000)])
def test_pages_keep_to_their_size(name: str, limit: int, site: Path) -> None:
    assert (site / f"{name}.html").stat().st_size < limit


def test_paper_is_a4_tagged_with_bookmarks_and_the_mark_on_every_page(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through `kaohe pdf`, as an office prints it."""
    monkeypatch.delenv("KAOHE_BROWSER", raising=False)
    outputs, said = site.parent, list[str]()
    wanted = Selection(targets=("韶关市",), notebooks=("40_city",))
    done = print_reports(outputs.parent / "processed", outputs, the_plan(), wanted, said.append, force=True)
    assert (done.made, done.exit_code) == (["city-440200"], 0), said
    data = (outputs / "pdf" / "city-440200.pdf").read_bytes()
    assert list(pdf_faults(data)) == []
    assert re.search(rb"/MarkInfo <<[^>]*/Marked true", data)
    assert b"/Lang (zh-CN)" in data
    texts = [t.replace(" ", "") for t in page_texts(data)]
    assert len(texts) > 5
    assert all("内部资料·不公开" in t for t in texts)
    assert all(f"第{n}页，共{len(texts)}页" in t for n, t in enumerate(texts, start=1))
    headings = len(re.findall(r"<h[1-6]\b", (site / "city-440200.html").read_text(encoding="utf-8")))
    assert b"/Outlines" in data
    assert len(re.findall(rb"/Title ?[(<]", data)) == headings + 1  # the document's own besides
    assert b"file:" not in data


def test_the_browser_that_prints_reaches_nobody(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that asks, as no report can: by name, by address, and through a link that is printed."""
    monkeypatch.delenv("KAOHE_BROWSER", raising=False)
    before = len(listener.visits)
    asks = "".join(f'<img src="http://{h}:{listener.port}/x.png">' for h in ("localhost", "127.0.0.1", "example.org"))
    html = f'<style>@page{{size:A4}}</style><h1>题</h1>{asks}<a href="http://localhost:{listener.port}/">外</a>'
    assert b"http:" not in print_page(html, find_browser(), timeout=60)
    assert len(listener.visits) == before


# Of each figure on a narrow screen, before anything is moved: words of the key that are not wholly seen (they stand in the
# strip along the picture's upper edge; a picture that is not shown has its key alone), marks that the kept names cover or
# cut, texts of the narrow drawing out of it, and whether the names stay when the picture is moved to its end.
_OPENED = """[...document.querySelectorAll('figure.chart')].map(f => {
  const scroll = f.querySelector('.scroll'), svg = scroll.querySelector('svg'), names = scroll.querySelector('.names');
  const shown = e => e.getClientRects().length > 0 && e.getBoundingClientRect().width > 0;
  const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const screen = {left: 0, right: innerWidth, top: -1e9, bottom: 1e9}, box = scroll.getBoundingClientRect();
  const numbers = e => e.getAttribute('viewBox').split(' ').map(Number);
  const parts = [...f.querySelectorAll('.key svg')].filter(e => shown(e) && inside(e.getBoundingClientRect(), screen)).map(numbers);
  const unseen = [], covered = [], cut = [];
  const word = t => {
    const size = Number(t.getAttribute('font-size')), y = Number(t.getAttribute('y')) - 0.36 * size;
    const long = [...t.textContent].reduce((n, c) => n + (c > '\u2fff' ? 1 : 0.6), 0) * size, x = Number(t.getAttribute('x'));
    return {y, left: t.getAttribute('text-anchor') == 'start' ? x : x - long, right: t.getAttribute('text-anchor') == 'end' ? x : x + long};
  };
  for (const t of svg.querySelectorAll('text')) {
    const w = word(t);
    if (w.y > 10 || w.y < 7 || !KEYS.test(t.textContent)) continue;
    const here = shown(svg) && inside(t.getBoundingClientRect(), {...box, left: Math.max(0, box.left), right: Math.min(innerWidth, box.right)});
    const there = parts.some(([x, y, width, height]) => w.left >= x && w.right <= x + width && w.y >= y && w.y <= y + height);
    if (!here && !there) unseen.push(t.textContent);
  }
  const kept = names && shown(names) ? names.getBoundingClientRect() : null;
  if (kept) for (const p of svg.querySelectorAll('path')) {
    const r = p.getBoundingClientRect();
    const over = Math.min(r.bottom, kept.bottom) - Math.max(r.top, kept.top), under = kept.right - r.left;
    if (over > 1 && under > 1 && (r.right > kept.right + 1 || Math.abs(kept.left - svg.getBoundingClientRect().left) > 1)) covered.push(p.getAttribute('d').slice(0, 40));
  }
  const small = f.querySelector('.small svg');
  if (small && shown(small)) for (const t of small.querySelectorAll('text'))
    if (!inside(t.getBoundingClientRect(), small.getBoundingClientRect()) || !inside(small.getBoundingClientRect(), screen)) cut.push(t.textContent);
  scroll.scrollLeft = 9999;
  const after = kept ? names.getBoundingClientRect() : null, moved = shown(svg) ? box.left - svg.getBoundingClientRect().left : 0;
  return {id: f.id, unseen, covered, cut, small: !!small && shown(small), picture: shown(svg), moved, key: parts.length,
    stays: !kept || (Math.abs(after.left - box.left) < 1.5 && Math.abs(kept.left - box.left) < 1.5 && kept.width < 0.6 * box.width)};
})"""
_KEYS = "/^(好|较好|一般|较差|缺：应评未评|待核|缺数据|未答|存疑|中位数|名次|合计|不作结论|全省|方案权重|有效权重|靠后|实地核查得分|自评等次|与均值之差合计)$|分位$|区间$|（\\d+分）$|^\\d+%及以上|^不足\\d+%|等次（颜色同等次）|^其中“一般及以下”/"


@pytest.mark.parametrize("name", KINDS[3:])
def test_a_telephone_shows_every_key_at_once_and_keeps_the_names_beside_the_marks(
    name: str, site: Path, page: Page
) -> None:
    page.goto(url(site, name))
    page.set_viewport_size({"width": 390, "height": 900})
    figures = page.evaluate(_OPENED.replace("KEYS", _KEYS))
    assert figures
    for line in ("unseen", "covered", "cut"):
        assert {f["id"]: f[line] for f in figures if f[line]} == {}, line
    assert all(f["stays"] for f in figures)
    assert all(f["small"] != f["picture"] for f in figures)
    assert all(f["moved"] > 100 for f in figures if f["picture"])


def test_paper_and_desktop_show_one_picture_with_its_key_inside(site: Path, page: Page) -> None:
    page.goto(url(site, "city-440200"))
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        assert page.locator(".key, .names, .small").count() > 15
        for part in (".key", ".names", ".small"):
            assert not any(e.is_visible() for e in page.locator(part).all()), (media, part)
        assert all(e.is_visible() for e in page.locator(".chart>.scroll>svg:first-child").all())


def test_print_styles_keep_rows_and_figures_whole(site: Path, page: Page) -> None:
    page.goto(url(site, "city-440200"))
    page.emulate_media(media="print")
    style = "s => getComputedStyle(document.querySelector(s))"
    assert page.evaluate(f"({style})('tr').breakInside") == "avoid"
    assert page.evaluate(f"({style})('figure.chart').breakInside") == "avoid"
    assert page.evaluate(f"({style})('thead').display") == "table-header-group"
    assert page.evaluate(f"({style})('.skip').display") == "none"
    sheet = page.evaluate("[...document.styleSheets[0].cssRules].map(r => r.cssText).join(' ')")
    assert "size: a4" in sheet.lower()
    assert "内部资料" in sheet
