"""The true population behind the demonstration: every register household with all its answers.

Made city by city in columns of few bytes, so that ten million households fit into a few
gigabytes. What applies to a household and what does not follows from the codebook.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.asked import holds
from kaohe.base.codebook import Question
from kaohe.base.plan import Plan
from kaohe.base.tables import HH_KINDS, SIZE_GROUPS
from kaohe.run.demo.answers import Household
from kaohe.run.demo.effects import Effects, build_effects
from kaohe.run.demo.geography import Geography, build_geography
from kaohe.run.demo.streams import stream

# Probability of an interview by kind of household, and what is added by size group.
RESPONSE = (0.945, 0.93, 0.915)
RESPONSE_BY_SIZE = (-0.035, 0.01, 0.02)


@dataclass(frozen=True)
class Population:
    """All households of the register, in village order.

    Attributes
    ----------
    seed, households : int
        Seed, and number of households, that it was made from.
    geography : Geography
        Its places.
    effects : Effects
        How good each place is on each topic.
    columns : dict of str to array
        ``register_size`` and one array a question (levels as numbers, -1 or NaN: does not apply).
    start : array of int
        Row of each village's first household, and the number of rows at the end.
    """

    seed: int
    households: int
    geography: Geography
    effects: Effects
    columns: dict[str, np.ndarray]
    start: np.ndarray

    def village_of(self) -> np.ndarray:
        """Position of each household's village in ``geography.villages``."""
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int32), np.diff(self.start))

    def answers(self, rows: np.ndarray, questions: Iterable[Question]) -> pd.DataFrame:
        """Answers of some households as the clean tables hold them.

        Parameters
        ----------
        rows : array of int
            Positions of households.
        questions : iterable of Question
            Which answers.

        Returns
        -------
        DataFrame
            One row a household; numbers, flags and shares as float64, missing where the question
            does not apply; levels of choices and scales as text (None where it does not apply).
        """
        out: dict[str, object] = {}
        for question in questions:
            values = self.columns[question.id][rows]
            if question.type in {"choice", "scale"}:
                words = np.array([*question.levels, None], dtype=object)
                out[question.id] = words[values]
            else:
                numbers = values.astype(np.float64)
                numbers[values == -1 if values.dtype.kind == "i" else np.isnan(numbers)] = np.nan
                digits = {"number": 1, "share": 4}.get(question.type)
                out[question.id] = numbers if digits is None else np.round(numbers, digits)
        return pd.DataFrame(out)


def population(seed: int, households: int, plan: Plan) -> Population:
    """Make the true population; the same seed, size and plan give the same one.

    Parameters
    ----------
    seed : int
        Seed of the demonstration.
    households : int
        Register households of the task cities, exactly (15,000 to 10,000,000).
    plan : Plan
        Cities, classes and codebook.

    Raises
    ------
    InputRefused
        K902 when the size is out of range.
    """
    geography = build_geography(seed, households, plan)
    effects = build_effects(seed, geography)
    villages = geography.villages
    start = np.concatenate([[0], np.cumsum(villages["n_households"].to_numpy())])
    questions = plan.table_questions("household", asked=True)
    columns: dict[str, np.ndarray] = {}
    for city in geography.cities["code"]:
        which = np.flatnonzero((villages["city"] == city).to_numpy())
        rows = slice(int(start[which[0]]), int(start[which[-1] + 1]))
        made = _city(seed, city, which, geography, effects, questions)
        for name, values in made.items():
            if name not in columns:
                columns[name] = np.empty(households, dtype=values.dtype)
            columns[name][rows] = values
    return Population(seed, households, geography, effects, columns, start)


def _city(
    seed: int, city: str, which: np.ndarray, geography: Geography, effects: Effects, questions: list[Question]
) -> dict[str, np.ndarray]:
    villages = geography.villages.iloc[which]
    sizes = villages["n_households"].to_numpy()
    local = np.repeat(np.arange(len(which)), sizes)

    def effect(topic: str) -> np.ndarray:
        values: np.ndarray = effects.village[topic].to_numpy()[which].astype(np.float32)[local]
        return values

    model = Household(stream(seed, "households", city), effect, villages["designated"].to_numpy()[local])
    made = model.make()
    asked: dict[str, np.ndarray] = {"register_size": model.register_size}
    for question in questions:
        if question.id not in made:
            asked[question.id] = model.other(question)
        elif question.type == "scale":
            asked[question.id] = model.levels(question, made[question.id])
        else:
            asked[question.id] = made[question.id]
    return {"register_size": asked.pop("register_size"), **_blank(asked, questions)}


def _blank(asked: dict[str, np.ndarray], questions: list[Question]) -> dict[str, np.ndarray]:
    """Answers with "does not apply" where the codebook's condition does not hold."""
    by_id = {q.id: q for q in questions}
    out: dict[str, np.ndarray] = {}
    for question in questions:
        values = asked[question.id]
        condition = question.condition()
        if condition is not None and condition[0] in asked:
            held = applies(asked[condition[0]], by_id[condition[0]], condition[1], condition[2])
            none = -1 if values.dtype.kind == "i" else np.nan
            values = np.where(held, values, np.array(none, dtype=values.dtype))
        out[question.id] = values
    return out


def applies(values: np.ndarray, question: Question, operator: str, right: str) -> np.ndarray:
    """Where a condition on one question holds (population coding)."""
    number = question.levels.index(right) if question.type in {"choice", "scale"} else float(right)
    return holds(values, operator, number)


def size_group_index(register_size: np.ndarray) -> np.ndarray:
    """Position in `SIZE_GROUPS` of each number of persons."""
    return np.where(register_size <= 2, 0, np.where(register_size <= 4, 1, 2)).astype(np.int8)


def register_totals(people: Population) -> pd.DataFrame:
    """Register totals of the population `people` by city: counties, kinds of household, size groups.

    Returns
    -------
    DataFrame
        Columns ``city, margin, level, households, persons``; `level` holds the county's code or
        the name of the level.
    """
    villages = people.geography.villages
    persons = people.columns["register_size"]
    village_persons = np.add.reduceat(persons.astype(np.int64), people.start[:-1])
    by_county = pd.DataFrame(
        {
            "city": villages["city"],
            "level": villages["county"],
            "households": villages["n_households"],
            "persons": village_persons,
        }
    )
    frames = [by_county.groupby(["city", "level"], as_index=False).sum().assign(margin="县")]
    city_of = pd.Categorical(villages["city"]).codes[people.village_of()]
    names = pd.Categorical(villages["city"]).categories.tolist()
    for margin, codes, labels in (
        ("户类型", people.columns["hh_kind"], HH_KINDS),
        ("家庭规模", size_group_index(persons), SIZE_GROUPS),
    ):
        cell = city_of.astype(np.int64) * len(labels) + codes
        count = np.bincount(cell, minlength=len(names) * len(labels))
        heads = np.bincount(cell, weights=persons, minlength=len(names) * len(labels))
        frames.append(
            pd.DataFrame(
                {
                    "city": np.repeat(names, len(labels)), "margin": margin, "level": list(labels) * len(names),
                    "households": count, "persons": heads.astype(np.int64),
                }
            )
        )  # fmt: skip
    totals = pd.concat(frames, ignore_index=True)
    return totals[["city", "margin", "level", "households", "persons"]]
