"""`kaohe pdf`: what is printed, what is left alone, what is said, and the exit codes; with a browser that does as told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.files import locked, write_parquet
from kaohe.publish import pdf
from kaohe.publish.manifest import DONE, FAILED, Entry, Manifest, write_manifest
from kaohe.run import cli
from support.fake_browser import FakeBrowser, pdf_like_chromium

CITIES = {"440200": "韶关市", "440500": "汕头市", "440600": "佛山市", "440800": "湛江市", "441300": "惠州市"}
SHAOGUAN = "city-440200"


class Office:
    """Built targets, pages and a manifest of five cities."""

    def __init__(self, root: Path) -> None:
        self.root, self.outputs = root, root / "outputs"
        rows = [
            {"object": f"{code}000000", "name": name, "class_id": "city6" if code == "440600" else "city14", "city": "",
             "notebook": "40_city"} for code, name in CITIES.items()
        ]  # fmt: skip
        write_parquet(root / "data/processed/build/targets.parquet", pd.DataFrame(rows))
        self.states = dict.fromkeys(CITIES, DONE)
        (self.outputs / "html").mkdir(parents=True)
        for code in CITIES:
            self.page(code, "第一版")

    def path(self, code: str) -> Path:
        return self.outputs / "html" / f"city-{code}.html"

    def page(self, code: str, said: str) -> None:
        self.path(code).write_text(f"<html><title>{code}</title>{said}</html>", encoding="utf-8")
        self.note()

    def note(self, *left_out: str) -> None:
        entries = {}
        for code, name in CITIES.items():
            slug, page = f"city-{code}", self.path(code)
            if page.is_file() and code not in left_out:
                digest = hashlib.sha256(page.read_bytes()).hexdigest()
                files = {f"html/{slug}.html": digest}
                entries[slug] = Entry(slug, "40_city", f"{code}000000", name, self.states[code], {}, {}, files)
        write_manifest(self.outputs, Manifest(entries))

    def pdfs(self) -> set[str]:
        folder = self.outputs / "pdf"
        return {p.name for p in folder.iterdir()} if folder.is_dir() else set()


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeBrowser:
    made = FakeBrowser(tmp_path / "browser")
    monkeypatch.setenv("KAOHE_BROWSER", str(made.path))
    return made


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.chdir(tmp_path)
    return Office(tmp_path)


def kaohe(*arguments: str) -> int:
    try:
        return cli.main(["pdf", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


def test_the_page_named_becomes_a_pdf_that_all_can_copy(
    office: Office, fake: FakeBrowser, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kaohe("韶关市") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1/1 city-440200 韶关市: 0 kB, ")
    assert lines[1].startswith("pdf: 1 printed, 0 failed, 0 unchanged (")
    assert lines[1].endswith("see outputs/pdf")
    assert len(lines) == 2
    made = office.outputs / "pdf" / f"{SHAOGUAN}.pdf"
    assert made.read_bytes() == pdf_like_chromium()
    assert made.stat().st_mode & 0o777 == 0o644
    assert office.pdfs() == {made.name}
    assert [c["page"] for c in fake.calls()] == [office.path("440200").read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        (("--class", "city6"), ["440600"]),
        (("--notebook", "40_city", "韶关市", "惠州市"), ["440200", "441300"]),
        (("--all",), list(CITIES)),
    ],
)
def test_selections_are_those_of_a_run(
    arguments: tuple[str, ...], codes: list[str], office: Office, fake: FakeBrowser
) -> None:
    assert kaohe(*arguments) == 0
    assert office.pdfs() == {f"city-{c}.pdf" for c in codes}
    assert len(fake.calls()) == len(codes)


def test_what_is_printed_is_printed_again_only_when_something_is_different(
    office: Office, fake: FakeBrowser, capsys: pytest.CaptureFixture[str]
) -> None:
    def calls(*arguments: str) -> int:
        before = len(fake.calls())
        assert kaohe("韶关市", "汕头市", *arguments) == 0
        return len(fake.calls()) - before

    assert calls() == 2
    capsys.readouterr()
    assert calls() == 0
    assert capsys.readouterr().out.startswith("pdf: 0 printed, 0 failed, 2 unchanged (")
    assert calls("--force") == 2
    office.page("440200", "第二版")
    assert calls() == 1
    assert "第二版" in fake.calls()[-1]["page"]
    (office.outputs / "pdf" / f"{SHAOGUAN}.pdf").write_bytes(b"altered")
    assert calls() == 1
    (office.outputs / "pdf" / f"{SHAOGUAN}.pdf").unlink()
    assert calls() == 1
    (office.outputs / ".kaohe.pdf.json").write_text("{")
    assert calls() == 2
    assert calls() == 0


def test_without_a_browser_it_is_refused_and_nothing_is_touched(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KAOHE_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(office.root))
    monkeypatch.setattr(pdf, "installed", lambda: iter(()))
    assert kaohe("--all") == 2
    assert capsys.readouterr().err.startswith("K880 There is no browser to print with\n")
    assert office.pdfs() == set()


def test_a_page_that_hangs_fails_alone(office: Office, fake: FakeBrowser, capsys: pytest.CaptureFixture[str]) -> None:
    fake.do(**{"440500": "sleep"})
    assert kaohe("韶关市", "汕头市", "佛山市", "--timeout", "6") == 3
    said = capsys.readouterr().out
    assert "city-440500 汕头市: failed: K882 The browser took too long (no PDF after 6 s)\n" in said
    assert "pdf: 2 printed, 1 failed, 0 unchanged (" in said
    assert "K882 The browser took too long: give more time with --timeout" in said
    assert office.pdfs() == {"city-440200.pdf", "city-440600.pdf"}
    fake.do()
    assert kaohe("汕头市") == 0
    assert len(office.pdfs()) == 3


def test_a_failure_leaves_no_pdf_of_another_page_and_keeps_one_of_this_page(office: Office, fake: FakeBrowser) -> None:
    assert kaohe("韶关市") == 0
    fake.do("cut")
    assert kaohe("韶关市", "--force") == 3
    assert (office.outputs / "pdf" / f"{SHAOGUAN}.pdf").read_bytes() == pdf_like_chromium()
    office.page("440200", "第二版")
    assert kaohe("韶关市") == 3
    assert office.pdfs() == set()


def test_a_broken_browser_is_not_asked_for_every_page(
    office: Office, fake: FakeBrowser, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.do("fail")
    assert kaohe("--all") == 3
    assert len(fake.calls()) == 3
    said = capsys.readouterr().out
    assert "pdf: 0 printed, 3 failed, 0 unchanged, 2 not tried (" in said
    assert "the browser failed 3 times in a row: the pages after that were not tried" in said
    assert said.count("libnss3.so: cannot open shared object file") == 3


def test_too_large_is_in_place_and_said_every_time(
    office: Office, fake: FakeBrowser, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.do(**{"440200": "large"})
    for first in (True, False):
        assert kaohe("韶关市", "汕头市") == 3
        said = capsys.readouterr().out
        assert "city-440200 韶关市: 1,500 kB" in said
        assert ": K884 The PDF is larger than 1.5 MB\n" in said
        assert f"pdf: {2 if first else 0} printed, 0 failed, {0 if first else 2} unchanged, 1 too large (" in said
    assert (office.outputs / "pdf" / f"{SHAOGUAN}.pdf").stat().st_size == 1_500_000
    assert len(fake.calls()) == 2


def test_pages_that_are_not_finished_are_named_and_the_others_printed(
    office: Office, fake: FakeBrowser, capsys: pytest.CaptureFixture[str]
) -> None:
    office.path("440500").unlink()
    office.states["440600"] = FAILED
    office.note("440800")
    with office.path("441300").open("a", encoding="utf-8") as page:
        page.write("<p>改</p>")
    assert kaohe("--all") == 3
    said = capsys.readouterr().out
    assert "pdf: 1 printed, 0 failed, 0 unchanged, 4 without a finished page (" in said
    assert "K881 A page that is to be printed is not finished\n" in said
    listed = next(line for line in said.splitlines() if line.startswith("  got"))
    assert sorted(listed.removeprefix("  got").strip().split(", ")) == [
        "city-440500 (not made)", "city-440600 (failed)", "city-440800 (not made)",
        "city-441300 (changed since it was made)",
    ]  # fmt: skip
    assert office.pdfs() == {f"{SHAOGUAN}.pdf"}
    assert kaohe("汕头市") == 2
    assert "K881" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "K885 Nothing is named to print\n"),
        (("--all", "--outputs", "elsewhere"), "K881 A page that is to be printed is not finished\n"),
        (("--all", "--processed", "elsewhere"), "K804 "),
        (("韶光",), "K131 "),
        (("--notebook", "41_city"), "K801 "),
        (("--class", "city15"), "K861 "),
    ],
)
def test_refusals(
    arguments: tuple[str, ...], said: str, office: Office, fake: FakeBrowser, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kaohe(*arguments) == 2
    assert capsys.readouterr().err.startswith(said)
    assert fake.calls() == []
    assert not (office.root / "elsewhere").exists()


def test_it_waits_for_nobody_who_holds_the_outputs(
    office: Office, fake: FakeBrowser, capsys: pytest.CaptureFixture[str]
) -> None:
    with locked(office.outputs, "kaohe run"):
        assert kaohe("--all") == 5
    assert "K501" in capsys.readouterr().err
    assert fake.calls() == []


def test_reports_that_there_are_no_more_lose_their_pdf_and_a_killed_runs_rest_goes(
    office: Office, fake: FakeBrowser
) -> None:
    assert kaohe("--all") == 0
    (office.outputs / "pdf" / ".tmp-half").write_bytes(b"%PDF")
    (office.outputs / "pdf" / "own.pdf").write_bytes(b"%PDF of somebody")
    targets = office.root / "data/processed/build/targets.parquet"
    write_parquet(targets, pd.read_parquet(targets).query("name != '惠州市'"))
    assert kaohe("韶关市") == 0
    assert "city-441300.pdf" in office.pdfs()
    assert kaohe("--all") == 0
    assert office.pdfs() == {"own.pdf", *(f"city-{c}.pdf" for c in CITIES if c != "441300")}
