"""Rules between cells, rows and tables: what a row must hold to be used.

Each rule sets rows aside with a finding at the cell that breaks it; rules look at rows that are
still in use, except duplicates, which look at all.
"""

from __future__ import annotations

import numpy as np

from kaohe.base.plan import Plan
from kaohe.clean.batch import Batch, Known
from kaohe.clean.cells import tidy, to_text
from kaohe.clean.coded import combine
from kaohe.clean.office import Office
from kaohe.clean.rules import RULES_BY_TABLE


def screen(batch: Batch, known: Known, office: Office) -> None:
    """Apply the rules of the batch's table; see `RULES_BY_TABLE`."""
    required(batch, office.plan)
    duplicates(batch)
    for rule in RULES_BY_TABLE.get(batch.contract.name, ()):
        rule(batch, known, office)
    known.enter(batch)


def required(batch: Batch, plan: Plan) -> None:
    """Set rows aside whose required cells are blank; answers to survey questions may be missing."""
    survey = batch.contract.name in {"households", "villages"}
    for column in batch.contract.columns:
        if not column.required or column.kind == "personal" or (survey and column.name in plan.questions):
            continue
        for row in np.flatnonzero(batch.values[column.name].missing() & batch.in_use()).tolist():
            batch.flag(row, "K260", column.name, value=to_text(batch.cell(row, column.name)))


def duplicates(batch: Batch) -> None:
    """Exact copies: all but the first set aside. One key with different content: all set aside."""
    parts = [batch.values[k].canonical() for k in batch.contract.key]
    if not len(batch):
        return
    keys, _ = combine(parts)
    whole = np.logical_and.reduce([codes >= 0 for codes in parts])
    often = np.bincount(keys[whole], minlength=int(keys.max()) + 1) > 1
    groups: dict[int, list[int]] = {}
    for row in np.flatnonzero(whole & often[keys]).tolist():
        groups.setdefault(int(keys[row]), []).append(row)
    for rows in groups.values():
        _same_key(batch, rows)


def _same_key(batch: Batch, rows: list[int]) -> None:
    """Set copies aside, and every row of a key whose contents differ."""
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        content = tuple(tidy(to_text(cell)) for cell in batch.content(row))
        if content in first:
            batch.flag(row, "K255", batch.contract.key[0], expected=f"同 {batch.address(first[content])}")
        else:
            first[content] = row
    if len(first) > 1:
        for row in first.values():
            others = "；".join(batch.address(r) for r in rows if r != row)
            batch.flag(row, "K256", batch.contract.key[0], expected=f"另见 {others}"[:200])
