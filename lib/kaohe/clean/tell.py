"""Which table a single file is: told by its headers or by the forms in it, never by its place alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from kaohe.base.plan import Plan
from kaohe.base.tables import RAW, Contract, contract
from kaohe.clean.cells import Sheet, is_blank
from kaohe.clean.form_layout import find_forms, looks_like_form
from kaohe.clean.form_tables import TABLE as FORMS
from kaohe.clean.intake import LIMITS, FileRefused, Limits, read_file
from kaohe.clean.layout import dictionary, resolve_header

_HEADER_WITHIN = 60


@dataclass(frozen=True)
class Told:
    """What a file seems to be.

    Attributes
    ----------
    table : str
        A key of `kaohe.base.tables.RAW`, ``cross`` for forms, or ``""``.
    sheets : tuple of Sheet
        What stands in it; empty when it was refused.
    refused : FileRefused or None
        Why it cannot be read at all.
    nearest : tuple of (table, share of its headers found)
        The likeliest tables, best first.
    """

    table: str
    sheets: tuple[Sheet, ...] = ()
    refused: FileRefused | None = None
    nearest: tuple[tuple[str, float], ...] = field(default=())


_NONE = (False, 0.0)


def tell_table(path: Path, plan: Plan, limits: Limits = LIMITS) -> Told:
    """The table of a file.

    A file is a table when at least two of its headers stand in one row and it fits no other table
    as well: one whose key columns are there goes before others, then it is measured by the headers
    both have over the headers either has.
    """
    contracts = [contract(name, plan) for name in RAW]
    labels = [*(c.label for t in contracts for c in t.columns), *plan.grades]
    try:
        read = read_file(path, path.name, labels, limits)
    except FileRefused as error:
        return Told(by_place(path), refused=error)
    sheets = tuple(read.sheets)
    if any(find_forms(s, plan.grades) and looks_like_form(s) for s in sheets):
        return Told(FORMS, sheets)
    scores = sorted(
        ((max((_fit(s, t) for s in sheets), default=_NONE), -n, t.name) for n, t in enumerate(contracts)), reverse=True
    )
    nearest = tuple((name, share) for (_, share), _, name in scores[:3] if share)
    if scores[0][0] > scores[1][0]:
        return Told(scores[0][2], sheets, None, nearest)
    if any(looks_like_form(s) for s in sheets):
        return Told(FORMS, sheets)
    return Told(by_place(path), sheets, None, nearest)


def _fit(sheet: Sheet, table: Contract) -> tuple[bool, float]:
    """Whether the key is there, and headers in common over headers of either, of the row that fits best."""
    known = dictionary(table)
    best = _NONE
    for row in sheet.rows[:_HEADER_WITHIN]:
        texts = [v for v in row if isinstance(v, str) and not is_blank(v)]
        found = {c.name for v in texts for c in (resolve_header(v, known)[0],) if c}
        if len(found) >= 2:
            share = len(found) / (len(table.columns) + len(texts) - len(found))
            best = max(best, (set(table.key) <= found, share))
    return best


def by_place(path: Path) -> str:
    """The table whose files lie where this one lies, below any folder; empty when none does."""
    parts = path.resolve().parts
    for n in (1, 2, 3):
        tail = "/".join(parts[-n:])
        for name, table in RAW.items():
            if "/" in tail and fnmatchcase(tail, table.pattern):
                return name
    return FORMS if "cross" in parts[-4:-1] else ""
