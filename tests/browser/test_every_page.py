"""The bar of the pages over every target: one pass with one page, whose findings are kept by line.

`KAOHE_SITE` names a folder of pages that are already made (an `outputs/html`); without it they are made first.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from support import bar
from support.browsing import Listener

pytestmark = [pytest.mark.browser, pytest.mark.every_target]
LINES = (
    "connections", "console", "width", "axe", "ids", "complete", "links", "numbers", "scores", "pictures", "characters", "words",
    "weight", "paper",
)  # fmt: skip
LIMITS = {"city": 1_000_000, "unit": 400_000, "county": 400_000}  # bytes


@pytest.fixture(scope="module")
def found(whole_site: Path, browser: Browser, listener: Listener) -> dict[str, list[str]]:
    """What falls short, by line of the bar, each with its page."""
    pages = sorted(whole_site.glob("*.html"))
    assert pages
    kept: dict[str, list[str]] = defaultdict(list)
    scores = delivered_scores(whole_site)
    context = browser.new_context(viewport={"width": 1366, "height": 900}, locale="zh-CN")
    opened = context.new_page()
    name = ""
    opened.on("console", lambda m: kept["console"].append(f"{name}: {m.text}"))
    opened.on("pageerror", lambda e: kept["console"].append(f"{name}: {e}"))
    opened.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else kept["connections"].append(r.url))
    before = len(listener.visits)
    for path in pages:
        name = path.stem
        for line, bad in looked_at(opened, path, scores).items():
            kept[line] += [f"{name}: {b}" for b in bad]
    context.close()
    kept["connections"] += [f"visit {v[:80]!r}" for v in listener.visits[before:]]
    return kept


def looked_at(page: Page, path: Path, scores: dict[str, tuple[str, str, str]]) -> dict[str, list[str]]:
    """The findings of one page."""
    html = path.read_text(encoding="utf-8")
    limit = LIMITS.get(path.stem.partition("-")[0], 1_500_000)
    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto(path.as_uri())
    paper = bar.printed(page)
    torn = [*bar.pdf_faults(paper), *bar.torn(page, paper)]  # before links are followed, which unfold tables
    bad = {
        "ids": bar.repeated_ids(page), "complete": bar.incomplete(page), "links": [*bar.dead_links(page, path), *(bar.unlinked(page) if path.stem != "glossary" else [])],
        "pictures": ["/".join(b) for b in bar.misplaced(page)], "characters": bar.undrawn(page, html),
        "weight": [f"{len(html.encode())} bytes"] if len(html.encode()) > limit else [],
        "width": bar.too_wide(page), "paper": torn,
        "numbers": [] if path.stem == "data-quality" else bar.unfounded(page, path, html),
        "scores": unsaid(page, scores[path.stem]) if path.stem in scores else [],
    }  # fmt: skip
    # Contrast takes axe half a minute where a thousand cells are open: here as the page comes, without its pictures;
    # with everything open on one page of each kind in the quick tests. It depends on neither width nor target.
    contrast = bar.inaccessible(page, only="color-contrast", leave="svg")
    bar.unfold(page)
    bad["words"] = bar.slips(page)
    bad["axe"] = [*contrast, *bar.inaccessible(page, but="color-contrast")]
    page.set_viewport_size({"width": 390, "height": 900})
    bad["width"] += bar.too_wide(page)
    bad["axe"] += bar.inaccessible(page, but="color-contrast")
    return bad


def delivered_scores(site: Path) -> dict[str, tuple[str, str, str]]:
    """Grade, score and rank of each page of a city or unit, from the delivered file."""
    with (site.parent / "tables" / "composite.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        stem(r["对象"]): (r["综合等次"], r["综合得分"], r["档"] or (f"第{float(r['名次']):.0f}" if r["名次"] else ""))
        for r in rows
    }


def stem(code: str) -> str:
    return f"unit-{code.lower()}" if code.startswith("DW") else f"city-{code[:6]}"


def unsaid(page: Page, row: tuple[str, str, str]) -> list[str]:
    """What the first conclusion ought to say of grade, score and rank, and does not."""
    grade, score, rank = row
    said = page.inner_text(".notes li >> nth=0")
    due = [f"“{grade}”"] if grade in {"好", "较好", "一般", "较差"} else []
    due += [f"{bar.half_up(float(score))}分"] if score else []
    due += [rank] if rank else []
    if not score and re.search(r"综合得分为?\d", said):
        due.append("no score")
    return [f"{d} not in {said[:80]}" for d in due if d not in said]


@pytest.mark.parametrize("line", LINES)
def test_no_page_of_any_target_falls_short(line: str, found: dict[str, list[str]]) -> None:
    assert found[line] == [], f"{len(found[line])} findings"
