"""Units that the office allows to be converted, as a checked file: without a line, nothing is converted."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from kaohe.base.errors import InputRefused

HEADER = ("table", "column", "unit", "to", "factor", "reason")


@dataclass(frozen=True)
class Conversion:
    """One line: numbers of `table`.`column` written in `unit` are multiplied by `factor` to be in `to`.

    Attributes
    ----------
    table, column : str
        Clean names; ``*`` for any.
    unit, to : str
        Unit in the header of the raw file, and the column's own unit.
    factor : str
        A number as written, so that multiplying keeps its decimals.
    reason : str
        Why the office allows it.
    """

    table: str
    column: str
    unit: str
    to: str
    factor: str
    reason: str

    def fits(self, table: str, column: str, unit: str) -> bool:
        """True when the line holds for a column of this unit.

        Parameters
        ----------
        table, column : str
            Clean names of a table and a column of it.
        unit : str
            The column's own unit, which must be the one converted to.
        """
        return self.to == unit and self.table in {table, "*"} and self.column in {column, "*"}


def read_conversions(path: Path) -> list[Conversion]:
    """The conversions of a plan folder, in the order of the file.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with the columns table, column, unit, to, factor, reason.

    Raises
    ------
    InputRefused
        K350 for another header, an empty field, a factor that is not a number above 0, or two
        factors for the same table, column and unit.
    """
    found: dict[tuple[str, str, str, str], Conversion] = {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        head = tuple(next(reader, []))
        if head != HEADER:
            raise _refuse(path, 1, ",".join(head), ",".join(HEADER))
        for line, row in enumerate(reader, start=2):
            if not row:
                continue
            if len(row) != len(HEADER) or not all(field.strip() for field in row):
                raise _refuse(path, line, ",".join(row), f"{len(HEADER)} fields, none empty: {','.join(HEADER)}")
            made = Conversion(*(field.strip() for field in row))
            try:
                factor = Decimal(made.factor)
            except InvalidOperation:
                factor = Decimal(0)
            if not factor.is_finite() or factor <= 0:
                raise _refuse(path, line, made.factor, "a factor above 0, as 10000 for 万元 to 元")
            key = (made.table, made.column, made.unit, made.to)
            if key in found:
                raise _refuse(path, line, f"{made.unit} to {made.to} twice", "one line for each table, column and unit")
            found[key] = made
    return list(found.values())


def _refuse(path: Path, line: int, got: str, expected: str) -> InputRefused:
    return InputRefused(
        "K350", "A conversion of units cannot be used", where=f"{path.name} line {line}", got=got, expected=expected,
        remedy="mend the line or remove it",
    )  # fmt: skip
