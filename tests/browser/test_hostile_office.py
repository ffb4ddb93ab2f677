"""Every page of an office whose every typed text is hostile: all pages parsed, one of each kind opened.

`KAOHE_HOSTILE_SITE` names the outputs folder of such an office that is there already; without it one is made first.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import re
import zipfile
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Page
from rich.console import Console

from kaohe.clean.returns import write_returns
from kaohe.clean.run import clean_all
from kaohe.publish.built import build_info, find_build
from kaohe.publish.tables_out import write_tables
from kaohe.run.asked import Folders, Options, Selection
from kaohe.run.batch import run_batch
from kaohe.run.build import build_all
from kaohe.run.demo.make import make_demo
from support.bar import misplaced, too_wide, unfold
from support.browsing import ROOT, Listener
from support.built_frames import the_plan
from support.hostile_office import RUN, poison

pytestmark = [pytest.mark.browser, pytest.mark.every_target]
# Fields that pages show; every other one is kept out of pages, or is not read.
SHOWN = {
    "objects.name", "daily.note", "facts.evidence", "decisions.reason", "decisions.by_role", "problems.note", "grades.remark",
}  # fmt: skip
FORBIDDEN = {"img", "iframe", "object", "embed", "link", "base", "form", "video", "audio", "math"}
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
FORMULA = re.compile(r"[=+@\t\r]|-(?!\d)")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All reports, tables and returns of a hostile office."""
    if made := os.environ.get("KAOHE_HOSTILE_SITE"):
        return Path(made).resolve()
    home, plan = tmp_path_factory.mktemp("hostile"), the_plan()
    make_demo(home / "raw", households=15_000)
    poison(home / "raw", plan)
    clean_all(home / "raw", home / "processed", plan)
    write_returns(home / "processed", plan, by="sender")
    build_all(home / "processed", plan, now=datetime(2021, 1, 1, tzinfo=UTC))
    folders = Folders(home / "processed", home / "outputs", ROOT / "notebooks")
    screen = io.StringIO()
    done = run_batch(folders, plan, Selection(), Options(), console=Console(file=screen, width=200))
    assert not done.failed, screen.getvalue()
    write_tables(folders.outputs, build_info(find_build(folders.processed)), plan)
    (home / "processed" / "returns").rename(folders.outputs / "returns")
    return folders.outputs


class Reading(HTMLParser):
    """What a page would do, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.faults: list[str] = []
        self.policy = ""
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inside = tag
        if tag == "script":
            self.scripts.append("")
        if tag in FORBIDDEN:
            self.faults.append(f"<{tag}>")
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        elif tag == "meta" and "http-equiv" in given:
            self.faults.append(str(given))
        self.faults += [f"{tag} {name}" for name in given if name.startswith("on")]
        for name in ("href", "src", "xlink:href", "action"):
            if name in given and not re.match(r"#|[\w./%-]+\.(html|xlsx|csv)(#|$)|https?://www\.w3\.org/", given[name]):
                self.faults.append(f"{tag} {name}={given[name][:60]}")
        if "url(" in given.get("style", ""):
            self.faults.append(f"{tag} style")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts[-1] += data
        elif self.inside != "style":
            self.text.append(data)


def read(path: Path) -> Reading:
    made = Reading()
    made.feed(path.read_text(encoding="utf-8"))
    made.close()
    return made


def test_no_page_of_any_target_holds_anything_that_runs(outputs: Path) -> None:
    pages = sorted((outputs / "html").glob("*.html"))
    assert len(pages) > 350
    bad: list[str] = []
    texts: list[str] = []
    for path in pages:
        page = read(path)
        said = "".join(page.text)
        bad += [f"{path.name}: {fault}" for fault in page.faults]
        bad += [f"{path.name}: direction of text" for _ in BIDI.findall(path.read_text(encoding="utf-8"))[:1]]
        hashes = {"sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in page.scripts}
        bad += [f"{path.name}: a script that the policy does not name" for h in hashes if f"'{h}'" not in page.policy]
        bad += [f"{path.name}: policy" for _ in [0] if "default-src 'none'" not in page.policy]
        if path.stem.startswith("unit-") and "objects.name" not in said:
            bad.append(f"{path.name}: does not say its name")
        texts.append(said)
    assert bad == []
    whole = "\n".join(texts)
    assert sorted(field for field in SHOWN if field not in whole) == []
    assert whole.count(RUN) > 1000


def test_no_file_for_readers_or_senders_holds_a_formula(outputs: Path) -> None:
    books = [*(outputs / "tables").rglob("*.xlsx"), *(outputs / "returns").rglob("*.xlsx")]
    assert len(books) > 30
    for path in books:
        with zipfile.ZipFile(path) as book:
            for part in (n for n in book.namelist() if n.startswith("xl/worksheets/")):
                assert re.search(rb"<f[ >]", book.read(part)) is None, (path.name, part)
    seen = 0
    for path in (outputs / "tables").rglob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")):
            assert not [c for c in row if FORMULA.match(c)], (path.name, row)
            seen += sum("cmd|" in c for c in row)
    assert seen > 20


@pytest.mark.parametrize("width", [1366, 390])
def test_nothing_runs_and_pages_keep_their_shape_in_a_browser(
    outputs: Path, width: int, page: Page, listener: Listener
) -> None:
    """One page of each kind, and a unit of each kind of hostile name."""
    html = outputs / "html"
    kinds = [
        "index",
        "glossary",
        "run-summary",
        "overview",
        "data-quality",
        "sample-design",
        "ranking-unit235",
        "ranking-city14",
    ]
    kinds += ["city-440200", "survey-440200", next(html.glob("county-*")).stem]
    kinds += [f"unit-dw{n:03d}" for n in range(1, 8)]
    before = len(listener.visits)
    page.set_viewport_size({"width": width, "height": 900})
    bad: list[str] = []
    for name in kinds:
        page.goto((html / f"{name}.html").as_uri())
        unfold(page)
        if page.evaluate("document.body.dataset.pwn"):
            bad.append(f"{name}: ran")
        bad += [f"{name}: {w}" for w in too_wide(page)]
        bad += [f"{name}: {m}" for m in misplaced(page)]
    assert bad == []
    assert len(listener.visits) == before


def test_the_reading_finds_what_would_run(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text(
        "<p onclick=a()>x</p><script>a()</script><img src=x><a href='javascript:a()'>y</a>"
        "<meta http-equiv=refresh content=0><div style='background:url(http://a)'>z</div>",
        encoding="utf-8",
    )
    page = read(tmp_path / "bad.html")
    assert page.scripts == ["a()"]
    assert [fault.split(" ")[0] for fault in page.faults] == ["p", "<img>", "img", "a", "{'http-equiv':", "div"]
    assert "".join(page.text) == "xyz"
    assert FORMULA.match("=cmd|'/c calc'!A1")
    assert not FORMULA.match("-1.5")
