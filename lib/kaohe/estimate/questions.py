"""One codebook question at a time, as the build estimates all of them, in any domain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kaohe.base.codebook import Question
from kaohe.design.structure import Floats, Ints
from kaohe.estimate.arguments import Columns, as_list, confidence
from kaohe.estimate.domains import Where
from kaohe.estimate.indicators import interval_of, question_columns
from kaohe.estimate.linear import Estimates
from kaohe.estimate.margins import each_margin
from kaohe.estimate.planned import planned_effects
from kaohe.estimate.rest import against_rest
from kaohe.estimate.sampled import Margins
from kaohe.estimate.survey import Design

TOP, BOTTOM = "(numerator)", "(denominator)"


def question_estimates(
    design: Design, question: Question, questions: Mapping[str, Question], *, by: Columns | None = None, where: Where = None,
    margins: Margins = False, level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Estimates of a question by its own statistic, over those to whom it applies.

    Parameters
    ----------
    design : Design
        Its frame has the answers and the derived variables.
    question : Question
    questions : mapping of id to Question
        The whole codebook.
    by, where, margins, level
        As `Design.mean`.

    Returns
    -------
    DataFrame
        As `Design.mean`, variable is the question's id; n_missing counts those asked without an answer.

    Raises
    ------
    InputRefused
        K402, K412, K414 as `Design.mean`.

    Notes
    -----
    mean and proportion: Σ w y over Σ w, or over persons where the question weights by them; ratio: over the
    denominator. Shares of a whole have Korn–Graubard intervals, means of shares logit ones, all others t.

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> plan = load_plan()
    >>> f = pd.DataFrame({"w": [1.0] * 4, "hh_size": [1.0, 3, 2, 2], "poor": [1.0, 0, 0, 1]})
    >>> found = question_estimates(Design(f, weight="w"), plan.questions["poor"], plan.questions)
    >>> found[["variable", "estimate", "method"]].values.tolist()
    [['poor', 0.375, 'beta']]
    """
    level = confidence(level)
    num, den, applies = question_columns(design.frame, question, questions)
    way = interval_of(question, num, den)
    top, bottom = num[:, None], np.where(applies, den, np.nan)[:, None]

    def make(domain: Ints, levels: pd.DataFrame) -> pd.DataFrame:
        codes = np.where(applies, domain, -1).astype(np.int64)
        found = design.numbers(top, bottom, codes, len(levels))
        planned = _planned(design, top, bottom, codes, found.estimate.shape) if way != "t" else None
        return Estimates(found, levels, [question.id], design.rules).frame(way, level, planned=planned)

    return each_margin(design, by, where, margins, make)


def _planned(design: Design, top: Floats, bottom: Floats, codes: Ints, shape: tuple[int, ...]) -> Floats:
    """Design effect over all domains together, at least 1: for shares of 0 and 1."""
    return planned_effects(design.numbers(top, bottom, np.where(codes >= 0, 0, -1).astype(np.int64), 1), shape)


def question_against_rest(
    design: Design,
    question: Question,
    questions: Mapping[str, Question],
    *,
    by: Columns,
    where: Where = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """As `question_estimates`, each domain with a test against all the others together (`against_rest`).

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> plan = load_plan()
    >>> f = pd.DataFrame({"w": 1.0, "c": list("aaaabbbb"), "hh_size": 1.0, "poor": [1.0, 1, 1, 0, 0, 0, 1, 0]})
    >>> found = question_against_rest(Design(f, weight="w"), plan.questions["poor"], plan.questions, by="c")
    >>> found[["c", "estimate", "rest", "difference"]].values.tolist()
    [['a', 0.75, 0.25, 0.5], ['b', 0.25, 0.75, -0.5]]
    """
    own = question_estimates(design, question, questions, by=by, where=where, level=level)
    num, den, applies = question_columns(design.frame, question, questions)
    inside = design.mask(where) & applies
    asked = _with(design, num, np.where(applies, den, np.nan))
    test = against_rest(asked, TOP, by=by, kind="ratio", denominator=BOTTOM, where=inside, level=level)
    return own.merge(test.drop(columns="variable"), on=as_list(by), how="left", validate="1:1")


def _with(design: Design, num: Floats, den: Floats) -> Design:
    """The design with two columns more; its frame is not touched."""
    made = type(design).__new__(type(design))
    made.__dict__.update(design.__dict__)
    made.frame = design.frame.assign(**{TOP: num, BOTTOM: den})
    return made
