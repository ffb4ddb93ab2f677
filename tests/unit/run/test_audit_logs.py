"""`kaohe audit --log`: files and folders outside data and outputs are scanned when they are named, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from kaohe.run import cli

PHONE = "13812345678"


def audit(place: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.chdir(place)
    try:
        return cli.main(["audit", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, text in (
        ("outputs/a.txt", "ok"),
        ("night.log", f"ValueError: {PHONE}\n"),
        ("logs/deep/b.log", f"call {PHONE}"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_a_log_that_is_not_named_is_not_read(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(place, monkeypatch) == 0
    assert "audit: 1 files" in capsys.readouterr().out


@pytest.mark.parametrize(("log", "hit"), [("night.log", "night.log"), ("logs", "b.log")])
def test_a_named_log_or_folder_is_scanned(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], log: str, hit: str
) -> None:
    assert audit(place, monkeypatch, "--log", log) == 4
    said = capsys.readouterr()
    assert "K851" in said.err
    assert hit in said.err
    assert "1 of 2 files" in said.err
    assert PHONE not in said.err + said.out


def test_a_log_that_is_not_there_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(place, monkeypatch, "--log", "nihgt.log") == 2
    said = capsys.readouterr()
    assert said.err.startswith(
        "K852 There is nothing to audit\n  where     --log\n  got       nihgt.log: no such file or folder\n"
    )
    assert said.out == ""


def test_several_logs_are_scanned(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(place, monkeypatch, "--log", "night.log", "--log", "logs") == 4
    assert "2 of 3 files" in capsys.readouterr().err
