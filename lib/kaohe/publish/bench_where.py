"""A condition that no record meets, told with the values that occur; a place by its name, told with its code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused, nearest
from kaohe.estimate.arguments import Columns, domains_of

FEW = 20  # a column of more different numbers is one of amounts: none of them is shown


def nobody(frame: pd.DataFrame, text: str, name: Callable[[str], str]) -> InputRefused:
    """The refusal of a condition as text that no record meets.

    Parameters
    ----------
    frame : DataFrame
        The records of the design.
    text : str
    name : callable
        Code → name, so that a place given by its name is answered with its code.

    Returns
    -------
    InputRefused
        K337; for each compared column of classes those nearest to what was given.

    Examples
    --------
    >>> f = pd.DataFrame({"city": ["440200000000", "440500000000"] * 2})
    >>> said = nobody(f, "city == '韶关市'", {"440200000000": "韶关市", "440500000000": "汕头市"}.get)
    >>> said.expected
    "values that occur: column city has '440200000000' (韶关市), '440500000000' (汕头市)"
    """
    told = []
    for column, value in dict(_compared(text)).items():
        if column not in frame.columns:
            continue
        values = frame[column].dropna().unique().tolist()
        if not values or value in values or not _classes(frame[column]):
            continue
        words = {str(v): v for v in sorted(values, key=str)}
        called = {k: name(k) for k in words if isinstance(words[k], str) and (name(k) or k) != k}
        same = [k for k in words if str(value) in (k, called.get(k))]
        found = [*same, *(k for k in nearest(str(value), words, 6) if k not in same)][: 3 if same else 6]
        texts = [f"{words[k]!r}" + (f" ({called[k]})" if k in called else "") for k in found]
        told.append(f"column {column} has {', '.join(texts)}" + (", …" if len(words) > len(found) else ""))
    return InputRefused(
        "K337", "No record meets the condition", where="where", got=text,
        expected="values that occur: " + "; ".join(told) if told else "a condition that some record meets",
        remedy="places are compared by their codes, as text" if any("(" in t for t in told) else "",
    )  # fmt: skip


@contextmanager
def told_by_name(frame: pd.DataFrame, by: Columns | None, weights: Any, name: Callable[[str], str]) -> Iterator[None]:
    """Say of a contrast that names a place, and not its code, which code it has.

    Parameters
    ----------
    frame : DataFrame
        The records of the design.
    by : str or list of str, optional
        The columns of the domains.
    weights : mapping
        Its keys name the domains.
    name : callable
        Code → name.

    Raises
    ------
    InputRefused
        K421 with the codes of the names given.
    """
    try:
        yield
    except InputRefused as error:
        if error.code != "K421" or error.remedy or by is None:
            raise
        asked = [str(p) for k in dict(weights) for p in (k if isinstance(k, tuple) else (k,))]
        codes = [v for c in domains_of(by) for v in frame[c].dropna().unique() if isinstance(v, str)]
        called = {c: name(c) or c for c in dict.fromkeys(codes)}
        found = [f"{c!r} ({called[c]})" for c in called if called[c] != c and called[c] in asked]
        if not found:
            raise
        raise InputRefused(
            error.code, error.title, got=error.got, expected=error.expected, remedy=f"places are named by their codes, as text: {', '.join(found)}",
        ) from None  # fmt: skip


def _classes(column: pd.Series) -> bool:
    """True for a column of classes: text that records share, or few different numbers; never keys or amounts."""
    different = int(column.nunique())
    most = FEW if pd.api.types.is_numeric_dtype(column) else len(column) // 2
    return different <= most


def _compared(text: str) -> Iterator[tuple[str, object]]:
    """Columns and the values that they are compared with, as far as the text is plain."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare) or len(node.comparators) != 1:
            continue
        sides = (node.left, node.comparators[0])
        for one, other in (sides, sides[::-1]):
            values = other.elts if isinstance(other, ast.List | ast.Tuple | ast.Set) else [other]
            for value in values[:1]:
                if isinstance(one, ast.Name) and isinstance(value, ast.Constant):
                    yield one.id, value.value
