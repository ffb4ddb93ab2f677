"""Where a plan folder is, and its text and TOML, in UTF-8 only."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from kaohe.base.errors import InputRefused

PLANS = Path(__file__).parent.parent / "plans"
DEFAULT_PLAN = "2020"


def find_plan(named: Path | str = "") -> Path:
    """The folder of the plan `named`: a folder, or the year of a packaged plan; the packaged one of 2020 when none is named.

    Raises
    ------
    InputRefused
        K162 with the packaged years.
    """
    path = Path(named) if str(named) else PLANS / DEFAULT_PLAN
    if path.is_dir():
        return path
    years = sorted(p.name for p in PLANS.iterdir() if (p / "plan.toml").is_file())
    if str(named) in years:
        return PLANS / str(named)
    raise InputRefused(
        "K162", "There is no such plan folder", got=str(named), expected=f"a folder, or a packaged year: {', '.join(years)}",
        remedy="`kaohe plan new YEAR` makes one",
    )  # fmt: skip


def read_text(path: Path) -> str:
    """The text of the plan file `path`.

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


def lacking(folder: Path, name: str) -> InputRefused:
    """The refusal (K140) of a plan folder without one of its files."""
    return InputRefused(
        "K140", "The plan folder lacks a file", where=str(folder), got=name,
        remedy="copy the packaged plan with all its files and edit that",
    )  # fmt: skip


def read_toml(path: Path) -> dict[str, Any]:
    """Read the TOML file `path` in UTF-8.

    Raises
    ------
    InputRefused
        K140, with the line for a syntax error.
    """
    if not path.is_file():
        raise lacking(path.parent, path.name)
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
