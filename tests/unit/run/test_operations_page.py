"""The command lines of docs/operations.md: every one is known with its options; cleaning keeps what cannot be made again."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import typer

from kaohe.run.cli import app
from support.operations import ROOT, commands, inline, perform

SECTIONS = ["From an empty machine to a shared folder", "With conda", "Backup and confidentiality", "A new year"]
WORDS = {"make", "kaohe", "find", "mkdir", "cp", "tar", "conda", "pip"}


@pytest.mark.parametrize("head", SECTIONS)
def test_every_command_is_known_with_its_options(head: str) -> None:
    lines = [*commands(head), *inline(head)]
    assert len(lines) >= 4
    assert {Path(words[0]).name for words in lines} <= WORDS
    tasks = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for words in lines:
        if words[0] == "make":
            assert set(words[1:]) <= tasks, words
        if Path(words[0]).name != "kaohe":
            continue
        command = typer.main.get_command(app)
        rest = words[1:]
        while hasattr(command, "commands"):
            assert rest[0] in command.commands, words
            command, rest = command.commands[rest[0]], rest[1:]
        options = {o for p in command.params for o in [*p.opts, *p.secondary_opts]}
        assert {w for w in rest if w.startswith("--")} <= options, words


def test_the_environment_of_conda_is_the_one_that_the_page_activates() -> None:
    made, activated, *rest = commands("With conda")
    text = (ROOT / made[-1]).read_text(encoding="utf-8")
    assert f"\nname: {activated[-1]}\n" in f"\n{text}"
    assert [w[:2] for w in rest] == [["pip", "install"], ["kaohe", "kernel"]]
    assert "  - pip\n" in text


@pytest.mark.skipif(shutil.which("make") is None, reason="make is needed")
def test_clean_outputs_keeps_draws_and_forms(tmp_path: Path) -> None:
    home = tmp_path / "project"
    kept = {"outputs/README.md", "data/processed/README.md", "outputs/draw/sample/抽取记录.md", "outputs/forms/field/a.xlsx",
            "data/raw/survey/households/a.csv"}  # fmt: skip
    made = {
        "outputs/html/index.html",
        "outputs/manifest.json",
        "data/processed/clean/a.parquet",
        "outputs/drawn.txt",
        "outputs/tables/draw/a",
    }
    for name in kept | made:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("x", encoding="utf-8")
    shutil.copyfile(ROOT / "Makefile", home / "Makefile")
    done = perform(home, ["make", "clean-outputs"])
    assert done.returncode == 0, done.stderr
    left = {p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()}
    assert left == kept | {"Makefile"}
    assert not (home / "outputs/html").exists()


def test_the_backup_holds_all_that_cannot_be_made_again() -> None:
    (pack, flags, _, *what), *rest = commands("Backup and confidentiality")
    assert (pack, flags) == ("tar", "czf")
    assert what == ["data/raw", "data/registers", "plans", "outputs/draw"]
    assert rest[0] == ["tar", "xzf", "backup.tgz"]
