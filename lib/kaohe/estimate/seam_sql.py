"""Names, values and columns as SQL: nothing that a caller passes reaches a query unquoted."""

from __future__ import annotations

import numpy as np

from kaohe.base.errors import InputRefused
from kaohe.estimate.seam_spec import is_void

NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
           "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN")  # fmt: skip
FLOATING = ("FLOAT", "DOUBLE")


def not_a_number(column: str, kind: str) -> InputRefused:
    """A variable of text."""
    return InputRefused(
        "K401", "A variable is not a number", where=f"column {column}", got=kind,
        expected="numbers; use level() for categories",
    )  # fmt: skip


def quoted(name: str) -> str:
    """A column name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value as SQL, of Python or NumPy; everything but numbers and booleans is text.

    Examples
    --------
    >>> literal("O'Brien"), literal(3), literal(True), literal(np.float64(0.1)), literal(np.inf)
    ("'O''Brien'", '3', 'TRUE', '0.1::DOUBLE', "'inf'::DOUBLE")
    """
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return f"{float(value)!r}::DOUBLE" if np.isfinite(value) else f"'{float(value)!r}'::DOUBLE"
    return "'" + str(value).replace("'", "''") + "'"


def number(types: dict[str, str], column: str) -> str:
    """A numeric column as DOUBLE with NULL for NaN.

    Raises
    ------
    InputRefused
        K401 for other than numbers.
    """
    kind = types[column].split("(")[0]
    if kind not in NUMERIC:
        raise not_a_number(column, types[column])
    name = quoted(column)
    plain = name if kind == "DOUBLE" else f"CAST({name} AS DOUBLE)"
    return f"CASE WHEN isnan({name}) THEN NULL ELSE {plain} END" if kind in FLOATING else plain


def among(types: dict[str, str], column: str, values: tuple[object, ...]) -> str:
    """SQL of the records whose column holds one of the values; None, NaN and the like stand for missing."""
    known = [literal(v) for v in values if not is_void(v)]
    parts = [f"coalesce({quoted(column)} IN ({', '.join(known)}), FALSE)"] if known else []
    parts += [missing(types, column)] if len(known) < len(values) else []
    return f"({' OR '.join(parts)})" if parts else "FALSE"


def missing(types: dict[str, str], column: str) -> str:
    """SQL of the records without a value: NULL or, among numbers, NaN."""
    name = quoted(column)
    return f"({name} IS NULL OR isnan({name}))" if types[column] in FLOATING else f"({name} IS NULL)"
