"""Headless Chromium (Debian's, Chrome or Edge) with no way out, and a small set of real pages for it."""

from __future__ import annotations

import io
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from kaohe.publish.kernel import close_zygote
from kaohe.run.batch import Folders, Options, Selection, run_batch
from kaohe.run.pool import run_serially
from support.browsing import FLAGS, NAMES, ROOT, TARGETS, Listener
from support.built_frames import the_plan
from support.publishing import write_build


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    server = socket.create_server(("127.0.0.1", 0))
    found = Listener(server.getsockname()[1])

    def accept() -> None:
        while True:
            try:
                visitor, _ = server.accept()
            except OSError:
                return
            visitor.settimeout(1)
            try:
                found.note(visitor.recv(4096))
            except OSError:
                found.note(b"")
            visitor.close()

    threading.Thread(target=accept, daemon=True).start()
    yield found
    server.close()


@pytest.fixture(scope="session")
def browser(listener: Listener) -> Iterator[Browser]:
    path = next((p for n in NAMES if (p := shutil.which(n))), None)
    assert path, "Chromium, Chrome or Edge is needed: tests/run.sh installs it"
    rules = f"--host-resolver-rules=MAP * 127.0.0.1:{listener.port}"
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=path, args=[*FLAGS, rules])
        yield started
        started.close()


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
