"""How a frame becomes a table: fields that say which column is shown how, one row a record."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kaohe.plot import labels, numbers
from kaohe.plot.output import Cell, Column, Table, Text, cell
from kaohe.plot.terms import GRADES

Row = Mapping[Hashable, Any]
Show = Callable[[Row], Cell]


@dataclass(frozen=True)
class Field:
    """One column of a table: its label, how a record is shown in it, and its alignment."""

    label: str
    show: Show
    align: str = "left"


def text(label: str, column: str) -> Field:
    """A text column; an empty text prints as —."""
    return Field(label, lambda r: str(r[column]) or numbers.MISSING)


def whole(label: str, column: str) -> Field:
    """A whole number."""
    return Field(label, lambda r: numbers.integer(r[column]), "right")


def decimal(label: str, column: str, digits: int = 1) -> Field:
    """A number with fixed decimals."""
    return Field(label, lambda r: numbers.number(r[column], digits), "right")


def percent(label: str, column: str, digits: int = 1) -> Field:
    """A share of 0 to 1 in percent."""
    return Field(label, lambda r: numbers.percent(r[column], digits), "right")


def day(label: str, column: str) -> Field:
    """A date as 2020年9月30日."""
    return Field(label, lambda r: numbers.date_cn(r[column]))


def yes(label: str, column: str, true: str = "是", false: str = "否") -> Field:
    """A flag in words."""
    return Field(label, lambda r: true if r[column] else false, "center")


def grade(label: str, column: str) -> Field:
    """A grade, with its colour when it is one of the four; an empty one prints as —."""
    return Field(label, lambda r: grade_cell(str(r[column])), "center")


def custom(label: str, show: Show, align: str = "left") -> Field:
    """A column shown by a function of the record."""
    return Field(label, show, align)


def grade_cell(word: str) -> Cell:
    """The cell of a grade word: coloured when official, plain (待核) otherwise, — when empty."""
    if word in GRADES:
        return cell(word, grade=word)
    return word or numbers.MISSING


def records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The rows of a frame as mappings, in order."""
    rows: list[Any] = labels.records(frame)
    return rows


def make(
    id: str,
    caption: str,
    frame: pd.DataFrame | Iterable[Row],
    fields: Sequence[Field],
    *,
    empty: str,
    note: str = "",
    folded: bool = False,
) -> Table | Text:
    """A table with one row a record, or the sentence `empty` when there is none.

    Parameters
    ----------
    id : str
        ASCII slug of the table on its page.
    caption : str
    frame : DataFrame or records
        Already selected and ordered.
    fields : sequence of Field
    empty : str
        What to say when there are no rows.
    note : str
        Printed under the table.
    folded : bool
        Closed until the reader opens it.
    """
    rows = records(frame) if isinstance(frame, pd.DataFrame) else list(frame)
    if not rows:
        return Text((empty,), id=id)
    body = [[f.show(r) for f in fields] for r in rows]
    return Table(id, caption, [Column(f.label, f.align) for f in fields], body, note, folded)
