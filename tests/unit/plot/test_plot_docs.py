"""Charts, tables, sections and words say what they take, with units, what they give, and what they refuse."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from kaohe.base.built import BUILT, SCENARIO
from kaohe.plot import charts, sections, tables, words
from support.built_frames import make_context
from support.fake_report import FakeReport, invented, invented_report

Function = Callable[..., Any]
TABLES = {*BUILT, *SCENARIO}
COMMON = {"ctx", "id", "title"}  # what these are stands once, in the text of the module
ROOMS = {"charts": (charts, "Chart"), "tables": (tables, "Table"), "sections": (sections, "Output"), "words": (words, "Notes")}  # fmt: skip


def public(module: ModuleType) -> list[str]:
    own = [n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__]
    return sorted(getattr(module, "__all__", [n for n in own if not n.startswith("_")]))


EVERY = [(f"{room}.{name}", getattr(module, name)) for room, (module, _) in ROOMS.items() for name in public(module)]
WITH_JOB = [(n, f) for n, f in EVERY if "job" in inspect.signature(f).parameters]
WITH_FRAMES = [(n, f) for n, f in EVERY if not n.startswith("words.") and "job" not in inspect.signature(f).parameters]


def told(function: Function) -> dict[str, str]:
    """The text of each parameter of a docstring."""
    body = (inspect.getdoc(function) or "").partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    out: dict[str, str] = {}
    for names, text in re.findall(r"(?m)^(\w+(?:, \w+)*) : [^\n]*\n?((?:    [^\n]*\n?)*)", body):
        out |= dict.fromkeys(names.split(", "), text)
    return out


def parameters(function: Function, kind: str) -> list[str]:
    """Names of the parameters of a type."""
    given = inspect.signature(function).parameters.values()
    return [p.name for p in given if re.fullmatch(rf"{re.escape(kind)}(?: \| None)?", str(p.annotation))]


def named(text: str) -> list[str]:
    return re.findall(r"`+([\w.]+)`+", text)


@cache
def is_there(path: str) -> bool:
    """A full name of a function or class of the library exists."""
    owner, _, name = path.rpartition(".")
    try:
        return hasattr(importlib.import_module(owner), name)
    except ModuleNotFoundError:
        return owner.startswith("kaohe.") and is_there(owner)


@pytest.mark.parametrize("room", ROOMS)
def test_a_module_says_what_all_its_functions_take_and_give(room: str) -> None:
    module, gives = ROOMS[room]
    doc = inspect.getdoc(module) or ""
    assert f"`{gives}`" in doc
    assert "`Text`" in doc
    assert re.search(r"context|`Context`", doc)
    assert "``id``" in doc or not any("id" in inspect.signature(getattr(module, n)).parameters for n in public(module))


@pytest.mark.parametrize(("name", "function"), WITH_FRAMES, ids=[n for n, _ in WITH_FRAMES])
def test_what_goes_in_is_said_and_every_frame_by_its_table_or_maker(name: str, function: Function) -> None:
    said = told(function)
    assert [p for p in inspect.signature(function).parameters if p not in {*said, *COMMON}] == []
    for frame in parameters(function, "pd.DataFrame"):
        text = said[frame]
        makers = [n for n in named(text) if n.startswith("kaohe.")]
        by_name = frame in TABLES and "of these names" in text
        assert by_name or TABLES & set(named(text)) or makers, (frame, text)
        assert [m for m in makers if not is_there(m)] == []


@pytest.mark.parametrize(("name", "function"), WITH_FRAMES, ids=[n for n, _ in WITH_FRAMES])
def test_numbers_that_go_in_have_their_unit_and_other_returns_are_said(name: str, function: Function) -> None:
    said = told(function)
    for number in parameters(function, "float"):
        assert re.search(r"[Ss]hare|yuan|1 for|unit of", said[number]), number
    gives = str(inspect.signature(function).return_annotation)
    assert re.fullmatch(r"(Chart|Table)( \| Text)?|Output|list\[Output\]", gives) or "Returns\n-------\n" in (
        inspect.getdoc(function) or ""
    )


# Functions by what their name holds, and the targets they are made for; the others are for cities and units.
FOR = (
    ("class_gaps", ("class", "province")), ("ranking", ("class", "classunit")), ("county", ("county",)), ("_unit", ("unit",)),
    ("overview", ("province",)), ("sample", ("province",)), ("quality", ("province",)), ("survey", ("city",)), ("_city", ("city",)),
    ("place", ("city",)),
)  # fmt: skip


class Watched(FakeReport):
    """Keeps the names of the tables that are read."""

    read: set[str]

    def _part(self, part: Any) -> Any:
        self.read.add(part.table)
        return super()._part(part)


def read_by(function: Function) -> set[str]:
    """The built tables that a function reads for the targets it is made for: one that is scored and one that is not."""
    kinds = next((k for part, k in FOR if part in function.__name__), ("city", "unit"))
    read: set[str] = set()
    for kind in kinds:
        home = "440200000000" if kind == "county" else ""
        reports = [invented_report(make_context(kind), city=home)]
        if kind in {"city", "unit"}:
            unscored = invented("composite").assign(composite=np.nan)
            reports.append(invented_report(make_context(kind), composite=unscored))
        for made in reports:
            watched = Watched(made.ctx, city=home, **made.frames)
            watched.read = set()
            function(watched)
            read |= watched.read
    return read


@pytest.mark.parametrize(("name", "function"), WITH_JOB, ids=[n for n, _ in WITH_JOB])
def test_the_tables_that_are_read_are_named(name: str, function: Function) -> None:
    assert set(named(inspect.getdoc(function) or "")) & TABLES == read_by(function)
