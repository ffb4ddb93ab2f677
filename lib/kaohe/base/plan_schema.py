"""The version of a plan folder, and the way from an earlier one to this one.

Schema 1 is that of version 0.1.0; schema 2 came with 0.2.0: tables of the office's choices (limits of files
among them), thresholds of suppression and conversions.csv that 0.1.0 did not know. `migrated` adds what is
missing, with the packaged plan's values and notes, and changes no value that is there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from kaohe.base.errors import InputRefused

SCHEMA = 2
FILES = (
    "plan.toml", "codebook.toml", "disclosure.toml", "divisions.csv", "aliases.csv", "corrections.csv", "conversions.csv",
)  # fmt: skip
MARK = re.compile(r"#\s*EDIT\b:?\s*(.*)")
UNKNOWN = "待定"  # what a new year's plan has for what only the document can tell
_OPEN = re.compile(rf'\s*(?:(\w+)\s*=\s*"{UNKNOWN}"|(source_sha256)\s*=\s*"")\s*(?:#.*)?$')
_HEAD = re.compile(r"\s*\[+([^\[\]]+)\]+\s*(#.*)?")
VERSION = re.compile(r"(?m)^schema\s*=\s*(\d+)")


def check_schema(file: str, raw: Mapping[str, Any], wanted: int = SCHEMA) -> None:
    """Refuse a file of another schema; an earlier one with the way to migrate.

    Raises
    ------
    InputRefused
        K141.
    """
    found = raw.get("schema")
    if found != wanted:
        older = isinstance(found, int) and 1 <= found < wanted
        raise InputRefused(
            "K141", "The plan has a fault", where=f"{file} › schema", got=str(found), expected=f"schema = {wanted}",
            remedy="`kaohe plan migrate FOLDER NEW_FOLDER` adds what this version needs" if older else "",
        )  # fmt: skip


def marks(file: str, text: str) -> list[tuple[str, str]]:
    r"""The lines of `text` that wait for somebody: (place in `file`, what is to be done).

    Marks ``# EDIT: …`` at their ends; without one, values that `kaohe plan new` leaves open (待定, or no fingerprint).

    Examples
    --------
    >>> marks("plan.toml", 'year = 2021  # EDIT: the year\nissued = "待定"\nissuer = "省扶贫开发领导小组"')
    [('plan.toml › line 1', 'the year'), ('plan.toml › line 2', 'issued has no value yet')]
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        hit, open_ = MARK.search(line), _OPEN.match(line)
        if hit:
            found.append((f"{file} › line {number}", hit[1].strip() or "set this line"))
        elif open_:
            found.append((f"{file} › line {number}", f"{open_[1] or open_[2]} has no value yet"))
    return found


def refuse_draft(texts: Mapping[str, str]) -> None:
    """Refuse a folder in which ``# EDIT`` marks are left: values of last year would pass for this year's.

    Raises
    ------
    InputRefused
        K157, naming the first line.
    """
    waiting = [m for file, text in texts.items() for m in marks(file, text)]
    if waiting:
        more = f", and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        raise InputRefused(
            "K157", "The plan is not finished", where=waiting[0][0], got=f"EDIT: {waiting[0][1]}{more}",
            expected="every value set by the new document and its mark deleted",
            remedy="`kaohe plan check FOLDER` lists all of them",
        )  # fmt: skip


def migrated(texts: Mapping[str, str], packaged: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """A plan folder of schema 1 as one of schema 2.

    Parameters
    ----------
    texts, packaged : mapping of file name to text
        The folder's files, and the packaged plan's.

    Returns
    -------
    dict of file name to text
        Every file that changes or is new.
    list of str
        What was added, one line each.

    Raises
    ------
    InputRefused
        K141 for a folder of another schema than 1.
    """
    found = VERSION.search(texts["plan.toml"])
    if found is None or found[1] != "1":
        raise InputRefused(
            "K141", "The plan has a fault", where="plan.toml › schema", got=found[1] if found else "none",
            expected=f"schema = 1, to be made schema = {SCHEMA}",
        )  # fmt: skip
    made: dict[str, str] = {}
    said: list[str] = []
    for name in FILES:
        if name not in texts:
            made[name] = packaged[name].splitlines()[0] + "\n"
            said.append(f"{name}: new, its header only")
    for name in ("plan.toml", "disclosure.toml"):
        text, added = _completed(texts[name], packaged[name], "choices" if name == "plan.toml" else "")
        made[name] = text
        said += [f"{name} › {key}: added with the packaged plan's value" for key in added]
    made["plan.toml"] = VERSION.sub(f"schema = {SCHEMA}", made["plan.toml"], count=1)
    return made, said


def _completed(text: str, packaged: str, root: str) -> tuple[str, list[str]]:
    """`text` with the keys and tables below `root` that only the packaged text has, and their names."""
    own, model = tomllib.loads(text), tomllib.loads(packaged)
    blocks = _blocks(packaged)
    lines, added = text.rstrip("\n").splitlines(), []
    for table, block in blocks:
        if root and not table.startswith(f"{root}."):
            continue
        mine, theirs = _at(own, table), _at(model, table)
        if mine is None and theirs is not None:
            lines += ["", *block]
            added += [table] if table not in added else []
        elif isinstance(theirs, dict) and isinstance(mine, dict):
            missing = {k: text for k, text in _entries(block).items() if k not in mine}
            spot = _end(lines, table)
            lines[spot:spot] = [line for text in missing.values() for line in text]
            added += [f"{table}.{k}".lstrip(".") for k in missing]
    return "\n".join(lines) + "\n", added


def _blocks(text: str) -> list[tuple[str, list[str]]]:
    """The tables of a TOML text with their lines, in order; the first one has no name."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines():
        head = _HEAD.fullmatch(line)
        if head:
            found.append((head[1].strip(), []))
        found[-1][1].append(line)
    return [(name, _trimmed(lines)) for name, lines in found]


def _entries(block: list[str]) -> dict[str, list[str]]:
    """The lines of each key of a table; a value may go on over several lines."""
    found: dict[str, list[str]] = {}
    waiting: list[str] = []
    for line in block:
        if not waiting and (_HEAD.fullmatch(line) or not line.strip() or line.lstrip().startswith("#")):
            continue
        waiting.append(line)
        try:
            (key,) = tomllib.loads("\n".join(waiting))
        except tomllib.TOMLDecodeError:
            continue
        found[key], waiting = waiting, []
    return found


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines and comments at the end: they belong to what follows."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return lines[:end]


def _at(raw: dict[str, Any], table: str) -> Any:
    value: Any = raw
    for part in table.split(".") if table else ():
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _end(lines: list[str], table: str) -> int:
    """Where a line may be put at the end of a table."""
    heads = [(i, h[1].strip()) for i, line in enumerate(lines) if (h := _HEAD.fullmatch(line))]
    start = next((i for i, name in heads if name == table), -1) if table else -1
    after = next((i for i, _ in heads if i > start), len(lines))
    return start + 1 + len(_trimmed(lines[start + 1 : after]))
