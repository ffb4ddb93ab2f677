"""docs/operations.md carried out: the blocks without a language are lines of commands, section by section."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^ *```\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def section(head: str) -> str:
    """The text below a heading of the page, up to the next one of any level."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(rf"^#+ {re.escape(head)}\n(.*?)(?=^#+ |\Z)", page, re.DOTALL | re.MULTILINE)
    assert found, head
    return found[1]


def commands(head: str) -> list[list[str]]:
    """Every command of a section's blocks, in order, as words."""
    lines = [line.strip() for block in _BLOCK.findall(section(head)) for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line]


def inline(head: str) -> list[list[str]]:
    """Every command of kaohe in a section's sentences, in order, as words."""
    text = _BLOCK.sub("", section(head))
    return [shlex.split(c) for c in re.findall(r"`\.venv/bin/(kaohe [^`]+)`", text)]


def project(home: Path) -> Path:
    """The project as it lies in git, copied: an office's machine before anything was made."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if not name.startswith(("tests/", "benchmarks/", "docs/")) and (ROOT / name).is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, home / name)
    return home


def perform(
    home: Path, words: Sequence[str], *more: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command of the page in the folder of a project, as its reader would type it; more arguments may be added.

    What `make setup` installs is there already: kaohe is this interpreter's, over the library of the folder.
    """
    ready = home.parent / f"{home.name}.installed"
    ready.touch()
    name, rest = Path(words[0]).name, [*words[1:], *more]
    if name == "kaohe":
        call = [sys.executable, "-m", "kaohe.run.cli", *rest]
    elif name == "make":
        call = ["make", f"VENV={sys.prefix}", f"STAMP={ready}", *rest]
    else:
        call = [name, *rest]
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1609459200", "PYTHONPATH": str(home / "lib"), **(environment or {})}
    return subprocess.run(
        call, cwd=home, capture_output=True, text=True, encoding="utf-8", timeout=1800, check=False, env=env
    )
