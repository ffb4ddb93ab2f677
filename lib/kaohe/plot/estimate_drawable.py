"""What a table of estimates has to be before it is drawn, and what its axis is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.plot.estimate_cells import NEEDED, Row, about, is_share, name_of, unit_of

SINGLE = frozenset({"record", "household"})  # columns that name single records


def kind_of(table: pd.DataFrame) -> tuple[str, bool]:
    """Unit of a table's estimates, and whether they are shown in percent; for an empty table no unit.

    Raises
    ------
    InputRefused
        K741 for single records, without the columns of estimates, for several units, or for several
        variables whose units nobody knows: these may be yuan and shares on one axis.
    """
    said = about(table)
    lacking = sorted(NEEDED - set(map(str, table.columns)))
    if lacking:
        raise _refused(f"no column {', '.join(lacking)}", "")
    if SINGLE & set(map(str, table.columns)):
        raise _refused("single records", "the table itself may be read; a chart shows no single record")
    rows = table.to_dict("records")
    units = sorted({(unit_of(r, said), is_share(r, said)) for r in rows})
    asked = {_base(r) for r in rows if "measure" not in r}
    one = "select one: table.query(\"variable == '…'\").chart()"
    if len(units) > 1:
        raise _refused(f"{len(units)} units", one)
    if units == [("", False)] and len(asked) > 1:
        raise _refused(f"{len(asked)} variables without a known unit", one)
    return units[0] if units else ("", False)


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


def _refused(got: str, remedy: str) -> InputRefused:
    return InputRefused(
        "K741", "A table of estimates cannot be drawn", got=got, expected="the columns of estimates, of one unit", remedy=remedy,
    )  # fmt: skip
