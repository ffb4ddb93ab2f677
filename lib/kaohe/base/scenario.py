"""A scenario file: other choices of the office, to see what they would change. The plan's law stays as it is.

```toml
name = "higher-cuts"            # folder name: small letters, digits, hyphens
title = "分等界限提高2.5分"
note = ""
[choices.scale]                 # any key of plan.toml's [choices]; what is not named stays
cuts = { "好" = 90.0 }
[what_if.stream_weights.city14] # the plan states these weights: marked as an assumption wherever shown
survey = 0.4
cross = 0.3
daily = 0.3
```
"""

from __future__ import annotations

import copy
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kaohe.base.errors import InputRefused, nearest
from kaohe.base.files import sha256_text
from kaohe.base.plan import Plan
from kaohe.base.plan_checks import SECTIONS, build_plan

KEYS = ("name", "title", "note", "choices", "what_if")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# Keys of [choices] that a plan folder may leave out.
ABSENT: dict[str, Any] = {"rectification": {"notified": date(2000, 1, 1), "note": ""}}
EXAMPLE = "higher-cuts"


@dataclass(frozen=True)
class Change:
    """One value that a scenario changes.

    Attributes
    ----------
    key : str
        As ``choices.scale.cuts.好``, or ``what_if.stream_weights.city14.survey``.
    base, value : object
        In the plan folder, and in the scenario; `base` is None for a key that the plan folder lacks.
    law : bool
        The plan states the value: an assumption, not a choice.
    """

    key: str
    base: Any
    value: Any
    law: bool


@dataclass(frozen=True)
class Scenario:
    """A scenario with the whole plan that it makes.

    Attributes
    ----------
    name, title, note : str
        Folder name; what reports call it; a remark, may be empty.
    changes : tuple of Change
        In the order of the file.
    plan : Plan
        With the changes in it.
    """

    name: str
    title: str
    note: str
    changes: tuple[Change, ...]
    plan: Plan

    @property
    def choices(self) -> set[str]:
        """Tables of [choices] that change; ``what_if`` where the plan's weights do."""
        return {c.key.split(".")[1] if not c.law else "what_if" for c in self.changes}


def example_file(plan: Plan, name: str = EXAMPLE) -> Path:
    """Path of the scenario `name` that comes with the folder of `plan`; it is not looked whether it is there."""
    return plan.folder / "scenarios" / f"{name}.toml"


def read_scenario(path: Path, plan: Plan) -> Scenario:
    """Read and check a scenario file.

    Parameters
    ----------
    path : Path
        TOML in UTF-8.
    plan : Plan
        The base; nothing in it is changed.

    Returns
    -------
    Scenario
        With the whole plan that it makes, checked as a plan folder is.

    Raises
    ------
    InputRefused
        K422 for a file that cannot be read; K423 for an unknown key; K424 for a key that the plan
        states; K425 for an unusable name; K426 for a value of the wrong type; K427 for one that
        changes nothing; K145 to K154 for a value that the plan's own checks refuse. Each names the
        file, the key, the value and what would be right.
    """
    raw = _read(path)
    for key in raw:
        if key not in KEYS:
            if key in SECTIONS:
                raise _refuse("K424", path, key, key, "only [choices], and [what_if.stream_weights] as an assumption")
            raise _refuse("K423", path, key, key, f"a known key, as {', '.join(nearest(key, KEYS))}")
    name = raw.get("name", path.stem)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _refuse("K425", path, "name", str(name), "small letters, digits and hyphens, 40 at most")
    for key in ("title", "note"):
        if not isinstance(raw.get(key, ""), str):
            raise _refuse("K426", path, key, str(raw[key]), "text")
    for key in ("choices", "what_if"):
        if not isinstance(raw.get(key, {}), dict):
            raise _refuse("K426", path, key, str(raw[key]), f"a table, as [{key}.…]")
    whole = copy.deepcopy(plan.raw)
    own = whole["choices"]["scale"]
    absent = {**ABSENT, "alternative_scales": [{k: own[k] for k in ("name", "values", "cuts")}]}
    changes = _merge(path, "choices", whole["choices"], raw.get("choices", {}), absent)
    changes += _weights(path, whole, raw.get("what_if", {}))
    if not changes:
        raise _refuse("K427", path, "choices", "every value is that of the plan folder", "at least one other value")
    digest = sha256_text(f"{plan.digest}\0{path.read_text(encoding='utf-8')}")
    try:
        made = build_plan(plan.folder, whole, plan.questions, plan.disclosure, digest)
    except InputRefused as error:
        where = error.where.replace("plan.toml", path.name, 1)
        raise InputRefused(
            error.code, "The scenario has a fault", where=where, got=error.got, expected=error.expected
        ) from error
    return Scenario(name, raw.get("title", "") or name, raw.get("note", ""), tuple(changes), made)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        got = error.strerror or type(error).__name__
    except UnicodeDecodeError as error:
        got = f"byte {error.start} is not UTF-8"
    except tomllib.TOMLDecodeError as error:
        got = str(error)
    raise InputRefused(
        "K422", "The scenario file cannot be read", where=path.name, got=got, expected="a TOML file in UTF-8",
        remedy="see docs/operations.md, what-if, for an example",
    )  # fmt: skip


def _refuse(code: str, path: Path, key: str, got: str, expected: str) -> InputRefused:
    return InputRefused(code, "The scenario has a fault", where=f"{path.name} › {key}", got=got, expected=expected)


def _merge(path: Path, where: str, base: dict[str, Any], given: dict[str, Any], absent: dict[str, Any]) -> list[Change]:
    """Put given values in place of the base's, in place; the changes made."""
    changes = []
    for key, value in given.items():
        name = f"{where}.{key}"
        if key not in base and key not in absent:
            raise _refuse("K423", path, name, key, f"a known key, as {', '.join(nearest(key, base))}")
        pattern = base.get(key, absent.get(key))
        if not _alike(pattern, value):
            raise _refuse("K426", path, name, str(value), f"{_kind(pattern)}, as {pattern}")
        if isinstance(pattern, dict):
            inner = pattern if key in absent and key not in base else {}
            changes += _merge(path, name, base.setdefault(key, {}), value, inner)
        elif key not in base or base[key] != value:
            changes.append(Change(name, base.get(key), value, law=False))
            base[key] = value
    return changes


def _alike(pattern: object, value: object) -> bool:
    if isinstance(pattern, bool) or isinstance(value, bool):
        return isinstance(pattern, bool) and isinstance(value, bool)
    if isinstance(pattern, int | float):
        return isinstance(value, int | float) and (isinstance(pattern, float) or float(value).is_integer())
    if isinstance(pattern, date):
        return type(value) is date
    if isinstance(pattern, list) and isinstance(value, list) and pattern:
        return all(_same_shape(pattern[0], v) for v in value)
    return isinstance(value, type(pattern))


def _same_shape(pattern: object, value: object) -> bool:
    """True when an entry of a list has the keys and kinds of value of the base's entries."""
    if not isinstance(pattern, dict):
        return _alike(pattern, value)
    return (
        isinstance(value, dict)
        and set(value) == set(pattern)
        and all(_same_shape(pattern[k], v) if isinstance(v, dict) else _alike(pattern[k], v) for k, v in value.items())
    )


def _kind(pattern: object) -> str:
    kinds = ((bool, "true or false"), (int, "a whole number"), (float, "a number"), (str, "text"), (list, "a list"))
    return next((word for kind, word in kinds if isinstance(pattern, kind)), "a table or date")


def _weights(path: Path, whole: dict[str, Any], given: dict[str, Any]) -> list[Change]:
    """Stream weights put in place of the plan's, in place."""
    for key in given:
        if key != "stream_weights":
            raise _refuse("K423", path, f"what_if.{key}", key, "stream_weights")
    changes = []
    classes = {c["id"]: c for c in whole["classes"]}
    for class_id, weights in given.get("stream_weights", {}).items():
        where = f"what_if.stream_weights.{class_id}"
        if class_id not in classes:
            raise _refuse("K423", path, where, class_id, f"a class, as {', '.join(classes)}")
        own = classes[class_id]["streams"]
        if not isinstance(weights, dict) or set(weights) != set(own):
            got = ", ".join(weights) if isinstance(weights, dict) else str(weights)
            raise _refuse("K426", path, where, got, f"a weight for each of {', '.join(own)}")
        for stream, value in weights.items():
            if not _alike(0.5, value):
                raise _refuse("K426", path, f"{where}.{stream}", str(value), "a number, as 0.3")
            if value != own[stream]:
                changes.append(Change(f"{where}.{stream}", own[stream], value, law=True))
        classes[class_id]["streams"] = dict(weights)
    return changes
