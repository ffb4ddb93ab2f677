"""Large libraries that notebooks import: brought in once, before kernels are forked, and not by every kernel.

Only libraries of the list, and only those that a notebook of the batch names: no code of a notebook runs in the
process that all kernels come from.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ENV_IMPORTS = "KAOHE_IMPORTS"
# What jsonschema and papermill import where it is there, and reports do not need: the first parses a grammar for more
# than a second, the second brings in all of Arrow.
SPARED = ("rfc3987_syntax", "pyarrow.fs")
IMPORTING = threading.Lock()  # held by whoever imports while other threads may
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
    with suppress(OSError, ValueError, LookupError, AttributeError, TypeError):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:  # nbformat takes a second to import
            if cell["cell_type"] == "code":
                with suppress(SyntaxError):
                    for node in ast.walk(ast.parse("".join(cell["source"]))):
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
    if "matplotlib.pyplot" in sys.modules:
        from kaohe.plot.warm import draw_one

        draw_one()


def load_tools(*, alone: bool = True) -> None:
    """Import what executes, exports and looks over a report, once, before the first one is waited for.

    Parameters
    ----------
    alone : bool
        Nobody else imports in this process, so that what reports do not need can be left out.
    """
    with IMPORTING, spared(*(SPARED if alone else ())):
        for module in ("audit", "engine", "html", "notebook"):
            importlib.import_module(f"kaohe.publish.{module}")
    from kaohe.publish.look import page_environment
    from kaohe.publish.webfont import page_font

    with suppress(Exception):  # the first report will say what is wrong with a template or the font
        for name in ("index.html.j2", "parts.html.j2"):
            page_environment().get_template(f"kaohe/{name}")
        page_font("")


@contextmanager
def spared(*names: str) -> Iterator[None]:
    """Inside the block the modules of these `names` are not there, for who asks whether they are; afterwards they are."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            if sys.modules.get(name, name) is None:
                del sys.modules[name]
