"""Temporary folders of a process: what killed runs left is cleared away, what living ones use is not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kaohe.base.own_folder import own_folder, sweep_dead


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_the_owners_and_goes_with_the_block(home: Path) -> None:
    with own_folder("kaohe-try-") as folder:
        assert folder.parent == home
        assert folder.name.startswith(f"kaohe-try-{os.getpid()}-")
        if os.name == "posix":
            assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "left").write_text("x", encoding="utf-8")
    assert list(home.iterdir()) == []


def test_only_folders_of_processes_that_are_gone_are_swept(home: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    names = [
        f"kaohe-try-{ended.stdout.strip()}-a",
        f"kaohe-try-{os.getpid()}-b",
        "kaohe-try-other-c",
        "kaohe-run-999999999-d",
    ]
    for name in names:
        (home / name / "inner").mkdir(parents=True)
    assert sweep_dead("kaohe-try-") == 1
    assert sorted(p.name for p in home.iterdir()) == sorted(names[1:])
