"""Codebook questions as numerators and denominators, ready for one pass over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.asked import asked
from kaohe.base.codebook import Question
from kaohe.base.plan import Plan
from kaohe.design.structure import Floats
from kaohe.estimate.derive import answer_column


@dataclass(frozen=True)
class Indicators:
    """All estimated questions of one table.

    Attributes
    ----------
    questions : tuple of Question
    num, den : float array, record × question
        Missing where there is no answer; NaN also where the question does not apply.
    asked : bool array, record × question
        Where the question applies.
    interval : tuple of str
        t, beta or logit for each question.
    """

    questions: tuple[Question, ...]
    num: Floats
    den: Floats
    asked: npt.NDArray[np.bool_]
    interval: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Ids in order."""
        return [q.id for q in self.questions]

    def subset(self, names: Sequence[str]) -> Indicators:
        """Those of the questions whose ids are `names`, in that order."""
        keep = [self.names.index(n) for n in names]
        return Indicators(
            tuple(self.questions[k] for k in keep), self.num[:, keep], self.den[:, keep], self.asked[:, keep],
            tuple(self.interval[k] for k in keep),
        )  # fmt: skip


def build_indicators(frame: pd.DataFrame, table: str, plan: Plan) -> Indicators:
    """Numerators and denominators of the questions that are estimated.

    Parameters
    ----------
    frame : DataFrame
        Records with asked and derived questions.
    table : {"household", "village"}
    plan : Plan
        Whose codebook holds the questions.

    Notes
    -----
    mean and proportion: y over 1, or y·persons over persons; ratio: y over the denominator. The
    domain is those to whom the question applies; no answer makes a further domain.
    """
    questions = [q for q in plan.table_questions(table) if q.stat != "none"]
    shape = (len(frame), len(questions))
    num: Floats = np.full(shape, np.nan, order="F")
    den: Floats = np.full(shape, np.nan, order="F")
    applies = np.zeros(shape, dtype=bool, order="F")
    interval = []
    for k, q in enumerate(questions):
        num[:, k], den[:, k], applies[:, k] = question_columns(frame, q, plan.questions)
        interval.append(interval_of(q, num[:, k], den[:, k]))
    return Indicators(tuple(questions), num, den, applies, tuple(interval))


def question_columns(
    frame: pd.DataFrame, q: Question, questions: Mapping[str, Question]
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Numerator and denominator of one question for each record, and to whom it applies (see `build_indicators`)."""
    applies = asked(frame, q, questions)
    y = np.where(applies, answer_column(frame, q), np.nan)
    if q.stat == "ratio":
        return y, frame[q.denominator].to_numpy(dtype=float, na_value=np.nan), applies
    if q.persons:
        x = frame[q.persons].to_numpy(dtype=float, na_value=np.nan)
        return y * x, x, applies
    return y, np.ones(len(frame)), applies


def interval_of(q: Question, y: Floats, x: Floats) -> str:
    """Korn–Graubard for proportions and for ratios of a part to its whole, logit for means of shares, else t."""
    if q.stat == "proportion":
        return "beta"
    known = ~(np.isnan(y) | np.isnan(x))
    part = bool(np.all((y[known] >= 0) & (y[known] <= x[known])))
    if q.stat == "ratio":
        return "beta" if part else "t"
    return "logit" if q.type == "share" and part else "t"
