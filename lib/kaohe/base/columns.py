"""What a table that comes in is made of: columns with their kinds, and the contract of a whole table.

Kinds and how they are stored clean: text, code (string), place (twelve-digit code), object
(target code), int and number (float64, missing as NaN), money (yuan), share (0 to 1), flag
(boolean as 0.0, 1.0, NaN), date (datetime64), grade (official word), choice (one of `allowed`),
item (number of an item), personal (checked, then replaced by a keyed pseudonym or dropped: never
stored).
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    "text", "code", "place", "object", "int", "number", "money", "share", "flag", "date", "grade",
    "choice", "item", "personal",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a table that comes in.

    Attributes
    ----------
    name, label, aliases : str, str, tuple of str
        Clean name; header in the raw file, and other headers that are understood.
    kind : str
        One of `KINDS`.
    required : bool
        The file is refused without it.
    unit : str
        Unit of its numbers, as 元 or 户.
    allowed : tuple of str
        What a choice may hold.
    min, max : float, optional
        Range of its numbers, in `unit`.
    level : str
        Level of the place that it names.
    conversions : tuple of (unit, factor)
        Other units of the plan that may stand in the header.

    Raises
    ------
    ValueError
        For an unknown kind.
    """

    name: str
    label: str
    kind: str
    required: bool = True
    unit: str = ""
    allowed: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    level: str = ""
    aliases: tuple[str, ...] = ()
    conversions: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}")


@dataclass(frozen=True)
class Contract:
    """One table: where its raw files lie, its columns and its key.

    Attributes
    ----------
    name, label : str
        Of the clean table; what people call it.
    pattern : str
        Where its raw files lie below the raw folder, with ``*``.
    columns : tuple of Column
        In the order of the clean table.
    key : tuple of str
        Columns that identify a record.
    required : bool
        Nothing can be cleaned without it.
    """

    name: str
    label: str
    pattern: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False

    def column(self, name: str) -> Column:
        """The column of the clean name `name`."""
        return next(c for c in self.columns if c.name == name)
