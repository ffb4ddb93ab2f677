"""A small office from its files to its tables, and the plan that they were cleaned under."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kaohe.base.plan import load_plan
from kaohe.base.plan_files import find_plan
from kaohe.clean.plan_hash import reading_hash
from kaohe.run import cli
from support.raw_office import RawOffice


def kaohe(*arguments: str) -> int:
    try:
        return cli.main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)


def changed(folder: Path, name: str, old: str, new: str) -> str:
    """A plan folder with one file changed."""
    shutil.copytree(find_plan(), folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text or not old
    (folder / name).write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
    return str(folder)


def test_tables_are_built_under_the_plan_they_were_cleaned_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Eighteen households and few forms: cells of 0 everywhere, most of them withheld."""
    RawOffice(load_plan()).write(tmp_path / "data/raw")
    monkeypatch.chdir(tmp_path)
    assert kaohe("clean") == 0
    assert kaohe("build") == 0
    before = (tmp_path / "data/processed/build/build.json").read_bytes()
    capsys.readouterr()
    other = changed(tmp_path / "plans/other", "codebook.toml", "住房安全有保障", "住房安全有保障吗")
    assert kaohe("build", "--plan", other) == 2
    said = capsys.readouterr().err
    assert said.startswith("K812 The tables were cleaned under another plan\n")
    assert "run `kaohe clean` with this plan" in said
    assert (tmp_path / "data/processed/build/build.json").read_bytes() == before


def test_choices_of_the_office_do_not_ask_for_cleaning_again(tmp_path: Path) -> None:
    here = reading_hash(load_plan())
    for number, (name, old, new, same) in enumerate([
        ("plan.toml", "straight_forms = 0.10 ", "straight_forms = 0.15 ", True), ("plan.toml", "# ", "#  ", True),
        ("aliases.csv", "", "\n", False), ("plan.toml", "title = ", "title =  ", True), ("corrections.csv", "", "\n", False),
    ]):  # fmt: skip
        plan = load_plan(changed(tmp_path / str(number), name, old, new))
        assert (reading_hash(plan) == here) is same, name
