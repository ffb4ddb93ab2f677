"""Pages as PDF, printed by the command line of Chromium, Chrome or Edge.

Paper, running head and foot are the page's own (`@page` and its margin boxes, which Chromium draws since
version 131): nothing is added here. What the browser wrote is looked at before it is kept.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

from kaohe.base.errors import EXIT_SOME_FAILED, InputRefused, KaoheError
from kaohe.base.own_folder import own_folder
from kaohe.publish.sandbox import PREFIX

BROWSER = "KAOHE_BROWSER"
OLDEST = 131
LIMIT = 1_500_000
GRACE = 10.0  # seconds for killed processes to be gone, before their folder is removed
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "microsoft-edge-stable", "msedge",
)  # fmt: skip
# Nothing is asked of a network: no host name is resolved, no proxy used, and the browser does no errands of its own.
FLAGS = (
    "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-domain-reliability", "--disable-quic", "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer", "--generate-pdf-document-outline",
)  # fmt: skip
_ELSEWHERE = re.compile(r'(<a\b[^>]*?)\shref="(?!#)[^"]*"')
_SKIA = re.compile(rb"/Producer ?\(Skia/PDF m(\d+)")
_BOX = re.compile(rb"/MediaBox ?\[([-\d. ]+)\]")
_A4 = (210, 297)


class PrintFailed(KaoheError):
    """A page that did not become a PDF, or became one that is too large; other pages go on."""

    exit_code = EXIT_SOME_FAILED


def find_browser() -> str:
    """The program of the browser: `KAOHE_BROWSER` (a path or a name), else Chromium, Chrome or Edge where it is installed.

    Returns
    -------
    str
        Path of the program.

    Raises
    ------
    InputRefused
        K880 when there is none, or when `KAOHE_BROWSER` names no program.
    """
    wanted = os.environ.get(BROWSER, "")
    for name in [wanted] if wanted else [*NAMES, *map(str, installed())]:
        if found := shutil.which(name):
            return found
    raise InputRefused(
        "K880",
        "There is no browser to print with",
        got=f"{BROWSER} = {wanted}, which is no program" if wanted else "neither Chromium nor Chrome nor Edge",
        expected=f"Chromium, Chrome or Edge, {OLDEST} or newer",
        remedy=f"install one, or name its program in {BROWSER}; any page can also be printed from an open browser",
    )


def installed() -> Iterator[Path]:
    """Where Windows and macOS keep these browsers, whether or not they are there."""
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if home := os.environ.get(variable):
            for parts in ("Google/Chrome/Application/chrome.exe", "Chromium/Application/chrome.exe",
                          "Microsoft/Edge/Application/msedge.exe"):  # fmt: skip
                yield Path(home) / parts
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        for name in ("Google Chrome", "Chromium", "Microsoft Edge"):
            yield folder / f"{name}.app" / "Contents" / "MacOS" / name


def print_page(html: str, browser: str, *, timeout: float) -> bytes:
    """A page as PDF.

    The browser is given a copy in a temporary folder, without the links that lead out of the page: in a PDF
    they would be absolute, and tell a folder of this machine.

    Parameters
    ----------
    html : str
        The page.
    browser : str
        Program of the browser, as `find_browser` gives it.
    timeout : float
        Seconds after which the browser is ended.

    Returns
    -------
    bytes
        A whole PDF: A4, tagged, with bookmarks.

    Raises
    ------
    PrintFailed
        K882 when it takes too long, K883 when the browser cannot be started or wrote something else.
    """
    with own_folder(PREFIX) as home:
        page, out, said = home / "page.html", home / "page.pdf", home / "said.txt"
        page.write_bytes(without_ways_out(html).encode())
        command = [browser, *FLAGS, f"--user-data-dir={home / 'profile'}", f"--print-to-pdf={out}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium's own sandbox refuses root
        code = _finished([*command, page.as_uri()], said, timeout)
        data = out.read_bytes() if out.is_file() else b""
        wrong = [f"exit code {code}"] if code else list(faults(data))
        if wrong:
            last = said.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise _no_pdf(browser, "; ".join([*wrong, *([f"it said: {last[:160]}"] if last and not data else [])]))
        return data


def without_ways_out(html: str) -> str:
    """A page whose links lead to places within it only; the words of the others stay.

    Examples
    --------
    >>> without_ways_out('<a href="#t">表</a> <a class="q" href="index.html">目录</a>')
    '<a href="#t">表</a> <a class="q">目录</a>'
    """
    return _ELSEWHERE.sub(r"\1", html)


def faults(data: bytes) -> Iterator[str]:
    """What is wrong with a PDF that Chromium wrote: cut off, untagged, without bookmarks, not A4, or of an old version.

    A version before 131 leaves out the mark and the page numbers without a word.
    """
    if not data:
        yield "no PDF was written"
        return
    if not data.startswith(b"%PDF-") or not data.rstrip().endswith(b"%%EOF"):
        yield "the PDF is not whole"
    version = _SKIA.search(data)
    if version is not None and int(version[1]) < OLDEST:
        yield f"version {int(version[1])} draws no mark and no page numbers"
    for name, what in ((b"/MarkInfo", "tags"), (b"/StructTreeRoot", "structure"), (b"/Outlines", "bookmarks")):
        if name not in data:
            yield f"no {what}"
    sizes = {tuple(round(float(v) / 72 * 25.4) for v in box.split()[2:]) for box in _BOX.findall(data)}
    if sizes != {_A4}:
        yield f"not A4 ({', '.join(' × '.join(map(str, s)) + ' mm' for s in sorted(sizes)) or 'no paper'})"


def too_large(size: int) -> PrintFailed | None:
    """K884 for a PDF of `size` bytes, or None when it is not too large."""
    if size < LIMIT:
        return None
    return PrintFailed(
        "K884",
        "The PDF is larger than 1.5 MB",
        got=f"{size:,} bytes",
        expected=f"fewer than {LIMIT:,}",
        remedy="it is in place and can be read; report which page it is",
    )


def _finished(command: list[str], said: Path, timeout: float) -> int:
    """Run a program to its end and give its exit code; it and its children are gone afterwards, however this ends."""
    with said.open("wb") as out:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=os.name == "posix"
            )
        except OSError as error:
            raise _no_pdf(command[0], error.strerror or str(error)) from error
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise PrintFailed(
                "K882",
                "The browser took too long",
                where=command[0],
                got=f"no PDF after {timeout:g} s",
                remedy="give more time with --timeout, or try again when the machine has less to do",
            ) from None
        finally:
            if process.poll() is None:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        family = []
    process.kill()
    for child in family:
        try:
            child.kill()
        except psutil.Error:
            continue
    process.wait()
    psutil.wait_procs(family, timeout=GRACE)


def _no_pdf(browser: str, got: str) -> PrintFailed:
    return PrintFailed(
        "K883",
        "The browser made no usable PDF",
        where=browser,
        got=got,
        expected=f"a whole PDF by Chromium, Chrome or Edge, {OLDEST} or newer",
        remedy=f"name another browser in {BROWSER}; one from a snap or flatpak cannot read temporary folders",
    )
