"""The project's own files agree with one another."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from support.slow import SLOW, UNIT

ROOT = Path(__file__).parents[2]
CONDA_NAMES = {
    "python-duckdb": "duckdb",
    "brotli-python": "brotli",
    "jupyter_client": "jupyter-client",
    "jupyter_core": "jupyter-core",
}


def _declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.sub(r"\s", "", d) for d in project["dependencies"]}


def test_environment_and_pyproject_agree() -> None:
    lines = re.findall(r"^ +- ([a-z0-9_-]+) (>=[\d.]+)$", (ROOT / "environment.yml").read_text(encoding="utf-8"), re.M)
    conda = {CONDA_NAMES.get(name, name) + version for name, version in lines if name != "python"}
    assert conda == _declared()


def test_lock_pins_every_dependency_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.M))
    for dependency in _declared():
        assert re.split(r"[>=]", dependency)[0] in pinned
    assert lock.count("--hash=sha256:") > len(pinned)
    assert "://" not in lock


def test_nothing_made_or_personal_is_in_git() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    for folder in ("data/raw/", "data/processed/", "outputs/"):
        assert {t for t in tracked if t.startswith(folder)} <= {folder + "README.md"}
    assert not [t for t in tracked if t.startswith("data/raw_answers")]


def test_every_error_code_is_documented() -> None:
    documented = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    known = set(re.findall(r"\bK\d{3}\b", documented))
    for first, last in re.findall(r"K(\d{3})–K(\d{3})", documented):
        known |= {f"K{n}" for n in range(int(first), int(last) + 1)}
    used = {
        code
        for path in (ROOT / "lib").rglob("*.py")
        for code in re.findall(r'"(K\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert used <= known, sorted(used - known)


def test_slow_files_exist_and_leave_every_package_fast_tests() -> None:
    """What `make check` leaves out is a list of files; a file that is gone or renamed would be forgotten there."""
    every = {p.relative_to(UNIT).as_posix() for p in UNIT.rglob("test_*.py")}
    assert every >= SLOW
    packages = {p.parent.name for p in (ROOT / "lib" / "kaohe").glob("*/__init__.py")} - {"plans"}
    assert {name.partition("/")[0] for name in every - SLOW if "/" in name} == packages


def test_no_module_of_the_library_is_longer_than_it_may_be() -> None:
    lengths = {
        p.relative_to(ROOT).as_posix(): len(p.read_text(encoding="utf-8").splitlines())
        for p in (ROOT / "lib").rglob("*.py")
    }
    assert len(lengths) > 200
    assert {path for path, n in lengths.items() if n > 300} == set()
