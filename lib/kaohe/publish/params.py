"""A notebook's own parameters, read from its tagged cell, and the check of what is passed against them.

papermill takes a misspelt parameter with a shrug and then reports on the default target; so
everything is checked here before a kernel starts.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaohe.base.errors import InputRefused, nearest

if TYPE_CHECKING:
    import nbformat

TAG = "parameters"


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """A notebook as version 4.

    Raises
    ------
    InputRefused
        K820 when it is missing or is not a notebook.
    """
    import nbformat

    try:
        text = path.read_text(encoding="utf-8")
        found: nbformat.NotebookNode = nbformat.reads(text, as_version=4)
        nbformat.validate(found)
        return found
    except (OSError, ValueError, LookupError, AttributeError, TypeError, nbformat.ValidationError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputRefused:
    return InputRefused(
        "K820",
        "A notebook cannot be read",
        where=path.name,
        got=f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}",
        remedy="restore the notebook from the repository",
    )


def check_notebook(path: Path, given: Mapping[str, Any]) -> None:
    """Refuse the notebook `path` when it cannot be run with the parameters `given`, quickly, before anything starts.

    Raises
    ------
    InputRefused
        K820 when it cannot be read, K821 for its parameters cell, K822 or K823 for a parameter.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if int(said["nbformat"]) < 4:  # read_notebook brings it up to date
            return
        cells = [(str(c["cell_type"]), c.get("metadata", {}), c["source"]) for c in said["cells"]]
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise _unreadable(path, error) from error
    tagged = ["".join(source) for kind, meta, source in cells if kind == "code" and TAG in meta.get("tags", [])]
    check_parameters(_defaults(tagged, path.name), given, path.name)


def defaults_of(notebook: nbformat.NotebookNode, where: str) -> dict[str, Any]:
    """Parameters and their defaults from the one cell tagged ``parameters``.

    Raises
    ------
    InputRefused
        K821 when there is no such cell, more than one, or one that holds more than plain literals.
    """
    return _defaults(
        [c.source for c in notebook.cells if c.cell_type == "code" and TAG in c.metadata.get("tags", [])], where
    )


def _defaults(cells: list[str], where: str) -> dict[str, Any]:
    if len(cells) != 1:
        raise InputRefused(
            "K821",
            "A notebook needs exactly one parameters cell",
            where=where,
            got=f"{len(cells)} cells tagged {TAG}",
            remedy=f"tag the cell that sets target, processed and plan with {TAG!r}, and no other",
        )
    found: dict[str, Any] = {}
    try:
        for statement in ast.parse(cells[0]).body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
                found[statement.target.id] = ast.literal_eval(statement.value)
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            names = [t.id for t in targets if isinstance(t, ast.Name)]
            if not isinstance(statement, ast.Assign) or len(names) != len(targets):
                raise ValueError(ast.unparse(statement).splitlines()[0])
            found |= dict.fromkeys(names, ast.literal_eval(statement.value))
    except (SyntaxError, ValueError) as error:
        raise InputRefused(
            "K821",
            "A parameters cell holds more than plain values",
            where=where,
            got=str(error).split(": <")[0][:120],
            expected='lines like target = ""',
            remedy="move everything else to the next cell",
        ) from error
    return found


def check_parameters(defaults: Mapping[str, Any], given: Mapping[str, Any], where: str) -> None:
    """Refuse what the notebook does not take.

    Raises
    ------
    InputRefused
        K822 for an unknown parameter, K823 for a value of another type than the default's.
    """
    for name, value in given.items():
        if name not in defaults:
            raise InputRefused(
                "K822",
                "Unknown parameter",
                where=where,
                got=name,
                expected="one of " + ", ".join(nearest(name, defaults)) if defaults else "no parameter at all",
                remedy="the notebook's parameters are " + (", ".join(defaults) or "none"),
            )
        wanted = type(defaults[name])
        right = type(value) is wanted or (wanted is float and type(value) is int)
        if defaults[name] is not None and (not right or value != value):
            raise InputRefused(
                "K823",
                "A parameter has the wrong type",
                where=f"{where} › {name}",
                got=f"{value!r} ({type(value).__name__})",
                expected=wanted.__name__,
                remedy="pass codes and dates as text",
            )
