"""A small set of real pages for the browser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from rich.console import Console

from kaohe.publish.kernel import close_zygote
from kaohe.run.asked import Folders, Options, Selection
from kaohe.run.batch import run_batch
from kaohe.run.pool import run_serially
from support.browsing import ROOT, TARGETS
from support.built_frames import the_plan
from support.publishing import write_build


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
    return folders.outputs / "html"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 900}, locale="zh-CN")
    opened = context.new_page()
    yield opened
    context.close()
