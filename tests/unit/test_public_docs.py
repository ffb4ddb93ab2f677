"""What is public says what goes in and out, with units and columns, what it refuses, and where its method comes from.

`support.public` says what is public and finds it by walking the library. A small docstring may name its parameters in
its sentence, in backticks; a parameter that all functions of an exporting module share may stand once in that module's
text; ``As `name``` at the head of a docstring takes over what is said there.
"""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

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
    summary,
    told,
    tree,
)  # fmt: skip

ROOT = Path(__file__).parents[2]
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
SHARED = ("kaohe.plot.charts", "kaohe.plot.tables", "kaohe.plot.words", "kaohe.plot.sections")
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
    all functions of a module of `SHARED` in that module's text. Of the text, the sentence in which the name stands first."""
    texts = [k.__doc__ or "" for k in getattr(member.owner, "__mro__", ()) if is_ours(k)]
    for name in SHARED if member.owner is None else ():
        module = modules()[name]
        listed = getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")])
        texts += [module.__doc__ or ""] if any(getattr(module, n, None) is member.thing for n in listed) else []
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
    """Words of texts and of keywords in the code of a package, outside docstrings: among them the names of its columns."""
    words: set[str] = set()
    for name in modules():
        for node in ast.walk(tree(name)) if package(name) == package_name else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 400:
                words |= set(re.findall(r"\w+", node.value))
            elif isinstance(node, ast.keyword) and node.arg:
                words.add(node.arg)
    return frozenset(words)


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
