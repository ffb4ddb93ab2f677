"""What stands behind each domain's estimate of a question: respondents on either side of a share, and who holds an amount."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kaohe.base.codebook import Question
from kaohe.design.structure import Ints
from kaohe.estimate.arguments import Columns
from kaohe.estimate.domains import Where
from kaohe.estimate.indicators import question_columns
from kaohe.estimate.linear import beside
from kaohe.estimate.margins import each_margin
from kaohe.estimate.others import AMOUNTS
from kaohe.estimate.sampled import Margins
from kaohe.estimate.suppress import least_side, top_share
from kaohe.estimate.survey import Design


def respondents_behind(
    design: Design, question: Question, questions: Mapping[str, Question], *, largest: int, by: Columns | None = None,
    where: Where = None, margins: Margins = False,
) -> pd.DataFrame:  # fmt: skip
    """For the rows of `kaohe.estimate.questions.question_estimates`, in their order, what disclosure rules look at.

    Parameters
    ----------
    design, question, questions, by, where, margins
        As for `question_estimates`.
    largest : int
        Of how many respondents the part in the total is taken (``dominance_n`` of disclosure.toml).

    Returns
    -------
    DataFrame
        The columns of `by`, n_least (respondents with and without the attribute, the fewer of the two) and
        top_share (part of a household amount that its `largest` respondents hold; 0 for other questions).

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> plan = load_plan()
    >>> f = pd.DataFrame({"w": 1.0, "c": list("aaab"), "hh_size": 1.0, "poor": [1.0, 0, 0, 1]})
    >>> respondents_behind(Design(f, weight="w"), plan.questions["poor"], plan.questions, largest=2, by="c").values.tolist()
    [['a', 1.0, 0.0], ['b', 0.0, 0.0]]
    """
    num, den, applies = question_columns(design.frame, question, questions)
    top, bottom = num[:, None], np.where(applies, den, np.nan)[:, None]
    amount = question.table == "household" and question.unit in AMOUNTS

    def make(domain: Ints, levels: pd.DataFrame) -> pd.DataFrame:
        codes = np.where(applies, domain, -1).astype(np.int64)
        held = top_share(top, codes, len(levels), largest) if amount else np.zeros((len(levels), 1))
        least = least_side(top, bottom, codes, len(levels))
        return beside(levels, pd.DataFrame({"n_least": least.ravel(), "top_share": held.ravel()}), 1)

    return each_margin(design, by, where, margins, make)
