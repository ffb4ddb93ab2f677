"""Checks of disclosure.toml: thresholds have floors, and only an override signed by two people goes below one."""

from __future__ import annotations

import math
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from kaohe.base.errors import InputRefused, nearest
from kaohe.base.files import sha256_file

OVERRIDE = "override.toml"
# key: (weakest value without an override, weakest value at all, whole number, larger is stronger)
FLOORS: dict[str, tuple[float, float, bool, bool]] = {
    "min_households": (10, 3, True, True),
    "min_villages": (3, 2, True, True),
    "min_psu": (2, 2, True, True),
    "small_group": (20, 10, True, True),
    "min_cell": (3, 2, True, True),
    "dominance_n": (2, 1, True, True),
    "dominance_share": (0.90, 0.95, False, False),
    "protection": (3, 2, True, True),
    "protection_amount": (0.10, 0.05, False, True),
    "caution_cv": (0.30, 0.50, False, False),
    "suppress_cv": (0.50, 1.00, False, False),
}
SIGNED = ("reason", "approved_by", "reviewed_by", "date", "disclosure_sha256", "keys")


def check_disclosure(disclosure: dict[str, Any], folder: Path) -> None:
    """Refuse thresholds that are unknown, of a wrong type or below their floor without a signed override.

    Parameters
    ----------
    disclosure : dict
        disclosure.toml.
    folder : Path
        The plan folder; may hold override.toml: the keys that go below their floor, reason, date,
        approved_by and reviewed_by (two people), and the SHA-256 of the disclosure.toml they saw.

    Raises
    ------
    InputRefused
        K156 a value below its floor, K379 an override that does not hold.
    """
    for key in disclosure:
        if key not in FLOORS and key != "schema":
            raise _bad(key, key, f"a known key, as {', '.join(nearest(key, FLOORS))}")
    low = []
    for key, (floor, least, whole, up) in FLOORS.items():
        value = disclosure.get(key)
        if value is None:
            raise _bad(key, "missing", _wanted(floor, up))
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not math.isfinite(value):
            raise _bad(key, repr(value), "a whole number" if whole else "a number")
        if (value < least) if up else (value > least):
            raise _bad(key, str(value), f"{_wanted(least, up)}, whoever signs")
        if (value < floor) if up else (value > floor):
            low.append(key)
    if low:
        _check_override(folder, low, disclosure)


def _wanted(floor: float, up: bool) -> str:
    return f"{floor:g} or {'more' if up else 'less'}"


def _bad(key: str, got: str, expected: str) -> InputRefused:
    return InputRefused(
        "K156",
        "A disclosure threshold is below its floor",
        where=f"disclosure.toml › {key}",
        got=got,
        expected=expected,
    )


def _check_override(folder: Path, low: list[str], disclosure: dict[str, Any]) -> None:
    path = folder / OVERRIDE
    if not path.is_file():
        floor, _, _, up = FLOORS[low[0]]
        raise _bad(low[0], str(disclosure[low[0]]), _wanted(floor, up))
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused("", str(error).splitlines()[0], "valid TOML in UTF-8") from error
    for key in SIGNED:
        if not given.get(key):
            raise _refused(key, "missing", f"{', '.join(SIGNED)}")
    if not isinstance(given["date"], date):
        raise _refused("date", repr(given["date"]), "a date as 2020-12-01")
    if str(given["approved_by"]).strip() == str(given["reviewed_by"]).strip():
        raise _refused("reviewed_by", str(given["reviewed_by"]), "another person than approved_by")
    if given["disclosure_sha256"] != sha256_file(folder / "disclosure.toml"):
        raise _refused("disclosure_sha256", str(given["disclosure_sha256"]), "the SHA-256 of this disclosure.toml")
    for key in low:
        if key not in given["keys"]:
            raise _refused("keys", ", ".join(given["keys"]), f"{key} among them")


def _refused(key: str, got: str, expected: str) -> InputRefused:
    return InputRefused(
        "K379", "The override of a disclosure threshold does not hold", where=f"{OVERRIDE} › {key}" if key else OVERRIDE,
        got=got, expected=expected, remedy="have it signed again for the disclosure.toml as it stands, or restore the floor",
    )  # fmt: skip
