"""What a robot checks over notebooks/: tags, lengths, no computing, no outputs, order; and that each one runs."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from kaohe.base.plan import load_plan
from kaohe.base.plan_files import DEFAULT_PLAN, PLANS
from kaohe.plot.output import MIME
from kaohe.publish import rehearse
from kaohe.publish.notebook import run_notebook
from kaohe.publish.params import defaults_of
from kaohe.publish.reports import NOTEBOOKS
from support.built_frames import counties, members
from support.publishing import write_build

FOLDER = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
FORBIDDEN = re.compile(
    r"\b(groupby|merge|apply|pivot|agg|lambda|def|class|import os|open\(|read_|eval|exec|requests|urllib)\b"
)
MOST_CELLS, MOST_LINES = 22, 8
ENGLISH = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{3,}(?![A-Za-z0-9])")
SHAOGUAN = "440200000000"
TARGETS = {
    "10_data_quality": ["province"], "20_sample_design": ["province"], "70_overview": ["province"],
    "30_survey": [SHAOGUAN, members("city6")[0]], "40_city": [SHAOGUAN, members("city14")[-1], members("city6")[0]],
    "45_county": [counties(SHAOGUAN)[0]], "50_unit": ["DW003"], "60_ranking": ["city14", "city6", "unit235"],
}  # fmt: skip


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code_cells(path: Path) -> list[Any]:
    return [c for c in read(path).cells if c.cell_type == "code"]


def figures(source: str) -> list[str]:
    """The charts that a cell calls for by name; what a section shows is the section's own."""
    calls = (n.func for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call))
    found = [f for f in calls if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name)]
    return [f"{f.value.id}.{f.attr}" for f in found if isinstance(f.value, ast.Name) and f.value.id == "charts"]


def test_two_figures_of_a_cell_are_seen() -> None:
    assert sorted(figures("display(charts.a(x), tables.t(x))\ncharts.b(y)")) == ["charts.a", "charts.b"]


def test_the_eight_notebooks_are_there() -> None:
    assert {p.stem for p in PATHS} == set(NOTEBOOKS) == set(TARGETS)


def library_calls(source: str) -> set[str]:
    """The calls of charts, sections, tables and words as they are written."""
    rooms = {"charts", "sections", "tables", "words"}
    return {
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name) and node.func.value.id in rooms
    }  # fmt: skip


def test_the_rehearsal_calls_what_the_units_notebook_calls() -> None:
    notebook = set().union(*(library_calls(c.source) for c in code_cells(FOLDER / "50_unit.ipynb")))
    assert len(notebook) > 10
    assert library_calls(Path(rehearse.__file__).read_text(encoding="utf-8")) == notebook


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.stem)
class TestRules:
    def test_it_is_valid_and_carries_no_outputs(self, path: Path) -> None:
        book = read(path)
        nbformat.validate(book)
        assert (book.nbformat, book.nbformat_minor) == (4, 5)
        assert book.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
        for cell in code_cells(path):
            assert cell.outputs == []
            assert cell.execution_count is None

    def test_cell_ids_are_readable_and_distinct(self, path: Path) -> None:
        ids = [c["id"] for c in read(path).cells]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", i) for i in ids)

    def test_one_parameters_cell_of_plain_literals_comes_first(self, path: Path) -> None:
        cells = code_cells(path)
        assert [c for c in cells if "parameters" in c.metadata.get("tags", [])] == cells[:1]
        assert defaults_of(read(path), path.name) == {"target": "", "processed": "", "plan": ""}

    def test_it_opens_its_own_report_and_seals_last(self, path: Path) -> None:
        cells = code_cells(path)
        assert f'kaohe.open_report("{path.stem}", target, processed, plan)' in cells[1].source
        assert cells[-1].source == "job.seal()"
        assert read(path).cells[-1]["id"] == "seal"
        assert sum("seal" in c.source for c in cells) == 1

    def test_it_is_thin(self, path: Path) -> None:
        cells = code_cells(path)
        assert len(cells) <= MOST_CELLS
        for cell in cells:
            assert len(cell.source.splitlines()) <= MOST_LINES, cell["id"]

    def test_it_reads_and_draws_and_computes_nothing(self, path: Path) -> None:
        for cell in code_cells(path):
            assert not FORBIDDEN.search(cell.source), cell["id"]
            for node in ast.walk(ast.parse(cell.source)):
                assert not isinstance(node, ast.FunctionDef | ast.Lambda | ast.For | ast.While | ast.If | ast.BinOp), (
                    cell["id"]
                )

    def test_a_cell_shows_one_figure_at_most(self, path: Path) -> None:
        for cell in code_cells(path):
            assert len(figures(cell.source)) <= 1, (cell["id"], figures(cell.source))

    def test_headings_are_in_order_and_narrative_is_chinese(self, path: Path) -> None:
        level = 0
        for cell in read(path).cells:
            if cell.cell_type != "markdown":
                continue
            assert not ENGLISH.search(cell.source), cell.source
            for line in cell.source.splitlines():
                if line.startswith("#"):
                    depth = len(line) - len(line.lstrip("#"))
                    assert depth <= level + 1
                    assert (depth == 1) == (level == 0)
                    level = depth

    def test_title_says_purpose_and_reader(self, path: Path) -> None:
        first = read(path).cells[0]
        assert first.cell_type == "markdown"
        assert first.source.startswith("# ")
        assert re.search(r"供.+(阅读|核对|复核|使用|补正)", first.source)


def run(path: Path, target: str, processed: Path, plan: str = "") -> list[dict[str, Any]]:
    """Execute the cells in order in a fresh shell; the suite's payloads in order."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    payloads: list[dict[str, Any]] = []
    try:
        for cell in code_cells(path):
            source = cell.source
            if "parameters" in cell.metadata.get("tags", []):
                source += f"\ntarget = {target!r}\nprocessed = {str(processed)!r}\nplan = {plan!r}"
            with capture_output() as caught:
                result = shell.run_cell(source, store_history=False)
            result.raise_error()
            bundles = [o.data for o in caught.outputs]
            if result.result is not None:
                bundles.append(result.result._repr_mimebundle_())
            payloads += [b[MIME] for b in bundles if MIME in b]
            assert all(MIME in b for b in bundles), f"{path.stem} › {cell['id']} shows something else"
    finally:
        shell.restore_sys_module_state()
        InteractiveShell.clear_instance()
    return payloads


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("processed"))


@pytest.mark.parametrize(("stem", "target"), [(s, t) for s, ts in TARGETS.items() for t in ts])
def test_it_runs_top_to_bottom(stem: str, target: str, processed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_BATCH", "1")
    payloads = run(FOLDER / f"{stem}.ipynb", target, processed)
    kinds = [p["kind"] for p in payloads]
    assert kinds[:3] == ["header", "notes", "cards"]
    assert kinds[-1] == "seal"
    assert (payloads[-1]["notebook"], payloads[-1]["target"], payloads[-1]["preview"]) == (stem, target, False)
    ids = [p["id"] for p in payloads if p.get("id")]
    assert len(ids) == len(set(ids))
    refs = {item["ref"] for item in payloads[1]["items"]} - {""}
    assert refs <= set(ids), f"conclusions point at {sorted(refs - set(ids))}"
    for item in payloads[1]["items"]:
        assert not re.search(r"[A-Za-z]{2,}", item["text"]), item["text"]
    if stem == "40_city":
        assert kinds.count("figure") >= 6
        assert kinds.count("table") >= 6
    if stem == "50_unit":
        assert 3 <= kinds.count("figure") <= 5


@pytest.fixture(scope="module")
def surer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A build under a plan with intervals of 90 % and ranks at 99 %, and the folder of that plan."""
    root = tmp_path_factory.mktemp("levels")
    shutil.copytree(PLANS / DEFAULT_PLAN, root / "mine")
    text = (root / "mine" / "plan.toml").read_text(encoding="utf-8")
    for old, new in (("confidence = 0.95", "confidence = 0.90"), ("\nlevel = 0.95", "\nlevel = 0.99")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (root / "mine" / "plan.toml").write_text(text, encoding="utf-8")
    plan = load_plan(root / "mine")
    return write_build(root / "processed", plan=plan), str(root / "mine")


LEVEL = re.compile(r"([\d.]+%)(名次|置信)?(区间|及以上：|以上把握|的把握)")
LEVELS = {
    "10_data_quality": {"90%"}, "20_sample_design": {"90%"}, "30_survey": {"90%"}, "40_city": {"90%", "99%"}, "45_county": {"90%"},
    "50_unit": set(), "60_ranking": {"90%", "99%"}, "70_overview": {"90%", "99%"},
}  # fmt: skip


@pytest.mark.parametrize("stem", LEVELS)
def test_the_levels_said_are_those_of_the_plan(
    stem: str, surer: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In captions, heads of columns, keys of pictures, conclusions and notes; the narrative cells name no level."""
    monkeypatch.setenv("KAOHE_BATCH", "1")
    told = json.dumps(run(FOLDER / f"{stem}.ipynb", TARGETS[stem][0], *surer), ensure_ascii=False)
    assert {m[0] for m in LEVEL.findall(told)} == LEVELS[stem]
    assert not LEVEL.search("".join(c.source for c in read(FOLDER / f"{stem}.ipynb").cells))


def test_a_real_kernel_runs_one(processed: Path) -> None:
    sealed = run_notebook(FOLDER / "50_unit.ipynb", None, {"target": "DW003", "processed": str(processed)})
    assert sealed.seal["target"] == "DW003"
