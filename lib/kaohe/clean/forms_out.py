"""Blank forms into a folder: each file whole or absent, a form that somebody filled in never lost."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kaohe.base.errors import InputRefused
from kaohe.base.files import locked, write_bytes
from kaohe.base.plan import Plan
from kaohe.clean.blank_forms import blank_form
from kaohe.clean.form_roll import FormFor


@dataclass
class FormsWritten:
    """What became of each file, by its path below the folder of forms.

    Attributes
    ----------
    written, unchanged : list of str
        Written now; there already, byte for byte.
    kept : list of str
        Left as they were, because they hold entries.
    """

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def write_forms(
    out: Path, forms: Iterable[FormFor], plan: Plan, *, raw: Path | None = None, overwrite: bool = False
) -> FormsWritten:
    """Write blank forms below a folder.

    Parameters
    ----------
    out : Path
        Folder below which they go; held by a lock meanwhile.
    forms : iterable of FormFor
    plan : Plan
    raw : Path, optional
        The raw folder: blank forms do not belong among those that came back.
    overwrite : bool
        Replace forms that hold entries as well.

    Returns
    -------
    FormsWritten
        Paths written, unchanged, and kept because they hold entries.

    Raises
    ------
    InputRefused
        K346 when `out` lies in the raw folder.
    BusyError
        K501.
    """
    if raw is not None and out.resolve().is_relative_to(raw.resolve()):
        raise InputRefused(
            "K346", "Blank forms do not belong into the folder of raw files", where=str(out),
            expected=f"a folder outside {raw}", remedy="choose another folder with --out; put forms there once filled in",
        )  # fmt: skip
    done = FormsWritten()
    with locked(out, "kaohe forms"):
        for entry in forms:
            data = blank_form(entry.form, plan, dict(entry.heads))
            path = out / entry.path
            old = path.read_bytes() if path.is_file() else b""
            if old == data:
                done.unchanged.append(entry.path)
            elif old and not overwrite and holds_entries(old, data):
                done.kept.append(entry.path)
            else:
                write_bytes(path, data)
                done.written.append(entry.path)
    return done


def holds_entries(old: bytes, blank: bytes) -> bool:
    """True when a workbook holds a text that the blank form has not, or cannot be read at all."""
    from python_calamine import CalamineError

    try:
        there = _cells(old)
    except (CalamineError, OSError, ValueError):
        return True
    return bool(there - _cells(blank))


def _cells(data: bytes) -> set[tuple[int, int, str]]:
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    rows = sheet.to_python(skip_empty_area=False)
    return {(r, c, str(v).strip()) for r, row in enumerate(rows) for c, v in enumerate(row) if str(v).strip()}
