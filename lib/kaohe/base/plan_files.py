"""Text and TOML of a plan folder, in UTF-8 only."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from kaohe.base.errors import InputRefused


def read_text(path: Path) -> str:
    """A plan file's text.

    Raises
    ------
    InputRefused
        K140 when it is not UTF-8, or a TOML file begins with a BOM.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputRefused(
            "K140",
            "A plan file is not UTF-8",
            where=str(path),
            got=f"byte {error.start}",
            remedy="save it as UTF-8 without BOM",
        ) from error
    if text.startswith("\ufeff") and path.suffix == ".toml":
        raise InputRefused(
            "K140",
            "A plan file begins with a BOM",
            where=str(path),
            got="bytes EF BB BF",
            remedy="save it as UTF-8 without BOM",
        )
    return text


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file in UTF-8.

    Raises
    ------
    InputRefused
        K140, with the line for a syntax error.
    """
    if not path.is_file():
        raise InputRefused(
            "K140",
            "The plan folder lacks a file",
            where=str(path.parent),
            got=path.name,
            remedy="copy the packaged plan with all its files and edit that",
        )
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InputRefused(
            "K140",
            "A plan file is not valid TOML",
            where=str(path),
            got=str(error),
            remedy="mend the line named",
        ) from error
