"""What a robot checks over notebooks/explore: tags, lengths, narration, no outputs, calls rather than code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from kaohe.publish.params import defaults_of

FOLDER = Path(__file__).parents[2] / "notebooks" / "explore"
PATHS = sorted(FOLDER.glob("*.ipynb"))
MOST_CELLS, MOST_LINES = 20, 12


def cells(path: Path, kind: str) -> list[Any]:
    return [c for c in nbformat.read(path, as_version=nbformat.NO_CONVERT).cells if c.cell_type == kind]


def test_the_workbenches_are_there() -> None:
    assert {p.stem for p in PATHS} >= {"sample_tour", "question", "calibration", "income", "graders", "scenario"}


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.stem)
class TestRules:
    def test_it_is_valid_and_carries_no_outputs(self, path: Path) -> None:
        book = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(book)
        assert book.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
        assert all(c.outputs == [] and c.execution_count is None for c in cells(path, "code"))
        ids = [c["id"] for c in book.cells]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", i) for i in ids)

    def test_one_parameters_cell_of_plain_literals_comes_first(self, path: Path) -> None:
        code = cells(path, "code")
        assert [c for c in code if "parameters" in c.metadata.get("tags", [])] == code[:1]
        assert "processed" in defaults_of(nbformat.read(path, as_version=4), path.name)

    def test_it_is_thin(self, path: Path) -> None:
        code = cells(path, "code")
        assert len(code) <= MOST_CELLS
        for cell in code:
            assert len(cell.source.splitlines()) <= MOST_LINES, cell["id"]
            for node in ast.walk(ast.parse(cell.source)):
                assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.While), cell["id"]

    def test_it_says_for_whom_it_is_and_every_part_says_why(self, path: Path) -> None:
        text = [c.source for c in cells(path, "markdown")]
        assert text[0].startswith("# ")
        assert "For statisticians" in text[0]
        assert sum(t.startswith("## ") for t in text) >= 3
        for part in text[1:]:
            head, _, rest = part.partition("\n")
            assert head.startswith("## ")
            assert len(rest.split()) >= 8, head
