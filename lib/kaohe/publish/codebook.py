"""The codebook as the workbench tells it: to readers who look for a question, and to tables of estimates."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kaohe.base.codebook import Question
from kaohe.base.errors import InputRefused, nearest
from kaohe.base.plan import Plan

COLUMNS = ["id", "topic", "label", "type", "stat", "unit", "direction", "applies", "estimated"]
TABLES = ("household", "village")


def shortly(given: object) -> str:
    """What was given in place of a text: names and numbers as they are, of larger things their kind alone.

    Examples
    --------
    >>> shortly(3), shortly(["a", "b"]), shortly(pd.Series([1, 2]))
    ('3', "['a', 'b']", 'a Series')
    """
    return (
        repr(given)[:60]
        if given is None or isinstance(given, str | int | float | list | tuple)
        else f"a {type(given).__name__}"
    )


def listed(plan: Plan, text: str, table: str) -> pd.DataFrame:
    """The questions of a table (``household`` or ``village``) with `text` in id, topic or label; columns `COLUMNS`.

    Raises
    ------
    InputRefused
        K336 for another table, or a text that is none.
    """
    if not isinstance(text, str) or table not in TABLES:
        what, got = ("text", text) if not isinstance(text, str) else ("table", table)
        raise InputRefused(
            "K336", "The codebook cannot be searched so", where=what, got=shortly(got),
            expected="a text, such as s.questions('住房')" if what == "text" else " or ".join(TABLES),
        )  # fmt: skip
    rows = [
        {"id": q.id, "topic": q.topic, "label": q.shown, "type": q.type, "stat": q.stat, "unit": q.unit, "direction": q.direction, "applies": q.applies, "estimated": q.stat != "none"}
        for q in plan.table_questions(table) if text.lower() in f"{q.id} {q.topic} {q.label} {q.shown}".lower()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def estimated(plan: Plan, id: str) -> Question:
    """A question of the codebook that has a statistic.

    Raises
    ------
    InputRefused
        K336 for an id that the codebook does not have, or a question without a statistic.
    """
    q = plan.questions.get(id) if isinstance(id, str) else None
    if q is None or q.stat == "none":
        known = [k for k, v in plan.questions.items() if v.stat != "none"]
        raise InputRefused(
            "K336", "This question is not estimated", got=id if isinstance(id, str) else shortly(id),
            expected="one such as " + ", ".join(nearest(id, known)) if isinstance(id, str) else "one id, as text, such as 'poor'",
            remedy=f"it has no statistic of its own: s.design.{'proportion' if q.levels else 'mean'}('{id}')" if q
            else "s.questions() lists them, where estimated is True",
        )  # fmt: skip
    return q


def told(plan: Plan, table: str, source: str) -> dict[str, Any]:
    """What tables of estimates know of the codebook: names, units, directions, shares; and the source under charts."""
    asked = plan.table_questions(table)
    return {
        "labels": {q.id: q.shown for q in asked}, "units": {q.id: q.unit for q in asked if q.unit and not q.is_share},
        "directions": {q.id: q.direction for q in asked}, "shares": [q.id for q in asked if q.is_share],
        "heads": {q.id: q.label for q in asked}, "asks": {q.id: q.label for q in asked}, "persons": [q.id for q in asked if q.persons],
        "orders": {q.id: q.levels for q in asked if q.levels}, "yes_no": [q.id for q in asked if q.type == "yesno"],
        "record": "户" if table == "household" else "村", "source": source,
    }  # fmt: skip
