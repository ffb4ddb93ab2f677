"""Pages through a browser's command line: which browser, with which flags, and what is not taken for a PDF."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psutil
import pytest

from kaohe.base.errors import InputRefused
from kaohe.publish import pdf
from support.fake_browser import FakeBrowser, pdf_like_chromium

PAGE = (
    '<html><title>页</title><a class="x" href="glossary.html#n">名词</a><a href="#t">表</a>'
    '<a href="../tables/a.csv">CSV</a><p>href="x.html"</p></html>'
)


@pytest.fixture
def fake(tmp_path: Path) -> FakeBrowser:
    return FakeBrowser(tmp_path / "浏览器 1")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No browser on the path nor where systems keep them."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("KAOHE_BROWSER", raising=False)
    for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setattr(pdf, "installed", lambda found=pdf.installed: (p for p in found() if tmp_path in p.parents))
    return tmp_path / "bin"


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


class TestTheBrowser:
    def test_none_is_said_with_what_to_do(self, nowhere: Path) -> None:
        with pytest.raises(InputRefused) as said:
            pdf.find_browser()
        assert said.value.message() == (
            "K880 There is no browser to print with\n"
            "  got       neither Chromium nor Chrome nor Edge\n"
            "  expected  Chromium, Chrome or Edge, 131 or newer\n"
            "  remedy    install one, or name its program in KAOHE_BROWSER; any page can also be printed from an open browser"
        )

    @pytest.mark.parametrize("name", ["chromium", "google-chrome", "microsoft-edge", "msedge"])
    def test_one_on_the_path(self, name: str, nowhere: Path) -> None:
        made = program(nowhere / name)
        assert pdf.find_browser() == str(made)

    def test_chromium_before_chrome_before_edge(self, nowhere: Path) -> None:
        edge = program(nowhere / "microsoft-edge")
        assert pdf.find_browser() == str(edge)
        chrome = program(nowhere / "google-chrome")
        assert pdf.find_browser() == str(chrome)
        chromium = program(nowhere / "chromium")
        assert pdf.find_browser() == str(chromium)

    @pytest.mark.parametrize(
        ("variable", "path"),
        [
            ("PROGRAMFILES", "Google/Chrome/Application/chrome.exe"),
            ("PROGRAMFILES(X86)", "Microsoft/Edge/Application/msedge.exe"),
            ("LOCALAPPDATA", "Chromium/Application/chrome.exe"),
        ],
    )
    def test_where_windows_keeps_it(
        self, variable: str, path: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = program(nowhere.parent / "Program Files" / path)
        monkeypatch.setenv(variable, str(nowhere.parent / "Program Files"))
        assert pdf.find_browser() == str(made)

    def test_where_macos_keeps_it(self, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = program(nowhere.parent / "Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
        monkeypatch.setattr(Path, "home", lambda: nowhere.parent)
        assert pdf.find_browser() == str(made)

    def test_the_one_named_comes_first_by_path_or_name(
        self, nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(nowhere / "chromium")
        own, other = program(tmp_path / "own" / "browser"), program(nowhere / "vivaldi")
        monkeypatch.setenv("KAOHE_BROWSER", str(own))
        assert pdf.find_browser() == str(own)
        monkeypatch.setenv("KAOHE_BROWSER", "vivaldi")
        assert pdf.find_browser() == str(other)

    @pytest.mark.parametrize("name", ["/no/such/browser", "brwoser", "/tmp"])
    def test_a_wrong_name_is_refused_not_passed_over(
        self, name: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(nowhere / "chromium")
        monkeypatch.setenv("KAOHE_BROWSER", name)
        with pytest.raises(InputRefused, match=f"K880(.|\n)*KAOHE_BROWSER = {name}, which is no program"):
            pdf.find_browser()


class TestPrinting:
    def test_it_prints_a_copy_offline_with_a_profile_of_its_own(self, fake: FakeBrowser) -> None:
        assert pdf.print_page(PAGE, str(fake.path), timeout=20) == pdf_like_chromium()
        (call,) = fake.calls()
        given = call["arguments"]
        assert {
            "--headless", "--no-pdf-header-footer", "--generate-pdf-document-outline", "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking",
        } <= set(given)  # fmt: skip
        assert "--disable-pdf-tagging" not in given
        profile = Path(next(a for a in given if a.startswith("--user-data-dir=")).partition("=")[2])
        assert profile.is_relative_to(tempfile.gettempdir())
        assert not profile.parent.exists()
        assert call["page"] == (
            '<html><title>页</title><a class="x">名词</a><a href="#t">表</a><a>CSV</a><p>href="x.html"</p></html>'
        )

    @pytest.mark.skipif(os.name != "posix", reason="root is of POSIX")
    @pytest.mark.parametrize(("user", "open_"), [(0, True), (1000, False)])
    def test_only_root_goes_without_the_browsers_sandbox(
        self, user: int, open_: bool, fake: FakeBrowser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: user)
        pdf.print_page(PAGE, str(fake.path), timeout=20)
        assert ("--no-sandbox" in fake.calls()[0]["arguments"]) == open_

    def test_a_browser_that_hangs_is_ended_with_its_children(self, fake: FakeBrowser) -> None:
        fake.do("sleep")
        with pytest.raises(pdf.PrintFailed, match=r"K882 The browser took too long(.|\n)*no PDF after 4 s") as said:
            pdf.print_page(PAGE, str(fake.path), timeout=4)
        assert said.value.exit_code == 3
        (call,) = fake.calls()
        for pid in (call["pid"], call["child"]):
            assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        profile = next(a for a in call["arguments"] if a.startswith("--user-data-dir=")).partition("=")[2]
        assert not Path(profile).parent.exists()

    @pytest.mark.parametrize(
        ("do", "got"),
        [
            ("fail", "exit code 127; it said: libnss3.so: cannot open shared object file"),
            ("nothing", "no PDF was written; it said: no write access here"),
            ("cut", "the PDF is not whole"),
        ],
    )
    def test_what_is_no_pdf_is_not_taken(self, do: str, got: str, fake: FakeBrowser) -> None:
        fake.do(do)
        with pytest.raises(pdf.PrintFailed, match="K883 The browser made no usable PDF") as said:
            pdf.print_page(PAGE, str(fake.path), timeout=20)
        assert said.value.got == got

    def test_a_program_that_cannot_be_started_is_named(self, tmp_path: Path) -> None:
        broken = tmp_path / "chromium"
        broken.write_text("#!/no/such/program\n")
        broken.chmod(0o755)
        with pytest.raises(pdf.PrintFailed, match="K883") as said:
            pdf.print_page(PAGE, str(broken), timeout=20)
        assert said.value.where == str(broken)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pdf_like_chromium(), []),
        (pdf_like_chromium(version=131), []),
        (pdf_like_chromium(version=130), ["version 130 draws no mark and no page numbers"]),
        (pdf_like_chromium(box="0 0 612 792"), ["not A4 (216 × 279 mm)"]),
        (pdf_like_chromium(marks=("/MarkInfo", "/StructTreeRoot")), ["no bookmarks"]),
        (pdf_like_chromium(marks=("/Outlines",)), ["no tags", "no structure"]),
        (b"<html>", ["the PDF is not whole", "no tags", "no structure", "no bookmarks", "not A4 (no paper)"]),
        (b"", ["no PDF was written"]),
    ],
)
def test_a_pdf_is_looked_at(data: bytes, said: list[str]) -> None:
    assert list(pdf.faults(data)) == said


@pytest.mark.parametrize(("size", "large"), [(1_499_999, False), (1_500_000, True)])
def test_above_the_limit_is_said(size: int, large: bool) -> None:
    said = pdf.too_large(size)
    assert (said is not None) == large
    assert said is None or (said.code, said.got, said.exit_code) == ("K884", "1,500,000 bytes", 3)
