"""Headless Chromium (Debian's, Chrome or Edge) with no way out, for the tests that look at pages."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from support.browsing import FLAGS, NAMES, Listener
from support.slow import is_slow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright


# The same examples in every run, except where new ones are asked for (tests/run.sh --all).
settings.register_profile("steady", derandomize=True)
settings.register_profile("random", derandomize=False)
settings.load_profile(os.environ.get("KAOHE_EXAMPLES", "steady"))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Slow files are not even imported where their mark is deselected."""
    return True if "not slow" in config.option.markexpr and is_slow(collection_path) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow files, before marks select."""
    for item in items:
        if is_slow(item.path):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def pseudonym_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test makes or reads a key in the user's own folder."""
    before = os.environ.get("KAOHE_KEY")
    os.environ["KAOHE_KEY"] = str(tmp_path_factory.mktemp("key") / "pseudonym.key")
    yield
    if before is None:
        del os.environ["KAOHE_KEY"]
    else:
        os.environ["KAOHE_KEY"] = before


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


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    """One driver for all browsers of a module: two cannot live in one process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        yield play


@pytest.fixture(scope="module")
def browser(listener: Listener, driver: Playwright) -> Iterator[Browser]:
    path = next((p for n in NAMES if (p := shutil.which(n))), None)
    assert path, "Chromium, Chrome or Edge is needed: tests/run.sh installs it"
    rules = f"--host-resolver-rules=MAP * 127.0.0.1:{listener.port}"
    started = driver.chromium.launch(executable_path=path, args=[*FLAGS, rules])
    yield started
    started.close()
