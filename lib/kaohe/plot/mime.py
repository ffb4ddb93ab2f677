"""The base of what a notebook cell hands to the exporter: one MIME output, and what must hold of it."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

from kaohe.base.errors import EXIT_BUG, KaoheError

MIME = "application/vnd.kaohe.v1+json"
BATCH = "KAOHE_BATCH"
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def in_batch() -> bool:
    """True inside a batch (environment ``KAOHE_BATCH=1``): nobody looks at JupyterLab's pictures."""
    return os.environ.get(BATCH, "") == "1"


def _jsonable(value: Any) -> Any:
    if is_dataclass(value):
        return {f.name: _jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _jsonable(value[k]) for k in sorted(value)}
    many = isinstance(value, Sequence) and not isinstance(value, str)
    return [_jsonable(v) for v in value] if many else value


class Output(ABC):
    """Base of all payloads: one MIME output with plain text beside it."""

    kind = ""

    def payload(self) -> dict[str, Any]:
        """The JSON-able content: its ``kind``, then every field but pictures for JupyterLab."""
        own = {f.name: _jsonable(getattr(self, f.name)) for f in fields(self) if f.name != "png"}  # type: ignore[arg-type]
        return {"kind": self.kind, **own}

    @abstractmethod
    def plain(self) -> str:
        """One line of plain text."""

    def html(self) -> str:
        """Escaped HTML for JupyterLab; never used by the exporter."""
        return f"<p>{escape(self.plain())}</p>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {MIME: self.payload(), "text/plain": self.plain()}
        if not in_batch():
            bundle["text/html"] = self.html()
        return bundle


def check_slug(text: str) -> None:
    """Refuse (K701) a `text` that is no slug of an output.

    Raises
    ------
    KaoheError
        K701.
    """
    if not _SLUG.fullmatch(text):
        raise fault("id", text, "lower-case ASCII letters, digits and hyphens, starting with a letter")


def check_rows(where: str, width: int, rows: Sequence[Sequence[Any]]) -> None:
    """Refuse (K701) rows that have not as many cells as there are columns.

    Parameters
    ----------
    where : str
        Which output it is, for the message.
    width : int
        Number of columns.
    rows : sequence of sequence
        Rows of cells.

    Raises
    ------
    KaoheError
        K701, with the first such row.
    """
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise fault(where, f"row {number} has {len(row)} cells", f"{width} cells, one a column")


def fault(where: str, got: str, expected: str) -> KaoheError:
    """The error (K701, a fault of the suite) of an output that is put together wrongly.

    Parameters
    ----------
    where, got, expected : str
        Which output, what stands in it, what would be right.
    """
    error = KaoheError("K701", "An output is put together wrongly", where=where, got=got, expected=expected)
    error.exit_code = EXIT_BUG
    return error
