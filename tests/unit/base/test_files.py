"""Files are whole or absent, folders are swapped as a whole, a second run is told who holds the lock."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from kaohe.base import files
from kaohe.base.errors import BusyError, InputRefused


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    frame = pd.DataFrame({"a": range(5000), "b": [f"x{i * 7919 % 5000}" for i in range(5000)]})
    files.write_parquet(path, frame)
    pd.testing.assert_frame_equal(files.read_parquet(path), frame)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(InputRefused, match="K102"):
        files.read_parquet(path)


def test_missing_table_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="kaohe build"):
        files.read_parquet(tmp_path / "none.parquet")


def test_swapped_folder_is_whole_or_old(tmp_path: Path) -> None:
    home = tmp_path / "build"
    with files.swapped_folder(home) as fresh:
        (fresh / "one").write_text("1")
    with pytest.raises(RuntimeError), files.swapped_folder(home) as fresh:
        (fresh / "two").write_text("2")
        raise RuntimeError("cut off")
    assert [p.name for p in home.iterdir()] == ["one"]
    with files.swapped_folder(home) as fresh:
        (fresh / "three").write_text("3")
    assert [p.name for p in home.iterdir()] == ["three"]
    assert [p.name for p in tmp_path.iterdir()] == ["build"]


def test_sweep_puts_back_a_set_whose_replacement_never_came(tmp_path: Path) -> None:
    old = tmp_path / ".tmp-old-build-123"
    old.mkdir()
    (old / "x").write_text("kept")
    (tmp_path / ".tmp-build-abc").mkdir()
    files.sweep(tmp_path)
    assert (tmp_path / "build" / "x").read_text() == "kept"
    assert [p.name for p in tmp_path.iterdir()] == ["build"]


def test_second_run_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kaohe.base.files import locked\n"
        "with locked(Path(sys.argv[1]), 'kaohe run'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        with pytest.raises(BusyError) as caught, files.locked(tmp_path, "kaohe run"):
            pass
        said = re.fullmatch(
            rf"kaohe run: process {holder.pid}, (.+) on (.+), since (\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{{4}})",
            caught.value.got,
        )
        assert said
        assert said[2] == platform.node()
        assert 0 <= datetime.now(UTC).timestamp() - datetime.strptime(said[3], "%Y-%m-%d %H:%M:%S %z").timestamp() < 60
        assert caught.value.exit_code == 5
    finally:
        holder.communicate("")
    with files.locked(tmp_path, "kaohe run"):
        assert (tmp_path / ".kaohe.holder").exists()
