"""Whom a question of the survey is asked: the codebook's conditions, held against answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.codebook import Question


def asked(frame: pd.DataFrame, question: Question, questions: Mapping[str, Question]) -> npt.NDArray[np.bool_]:
    """Records to which a question applies; where the condition's own answer is missing, it does not.

    Parameters
    ----------
    frame : DataFrame
        With the column of the condition.
    question, questions : Question, mapping of id to Question
        The one asked, and those of the codebook.

    Returns
    -------
    bool array
        One a row of `frame`.
    """
    condition = question.condition()
    if condition is None:
        return np.ones(len(frame), dtype=bool)
    column, operator, text = condition
    if questions[column].type in {"choice", "scale"}:
        return np.asarray((frame[column] == text).to_numpy(dtype=bool, na_value=False))
    return holds(frame[column].to_numpy(dtype=float, na_value=np.nan), operator, float(text))


def holds(values: npt.NDArray[np.number], operator: str, limit: float) -> npt.NDArray[np.bool_]:
    """Where a number is equal to (==), above (>), or at or above (>=) a limit; nowhere where it is missing.

    Parameters
    ----------
    values : array
        Answers, in the question's unit.
    operator : {"==", ">", ">="}
        How they are compared with it.
    limit : float
        In the unit of `values`.

    Examples
    --------
    >>> holds(np.array([0.0, 1.0, np.nan]), ">=", 1).tolist()
    [False, True, False]
    """
    compare = {"==": np.equal, ">": np.greater, ">=": np.greater_equal}[operator]
    found: npt.NDArray[np.bool_] = compare(values, limit)
    return found
