"""Derived questions: the codebook's formulas, and to whom a question applies."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.codebook import Question
from kaohe.base.errors import InputRefused

Floats = npt.NDArray[np.float64]


def _all(parts: list[Floats]) -> Floats:
    """1 where all hold, 0 where any fails, missing where it hangs on a missing one."""
    stack = np.stack(parts)
    failed = (stack == 0).any(axis=0)
    return np.where(failed, 0.0, np.where(np.isnan(stack).any(axis=0), np.nan, 1.0))


def _any(parts: list[Floats]) -> Floats:
    """1 where any holds, 0 where none does, missing where it hangs on a missing one."""
    stack = np.stack(parts)
    held = (stack == 1).any(axis=0)
    return np.where(held, 1.0, np.where(np.isnan(stack).any(axis=0), np.nan, 0.0))


def _divide(parts: list[Floats]) -> Floats:
    top, bottom = parts
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=(bottom != 0) & ~np.isnan(bottom))


def _below(parts: list[Floats]) -> Floats:
    value, line = parts
    return np.where(np.isnan(value), np.nan, (value < line).astype(float))


def _is_level(frame: pd.DataFrame, column: str, level: str, asker: str, negated: bool) -> Floats:
    """1 where a choice has this level, 0 where another, missing where none."""
    if column not in frame.columns:
        raise InputRefused(
            "K410", "A derived question cannot be computed", where=f"question {asker}", got=column,
            expected="an answer for each record",
        )  # fmt: skip
    series = frame[column]
    missing = series.isna().to_numpy(bool) | (series == "").to_numpy(dtype=bool, na_value=False)
    held = (series == level).to_numpy(dtype=bool, na_value=False)
    return np.where(missing, np.nan, (held != negated).astype(float))


FUNCTIONS: Mapping[str, Callable[[list[Floats]], Floats]] = {
    "sum": lambda parts: np.asarray(np.stack(parts).sum(axis=0)),
    "divide": _divide,
    "below": _below,
    "copy": lambda parts: parts[0].copy(),
    "all": _all,
    "any": _any,
}


def derive(frame: pd.DataFrame, questions: Mapping[str, Question], line: float) -> pd.DataFrame:
    """The frame with a float column for every derived question.

    Parameters
    ----------
    frame : DataFrame
        One row a record; asked questions as numbers (yes = 1, no = 0), missing as missing.
    questions : mapping of id to Question
        The whole codebook.
    line : float
        Poverty line in yuan a head and year, for ``below(…, line)``.

    Returns
    -------
    DataFrame
        A new frame. A sum or quotient is missing where a part is; ``all`` and ``any`` are known
        as soon as one part decides.

    Raises
    ------
    InputRefused
        K410 for a formula whose question is not in the frame or is not a number, or that leads
        back to itself.
    """
    out = frame.copy()
    table = {q.id: q for q in questions.values() if q.type == "derived"}
    open_: list[str] = []

    def values(name: str, asker: str) -> Floats:
        if name == "line":
            return np.full(len(out), line)
        negated, plain = name.startswith("not "), name.removeprefix("not ")
        plain, _, level = plain.partition(" == ")
        if level:
            return _is_level(out, plain, level, asker, negated)
        if plain in table and plain not in out.columns:
            make(plain)
        if plain not in out.columns or not pd.api.types.is_numeric_dtype(out[plain]):
            raise InputRefused(
                "K410", "A derived question cannot be computed", where=f"question {asker}", got=plain,
                expected="a number for each record",
            )  # fmt: skip
        found: Floats = out[plain].to_numpy(dtype=float, na_value=np.nan)
        return 1 - found if negated else found

    def make(name: str) -> None:
        if name in open_:
            raise InputRefused(
                "K410", "A derived question cannot be computed", where=f"question {name}",
                got=" → ".join([*open_, name]), expected="formulas that do not lead back to themselves",
            )  # fmt: skip
        open_.append(name)
        function, arguments = table[name].formula()
        out[name] = FUNCTIONS[function]([values(a, name) for a in arguments])
        open_.pop()

    present = {q.table for q in questions.values() if q.type != "derived" and q.id in frame.columns}
    for name, question in table.items():
        if question.table in present and name not in out.columns:
            make(name)
    return out


def answer_column(frame: pd.DataFrame, question: Question) -> Floats:
    """What is averaged: the number, or 1 and 0 for the positive levels of a choice or scale."""
    if question.stat == "proportion" and question.type in {"choice", "scale"}:
        series = frame[question.id]
        missing = series.isna().to_numpy() | (series == "").to_numpy(dtype=bool, na_value=False)
        return np.where(missing, np.nan, series.isin(question.positive).to_numpy(dtype=float))
    return np.asarray(frame[question.id].to_numpy(dtype=float, na_value=np.nan))
