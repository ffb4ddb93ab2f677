"""docs/operations.md works: from an empty machine to a shared folder, backup and restore, a new year, each as it stands there."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest

from kaohe.base.plan import load_plan
from support.operations import commands, inline, perform, project

pytestmark = pytest.mark.every_target
SMALL = ("--households", "60000")  # a small office; the page leaves the size of the demonstration open
TARGETS = ("韶关市", "单位001")


@pytest.fixture(autouse=True)
def own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_KEY", str(tmp_path / "safe" / "pseudonym.key"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield project(tmp_path / "office")
    shutil.rmtree(tmp_path, ignore_errors=True)


def go(home: Path, words: list[str], *more: str) -> str:
    done = perform(home, words, *more)
    assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def digests(folder: Path) -> dict[str, str]:
    found = (
        p
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not p.name.startswith(".") and p.name != "run-summary.html"
    )
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def broken_links(folder: Path) -> list[str]:
    """Links of pages to files that are not there."""
    missing = []
    for page in folder.rglob("*.html"):
        for link in re.findall(r'(?:href|src)="([^"#][^"]*)"', page.read_text(encoding="utf-8")):
            parts = urlsplit(link)
            if not parts.scheme and not (page.parent / unquote(parts.path)).exists():
                missing.append(f"{page.name}: {link}")
    return missing


def test_from_an_empty_machine_to_a_shared_folder(home: Path, tmp_path: Path) -> None:
    setup, reports, clean_outputs, empty, *steps, audit, make_share, copy = commands(
        "From an empty machine to a shared folder"
    )
    assert (setup, reports) == (["make", "setup"], ["make", "reports"])
    go(home, setup)
    go(home, reports)
    assert (home / "outputs/html/index.html").is_file()
    assert len(list((home / "outputs/html").glob("*.html"))) > 250
    (home / "outputs/draw").mkdir()
    (home / "outputs/draw/抽取记录.md").write_text("x", encoding="utf-8")
    go(home, clean_outputs)
    go(home, empty)
    left = {
        p.relative_to(home).as_posix()
        for f in ("data/raw", "data/processed", "outputs")
        for p in (home / f).rglob("*")
        if p.is_file()
    }
    assert left == {"data/raw/README.md", "data/processed/README.md", "outputs/README.md", "outputs/draw/抽取记录.md"}
    go(home, ["kaohe", "demo", "--out", str(tmp_path / "given/raw"), *SMALL])  # the office's own files, as they come
    shutil.copytree(tmp_path / "given/raw", home / "data/raw", dirs_exist_ok=True)
    assert [Path(w[0]).name + " " + w[1] for w in steps] == ["kaohe clean", "kaohe build", "kaohe run"]
    for words in steps:
        go(home, words, *(TARGETS if words[1] == "run" else ()))
    go(home, audit)
    share = tmp_path / "shared"
    for words in (make_share, copy):
        go(home, [str(share) if w == "SHARE" else w for w in words])
    assert {p.name for p in share.iterdir()} == {"html", "tables"}
    assert digests(share / "html") == digests(home / "outputs/html")
    assert broken_links(share) == []


def test_backup_and_restore_give_the_same_bytes(home: Path, tmp_path: Path) -> None:
    pack, unpack, *steps = commands("Backup and confidentiality")
    go(home, ["kaohe", "demo", *SMALL])
    go(home, ["kaohe", "plan", "new", "2021"])
    go(home, ["kaohe", "draw", "sample", "--demo", "--seed", "2020年公开字符串"])
    (home / "data/registers").mkdir()
    (home / "data/registers/村.csv").write_text("村代码,登记户数\n", encoding="utf-8")
    for words in steps:
        go(home, words, *(TARGETS if words[1] == "run" else ()))
    go(home, pack)
    fresh = project(tmp_path / "restored")
    shutil.copyfile(home / "backup.tgz", fresh / "backup.tgz")
    go(fresh, unpack)
    for folder in ("data/raw", "data/registers", "plans", "outputs/draw"):
        assert digests(fresh / folder) == digests(home / folder), folder
        assert digests(fresh / folder), folder
    for words in steps:
        go(fresh, words, *(TARGETS if words[1] == "run" else ()))
    for folder in ("data/processed/build", "outputs/html", "outputs/tables"):
        assert digests(fresh / folder) == digests(home / folder), folder


def test_a_new_year_from_its_plan_to_its_pages(home: Path) -> None:
    new, check = inline("A new year")
    go(home, new)
    plan = home / "plans/2021/plan.toml"
    waiting = perform(home, check)
    assert waiting.returncode == 2
    refused = perform(home, ["kaohe", "clean", "--plan", "plans/2021"])
    assert refused.returncode == 2
    assert "K157" in refused.stderr
    text = re.sub(r"(?m)^# EDIT.*\n", "", plan.read_text(encoding="utf-8"))
    text = re.sub(r"  # EDIT:.*", "", text).replace('document_no = "待定"', 'document_no = "粤农扶组〔2021〕1号"')
    text = text.replace('issued = "待定"', 'issued = "2021年10月20日"').replace(
        'source_sha256 = ""', f'source_sha256 = "{"0" * 64}"'
    )
    plan.write_text(text, encoding="utf-8")
    assert "nothing to mend" in go(home, check)
    for words in commands("A new year"):
        more = {"demo": SMALL, "run": TARGETS}.get(words[1], ())
        go(home, words, *more)
    assert load_plan(home / "plans/2021").meta["year"] == 2021
    page = (home / "trial/outputs/html/city-440200.html").read_text(encoding="utf-8")
    assert "2021年" in page
    assert "粤农扶组〔2021〕1号" in page
    assert "粤农扶组〔2020〕34号" not in page
    estimates = pd.read_parquet(home / "trial/processed/build/estimates.parquet")
    assert (estimates["n"] > 0).any()
    assert not list((home / "data/raw").glob("*/"))
