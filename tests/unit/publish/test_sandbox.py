"""Kernels see none of the user's settings, and leave nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kaohe.base.own_folder import sweep_dead
from kaohe.publish.sandbox import PLAIN, PREFIX, WARM, Sandbox, surroundings


def test_everything_points_into_the_sandbox_and_is_gone_afterwards() -> None:
    with Sandbox.temporary() as box:
        root = box.root
        variables = box.environment()
        for name in ("MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
            assert Path(variables[name]).is_relative_to(root)
        with box.working_folder() as work:
            assert list(work.iterdir()) == []
        assert not work.exists()
    assert not root.exists()


def test_of_matplotlib_only_the_list_of_fonts_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tmp_path / "cache" / "matplotlib"
    theirs.mkdir(parents=True)
    (theirs / "fontlist-v1.2.3.json").write_text("[]")
    (theirs / "matplotlibrc").write_text("font.size: 30")
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(theirs.parent))
    with Sandbox.temporary() as box:
        assert [p.name for p in (box.root / "matplotlib").iterdir()] == ["fontlist-v1.2.3.json"]
        assert (box.root / "matplotlib" / "fontlist-v1.2.3.json").read_text() == "[]"
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "nowhere"))
    with Sandbox.temporary() as box:
        assert list((box.root / "matplotlib").iterdir()) == []


def test_matplotlib_uses_the_list_of_fonts_and_makes_one_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import logging; logging.basicConfig(level=10); import matplotlib.font_manager"
    theirs, logs = tmp_path / "m", []
    monkeypatch.setenv("MPLCONFIGDIR", str(theirs))
    for _ in range(2):
        with Sandbox.temporary() as box:
            env = {**os.environ, **box.environment()}
            done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
            logs.append([line for line in done.stderr.splitlines() if "fontManager" in line])
            theirs.mkdir(exist_ok=True)
            for path in (box.root / "matplotlib").glob("fontlist*"):
                (theirs / path.name).write_bytes(path.read_bytes())
    assert ["generated new fontManager" in logs[0][0], "Using fontManager instance" in logs[1][0]] == [True, True]


@pytest.mark.case("E02")
def test_kernelspecs_are_of_this_python() -> None:
    with Sandbox.temporary() as box:
        for name in (PLAIN, WARM):
            spec = json.loads((box.root / "jupyter" / "kernels" / name / "kernel.json").read_text())
            assert spec["argv"][0] == sys.executable
        assert spec["metadata"]["kernel_provisioner"]["provisioner_name"] == "kaohe-zygote"


def test_a_dead_runs_folder_is_swept_and_a_living_ones_kept() -> None:
    gone = 2**22 + 12345
    dead = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{gone}-"))
    alive = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    try:
        sweep_dead(PREFIX)
        assert not dead.exists()
        assert alive.exists()
    finally:
        alive.rmdir()


def test_surroundings_are_put_back() -> None:
    os.environ.pop("KAOHE_TEST_A", None)
    os.environ["KAOHE_TEST_B"] = "old"
    with surroundings({"KAOHE_TEST_A": "1", "KAOHE_TEST_B": "new"}):
        assert (os.environ["KAOHE_TEST_A"], os.environ["KAOHE_TEST_B"]) == ("1", "new")
    assert "KAOHE_TEST_A" not in os.environ
    assert os.environ.pop("KAOHE_TEST_B") == "old"


def test_socket_paths_stay_short_enough() -> None:
    expected = {"transport": "ipc", "ip": "/t/runtime/k"} if os.name == "posix" else {}
    assert Sandbox(Path("/t")).connection() == expected
    assert Sandbox(Path("/t" + "x" * 95)).connection() == {}
