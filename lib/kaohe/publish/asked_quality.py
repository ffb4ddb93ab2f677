"""The quality words of a question on the workbench: those that publication gives, and what it withholds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from kaohe.base.codebook import Question
from kaohe.base.files import read_parquet
from kaohe.base.places import PROVINCE
from kaohe.base.plan import Plan
from kaohe.estimate.arguments import Columns, as_list
from kaohe.estimate.domains import Where
from kaohe.estimate.margins import ALL
from kaohe.estimate.quality import NOT_ESTIMABLE, SUPPRESSED
from kaohe.estimate.respondents import respondents_behind
from kaohe.estimate.sampled import Margins
from kaohe.estimate.suppress import grade_quality
from kaohe.estimate.survey import Design

PLACES = ("county", "city")  # columns whose levels are published domains, the narrower first
Withheld = frozenset[tuple[str, str, str]]


def withheld_of(folder: Path) -> Withheld:
    """What a build withholds, between tables too: (kind of domain, domain, indicator); empty without estimates."""
    path = folder / "estimates.parquet"
    if not path.is_file():
        return frozenset()
    frame = read_parquet(path).query("quality == @SUPPRESSED", local_dict={"SUPPRESSED": SUPPRESSED})
    return frozenset(zip(*(frame[c].astype(str) for c in ("domain_type", "domain", "indicator")), strict=True))


def with_quality(
    found: pd.DataFrame, design: Design, question: Question, plan: Plan, withheld: Withheld, *, by: Columns | None, where: Where,
    margins: Margins,
) -> pd.DataFrame:  # fmt: skip
    """Estimates of a question with the words of publication.

    Parameters
    ----------
    found : DataFrame
        From `kaohe.estimate.questions.question_estimates` with the same design, `by`, `where` and `margins`.
    withheld : frozenset
        From `withheld_of`; it counts where all records of a published domain are asked (no `where`).

    Returns
    -------
    DataFrame
        The same rows and numbers with another quality: floors, small groups and dominance of disclosure.toml
        (`kaohe.estimate.suppress.grade_quality`); suppressed wherever the build withholds the row;
        not_estimable where nobody answered.
    """
    behind = respondents_behind(
        design,
        question,
        plan.questions,
        largest=int(plan.disclosure["dominance_n"]),
        by=by,
        where=where,
        margins=margins,
    )
    told = found.assign(
        unit=question.table, is_share=question.is_share, n_least=behind["n_least"].to_numpy(), top_share=behind["top_share"].to_numpy()
    )  # fmt: skip
    quality = grade_quality(told, plan.disclosure, plan.choices["survey"]).mask(found["n"] == 0, NOT_ESTIMABLE)
    if where is None and withheld:
        columns = as_list(by or [])
        gone = [(*_published(r, columns), question.id) in withheld for r in found.to_dict("records")]
        quality = quality.mask(pd.Series(gone, index=quality.index), SUPPRESSED)
    return found.assign(quality=quality.astype(object))


def rest_hidden(found: pd.DataFrame, least: int) -> pd.DataFrame:
    """A table with tests against the rest: suppressed, too, where the rest would tell of few respondents.

    Parameters
    ----------
    found : DataFrame
        n, rest and quality of each domain; the rest of a domain is all the other rows together.
    least : int
        Answers that an estimate needs.

    Examples
    --------
    >>> f = pd.DataFrame({"n": [90, 4], "rest": [0.5, 0.2], "quality": ["ok", "suppressed"]})
    >>> rest_hidden(f, 10)["quality"].tolist()
    ['suppressed', 'suppressed']
    """
    others = found["n"].sum() - found["n"]
    hidden = found["quality"] == SUPPRESSED
    alone = (hidden.sum() - hidden.astype(int) > 0) & ((found["n"] > 0).sum() == 2)
    few = ((others > 0) & (others < least)) | alone
    return found.assign(quality=found["quality"].mask(few, SUPPRESSED).astype(object))


def _published(row: Mapping[Any, Any], by: list[str]) -> tuple[str, str]:
    """The published domain that a row is, as kind and code; empty for a domain of one's own."""
    if by == ["helper_city"]:
        return "helper", str(row["helper_city"])
    if not set(by) <= set(PLACES):
        return "", ""
    return next(((c, str(row[c])) for c in PLACES if c in by and row[c] != ALL), ("province", PROVINCE))
