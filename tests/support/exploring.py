"""Notebooks run in this process, cell by cell, and what they show."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

PARAMETERS = "parameters"


def run_cells(path: Path, **parameters: Any) -> list[Mapping[str, Any]]:
    """The outputs (bundles by MIME type) of every cell in order, in a fresh shell; an error in a cell is raised."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shown: list[Mapping[str, Any]] = []
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code":
                continue
            more = (
                "".join(f"\n{k} = {v!r}" for k, v in parameters.items())
                if PARAMETERS in cell.metadata.get("tags", [])
                else ""
            )
            with capture_output() as caught:
                result = shell.run_cell(cell.source + more, store_history=False)
            result.raise_error()
            assert caught.stderr == "", (cell["id"], caught.stderr)
            shown += [o.data for o in caught.outputs]
            if result.result is not None:
                shown.append(shell.display_formatter.format(result.result)[0])
    finally:
        os.chdir(here)
        shell.restore_sys_module_state()
        InteractiveShell.clear_instance()
    return shown
