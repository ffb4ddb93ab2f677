"""docs/extending.md carried out: its blocks are the edits, its lines of commands the commands."""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
_EDIT = re.compile(
    r"\*\*(?P<file>[^*]+)\*\*, (?P<how>[^\n]+):\n(?P<blocks>(?:\n```(?:toml|python)[^\n]*\n.*?\n```\n)+)", re.DOTALL
)
_COMMANDS = re.compile(r"^```\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"^```\w[^\n]*\n.*?^```$", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"```(?:toml|python)(?P<tags>[^\n]*)\n(?P<text>.*?)\n```", re.DOTALL)


@dataclass(frozen=True)
class Edit:
    """One edit of the page: file, where, and its blocks with their tags."""

    file: str
    how: str
    blocks: tuple[tuple[str, str], ...]


def page_text() -> str:
    """The page."""
    return (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """Every command of the page, in order, as words."""
    blocks = _COMMANDS.findall(_CODE.sub("", page_text()))
    return [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]


def edits() -> list[Edit]:
    """Every edit of the page, in order."""
    page = page_text()
    return [
        Edit(m["file"], m["how"], tuple((b["tags"].strip(), b["text"]) for b in _BLOCK.finditer(m["blocks"])))
        for m in _EDIT.finditer(page)
    ]


def copy_project(home: Path) -> Path:
    """Library and notebooks, and the plan folder that the page begins with, copied as it says."""
    for part in ("lib", "notebooks"):
        shutil.copytree(ROOT / part, home / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    (copy, option, source, to), *_ = commands()
    assert (copy, option) == ("cp", "-r")
    shutil.copytree(home / source, home / to)
    return home


def apply(home: Path, chosen: list[Edit]) -> set[str]:
    """Carry out edits below `home`; the files touched."""
    for edit in chosen:
        path = home / edit.file
        if path.suffix == ".ipynb":
            _notebook(path, edit)
        else:
            _text(path, edit)
    return {e.file for e in chosen}


def _text(path: Path, edit: Edit) -> None:
    (_, block), = edit.blocks  # fmt: skip
    if edit.how == "new":
        assert not path.exists()
        path.write_text(block + "\n", encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if edit.how == "at the end":
        path.write_text(f"{text.rstrip()}\n\n{block}\n", encoding="utf-8")
        return
    found = re.fullmatch(r"(above|below) the (first )?line `(.+)`", edit.how)
    assert found, edit.how
    lines = text.splitlines()
    at = [i for i, line in enumerate(lines) if line.strip() == found[3]]
    assert at if found[2] else len(at) == 1, f"{found[3]} stands {len(at)} times"
    if found[1] == "below":
        lines[at[0] + 1 : at[0] + 1] = [block]
    else:
        lines[at[0] : at[0]] = [block, ""]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _notebook(path: Path, edit: Edit) -> None:
    if edit.how == "new":
        book = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
        for tags, source in edit.blocks:
            cell = nbformat.v4.new_code_cell(source)
            cell.metadata["tags"] = [tags.removeprefix("tags=")] if tags else []
            book.cells.append(cell)
    else:
        found = re.fullmatch(r"a code cell `([a-z-]+)` below the cell `([a-z-]+)`", edit.how)
        assert found, edit.how
        book = nbformat.read(path, as_version=4)
        at = [c["id"] for c in book.cells].index(found[2])
        (_, source), = edit.blocks  # fmt: skip
        book.cells.insert(at + 1, nbformat.v4.new_code_cell(source, id=found[1]))
    nbformat.write(book, path)
