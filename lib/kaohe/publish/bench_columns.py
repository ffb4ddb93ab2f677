"""Columns of one's own beside those of a sample, for estimates of the same design."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd

from kaohe.base.built import BUILT
from kaohe.base.errors import InputRefused

OF_THE_DESIGN = frozenset({*BUILT["weights"].columns, "register_hh_kind", "n_answered"}) - {"hh_kind"}
REMEDY = "a column of your own: s.with_columns(name=…).design"


def with_more(frame: pd.DataFrame, columns: Mapping[str, Any], held: frozenset[str]) -> pd.DataFrame:
    """The frame with more columns, as `pandas.DataFrame.assign` takes them, one after the other.

    Parameters
    ----------
    frame : DataFrame
        One row a record; not changed.
    columns : mapping of name to Series, array, number, text or function of the frame
    held : frozenset of str
        Columns of the design, which nothing may take the place of.

    Raises
    ------
    InputRefused
        K339 for a column of the design, a series of other records, a wrong number of values, or a function that fails.

    Examples
    --------
    >>> f = pd.DataFrame({"weight": [1.0, 2.0], "y": [3.0, 5.0]})
    >>> with_more(f, {"double": lambda f: 2 * f["y"], "k": ["a", "b"]}, frozenset({"weight"})).values.tolist()
    [[1.0, 3.0, 6.0, 'a'], [2.0, 5.0, 10.0, 'b']]
    """
    out = frame
    for name, given in columns.items():
        if name in held:
            raise _refused(
                name,
                "a column of the design",
                "another name: weights, strata, units and places stay as they were drawn",
            )
        value = _made(name, given, out) if callable(given) else given
        if isinstance(value, pd.Series) and not value.index.equals(frame.index):
            raise _refused(
                name,
                "a series in another order or of other records",
                "the index of s.households, or an array in its order",
            )
        try:
            out = out.assign(**{name: value})
        except (ValueError, TypeError) as error:
            raise _refused(name, type(value).__name__, f"one value for each of {len(frame)} records") from error
    return out


def _made(name: str, make: Callable[[pd.DataFrame], Any], frame: pd.DataFrame) -> Any:
    try:
        return make(frame)
    except Exception as error:
        raise _refused(
            name, f"a function that fails with {type(error).__name__}", "a function of s.households"
        ) from error


def _refused(name: str, got: str, expected: str) -> InputRefused:
    return InputRefused("K339", "A column cannot be added", where=f"column {name}", got=got, expected=expected)


@contextmanager
def told_how_to_add() -> Iterator[None]:
    """Say of a missing column how a workbench takes one of one's own."""
    try:
        yield
    except InputRefused as error:
        if error.code != "K301" or error.remedy:
            raise
        raise InputRefused(
            error.code, error.title, where=error.where, got=error.got, expected=error.expected, remedy=REMEDY
        ) from None
