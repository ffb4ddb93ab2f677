"""Arguments of the estimates, checked once for all of them."""

from __future__ import annotations

from collections.abc import KeysView, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults

Columns: TypeAlias = str | Sequence[str]
Freedom: TypeAlias = str | float
DEFFS = ("wr", "wor")
FREEDOM = ("units", "satterthwaite")
OUTPUT = (
    "variable", "prob", "measure", "estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu", "n_missing", "deff", "cv",
    "method", "quality",
)  # fmt: skip


def as_list(columns: Columns) -> list[str]:
    """One name or several in `columns`, as a list."""
    if isinstance(columns, Sequence | KeysView | pd.Index | pd.Series | np.ndarray) and not isinstance(columns, str):
        return list(columns)
    return [columns]


def column_itself(columns: Any) -> str:
    """What stands where names belong, such as ``a Series``; empty for names. None of its values is told.

    Examples
    --------
    >>> column_itself(pd.Series([5100.0, 7300.0], name="income")), column_itself(pd.Series(["income", "rooms"]))
    ('a Series (income)', '')
    """
    if isinstance(columns, pd.DataFrame) or (isinstance(columns, pd.Series | np.ndarray) and columns.ndim != 1):
        return f"a {type(columns).__name__}"
    if not isinstance(columns, pd.Series | np.ndarray):
        return ""
    if all(isinstance(c, str) for c in columns) and (isinstance(columns, np.ndarray) or columns.is_unique):
        return ""
    name = getattr(columns, "name", None)
    return f"a {type(columns).__name__}" + (f" ({name})" if isinstance(name, str) else "")


def variables_of(columns: Columns, what: str = "variables") -> list[str]:
    """The variables of an estimate: at least one name.

    Raises
    ------
    InputRefused
        K415 for none, or for a column itself in place of its name.
    """
    if itself := column_itself(columns):
        raise InputRefused(
            "K415",
            "No variable is named",
            where=what,
            got=itself,
            expected="a column name, not a Series: 'x' for frame['x']",
        )
    names = as_list(columns)
    if not names:
        raise InputRefused(
            "K415", "No variable is named", where=what, got="an empty list", expected="the name of a column, or several",
        )  # fmt: skip
    return names


def domains_of(columns: Columns | None) -> list[str]:
    """The `columns` of ``by``: each once, none with the name of a column of results.

    Raises
    ------
    InputRefused
        K414, also for a column itself in place of its name.
    """
    if itself := column_itself(columns):
        raise InputRefused(
            "K414",
            "Domains cannot be named so",
            where="by",
            got=itself,
            expected="a column name, not a Series: 'x' for frame['x']",
        )
    names = [] if columns is None else as_list(columns)
    wrong = [n for n in names if names.count(n) > 1] or [n for n in names if n in OUTPUT]
    if wrong:
        raise InputRefused(
            "K414", "Domains cannot be named so", where="by", got=f"{wrong[0]}" + (" twice" if names.count(wrong[0]) > 1 else ""),
            expected="each column once, none named as a column of the results",
            remedy=f"name it once, or rename a column that bears one of the names {', '.join(OUTPUT)}",
        )  # fmt: skip
    return names


def confidence(level: Any) -> float:
    """The `level` of an interval as a number, between 0 and 1.

    Raises
    ------
    InputRefused
        K412.
    """
    number = isinstance(level, int | float | np.number) and not isinstance(level, bool)
    if not number or not 0 < level < 1:
        raise InputRefused(
            "K412", "A level of confidence is not between 0 and 1", where="level", got=str(level),
            expected="a number between 0 and 1, such as 0.95",
            remedy="0.95 stands for 95 %" if number and 1 <= level < 100 else "",
        )  # fmt: skip
    return float(level)


def deff_kind(deff: Any) -> str:
    """What a design effect compares with; None for no design effect.

    Raises
    ------
    InputRefused
        K413 for another word.
    """
    if deff is None:
        return "wr"
    if deff not in DEFFS:
        raise InputRefused(
            "K413", "Unknown design effect", where="deff", got=str(deff),
            expected=", ".join(DEFFS) + " or None: simple random sampling with or without replacement",
        )  # fmt: skip
    return str(deff)


def df_kind(df: Any) -> Freedom:
    """How degrees of freedom are found: a word, or the number itself (infinite for the normal distribution).

    Raises
    ------
    InputRefused
        K419 for another word, or a number of 0 or less.
    """
    if isinstance(df, int | float | np.number) and not isinstance(df, bool) and df > 0:
        return float(df)
    if not isinstance(df, str) or df not in FREEDOM:
        raise InputRefused(
            "K419", "Unknown degrees of freedom", where="df", got=str(df), expected=f"{', '.join(FREEDOM)}, or a number above 0",
        )  # fmt: skip
    return df


def planned_effect(value: Any) -> float | None:
    """A design effect for shares of 0 and 1, above 0.

    Raises
    ------
    InputRefused
        K413.
    """
    if value is None:
        return None
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not np.isfinite(value) or value <= 0:
        raise InputRefused(
            "K413", "Unknown design effect", where="planned_deff", got=str(value), expected="a number above 0, or None",
        )  # fmt: skip
    return float(value)


def probabilities(probs: Any) -> list[float]:
    """Probabilities of quantiles as a list, `probs` or the one number it is: at least one, each from 0 to 1.

    Raises
    ------
    InputRefused
        K406.
    """
    many = list(probs) if isinstance(probs, list | tuple | np.ndarray | pd.Series | pd.Index) else [probs]
    good = [isinstance(p, int | float | np.number) and not isinstance(p, bool) and 0 <= p <= 1 for p in many]
    if not many or not all(good):
        wrong = [str(p) for p, ok in zip(many, good, strict=True) if not ok]
        raise InputRefused(
            "K406", "Unknown quantile", where="probs", got=faults.few(wrong) or "no probability",
            expected="probabilities between 0 and 1",
        )  # fmt: skip
    return [float(p) for p in many]


def mapped_numbers(weights: Any, what: str) -> list[float]:
    """The coefficients of a contrast, finite and not all 0.

    Raises
    ------
    InputRefused
        K408 for what is no mapping of names to numbers.
    """
    good = isinstance(weights, dict) or hasattr(weights, "items")
    values = list(dict(weights).values()) if good else []
    odd = [v for v in values if not isinstance(v, int | float | np.number) or isinstance(v, bool) or not np.isfinite(v)]
    if not good or odd or (values and not any(values)):
        raise InputRefused(
            "K408", "A contrast cannot be made", where="weights",
            got=repr(odd[0]) if odd else ("only 0" if good else type(weights).__name__),
            expected=f"a mapping of {what}s to finite numbers, not all 0, such as {{'a': 1, 'b': -1}}",
        )  # fmt: skip
    return [float(v) for v in values]
