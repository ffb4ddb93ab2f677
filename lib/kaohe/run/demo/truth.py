"""The true value of every household estimate, computed from the whole population.

Written without the estimating rooms' help, so that their results can be checked against it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from kaohe.base.codebook import Question
from kaohe.base.places import PROVINCE
from kaohe.base.plan import Plan
from kaohe.run.demo.population import Population, applies

TRUTH_COLUMNS = ("domain_type", "domain", "indicator", "value", "households")


def truth(people: Population, plan: Plan) -> pd.DataFrame:
    """True values by province, city, county and helper city.

    Parameters
    ----------
    people : Population
        All register households.
    plan : Plan
        Codebook and poverty line.

    Returns
    -------
    DataFrame
        Columns ``domain_type`` (province, city, county, helper), ``domain`` (twelve-digit code),
        ``indicator`` (question id), ``value`` (in the question's unit; shares 0 to 1) and
        ``households`` (to which the question applies). Means and proportions are among the
        households to which the question applies, weighted by persons where the codebook says so;
        ratios are ratios of totals.
    """
    values = _Values(people, plan)
    villages = people.geography.villages
    groups = [
        ("province", np.zeros(len(villages), dtype=np.int64), [PROVINCE]),
        *(_group(kind, villages[column]) for kind, column in (("city", "city"), ("county", "county"))),
        _group("helper", villages["helper_city"]),
    ]
    village_of = people.village_of()
    frames = []
    for question in plan.table_questions("household"):
        if question.stat == "none":
            continue
        top, bottom, used = values.terms(question)
        sums = np.stack([_by_village(x, village_of, len(villages)) for x in (top, bottom, used)])
        for kind, codes, names in groups:
            inside = codes >= 0
            totals = np.stack([np.bincount(codes[inside], s[inside], minlength=len(names)) for s in sums])
            with np.errstate(invalid="ignore", divide="ignore"):
                value = totals[0] / totals[1]
            frames.append(
                pd.DataFrame(
                    {
                        "domain_type": kind, "domain": names, "indicator": question.id, "value": value,
                        "households": totals[2].astype(np.int64),
                    }
                )
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True)[list(TRUTH_COLUMNS)]


def _group(kind: str, column: pd.Series) -> tuple[str, np.ndarray, list[str]]:
    names = sorted(set(column) - {""})
    return kind, pd.Index(names).get_indexer(column), names


def _by_village(values: np.ndarray, village_of: np.ndarray, n: int) -> np.ndarray:
    return np.bincount(village_of, values, minlength=n)


class _Values:
    """Answers and derived variables of all households as float64, missing where they do not apply."""

    def __init__(self, people: Population, plan: Plan) -> None:
        self.people = people
        self.plan = plan

    def terms(self, question: Question) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Numerator, denominator and "counts" of each household."""
        value = self.indicator(question)
        known = ~np.isnan(value)
        if question.stat == "ratio":
            base = self.get(question.denominator)
            known &= ~np.isnan(base)
            return np.where(known, value, 0.0), np.where(known, base, 0.0), known.astype(np.float64)
        weight = self.get(question.persons) if question.persons else np.ones(len(value))
        return np.where(known, value * weight, 0.0), np.where(known, weight, 0.0), known.astype(np.float64)

    def indicator(self, question: Question) -> np.ndarray:
        """The value that is averaged: for a proportion of levels, whether the level is a positive one."""
        value = self.get(question.id)
        if question.stat == "proportion" and question.type in {"choice", "scale"}:
            good = [i for i, level in enumerate(question.levels) if level in question.positive]
            return np.where(np.isnan(value), np.nan, np.isin(value, good).astype(np.float64))
        return value

    def get(self, name: str) -> np.ndarray:
        """One answer or derived variable by id."""
        question = self.plan.questions[name]
        if question.type == "derived":
            value = self._derived(question)
        else:
            stored = self.people.columns[name]
            value = stored.astype(np.float64)
            if stored.dtype.kind == "i":
                value[stored == -1] = np.nan
            elif question.type == "number":
                value = np.round(value, 1)
        condition = question.condition()
        if condition is not None:
            other, operator, right = condition
            holds = applies(self.people.columns[other], self.plan.questions[other], operator, right)
            value = np.where(holds, value, np.nan)
        return value

    def _derived(self, question: Question) -> np.ndarray:
        function, arguments = question.formula()
        if function == "below":
            return self._compare(*arguments)
        parts = list(self._parts(arguments))
        if function == "divide":
            return np.asarray(parts[0] / parts[1])
        stacked = np.stack(parts)
        if function == "sum":
            return np.asarray(stacked.sum(axis=0))
        return np.asarray(stacked.min(axis=0) if function == "all" else stacked.max(axis=0))

    def _parts(self, arguments: tuple[str, ...]) -> Iterator[np.ndarray]:
        for argument in arguments:
            name, _, level = argument.removeprefix("not ").partition(" == ")
            if level:
                held = applies(self.people.columns[name], self.plan.questions[name], "==", level).astype(np.float64)
                yield 1 - held if argument.startswith("not ") else held
                continue
            yield 1 - self.get(name) if name != argument else self.get(name)

    def _compare(self, name: str, limit: str) -> np.ndarray:
        value = self.get(name)
        line = self.plan.poverty_line if limit == "line" else self.get(limit)
        return np.where(np.isnan(value), np.nan, (value < line).astype(np.float64))
