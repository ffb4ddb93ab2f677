"""Rules between cells, rows and tables: what a row must hold to be used.

Each rule sets rows aside with a finding at the cell that breaks it; rules look at rows that are
still in use, except duplicates, which look at all.
"""

from __future__ import annotations

from kaohe.base.plan import Plan
from kaohe.clean.batch import Batch, Known
from kaohe.clean.cells import tidy, to_text
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
        values, raw = batch.values[column.name], batch.raw[column.name]
        for row in batch.live():
            if values[row] is None:
                batch.flag(row, "K260", column.name, value=to_text(raw[row]))


def duplicates(batch: Batch) -> None:
    """Exact copies: all but the first set aside. One key with different content: all set aside."""
    groups: dict[tuple[object, ...], list[int]] = {}
    keys = [batch.values[k] for k in batch.contract.key]
    for row in range(len(batch)):
        key = tuple(v[row] for v in keys)
        if all(k is not None for k in key):
            groups.setdefault(key, []).append(row)
    for rows in groups.values():
        if len(rows) > 1:
            _same_key(batch, rows)


def _same_key(batch: Batch, rows: list[int]) -> None:
    """Set copies aside, and every row of a key whose contents differ."""
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        content = tuple(tidy(to_text(cells[row])) for cells in batch.raw.values())
        if content in first:
            batch.flag(row, "K255", batch.contract.key[0], expected=f"同 {batch.address(first[content])}")
        else:
            first[content] = row
    if len(first) > 1:
        for row in first.values():
            others = "；".join(batch.address(r) for r in rows if r != row)
            batch.flag(row, "K256", batch.contract.key[0], expected=f"另见 {others}"[:200])
