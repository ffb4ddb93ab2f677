"""What a notebook reads for a target: its cells are run, the sentences with them, nothing is drawn."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat

from kaohe.publish.reports import ReportId

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


class Nothing:
    """Stands for a room that draws: whatever is called gives nothing to show."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: []


@lru_cache(maxsize=8)
def cells(stem: str) -> tuple[Any, ...]:
    book = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4)
    code = [c for c in book.cells if c.cell_type == "code"]
    return tuple(compile(c.source, f"{stem} {c['id']}", "exec") for c in code[1:])


def parts_of(report: ReportId, processed: Path) -> dict[str, str]:
    """The parts of tables that a report reads, with their digests, as its seal says them.

    Charts and tables take frames that were read before, so they are left out; sections read for themselves.
    """
    space: dict[str, Any] = {
        "target": report.target.object, "processed": str(processed), "plan": "", "display": lambda *_: None,
    }  # fmt: skip
    for cell in cells(report.notebook.stem):
        exec(cell, space)
        space |= {name: Nothing() for name in ("charts", "tables")}
    parts: dict[str, str] = space["job"].seal().tables
    return parts
