"""Whether the built tables were made from the clean tables beside them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from kaohe.base.errors import InputRefused
from kaohe.base.files import read_json, sha256_file


def clean_hash(processed: Path) -> str:
    """SHA-256 over the bytes of the clean tables, by name: a damaged or altered one gives another."""
    digest = hashlib.sha256()
    for path in sorted((processed / "clean").glob("*.parquet")):
        digest.update(f"{path.name} {sha256_file(path)} ".encode())
    return digest.hexdigest()


def check_current(processed: Path) -> None:
    """Refuse built tables that were made from other clean tables than those beside them.

    Raises
    ------
    InputRefused
        K811. Without clean tables (only the built ones were copied) nothing is compared.
    """
    built = said_of_build(processed / "build")
    if built and (processed / "clean" / "intake.json").is_file() and built.get("clean_hash") != clean_hash(processed):
        raise InputRefused(
            "K811",
            "The built tables are older than the cleaned ones",
            where=str(processed),
            expected="tables built from the clean tables beside them",
            remedy="run `kaohe build`; nothing was published",
        )


def said_of_build(home: Path) -> dict[str, Any] | None:
    """What build.json says; None when there is none or it is damaged (`kaohe.publish.built.build_info` refuses that)."""
    try:
        said = read_json(home / "build.json")
    except InputRefused:
        return None
    return said if isinstance(said.get("tables"), dict) else None
