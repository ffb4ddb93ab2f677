"""What is public says what goes in and out, with units and columns, what it refuses, and where its method comes from.

`support.public` says what is public and finds it by walking the library. A small docstring may name its parameters in
its sentence, in backticks; a parameter that all functions of an exporting module share may stand once in that module's
text; ``As `name``` at the head of a docstring takes over what is said there.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import typer

from kaohe.run.cli import app
from support.public import (
    Member,
    codes_in,
    definitions,
    is_error,
    is_ours,
    modules,
    package,
    public,
    raising,
    referred,
    resolve,
    section,
    source,
    summary,
    told,
)  # fmt: skip

ROOT = Path(__file__).parents[2]
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
FEW = 2  # parameters that a sentence can name
# Units and scales: a number's text says one of these words.
UNITS = {
    "money": r"yuan|万元|元",
    "people": r"persons?|households?|respondents?|答",
    "count": r"numbers? of|how many|counts?|at most|at least|rows?|records?|levels?|digits?|decimals?|places|times|passes|"
             r"draws?|trials?|replicates?|processes|threads?|workers?|pages?|files?|units?|towns?|villages?|count(?:y|ies)|teams?|items?|pairs?|"
             r"columns?|characters?|degrees of freedom|iterations?|integers?|whole number",
    "share": r"shares?|fractions?|percent(?:age)?|%|probabilit\w+|chances?|0 to 1(?:00)?|0–1(?:00)?|0 and 1|confidence|relative|ratios?|factor",
    "time": r"seconds?|minutes?|hours?|days?|years?|months?",
    "length": r"inch(?:es)?|points?|pixels?|dpi",
    "size": r"bytes?|[KMG]B",
    "code": r"codes?|index|positions?|exit|status|seed|number of the|process id|port|rank",
    "scale": r"scores?|grades?|weights?|ranks?|unit of|’s unit|'s unit|standard error|variance|degrees?|kappa|bound|"
             r"tolerance|efficiency|risk|1 for|distance|g,|design effect",
}  # fmt: skip
UNIT = re.compile(r"\b(?:{})\b|%|’s unit|万元".format("|".join(UNITS.values())), re.IGNORECASE)
NUMBER = re.compile(r"(?:int|float|Floats|Ints)(?: \| None)?")
FRAME = re.compile(r"\b(?:pd\.DataFrame|pd\.Series|EstimateTable)\b")
SOURCE = re.compile(r"\b(?:18|19|20)\d\d\b|R survey|\bthe plan\b|\bplan's\b|office's|identity|by definition")
ARITHMETIC = (ast.Mult, ast.Div, ast.Pow, ast.MatMult)
REDUCTIONS = {
    "mean",
    "var",
    "std",
    "cov",
    "cumsum",
    "quantile",
    "median",
    "dot",
    "solve",
    "bincount",
    "lstsq",
    "sqrt",
    "exp",
    "log",
}

EVERY = public()
HELD = pytest.mark.parametrize("name", EVERY)


def member_told(member: Member) -> dict[str, str]:
    """What is said of each parameter: in its section, in the sentence, once for the module, or where the text refers to."""
    said: dict[str, str] = {}
    for other in referred(summary(member.doc), member):
        said |= member_told(other) if other.doc != member.doc else {}
    sentence = summary(member.doc)
    if member.function is not None and len(member.parameters) <= FEW:
        said |= {p: sentence for p in member.parameters if f"`{p.lstrip('*')}`" in sentence}
    said |= shared(member)
    return said | told(member.doc)


def shared(member: Member) -> dict[str, str]:
    """Parameters that are explained once, as ``name``: for all methods in the text of their class or of one above it, for
    functions that a module exports in its `__all__` in that module's text. Of the text, the sentence in which the name stands first."""
    texts = [k.__doc__ or "" for k in getattr(member.owner, "__mro__", ()) if is_ours(k)]
    for module in modules().values() if member.owner is None else ():
        if any(vars(module).get(n) is member.thing for n in getattr(module, "__all__", ())):
            texts.append(module.__doc__ or "")
    out: dict[str, str] = {}
    for text in reversed(texts):
        for p in member.parameters:
            found = re.search(rf"``{re.escape(p.lstrip('*'))}``[^.;]*", text)
            out |= {p: found[0]} if found else {}
    return out


def whole(text: str, member: Member, depth: int = 3) -> str:
    """A text with those that it refers to, and those that they refer to."""
    others = [o for o in referred(text, member) if o.doc != member.doc] if depth else []
    return text + "".join(whole(o.doc, o, depth - 1) for o in others)


def missing_summary(member: Member) -> list[str]:
    return [] if re.match(r"\S.{9,}", summary(member.doc)) else ["no summary"]


def missing_parameters(member: Member) -> list[str]:
    said = member_told(member)
    return [
        p
        for p, kind in member.parameters.items()
        if p not in said or not (says_enough(said[p]) or is_told_by_type(kind, said[p], member))
    ]


def says_enough(text: str) -> bool:
    """More than the name of a type."""
    return len(re.findall(r"\w+", text)) > 1


def is_told_by_type(annotation: str, text: str, member: Member) -> bool:
    """A parameter that is one of the public classes, whose own docstring says what it is."""
    found = [resolve(t.partition(" ")[0], member) for t in (annotation, text.strip()) if t]
    return any(
        f is not None and inspect.isclass(f.thing) and f"{f.module}.{f.thing.__qualname__}" in EVERY for f in found
    )


def missing_units(member: Member) -> list[str]:
    said = member_told(member)
    asked = [p for p, kind in member.parameters.items() if NUMBER.fullmatch(kind)]
    out = [p for p in asked if not UNIT.search(whole(said.get(p, ""), member))]
    gives = summary(member.doc) + section(member.doc, "Returns")
    if NUMBER.fullmatch(member.returns) and not UNIT.search(whole(gives, member)):
        out.append("returns")
    return out


@cache
def texts(package_name: str) -> frozenset[str]:
    """Words in quotes and of keywords in the code of a package, outside docstrings: among them the names of its columns."""
    code = "".join(source(n) for n in modules() if package(n) == package_name)
    code = re.sub(r'(?s)""".*?"""', "", code)
    quoted = " ".join(re.findall(r'"([^"\n]*)"', code))
    return frozenset(re.findall(r"\w+", quoted)) | frozenset(re.findall(r"\b(\w+)=", code))


def tables() -> set[str]:
    from kaohe.base.built import BUILT, SCENARIO
    from kaohe.base.tables import RAW

    return {*BUILT, *SCENARIO, *RAW}


def missing_columns(member: Member) -> list[str]:
    if not FRAME.search(member.returns):
        return []
    gives = section(member.doc, "Returns") or summary(member.doc)
    if (
        referred(gives, member)
        or referred(summary(member.doc), member)
        or tables() & set(re.findall(r"`+(\w+)`+", gives))
    ):
        return []
    named = set(re.findall(r"\b[a-z]\w*\b", gives)) & texts(package(member.module))
    says = re.search(r"\b(?:columns?|index|rows?|record)\b", gives)
    return [] if len(named) > 2 or (says and named) else ["columns"]


def missing_refusals(member: Member) -> list[str]:
    function = member.function
    if function is None:
        named = f"{member.thing.__qualname__}.__init__", f"{member.thing.__qualname__}.__post_init__"
        found = [raising(member.module, n) for n in named if n in definitions(member.module)]
    else:
        own = vars(modules()[member.module]).get(member.returns)
        found = [] if is_error(own) else [raising(member.module, function.__qualname__)]
    text = section(member.doc, "Raises")
    others = referred(text or summary(member.doc), member)
    text += "".join(section(o.doc, "Raises") + section(o.doc, "Notes") for o in others if o.doc != member.doc)
    out = [] if text.strip() or not any(r for r, _ in found) else ["Raises"]
    return out + sorted(set().union(*(c for _, c in found)) - codes_in(text))


def computes(member: Member) -> bool:
    """True for a function of a statistical package that multiplies, divides or reduces numbers and gives back a result of
    numbers, itself or through the private functions of its module. What carries, selects, names, reads or checks does not."""
    if member.function is None or member.is_property or package(member.module) not in {"design", "estimate", "grade"}:
        return False
    if not re.search(r"float|Floats|Frame|Series", member.returns):
        return False
    defined = definitions(member.module)
    wait, seen = [member.function.__qualname__], set()
    while wait:
        at = wait.pop()
        if at in seen or at not in defined:
            continue
        seen.add(at)
        for node in ast.walk(defined[at]):
            if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ARITHMETIC):
                return True
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in REDUCTIONS:
                return True
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("_"):
                wait.append(node.func.id)
    return False


def missing_source(member: Member) -> list[str]:
    if not computes(member):
        return []
    return [] if SOURCE.search(whole(member.doc, member)) else ["source"]


CHECKS = {
    "summary": missing_summary, "parameters": missing_parameters, "units": missing_units, "columns": missing_columns,
    "refusals": missing_refusals, "source": missing_source,
}  # fmt: skip
# (check, name): why it is let through.
EXCEPTIONS = {
    ("source", "kaohe.design.build.build_weights"): "calls the steps one after another; each names its own source",
    ("source", "kaohe.design.columns.crossed"): "numbers combinations of levels: no statistic",
}


def faults(check: str) -> dict[str, list[str]]:
    """What a check finds wrong, by name."""
    return {name: found for name, member in EVERY.items() if (found := CHECKS[check](member))}


@pytest.mark.parametrize("check", CHECKS)
def test_every_public_docstring_says_it(check: str) -> None:
    allowed = {name for kind, name in EXCEPTIONS if kind == check}
    assert {name: found for name, found in faults(check).items() if name not in allowed} == {}


@pytest.mark.parametrize(("check", "name"), EXCEPTIONS)
def test_an_exception_is_needed(check: str, name: str) -> None:
    assert CHECKS[check](EVERY[name])


def test_the_walk_finds_what_is_public() -> None:
    """Exported, imported by another package, by a notebook, given back by what is public; not what stays at home."""
    assert {
        "kaohe.design.rake.rake", "kaohe.base.files.read_parquet", "kaohe.grade.graders.agreement_by",
        "kaohe.publish.workbench.Workbench.question", "kaohe.publish.bench_named.Named.per_person", "kaohe.clean.run.CleanResult",
        "kaohe.plot.charts_heat.grade_heatmap", "kaohe.estimate.survey.Design.mean",
    } <= set(EVERY)  # fmt: skip
    assert not {"kaohe.clean.coded.combine", "kaohe.plot.charts_heat._draw"} & set(EVERY)
    assert not [n for n in EVERY if n.rpartition(".")[2].startswith("_")]


GOOD = '''from __future__ import annotations
def invented(frame: pd.DataFrame, share: float = 0.5) -> pd.DataFrame:
    """The share of the weight of each margin.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    share : float
        0 to 1.

    Returns
    -------
    DataFrame
        Columns margin, level, target.

    Notes
    -----
    Kish (1965).
    """
'''


def invented(text: str) -> Member:
    """The function of a text, as if it stood in a module of the library."""
    space = dict(vars(modules()["kaohe.design.rake"]))
    exec(text, space)
    space["invented"].__module__ = "kaohe.design.rake"
    return Member("kaohe.design.rake.invented", space["invented"])


@pytest.mark.parametrize(("check", "old", "new"), [
    ("summary", "The share of the weight of each margin.", "It."), ("parameters", "    frame : DataFrame\n        One row a record.\n", ""),
    ("parameters", "        One row a record.\n", ""), ("units", "        0 to 1.", "        Some number."),
    ("columns", "Columns margin, level, target.", "A frame."),
])  # fmt: skip
def test_the_checks_find_what_is_left_out(check: str, old: str, new: str) -> None:
    assert CHECKS[check](invented(GOOD)) == []
    assert old in GOOD
    assert CHECKS[check](invented(GOOD.replace(old, new))) != []


def test_the_search_for_refusals_goes_through_private_functions_and_not_into_what_is_caught() -> None:
    assert raising("kaohe.plot.charts_curves", "lorenz") == (True, frozenset({"K741"}))
    assert raising("kaohe.clean.form_roll", "blank_list") == (True, frozenset({"K346"}))
    assert raising("kaohe.estimate.trials", "try_calibrations") == (True, frozenset({"K335"}))
    assert raising("kaohe.plot.charts_province", "tile_grid") == (False, frozenset())


def test_the_search_for_sources_tells_statistics_from_what_only_carries() -> None:
    assert computes(EVERY["kaohe.design.rake.rake"]) is False  # gives back its own class, whose parts name the source
    assert computes(EVERY["kaohe.design.diagnose.kish_deff"])
    assert computes(EVERY["kaohe.estimate.curves.lorenz_curve"])
    assert not computes(EVERY["kaohe.design.build.empty_table"])
    assert not computes(EVERY["kaohe.estimate.curves.persons"])


def commands(of: typer.Typer, path: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions behind the commands, by what is typed."""
    for command in of.registered_commands:
        if command.callback is not None:
            yield f"{path} {command.name or command.callback.__name__}", command.callback
    for group in of.registered_groups:
        if group.typer_instance is not None:
            yield from commands(group.typer_instance, f"{path} {group.name or group.typer_instance.info.name}")


COMMANDS = dict(commands(app, "kaohe"))


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_says_what_it_does_and_what_its_options_are(path: str) -> None:
    assert len(COMMANDS) > 15
    assert re.match(r"\S.{9,}", inspect.getdoc(COMMANDS[path]) or "")
    hints = {n: h for n, h in get_type_hints(COMMANDS[path], include_extras=True).items() if n != "return"}
    helps = {n: str(getattr(h.__metadata__[0], "help", None) or "") for n, h in hints.items()}
    assert [n for n, text in helps.items() if not says_enough(text)] == []
    assert [n for n, h in hints.items() if h.__origin__ in {int, float} and not UNIT.search(helps[n])] == []


# What carries a result, names a variable for the seam, or calls the statistics one after another.
HELPERS = {
    "Calibration", "Weighted", "PsuTotals", "Sensitivity", "build_weights", "build_estimates", "build_grades",
    "household_design", "fgt", "level", "per", "combine", "explain_weight", "take_all",
}  # fmt: skip
STATISTICS = ("kaohe.design", "kaohe.estimate", "kaohe.grade")


def test_every_function_named_in_the_method_exists() -> None:
    """Full names are looked up; short ones stand in `kaohe.design` or are methods of `Design`, as the page says."""
    from kaohe.estimate import Design

    gone = []
    for named in sorted(set(re.findall(r"`(kaohe(?:\.\w+)+)`", METHOD))):
        parts = named.split(".")
        for cut in range(len(parts), 0, -1):
            try:
                thing = importlib.import_module(".".join(parts[:cut]))
            except ModuleNotFoundError:
                continue
            for part in parts[cut:]:
                thing = getattr(thing, part, None)  # type: ignore[assignment]
            gone += [named] if thing is None else []
            break
    gone += [n for n in re.findall(r"`Design\.(\w+)`", METHOD) if not hasattr(Design, n)]
    design, estimate = importlib.import_module("kaohe.design"), importlib.import_module("kaohe.estimate")
    rows = METHOD.partition("## Survey: weights")[2].partition("## Survey: estimates")[0]
    for line in rows.splitlines():
        if line.startswith("| ") and line.count("|") == 5:
            last = line.split("|")[4]
            gone += [n for n in re.findall(r"`([a-z_]+)`", last) if not hasattr(design, n) and not hasattr(estimate, n)]
    assert gone == []


def test_the_method_names_every_public_statistic() -> None:
    names = {n for p in STATISTICS for n in importlib.import_module(p).__all__} - HELPERS
    assert sorted(n for n in names if not re.search(rf"\b{n}\b", METHOD)) == []
