"""The raw folder: its files, whose data they are, which table each one feeds, and that none changed meanwhile."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from kaohe.base.errors import InputRefused
from kaohe.base.files import sha256_file
from kaohe.base.tables import RAW
from kaohe.clean.codes import NOTE, finding
from kaohe.clean.delivery import FILE as DELIVERY
from kaohe.clean.form_tables import TABLE as FORMS
from kaohe.clean.office import Office
from kaohe.clean.settling import leads_nowhere, table_of

ORIGIN = "origin.toml"


def list_files(raw: Path) -> list[Path]:
    """Every file below the raw folder in order of path, without hidden ones and notes to people.

    Raises
    ------
    InputRefused
        K210.
    """
    if not raw.is_dir():
        raise InputRefused(
            "K210", "There is no raw folder", where=str(raw),
            remedy="put the office's files there, or make demonstration data with `kaohe demo`",
        )  # fmt: skip
    paths = [
        p
        for p in sorted(raw.rglob("*"))
        if (p.is_symlink() or not p.is_dir()) and not p.name.startswith(".") and p.name not in {"README.md", ORIGIN}
    ]
    if not paths:
        raise InputRefused(
            "K210", "The raw folder is empty", where=str(raw),
            remedy="put the office's files there, or make demonstration data with `kaohe demo`",
        )  # fmt: skip
    return paths


def read_origin(raw: Path) -> dict[str, Any]:
    """What origin.toml says: demonstration data marks itself with it; without it the data is the office's.

    Raises
    ------
    InputRefused
        K236.
    """
    path = raw / ORIGIN
    if not path.is_file():
        return {"origin": "office", "seed": None, "mark": ""}
    try:
        marks = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputRefused(
            "K236", "The mark of the data's origin cannot be read", where=str(path), got=str(error).splitlines()[0],
            expected="synthetic = true or false", remedy="make the demonstration data again, or remove the file",
        ) from error  # fmt: skip
    if not isinstance(marks.get("synthetic"), bool):
        raise InputRefused(
            "K236", "The mark of the data's origin cannot be read", where=str(path),
            got=f"synthetic = {marks.get('synthetic')!r}", expected="synthetic = true or false",
        )  # fmt: skip
    origin = "demo" if marks["synthetic"] else "office"
    return {"origin": origin, "seed": marks.get("seed"), "mark": sha256_file(path)}


def assign(paths: list[Path], office: Office) -> dict[str, list[Path]]:
    """Files by the table they feed; lock files and strangers are noted."""
    groups: dict[str, list[Path]] = {name: [] for name in (*RAW, FORMS)}
    for path in paths:
        name = office.name(path)
        if name == DELIVERY:
            office.hashes[name] = sha256_file(path)
            continue
        if path.name.startswith("~$"):
            office.ledger.add(finding(NOTE, "K212", "", name))
            continue
        if office.delivery.unused(name):
            office.ledger.add(finding(NOTE, "K235", "", name, value="收件登记写明不采用"))
            continue
        if leads_nowhere(path, office):
            continue
        table = table_of(name) or (FORMS if name.startswith("cross/") else "")
        if not table:
            office.ledger.add(finding(NOTE, "K235", "", name))
            continue
        groups[table].append(path)
    return groups


def check_unchanged(raw: Path, office: Office) -> None:
    """Every file is still what was read.

    Raises
    ------
    InputRefused
        K223.
    """
    for name, before in office.hashes.items():
        path = raw / name
        if not path.is_file() or sha256_file(path) != before:
            raise InputRefused(
                "K223", "A raw file changed while it was being cleaned", where=str(path),
                remedy="wait until nobody writes to the folder, then run again",
            )  # fmt: skip
