"""Which rows of which table a report read, and the fingerprint of just these rows.

A part is written ``table``, ``table[column=value]``, ``table[column of groups]`` or ``table[column in place]``,
with ``[column=value]`` behind it for each further condition and ``~printed`` for values as they are
printed; the seal keeps one digest for each part, so that a report can be known fresh without running it again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused, nearest
from kaohe.base.files import read_parquet
from kaohe.base.places import PROVINCE as PROVINCE_CODE
from kaohe.plot.against import as_printed
from kaohe.publish.built import columns_of
from kaohe.publish.kept import head_of, kept, row_hashes
from kaohe.publish.reports import Target

_NOBODY = "\0"  # Arrow takes no empty set
_NO_ROWS = np.array([], dtype=np.int64)
_PART = re.compile(
    r"(?P<table>\w+)(\[(?P<column>\w+)(?P<op>=| of | in )(?P<value>[^\]]*)\])?(?P<more>(\[\w+=[^\]]*\])*)(?P<printed>~printed)?"
)
_MORE = re.compile(r"\[(\w+)=([^\]]*)\]")
PLACE = ("place", "object")
PAIRED = ("city6", "helper_city")


@dataclass(frozen=True)
class Part:
    """Rows of a built table.

    Attributes
    ----------
    table : str
        Name of a built table.
    column, op, value : str
        All rows when empty. ``=``: those equal to a value; `` of ``: those of the targets of groups
        joined by ``+`` (a class, a city's counties, or a code itself); `` in ``: those about a county
        or a place in it.
    more : tuple of (column, value)
        Only rows that equal these too.
    printed : bool
        Estimates as they are printed (see `kaohe.plot.against.as_printed`).
    """

    table: str
    column: str = ""
    op: str = ""
    value: str = ""
    more: tuple[tuple[str, str], ...] = ()
    printed: bool = False

    def __str__(self) -> str:
        first = f"[{self.column}{self.op}{self.value}]" if self.column else ""
        return self.table + first + "".join(f"[{c}={v}]" for c, v in self.more) + ("~printed" if self.printed else "")

    @classmethod
    def parse(cls, text: str) -> Part:
        """A part from `text`, its written form (what ``str`` gives).

        Raises
        ------
        InputRefused
            K803 for any other text.
        """
        found = _PART.fullmatch(text)
        if not found:
            raise InputRefused("K803", "A seal names an unreadable part of a table", got=text)
        more = tuple((c, v) for c, v in _MORE.findall(found["more"] or ""))
        return cls(
            found["table"], found["column"] or "", found["op"] or "", found["value"] or "", more, bool(found["printed"])
        )

    def narrowed(self, conditions: Mapping[str, str]) -> Part:
        """The rows of this part that equal the values of `conditions`, by column, too.

        Raises
        ------
        InputRefused
            K802 for a column that the table does not have, or one that holds no texts: numbers and dates
            equal no text.
        """
        columns = columns_of(self.table)
        texts = [c for c, (mark, _) in columns.items() if mark == "s"]
        for column in conditions:
            if column not in texts:
                raise InputRefused(
                    "K802", "There is no such column" if column not in columns else "Rows are chosen by texts only",
                    where=self.table, got=column, expected="one of " + ", ".join(nearest(column, texts)) + ", …",
                    remedy="the built tables are listed in the data dictionary",
                )  # fmt: skip
        given = sorted(conditions.items())
        if not self.column and given:
            (column, value), *given = given
            return replace(self, column=column, op="=", value=value, more=tuple(given))
        return replace(self, more=(*self.more, *given))


def own_part(table: str, target: Target) -> Part:
    """The rows of a table that are about one target.

    The first of these that fits: the whole table for the province (for survey domains the rows
    of domain type ``province``); ``class_id`` for a class; ``county`` for a county, or where a table
    tells a ``place`` the rows of places in it; ``helper_city`` for a helper city; ``object``;
    ``domain``; ``city``; otherwise the whole table.
    """
    columns = columns_of(table)
    if target.kind == "county" and "place" in columns and "county" not in columns:
        return Part(table, "place", " in ", target.object)
    if target.kind == "city" and target.class_id == PAIRED[0] and PAIRED[1] in columns:
        return Part(table, PAIRED[1], "=", target.object)
    order: tuple[tuple[str, str], ...]
    if target.kind == "province":
        order = (("domain_type", "province"),)
    elif target.kind == "class":
        order = (("class_id", target.object),)
    elif target.kind == "county":
        order = (("county", target.object), ("object", target.object), ("domain", target.object))
    else:
        order = (("object", target.object), ("domain", target.object), ("city", target.object))
    for column, value in order:
        if column in columns:
            return Part(table, column, "=", value)
    if target.kind == "class":
        for column in ("object", "domain", "city"):
            if column in columns:
                return Part(table, column, " of ", target.object)
    return Part(table)


def peers_part(table: str, target: Target) -> Part:
    """The rows of a table about the targets one is compared with.

    For a city, a unit or a class: those of its class (by ``class_id``, otherwise by members); for
    a county: the counties of its city; for the province: the whole table.
    """
    columns = columns_of(table)
    if target.kind == "province":
        return Part(table)
    if target.kind == "county":
        if "city" in columns:
            return Part(table, "city", "=", target.city)
        group = target.city
    else:
        if "class_id" in columns:
            return Part(table, "class_id", "=", target.class_id)
        group = target.class_id
    for column in ("object", "domain", "city"):
        if column in columns:
            return Part(table, column, " of ", group)
    return Part(table)


def inside_part(table: str, target: Target) -> Part:
    """The rows of a table about a city's counties."""
    columns = columns_of(table)
    column = next(c for c in ("county", "domain", "object") if c in columns)
    return Part(table, column, " of ", target.object)


def with_province(part: Part) -> Part:
    """The part with the province's row besides, where it is one of a group."""
    return replace(part, value=f"{part.value}+{PROVINCE_CODE}") if part.op == " of " else part


def province_part(table: str) -> Part:
    """The province's rows of a table of survey domains, as printed."""
    return Part(table, "domain_type", "=", "province", printed=True)


def group_members(group: str, targets: Iterable[Target]) -> list[str]:
    """Codes of the targets of classes, or of the counties of cities; groups are joined by ``+``, a code stands for itself."""
    groups = set(group.split("+"))
    found = {
        t.object
        for t in targets
        if (t.kind in {"city", "unit"} and t.class_id in groups) or (t.kind == "county" and t.city in groups)
    }
    return sorted(found | (groups & {PROVINCE_CODE}))


def read_part(build: Path, part: Part, targets: Iterable[Target]) -> pd.DataFrame:
    """Read a part of a built table with Parquet filters, in the table's own order.

    Raises
    ------
    InputRefused
        K802 for a table that is not one of the built ones; K101 and K102 for its file.
    """
    columns_of(part.table)
    filters: list[tuple[str, str, object]] = [(c, "==", v) for c, v in part.more]
    if part.op == "=":
        filters.append((part.column, "==", part.value))
    elif part.op == " of ":
        filters.append((part.column, "in", group_members(part.value, targets) or [_NOBODY]))
    frame = read_parquet(build / f"{part.table}.parquet", filters=filters or None)
    if part.op == " in ":
        frame = frame[_about(frame, part.value)].reset_index(drop=True)
    return as_printed(frame) if part.printed else frame


def _about(frame: pd.DataFrame, county: str) -> np.ndarray:
    """True for rows about a county or a place in it."""
    place, target = (frame[c].astype(str) for c in PLACE)
    found: np.ndarray = (place.str.startswith(county[:6]) | (target == county)).to_numpy()
    return found


def read_rows(build: Path, part: Part, targets: Iterable[Target]) -> tuple[pd.DataFrame, str]:
    """A part of a built table and its digest: what `read_part` and `rows_digest` give, from memory where it can be.

    Raises
    ------
    InputRefused
        As `read_part`.
    """
    columns_of(part.table)
    table = kept(build / f"{part.table}.parquet")
    if table is None:
        frame = read_part(build, part, targets)
        return frame, rows_digest(frame)
    if not (part.column or part.more or part.printed):
        return table.frame, digest_of(table.head, table.hashes)
    wanted = Rows(table.frame, list(targets), table.rows).of(part)
    frame = table.at(wanted)
    if part.printed or not table.prepared:
        frame = as_printed(frame) if part.printed else frame
        return frame, rows_digest(frame)
    return frame, digest_of(table.head, table.hashes[wanted])


def rows_digest(frame: pd.DataFrame) -> str:
    """SHA-256 over the rows of a frame, in order, with the names and dtypes of its columns."""
    return digest_of(head_of(frame), row_hashes(frame))


class Rows:
    """Positions of the rows of parts in one table.

    Parameters
    ----------
    frame : DataFrame
        A built table.
    targets : list of Target
        All targets, by which groups are resolved.
    find : callable, optional
        Column and values → positions of the rows whose column holds one of them, ascending; without it they are looked up here.
    """

    def __init__(
        self, frame: pd.DataFrame, targets: list[Target], find: Callable[[str, list[str]], np.ndarray] | None = None
    ) -> None:
        self.frame = frame
        self._targets = targets
        self._find = find or self._among
        self._indices: dict[str, dict[str, np.ndarray]] = {}

    def of(self, part: Part) -> np.ndarray:
        """The positions of the rows of `part`, in order."""
        if not part.column:
            wanted = np.arange(len(self.frame))
        elif part.op == " in ":
            wanted = np.flatnonzero(_about(self.frame, part.value))
        else:
            values = [part.value] if part.op == "=" else group_members(part.value, self._targets)
            wanted = self._find(part.column, values)
        for column, value in part.more:
            wanted = wanted[self.frame[column].to_numpy()[wanted] == value]
        return wanted

    def _among(self, column: str, values: list[str]) -> np.ndarray:
        rows = self._index(column)
        found = [rows[v] for v in values if v in rows]
        return np.sort(np.concatenate(found)) if found else _NO_ROWS

    def _index(self, column: str) -> dict[str, np.ndarray]:
        if column not in self._indices:
            groups = self.frame.groupby(column).indices
            self._indices[column] = {str(k): np.sort(v) for k, v in groups.items()}
        return self._indices[column]


def digest_of(head: bytes, hashes: np.ndarray) -> str:
    """SHA-256 over what `head_of` and `row_hashes` of `kaohe.publish.kept` give."""
    return hashlib.sha256(head + b"\0" + hashes.astype("<u8").tobytes()).hexdigest()
