"""What stands in `__all__` of the packages, and the steps behind the commands, says what goes in and what comes out."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("kaohe", "kaohe.design", "kaohe.estimate", "kaohe.grade", "kaohe.clean")
STEPS = (
    "kaohe.base.plan.load_plan", "kaohe.base.plan_new.new_plan", "kaohe.base.plan_new.migrate_plan",
    "kaohe.base.scenario.read_scenario", "kaohe.base.tables.contract", "kaohe.clean.check.check_files",
    "kaohe.clean.forms_out.write_forms", "kaohe.clean.returns.write_returns", "kaohe.publish.audit.refuse_leaks",
    "kaohe.publish.notebook.run_notebook", "kaohe.publish.sweep.sweep", "kaohe.publish.tables_out.write_tables",
    "kaohe.publish.workbench.Workbench.explain_weight", "kaohe.run.batch.run_batch", "kaohe.run.build.build_all",
    "kaohe.run.demo.make_demo", "kaohe.run.pdf.print_reports", "kaohe.run.plans.check_plan", "kaohe.run.scenario.build_scenario",
    "kaohe.run.trace.trace",
)  # fmt: skip
METHODS = {
    "kaohe.estimate.Design": (
        "total", "mean", "ratio", "proportion", "quantile", "poverty", "contrast", "test", "replicate",
    ),
    "kaohe.estimate.PsuTotals": ("design",),
    "kaohe.Report": ("table", "own", "peers"),
}  # fmt: skip
# They refuse nothing.
SILENT = {"kaohe.peek", "kaohe.clean.describe", "kaohe.estimate.level", "kaohe.estimate.per"}
# What carries a result, names a variable for the seam, or calls the statistics one after another.
HELPERS = {
    "Calibration", "Weighted", "PsuTotals", "Sensitivity", "build_weights", "build_estimates", "build_grades",
    "household_design", "fgt", "level", "per", "combine", "explain_weight", "take_all",
}  # fmt: skip
STATISTICS = ("kaohe.design", "kaohe.estimate", "kaohe.grade")
METHOD = (Path(__file__).parents[2] / "docs" / "method.md").read_text(encoding="utf-8")
SECTION = r"(?m)^{}\n-+\n(?P<body>(?:.*\n?)*?)(?=^[A-Z][a-z]+\n-{{3,}}|\Z)"


def members() -> Iterator[tuple[str, Any]]:
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            if not name.startswith("_"):
                yield f"{package}.{name}", getattr(module, name)
    for path in STEPS:
        owner, _, name = path.rpartition(".")
        try:
            yield path, getattr(importlib.import_module(owner), name)
        except ModuleNotFoundError:
            module, _, kind = owner.rpartition(".")
            yield path, getattr(getattr(importlib.import_module(module), kind), name)
    for path, names in METHODS.items():
        module, _, kind = path.rpartition(".")
        for name in names:
            yield f"{path}.{name}", getattr(getattr(importlib.import_module(module), kind), name)


EVERY = list(members())
FUNCTIONS = [(n, f) for n, f in EVERY if inspect.isfunction(f)]
CLASSES = [(n, c) for n, c in EVERY if inspect.isclass(c)]


def section(doc: str, name: str) -> str:
    found = re.search(SECTION.format(name), doc)
    return found["body"] if found else ""


@pytest.mark.parametrize(("name", "function"), FUNCTIONS, ids=[n for n, _ in FUNCTIONS])
def test_a_function_says_what_goes_in_out_and_wrong(name: str, function: Callable[..., Any]) -> None:
    doc = inspect.getdoc(function) or ""
    given = section(doc, "Parameters")
    heads = " ".join(line.partition(" : ")[0] for line in given.splitlines() if line and not line.startswith(" "))
    asked = [p for p in inspect.signature(function).parameters if p != "self"]
    assert [p for p in asked if not re.search(rf"\b{p}\b", heads)] == []
    returned = inspect.signature(function).return_annotation
    assert returned in ("None", None) or section(doc, "Returns").strip()
    assert name in SILENT or re.search(r"\bK\d{3}\b|Error", section(doc, "Raises"))


@pytest.mark.parametrize(("name", "kind"), CLASSES, ids=[n for n, _ in CLASSES])
def test_a_class_says_what_it_holds(name: str, kind: type) -> None:
    doc = inspect.getdoc(kind) or ""
    told = section(doc, "Parameters") + section(doc, "Attributes")
    assert told
    if section(doc, "Parameters") or hasattr(kind, "__dataclass_fields__"):
        asked = [p for p in inspect.signature(kind).parameters if p != "self" and not p.startswith("_")]
        assert [p for p in asked if not re.search(rf"\b{p}\b", told)] == []


@pytest.mark.parametrize(
    "name", [n for n, _ in FUNCTIONS if n.startswith(STATISTICS) and n.split(".")[2] not in HELPERS]
)
def test_a_statistic_names_its_source(name: str) -> None:
    """A publication, the plan, R's function, the office's choice or an identity: in the docstring or in docs/method.md."""
    doc = inspect.getdoc(dict(FUNCTIONS)[name]) or ""
    rows = [line for line in METHOD.splitlines() if re.search(rf"`[^`]*\b{name.rpartition('.')[2]}`", line)]
    assert re.search(r"\b(?:18|19|20)\d\d\b|R survey|\bplan\b|office's|identity|ranking", "\n".join([doc, *rows]))


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
