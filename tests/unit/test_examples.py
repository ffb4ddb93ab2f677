"""The examples in docstrings run and say what is printed beside them; what `kaohe.open` offers has one each."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kaohe
from kaohe.estimate import Design
from kaohe.plot import charts
from kaohe.plot.estimate_table import EstimateTable
from kaohe.publish.bench import BenchDesign
from support.public import modules
from support.small_build import write_small_build

PARSER = doctest.DocTestFinder(exclude_empty=True, recurse=True)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """``s`` of the examples: `kaohe.open` finds a small build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAOHE_PROCESSED", str(write_small_build(tmp_path_factory.mktemp("examples") / "processed")))
        patch.setenv("KAOHE_BATCH", "1")
        yield kaohe.open()


def offered(thing: Any, name: str) -> Iterator[tuple[str, str]]:
    """What tab completion shows of an object that is the library's own, with its docstring."""
    for n in dir(thing):
        found = inspect.getattr_static(type(thing), n, None)
        if n.startswith("_") or found is None:
            continue
        function = (
            getattr(found, "__func__", None) or getattr(found, "fget", None) or getattr(found, "func", None) or found
        )
        if inspect.isfunction(function) and function.__module__.startswith("kaohe."):
            yield f"{name}.{n}", function.__doc__ or ""


def test_everything_that_is_offered_for_exploring_has_a_worked_example(opened: Any) -> None:
    """`kaohe.open`, the session, its designs and tables, the plan, and all charts: found by walking them."""
    api = {
        "kaohe.open": kaohe.open.__doc__ or "",
        "kaohe.Trial": kaohe.Trial.__doc__ or "",
        "kaohe.peek": kaohe.peek.__doc__ or "",
    }
    api |= dict(offered(opened, "s")) | dict(offered(opened.design, "s.design")) | dict(offered(opened.plan, "s.plan"))
    api |= {
        f"Design.{n}": getattr(Design, n).__doc__ or ""
        for n in dir(opened.design)
        if callable(getattr(Design, n, None)) and n[0] != "_"
    }
    api |= {
        f"table.{n}": f.__doc__ or ""
        for n, f in vars(EstimateTable).items()
        if inspect.isfunction(f) and not n.startswith("_")
    }
    api |= {f"charts.{n}": getattr(charts, n).__doc__ or "" for n in charts.__all__}
    assert {
        "s.question",
        "s.design.mean",
        "s.design.per_person",
        "s.plan.poverty_line",
        "table.chart",
        "charts.lorenz",
    } <= set(api)
    assert sorted(n for n, doc in api.items() if ">>>" not in doc) == []


def test_tab_completion_offers_estimates_and_not_the_matrices_behind_them(opened: Any) -> None:
    shown = {n for n in dir(opened.design) if not n.startswith("_")}
    assert {"mean", "total", "poverty", "contrast", "against_rest", "df", "frame"} <= shown
    assert not {"numbers", "joint", "covariance_of", "values", "scores_df"} & shown
    assert callable(opened.design.numbers)


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_run(name: str, opened: Any) -> None:
    module = modules()[name]
    more = {"s": opened, "kaohe": kaohe, "charts": charts, "BenchDesign": BenchDesign}
    runner = doctest.DocTestRunner()
    for found in PARSER.find(module, name, extraglobs={k: v for k, v in more.items() if k not in vars(module)}):
        if found.examples:
            runner.run(found)
    assert runner.summarize(verbose=False).failed == 0


def test_the_examples_of_the_page_on_exploring_run(opened: Any) -> None:
    text = (Path(__file__).parents[2] / "docs/exploring.md").read_text(encoding="utf-8").replace("```", "")
    found = doctest.DocTestParser().get_doctest(text, {"s": opened}, "exploring.md", None, 0)
    assert len(found.examples) >= 3
    assert doctest.DocTestRunner().run(found).failed == 0


def test_the_folder_of_the_examples_is_told(opened: Any) -> None:
    assert isinstance(opened.folder, Path)
    assert len(opened.households) == 40
