"""JupyterLab as `make lab` starts it, driven by a real browser that reaches nothing but this machine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from support.browsing import FLAGS, NAMES, ROOT

ALONE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
EVERY_CELL = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
PROMPTS = "[...document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputPrompt')].map(e => e.innerText.trim())"
KERNEL = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
READY = f"{KERNEL}?.connectionStatus === 'connected' && {KERNEL}.status === 'idle'"
DONE = f"{PROMPTS}.length > 0 && {PROMPTS}.every(t => /^\\[\\d+\\]:$/.test(t))"
FAULTS = (
    ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error'],"
    ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']"
)


@contextmanager
def lab(notebooks: Path, home: Path) -> Iterator[str]:
    """The address of a JupyterLab with the project's settings on a folder of notebooks; `home` holds its own files."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = home / "config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(EVERY_CELL), encoding="utf-8")
    own = {f"JUPYTER_{k}_DIR": str(home / k.lower()) for k in ("CONFIG", "DATA", "RUNTIME")}
    arguments = ["--no-browser", "--allow-root", f"--notebook-dir={notebooks}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
                 "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True", f"--LabApp.workspaces_dir={home / 'workspaces'}", f"--LabApp.user_settings_dir={home / 'settings'}"]  # fmt: skip
    with (home / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *arguments], stdout=log, stderr=log,
            env={**os.environ, **own, "JUPYTER_CONFIG_PATH": str(ROOT / ".jupyter")},
        )  # fmt: skip
    try:
        _wait(port, server)
        yield f"http://127.0.0.1:{port}/lab"
    finally:
        server.terminate()
        server.wait(60)


def _wait(port: int, server: subprocess.Popen[bytes], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("JupyterLab did not start")


@contextmanager
def page_of(address: str) -> Iterator[Page]:
    """A page of Chromium on one address, in a window as wide as a desk's."""
    path = next(p for n in NAMES if (p := shutil.which(n)))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=[*FLAGS, ALONE])
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(240_000)
        page.goto(address)
        yield page
        browser.close()


def run_all(page: Page) -> None:
    """Wait for the notebook and its kernel, run all cells from the menu, and wait until each has its number."""
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function(READY)  # the sign of idleness in the page stands there before a kernel is connected
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(f'{DONE} || document.querySelector("{FAULTS}")')
