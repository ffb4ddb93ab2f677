"""What a table of estimates has to be before it is drawn, and what its axis is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.plot.estimate_cells import NEEDED, Row, about, is_share, name_of, unit_of

ORDERS = ("estimate", "table")
SINGLE = frozenset({"record", "household"})  # columns that name single records


def kinds_of(table: pd.DataFrame) -> list[tuple[str, bool]]:
    """Units of a table's estimates, each with whether it is shown in percent; none for an empty table."""
    said = about(table)
    return sorted({(unit_of(r, said), is_share(r, said)) for r in table.to_dict("records")})


def undrawable(table: pd.DataFrame) -> tuple[str, str] | None:
    """Why a table cannot be drawn, and what to do; None for one that can.

    Columns of estimates are lacking; rows are single records; units are several, or nobody knows those of
    several variables, which may be yuan and shares on one axis.

    Examples
    --------
    >>> undrawable(pd.DataFrame({"household": ["H1"], "estimate": 1.0, "ci_low": 0.5, "ci_high": 1.5, "n": 1, "quality": "ok"}))
    ('single records', 'the table itself may be read; a chart shows no single record')
    """
    lacking = sorted(NEEDED - set(map(str, table.columns)))
    if lacking:
        return f"no column {', '.join(lacking)}", ""
    if SINGLE & set(map(str, table.columns)):
        return "single records", "the table itself may be read; a chart shows no single record"
    units = kinds_of(table)
    asked = {_base(r) for r in table.to_dict("records") if "measure" not in r}
    one = "select one: table.query(\"variable == '…'\").chart()"
    if len(units) > 1:
        return f"{len(units)} units", one
    if units == [("", False)] and len(asked) > 1:
        return f"{len(asked)} variables without a known unit", one
    return None


def drawing(order: Any, most: Any, reference: Any) -> None:
    """Refuse what says not how to draw: another `order` than estimate or table, rows that are no count, a line at no number.

    Raises
    ------
    InputRefused
        K741.
    """
    count = isinstance(most, int | np.integer) and not isinstance(most, bool) and most >= 1
    number = isinstance(reference, int | float | np.number) and not isinstance(reference, bool)
    wrong = (
        ("order", order, "estimate or table") if order not in ORDERS
        else ("most", most, "a whole number of rows, 1 or more") if not count
        else ("reference", reference, "a number in the unit of the estimates") if reference is not None and not (number and np.isfinite(reference))
        else None
    )  # fmt: skip
    if wrong:
        raise InputRefused(
            "K741", "A table of estimates cannot be drawn", where=f"chart › {wrong[0]}", got=repr(wrong[1])[:60], expected=wrong[2],
        )  # fmt: skip


def measure_of(items: Sequence[Row], keys: Sequence[str], varying: Sequence[str], said: Mapping[str, Any]) -> str:
    """What the axis shows: part, measure or variable; of several levels of one question, the question."""
    for key in ("part", "measure", "variable"):
        if key in keys and key not in varying:
            return name_of(key, items[0][key], said)
    if one_question(items):
        name = _base(items[0])
        return str(said.get("asks", {}).get(name, said.get("labels", {}).get(name, name)))
    return "估计"


def one_question(items: Sequence[Row]) -> bool:
    """True when the rows are several levels of one question (variable=level)."""
    names = {str(r.get("variable", "")) for r in items}
    return len(names) > 1 and all("=" in n for n in names) and len({n.split("=")[0] for n in names}) == 1


def _base(row: Row) -> str:
    return str(row.get("variable", "")).split("=")[0]
