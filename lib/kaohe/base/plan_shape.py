"""The shape of a plan folder's TOML files, compared with the packaged plan: keys, types, numbers that are numbers.

What a value means is checked in `kaohe.base.plan_checks`; here a text where a number belongs, a
missing or an unknown key is named before anything reads it.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from kaohe.base.errors import InputRefused, nearest

# Tables whose keys are data (grades, sources, streams), not settings.
FREE = {
    "choices.scale.values", "choices.scale.cuts", "choices.alternative_scales.values", "choices.alternative_scales.cuts",
    "choices.daily.deductions", "choices.daily.deductions.*", "choices.levels.weights", "classes.streams",
}  # fmt: skip
OPTIONAL = {"choices.alternative_scales", "choices.draw"}
LATER = {"choices.rectification"}  # not in the packaged plan: `kaohe.base.plan_checks` knows what may stand there
_NAMES = {str: "text", bool: "true or false", date: "a date", dict: "a table", list: "a list"}


def check_shape(file: str, raw: Any, model: Any, path: str = "", where: str = "") -> None:
    """Compare a value with the packaged plan's at the same place.

    Parameters
    ----------
    file : str
        Name of the file, for the message.
    raw, model : any TOML value
        What was read, and what the packaged plan has there.
    path, where : str
        The place without and with the positions of list entries.

    Raises
    ------
    InputRefused
        K142 naming file, key, value and what would be right.
    """
    if _type(raw) is not _type(model):
        raise _refuse(file, where, _shown(raw), _NAMES.get(_type(model), "a number"))
    if isinstance(raw, float) and not math.isfinite(raw):
        raise _refuse(file, where, str(raw), "a finite number")
    if isinstance(raw, dict):
        _check_table(file, raw, model, path, where)
    elif isinstance(raw, list) and model:
        for number, entry in enumerate(raw):
            example = _union(model) if isinstance(model[0], dict) else model[0]
            check_shape(file, entry, example, path, f"{where}[{number + 1}]")


def _check_table(file: str, raw: dict[str, Any], model: dict[str, Any], path: str, where: str) -> None:
    free = path in FREE or path.rsplit(".", 1)[0] + ".*" in FREE
    example = next(iter(model.values()), None)
    for key, value in raw.items():
        inner, shown = f"{path}.{key}".lstrip("."), f"{where}.{key}".lstrip(".")
        if inner in LATER and isinstance(value, dict):
            continue
        if key in model:
            check_shape(file, value, model[key], inner, shown)
        elif free and example is not None:
            check_shape(file, value, example, inner, shown)
        else:
            raise _refuse(file, shown, key, f"a known key, as {', '.join(nearest(key, sorted(model)))}")
    required = set() if free else set(model) - set(model.get(_MAYBE, ()))
    for key in sorted(required - set(raw) - {_MAYBE}):
        inner = f"{path}.{key}".lstrip(".")
        if inner not in OPTIONAL:
            raise _refuse(file, f"{where}.{key}".lstrip("."), "missing", "this table or key")


_MAYBE = "\0optional"


def _union(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """All keys of the entries of a list with an example each; those that not every entry has are optional."""
    found: dict[str, Any] = {}
    for entry in entries:
        for key, value in entry.items():
            both = isinstance(value, list) and isinstance(found.get(key), list)
            found[key] = found[key] + value if both else found.get(key, value)
    found[_MAYBE] = [key for key in found if any(key not in e for e in entries)]
    return found


def _type(value: Any) -> type:
    """The kind of a TOML value; whole and decimal numbers are one."""
    if isinstance(value, bool):
        return bool
    if isinstance(value, (int, float)):
        return float
    return next((t for t in (str, dict, list, date) if isinstance(value, t)), type(value))


def _shown(value: Any) -> str:
    return f"{value!r}"[:80]


def _refuse(file: str, where: str, got: str, expected: str) -> InputRefused:
    return InputRefused(
        "K142", "The plan has a fault", where=f"{file} › {where}" if where else file, got=got, expected=expected
    )
