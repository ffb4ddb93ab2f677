"""Which records belong to which domain: levels of columns, and conditions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused, nearest
from kaohe.design import faults
from kaohe.design.columns import levels_of
from kaohe.design.structure import Ints
from kaohe.estimate.arguments import Columns, domains_of

Where: TypeAlias = Any


def domain_codes(frame: pd.DataFrame, by: Columns | None, inside: npt.NDArray[np.bool_]) -> tuple[Ints, pd.DataFrame]:
    """Domain code of each row (−1 outside `inside` or without a level) and the table of domains.

    Raises
    ------
    InputRefused
        K301 for a missing column, K414 for columns that cannot name domains, K418 for levels of mixed kinds.
    """
    names = domains_of(by)
    if not names:
        return np.where(inside, 0, -1).astype(np.int64), pd.DataFrame(index=[0])
    faults.need(frame, names, "by")
    if len(names) == 1:
        return _one_level(frame[names[0]], inside)
    key, known = np.zeros(len(frame), dtype=np.int64), inside
    for name in names:
        own = levels_of(frame[name], "by")[0]
        known = known & (own >= 0)
        key = key * (int(own.max(initial=0)) + 1) + own
    rows = np.flatnonzero(known)
    first, domain = _dense(key[rows])
    codes = np.full(len(frame), -1, dtype=np.int64)
    codes[rows] = domain
    return codes, frame[names].iloc[rows[first]].reset_index(drop=True)


def _one_level(column: pd.Series, inside: npt.NDArray[np.bool_]) -> tuple[Ints, pd.DataFrame]:
    """Domain code of each row (−1 outside or without a level) and the table of domains, by one column."""
    if inside.all():
        codes, levels = levels_of(column, "by")
        return codes, pd.DataFrame({column.name: levels})
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[inside], levels = levels_of(column[inside], "by")
    return codes, pd.DataFrame({column.name: levels})


def _dense(key: Ints) -> tuple[Ints, Ints]:
    """First position of each key in rising order, and the rank of every key among them."""
    span = int(key.max(initial=-1)) + 1
    if span > 4 * len(key) + 1_000_000:
        _, first, rank = np.unique(key, return_index=True, return_inverse=True)
        return np.asarray(first, dtype=np.int64), np.asarray(rank, dtype=np.int64)
    at = np.full(span, -1, dtype=np.int64)
    at[key[::-1]] = np.arange(len(key), dtype=np.int64)[::-1]
    present = at >= 0
    return at[present], (np.cumsum(present) - 1)[key]


def records_where(frame: pd.DataFrame, where: Where) -> npt.NDArray[np.bool_]:
    """Rows that meet a condition: a boolean column's name, a condition as text, a series, array or function of the frame.

    Raises
    ------
    InputRefused
        K301 for an unknown column, K402 for what is not one yes or no for each record.

    Notes
    -----
    An unknown answer is not met, as in R and as for floats.
    """
    if where is None:
        return np.ones(len(frame), dtype=bool)
    if callable(where):
        where = _evaluated(frame, where, lambda: where(frame))
    if isinstance(where, str):
        where = frame[where] if where in frame.columns else _condition(frame, where)
    if isinstance(where, pd.Series):
        if not where.index.equals(frame.index):
            raise InputRefused(
                "K402", "A domain is not a yes or no for each record", got="a series in another order or of other rows",
                expected="the index of the design's frame", remedy="make it from the same frame, or give a condition as text",
            )  # fmt: skip
        if pd.api.types.is_bool_dtype(where) and where.dtype != bool:
            where = where.fillna(False).astype(bool)
        values = where.to_numpy()
    else:
        values = np.asarray(where, dtype=object if isinstance(where, list | tuple) else None)
    if values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        values = np.array([v is not pd.NA and v == True for v in values])  # noqa: E712 - missing after a merge
    if values.shape != (len(frame),) or values.dtype != bool:
        raise InputRefused(
            "K402",
            "A domain is not a yes or no for each record",
            got=f"{' × '.join(map(str, values.shape)) or 1} values of {values.dtype}",
            expected=f"{len(frame)} booleans",
        )
    return np.asarray(values, dtype=bool)


def _condition(frame: pd.DataFrame, text: str) -> Any:
    """A condition such as ``hh_kind == '一般农户' and hh_size > 3``, evaluated for each record."""
    if text.isidentifier():
        faults.need(frame, [text], "where")
    return _evaluated(frame, text, lambda: frame.eval(text, engine="python"))


def _evaluated(frame: pd.DataFrame, where: object, evaluate: Callable[[], Any]) -> Any:
    try:
        return evaluate()
    except Exception as error:
        unknown = re.match(r"name '(.+)' is not defined", str(error))
        raise InputRefused(
            "K402", "A domain is not a yes or no for each record",
            got=where if isinstance(where, str) else "a function that fails",
            expected="a column such as " + ", ".join(nearest(unknown[1], map(str, frame.columns))) if unknown
            else "a condition over columns, such as hh_kind == '一般农户' and hh_size > 3",
            remedy=f"pandas says: {error}".splitlines()[0],
        ) from error  # fmt: skip
