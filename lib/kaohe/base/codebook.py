"""The survey codebook: what each question is, how it is checked and how it is estimated."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from kaohe.base.errors import InputRefused, nearest

TYPES = ("int", "number", "money", "share", "yesno", "choice", "scale", "derived")
STATS = ("mean", "proportion", "ratio", "none")
DIRECTIONS = ("up", "down", "none")
FUNCTIONS = ("sum", "divide", "below", "copy", "all", "any")
_APPLIES = re.compile(r"(\w+) (==|>|>=) (\S+)")
_DERIVE = re.compile(r"(\w+)\((.+)\)")
_CONDITION = '"question > number" or "question == level"'
_FORMULA = f"one of {', '.join(FUNCTIONS)} with its arguments"


@dataclass(frozen=True)
class Question:
    """One question of the codebook, or a variable derived from questions.

    Attributes
    ----------
    id, table, topic, label : str
        Column in the clean table; ``household`` or ``village``; the plan's survey topic; header in the raw file.
    type : {"int", "number", "money", "share", "yesno", "choice", "scale", "derived"}
    stat : {"mean", "proportion", "ratio", "none"}
        What is estimated of it.
    direction : {"up", "down", "none"}
        Which way is better.
    unit : str
        Unit of the answers, such as 元 or 人; empty for shares and words.
    levels, positive : tuple of str
        What a choice or scale may hold; the levels that count as 1 in the proportion.
    min, max : float, optional
        Range of allowed answers, in `unit`.
    at_most : str
        Another question that bounds this one from above.
    applies : str
        Condition under which it is asked, ``column > number`` or ``column == level``; empty: always.
    derive : str
        How a derived variable is made: sum, divide, below, copy, all, any.
    denominator, persons : str
        Question below the line of a ratio; question that holds the persons by which households are weighted.
    floor, target : float, optional
        Values, in the unit of the estimate (shares 0 to 1), at which the survey score is 0 and 100; the office's choice.
    weight : float
        Its weight in the survey score; 0: not scored.
    sensitivity : {"none", "sensitive"}
        Sensitive amounts are never shown for one household.
    estimate_label : str
        What the estimate is called where this differs from `label`.
    concepts : tuple of str
        The plan's concepts that the question speaks of: the index items its estimate is held against. The office's choice.
    same_as : str
        A question asked for the same fact: where both estimates agree, they count once.
    """

    id: str
    table: str
    topic: str
    label: str
    type: str
    stat: str
    direction: str
    unit: str = ""
    levels: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    at_most: str = ""
    applies: str = ""
    derive: str = ""
    denominator: str = ""
    persons: str = ""
    floor: float | None = None
    target: float | None = None
    weight: float = 0.0
    sensitivity: str = "none"
    estimate_label: str = ""
    concepts: tuple[str, ...] = ()
    same_as: str = ""

    @property
    def shown(self) -> str:
        """What the estimate is called in reports."""
        return self.estimate_label or self.label

    @property
    def is_share(self) -> bool:
        """True when the estimate is a share between 0 and 1 and is shown in percent."""
        return self.stat in {"proportion", "ratio"} or self.type == "share"

    def condition(self) -> tuple[str, str, str] | None:
        """`applies` as (column, operator, value), or None when all are asked.

        Raises
        ------
        InputRefused
            K160 for an `applies` of another form.
        """
        if not self.applies:
            return None
        match = _APPLIES.fullmatch(self.applies)
        if match is None:
            _refuse(f"question {self.id}", f"applies = {self.applies}", _CONDITION)
        return match[1], match[2], match[3]

    def formula(self) -> tuple[str, tuple[str, ...]]:
        """`derive` as (function, arguments).

        Raises
        ------
        InputRefused
            K160 for a `derive` of another form.
        """
        match = _DERIVE.fullmatch(self.derive)
        if match is None:
            _refuse(f"question {self.id}", f"derive = {self.derive}", _FORMULA)
        return match[1], tuple(a.strip() for a in match[2].split(","))


def load_codebook(path: Path) -> dict[str, Question]:
    """Read and check codebook.toml.

    Raises
    ------
    InputRefused
        K140 for an unreadable file; K160 naming question, key, value and what would be right.
    """
    from kaohe.base.plan import read_toml

    raw = read_toml(path)
    known = {f.name for f in fields(Question)}
    questions: dict[str, Question] = {}
    for entry in raw.get("question", []):
        where = f"{path.name} › question {entry.get('id', '?')}"
        for key in entry:
            if key not in known:
                _refuse(where, key, f"one of the keys {', '.join(nearest(key, sorted(known)))}, …")
        for key in ("id", "table", "topic", "label", "type", "stat", "direction"):
            if key not in entry:
                _refuse(where, f"{key} is missing", f"a value for {key}")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
        for field in fields(Question):
            if field.name in values and not _fits(values[field.name], str(field.type)):
                _refuse(where, f"{field.name} = {values[field.name]!r}", _WANTED.get(str(field.type), "a number"))
        question = Question(**values)
        if question.id in questions:
            _refuse(where, f"id = {question.id} stands twice", "each id once")
        questions[question.id] = question
    for question in questions.values():
        _check(question, questions, path.name)
    return questions


def check_concepts(questions: Mapping[str, Question], concepts: Collection[str]) -> None:
    """Refuse a question that names a concept which the plan does not have.

    Raises
    ------
    InputRefused
        K160 naming question and concept.
    """
    for question in questions.values():
        for concept in question.concepts:
            if concept not in concepts:
                near = ", ".join(nearest(concept, concepts))
                _refuse(
                    f"codebook.toml › question {question.id}",
                    f"concepts = {concept}",
                    f"concepts of the plan, as {near}",
                )


_WANTED = {"str": "text", "tuple[str, ...]": "a list of texts"}


def _fits(value: object, wanted: str) -> bool:
    """True when a TOML value has the type of a field of `Question`."""
    if wanted == "str":
        return isinstance(value, str)
    if wanted.startswith("tuple"):
        return isinstance(value, tuple) and all(isinstance(v, str) for v in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _refuse(where: str, got: str, expected: str) -> NoReturn:
    raise InputRefused("K160", "The codebook has a fault", where=where, got=got, expected=expected)


def _check_condition(q: Question, questions: dict[str, Question], where: str) -> None:
    """Refuse a condition that no answer can meet, or that cannot be computed."""
    match = _APPLIES.fullmatch(q.applies)
    got = f"applies = {q.applies}"
    if not match or match[1] not in questions:
        _refuse(where, got, _CONDITION)
    other = questions[match[1]]
    if other.table != q.table:
        _refuse(where, got, f"a question of the {q.table} table; {other.id} is one of the {other.table} table")
    if other.type == "derived" and q.type != "derived":
        _refuse(where, got, f"a question that is asked; {other.id} is derived")
    if other.type in {"choice", "scale"}:
        if match[2] != "==" or match[3] not in other.levels:
            _refuse(where, got, f"{other.id} == one of its levels: {', '.join(other.levels)}")
    elif not _is_number(match[3]):
        _refuse(where, got, f"{other.id} {match[2]} number; it has no levels")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _check(q: Question, questions: dict[str, Question], file: str) -> None:
    where = f"{file} › question {q.id}"
    for key, allowed in (
        ("type", TYPES),
        ("stat", STATS),
        ("direction", DIRECTIONS),
        ("table", ("household", "village")),
    ):
        if getattr(q, key) not in allowed:
            _refuse(where, f"{key} = {getattr(q, key)}", f"{key} is one of {', '.join(allowed)}")
    if q.type in {"choice", "scale"} and not q.levels:
        _refuse(where, "no levels", "levels of a choice or scale")
    if set(q.positive) - set(q.levels):
        _refuse(where, f"positive = {list(q.positive)}", f"some of the levels {list(q.levels)}")
    if q.stat == "proportion" and q.type in {"choice", "scale"} and not q.positive:
        _refuse(where, "no positive levels", "the levels that count in the proportion")
    if q.stat == "ratio" and not q.denominator:
        _refuse(where, "stat = ratio without denominator", "the question that it is divided by")
    if q.weight and (q.floor is None or q.target is None or q.floor == q.target):
        _refuse(where, f"weight = {q.weight}", "floor and target that differ, for a scored question")
    if q.weight < 0:
        _refuse(where, f"weight = {q.weight}", "a weight of 0 or more")
    if q.weight and (q.direction == "none" or ((q.target or 0) > (q.floor or 0)) != (q.direction == "up")):
        _refuse(where, f"direction = {q.direction}", "up when the target is above the floor, else down")
    if q.min is not None and q.max is not None and q.min > q.max:
        _refuse(where, f"min = {q.min}, max = {q.max}", "min not above max")
    if q.applies:
        _check_condition(q, questions, where)
    if (q.type == "derived") != bool(q.derive):
        _refuse(where, f"type = {q.type}, derive = {q.derive!r}", "derive for a derived question, and only there")
    if q.same_as and (q.same_as == q.id or (q.same_as in questions and questions[q.same_as].same_as)):
        _refuse(where, f"same_as = {q.same_as}", "another question, one that is the same as no third")
    for other in (q.at_most, q.denominator, q.persons, q.same_as):
        if other and other not in questions:
            _refuse(where, other, f"a question, as {', '.join(nearest(other, questions))}")
    if q.derive:
        match = _DERIVE.fullmatch(q.derive)
        if not match or match[1] not in FUNCTIONS:
            _refuse(where, f"derive = {q.derive}", _FORMULA)
        for argument in match[2].split(","):
            name, _, level = (part.strip() for part in argument.strip().removeprefix("not ").partition(" == "))
            if name not in questions and name != "line":
                _refuse(where, f"derive = {q.derive}", f"questions, as {', '.join(nearest(name, questions))}")
            if level and level not in questions[name].levels:
                _refuse(where, f"derive = {q.derive}", f"a level of {name}: {', '.join(questions[name].levels)}")
