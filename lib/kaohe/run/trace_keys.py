"""Keys of clean records as people give them: codes or names, parts joined by a slash."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

import pandas as pd

from kaohe.base.errors import nearest
from kaohe.base.tables import RAW
from kaohe.clean.cells import tidy

_AROUND = 150


def key_columns(table: str) -> tuple[str, ...]:
    """The key of a clean table."""
    return {"forms": ("form_key",), "grades": ("form_key", "item")}.get(table) or RAW[table].key


def split_key(table: str, key: str) -> list[str]:
    """The parts of a key as given; the item of a grade follows a point."""
    if table == "grades":
        form, _, item = key.strip().rpartition(".")
        return [form, item] if form else [key.strip()]
    return [tidy(p) for p in key.split("/") if p.strip()]


def meant(part: str, names: Mapping[str, list[str]]) -> set[str]:
    """What a part of a key may stand for: itself, or the codes of a name."""
    return {part, *names.get(part, ()), *names.get(f"{part}市", ())}


def find_rows(table: str, key: str, frame: pd.DataFrame, names: Mapping[str, list[str]]) -> pd.DataFrame:
    """The rows whose key begins with the parts given; one row when the key is whole."""
    parts = split_key(table, key)
    columns = key_columns(table)
    if not parts or len(parts) > len(columns):
        return frame.iloc[:0]
    for part, column in zip(parts, columns, strict=False):
        frame = frame[as_text(frame[column]).isin(meant(part, names))]
    return frame


def as_text(column: pd.Series) -> pd.Series:
    """A key column as text; whole numbers without a point."""
    if pd.api.types.is_float_dtype(column):
        return column.map(lambda v: f"{v:g}")
    return column.astype("str")


def tell_key(table: str, row: Mapping[Any, Any]) -> str:
    """The key of a row as one gives it."""
    parts = [f"{row[c]:g}" if isinstance(row[c], float) else str(row[c]) for c in key_columns(table)]
    return (".".join(parts)) if table == "grades" else "/".join(parts)


def near_keys(table: str, key: str, frame: pd.DataFrame, names: Mapping[str, list[str]]) -> list[str]:
    """The three keys nearest to one that is not there: by name where a name was given, otherwise around its place."""
    parts = split_key(table, key)
    first = key_columns(table)[0]
    if parts and not parts[0].isascii() and first not in {"form_key", "team"}:
        here = set(as_text(frame[first]))
        known = [n for n, codes in names.items() if here & set(codes)]
        if known and parts[0] not in known:
            return nearest(parts[0], known)
    columns = [as_text(frame[c]) for c in key_columns(table)]
    joined = columns[0]
    for column in columns[1:]:
        joined = joined + ("." if table == "grades" else "/") + column
    keys = sorted(set(joined))
    wanted = ("." if table == "grades" else "/").join(split_key(table, key))
    at = bisect_left(keys, wanted)
    around = keys[max(0, at - _AROUND) : at + _AROUND]
    return nearest(wanted, around)
