"""A small set of real pages for the browser."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from rich.console import Console

from kaohe.base.built import BUILT
from kaohe.publish.built import build_info, find_build
from kaohe.publish.downloads import linked_files
from kaohe.publish.forks import close_zygote
from kaohe.publish.tables_out import write_tables
from kaohe.run.asked import Folders, Options, Selection
from kaohe.run.batch import run_batch
from kaohe.run.pool import run_serially
from support.browsing import KINDS, ROOT, TARGETS
from support.built_frames import the_plan
from support.publishing import frames, write_build


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real notebooks over invented tables: one report of each kind, and the index."""
    root = tmp_path_factory.mktemp("site")
    folders = Folders(write_build(root / "processed"), root / "outputs", ROOT / "notebooks")
    screen = io.StringIO()
    options = Options(executor=run_serially)
    done = run_batch(folders, the_plan(), Selection(targets=TARGETS), options, console=Console(file=screen, width=200))
    close_zygote()
    assert not done.failed, screen.getvalue()
    html = folders.outputs / "html"
    linked = linked_files((html / f"{name}.html").read_text(encoding="utf-8") for name in KINDS)
    write_tables(folders.outputs, build_info(find_build(folders.processed)), the_plan(), only=linked)
    return html


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every report of the invented province, or the pages already made in the folder `KAOHE_SITE`."""
    if made := os.environ.get("KAOHE_SITE"):
        return Path(made).resolve()
    root = tmp_path_factory.mktemp("whole")
    folders = Folders(write_build(root / "processed"), root / "outputs", ROOT / "notebooks")
    screen = io.StringIO()
    done = run_batch(folders, the_plan(), Selection(), Options(), console=Console(file=screen, width=200))
    assert not done.failed, screen.getvalue()
    assert len(list((folders.outputs / "html").glob("*.html"))) > 350
    write_tables(folders.outputs, build_info(find_build(folders.processed)), the_plan())
    return folders.outputs / "html"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 900}, locale="zh-CN")
    opened = context.new_page()
    yield opened
    context.close()


EVIL = "<img src=x onerror=document.body.dataset.pwn=1><script>document.body.dataset.pwn=1</script>"
# Columns that hold what somebody typed, or what is made of it; the rest are codes and words of our own.
TYPED = {
    "name", "place_name", "town_name", "county_name", "city_name", "remark", "note", "reason", "evidence", "file", "sheet",
    "sender", "record", "other_name", "by_role", "decision", "reference_name",
}  # fmt: skip


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports over tables in which every typed text ends in markup."""
    root = tmp_path_factory.mktemp("hostile")
    tables = {}
    for name, frame in frames().items():
        typed = [c for c in frame.columns if c in TYPED and BUILT[name].columns[c][0] == "s"]
        tables[name] = frame.assign(**{c: frame[c].where(frame[c] == "", frame[c] + EVIL) for c in typed})
    tables["item_grades"]["name"] = frames()["item_grades"]["name"]  # official names come from the plan
    folders = Folders(write_build(root / "processed", tables), root / "outputs", ROOT / "notebooks")
    screen = io.StringIO()
    options = Options(executor=run_serially)
    chosen = Selection(targets=("440200000000", "province"), notebooks=("40_city", "70_overview", "10_data_quality"))
    done = run_batch(folders, the_plan(), chosen, options, console=Console(file=screen, width=200))
    close_zygote()
    assert not done.failed, screen.getvalue()
    return folders.outputs / "html"
