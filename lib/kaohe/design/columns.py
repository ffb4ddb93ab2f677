"""Columns of a frame as numbers, weights and levels; what they cannot be is refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
OBJECTS = ("boolean", "integer", "floating", "mixed-integer-float", "decimal")  # kinds of objects that are numbers
LIGHTEST, HEAVIEST = 1e-100, 1e100  # weights whose squares a float still holds


def records(frame: pd.DataFrame, where: str, *, some: bool = True) -> None:
    """Refuse what is no frame, has no rows (with `some`), or gives two columns one name.

    Parameters
    ----------
    frame : object
        What was given for a frame.
    where : str
        What the records are for, in messages.
    some : bool
        Ask for one row at least.

    Raises
    ------
    InputRefused
        K332 without rows, K411 for names that stand twice.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputRefused(
            "K332", "There are no records", where=where, got=type(frame).__name__, expected="a pandas DataFrame",
        )  # fmt: skip
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()].unique()
        raise InputRefused(
            "K411", "A column name stands twice", where=where, got=faults.few(twice), expected="one column of each name",
            remedy="rename or drop one of them: frame.loc[:, ~frame.columns.duplicated()] keeps the first",
        )  # fmt: skip
    if some and not len(frame):
        raise InputRefused(
            "K332", "There are no records", where=where, got="a frame without rows", expected="at least one row",
            remedy="check the condition or the merge that made the frame",
        )  # fmt: skip


def is_number(series: pd.Series) -> bool:
    """Whether `series` holds real numbers or booleans; also as objects, as a merge or a database leaves them beside gaps."""
    kind = pd.api.types
    if series.dtype == object:
        return str(kind.infer_dtype(series, skipna=True)) in OBJECTS
    number = kind.is_numeric_dtype(series) or kind.is_bool_dtype(series)  # the first leaves Arrow's booleans out
    return bool(number and not kind.is_complex_dtype(series))


def numbers(frame: pd.DataFrame, column: str, where: str) -> Floats:
    """A numeric column as floats, missing as NaN.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    column : str
        Its name.
    where : str
        What the column is for, in messages.

    Returns
    -------
    float array
        One value a record, in the column's unit.

    Raises
    ------
    InputRefused
        K301 for a missing column, K401 for one of text or dates.
    """
    faults.need(frame, [column], where)
    if not is_number(frame[column]):
        raise InputRefused(
            "K401", "A variable is not a number", where=f"{where} › column {column}", got=str(frame[column].dtype),
            expected="numbers", remedy="pandas.to_numeric(frame[column], errors='raise') shows what is none",
        )  # fmt: skip
    return np.asarray(frame[column].to_numpy(dtype=float, na_value=np.nan), dtype=float)


def weights(frame: pd.DataFrame, column: str, where: str, *, some: bool = True) -> Floats:
    """A column of weights as floats: finite, none below 0, and (with `some`) not all 0.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    column : str
        Name of the column of weights.
    where : str
        What they are for, in messages.
    some : bool
        Ask for one weight above 0 at least.

    Returns
    -------
    float array
        The weights, one a record.

    Raises
    ------
    InputRefused
        K301 for a missing column, K302 for weights that cannot be.
    """
    faults.need(frame, [column], where)
    if not is_number(frame[column]):
        raise faults.bad_weight(column, len(frame), f"{frame[column].dtype}, not numbers,")
    w = numbers(frame, column, where)
    bad = ~np.isfinite(w) | (w < 0)
    if bad.any():
        raise faults.bad_weight(column, int(bad.sum()), "missing, negative or infinite values")
    if some and not (w > 0).any():
        raise faults.bad_weight(column, len(w), "only 0")
    far = (w > HEAVIEST) | ((w < LIGHTEST) & (w > 0))
    if far.any():
        raise faults.bad_weight(column, int(far.sum()), f"values above {HEAVIEST:g} or below {LIGHTEST:g}")
    return w


def levels_of(series: pd.Series, where: str, *, mixed: bool = False) -> tuple[Ints, Any]:
    """Codes of a column in the order of its levels (−1 where missing), and the levels.

    Parameters
    ----------
    series : Series
        Numbers or text, one value a record.
    where : str
        What the column is for, in messages.
    mixed : bool
        Let text stand beside numbers, as the ids of units that were pooled may.

    Raises
    ------
    InputRefused
        K418 for levels that are text and numbers together, or cannot be told apart (lists).
    """
    codes, levels = _whole_numbers(series)
    if codes is not None:
        return codes, levels
    try:
        codes, levels = pd.factorize(series, sort=True)
        texts = {isinstance(v, str) for v in levels} if pd.api.types.is_object_dtype(levels) else {True}
    except TypeError:
        texts = {True, False}
    if len(texts) > 1 and not (mixed and codes is not None):
        kinds = sorted({type(v).__name__ for v in series.dropna()})
        raise InputRefused(
            "K418", "Levels of a column are of different kinds", where=f"{where} › column {series.name}",
            got=faults.few(kinds), expected="all text, or all numbers",
            remedy=f"frame['{series.name}'].astype('string') makes them text",
        )  # fmt: skip
    return np.asarray(codes, dtype=np.int64), levels


def _whole_numbers(series: pd.Series) -> tuple[Ints | None, Any]:
    """Codes and levels of whole numbers that lie near one another, by counting; none for other columns."""
    if not isinstance(series.dtype, np.dtype) or series.dtype.kind not in "iu" or not len(series):
        return None, None
    values = series.to_numpy()
    low, high = int(values.min()), int(values.max())
    if high - low > len(values) or max(-low, high) > 2**62:
        return None, None
    place = values.astype(np.int64) - low if low else values.astype(np.int64, copy=False)
    seen = np.bincount(place, minlength=high - low + 1) > 0
    levels = (np.flatnonzero(seen) + low).astype(values.dtype)
    return (place if seen.all() else (np.cumsum(seen) - 1)[place]), pd.Index(levels)


def crossed(frame: pd.DataFrame, columns: Sequence[str], where: str) -> pd.Series:
    """The combinations of several columns as one column of tuples; a missing cell is refused.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    columns : sequence of str
        Columns to cross, the first outermost.
    where : str
        What the columns are for, in messages.

    Returns
    -------
    Series
        A categorical of tuples, on the index of the frame; only combinations that occur are levels.

    Raises
    ------
    InputRefused
        K301, K308, K418.
    """
    faults.need(frame, columns, where)
    faults.full(frame, columns, where)
    key = np.zeros(len(frame), dtype=np.int64)
    for column in columns:
        codes, levels = levels_of(frame[column], where, mixed=True)
        key = key * max(len(levels), 1) + codes
    _, first, dense = np.unique(key, return_index=True, return_inverse=True)
    found = list(frame[list(columns)].iloc[first].itertuples(index=False, name=None))
    labels = np.empty(len(found), dtype=object)
    labels[:] = found
    made = pd.Categorical.from_codes(dense, categories=pd.Index(labels, tupleize_cols=False))
    return pd.Series(made, index=frame.index)
