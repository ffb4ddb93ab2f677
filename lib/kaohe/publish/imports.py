"""Large libraries that notebooks import: brought in once, before kernels are forked, and not by every kernel.

Only libraries of the list, and only those that a notebook of the batch names: no code of a notebook runs in the
process that all kernels come from.
"""

from __future__ import annotations

import ast
import importlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

ENV_IMPORTS = "KAOHE_IMPORTS"
LARGE = ("matplotlib.pyplot", "scipy.optimize", "scipy.stats", "seaborn")


def imports_of(notebooks: Iterable[Path]) -> tuple[str, ...]:
    """The modules of `LARGE` that the code cells of the `notebooks` (paths) import, in the order of `LARGE`.

    A notebook that cannot be read, or a cell that is not plain Python, names none: its own run says what is wrong.
    """
    named: set[str] = set()
    for path in notebooks:
        named.update(_named(path))
    return tuple(module for module in LARGE if module in named)


def _named(path: Path) -> Iterator[str]:
    import nbformat

    with suppress(Exception):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                with suppress(SyntaxError):
                    for node in ast.walk(ast.parse(cell.source)):
                        if isinstance(node, ast.Import):
                            yield from (alias.name for alias in node.names)
                        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                            yield node.module
                            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def bring_in() -> None:
    """Import the modules of `LARGE` that the environment names; one that is not there is left to the notebook."""
    for module in os.environ.get(ENV_IMPORTS, "").split(","):
        if module in LARGE:
            with suppress(ImportError):
                importlib.import_module(module)
