"""Every conclusion leads to something that its report shows, with all its tables and with none."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

import nbformat
import pytest

from kaohe.plot import charts, sections, tables, words
from kaohe.plot.output import Chart, Note, Notes, Table, Text
from support.built_frames import counties, make_context
from support.fake_report import FakeReport, invented_report
from support.reading import NOTEBOOKS

SHAOGUAN = "440200000000"
REPORTS = [
    ("10_data_quality", "province", ""), ("20_sample_design", "province", ""), ("30_survey", "city", ""), ("30_survey", "city6", ""),
    ("40_city", "city", ""), ("40_city", "city6", ""), ("45_county", "county", counties(SHAOGUAN)[0]), ("50_unit", "unit", ""),
    ("60_ranking", "class", "city14"), ("60_ranking", "class", "unit235"), ("70_overview", "province", ""),
]  # fmt: skip


def shown(stem: str, job: FakeReport) -> list[Any]:
    """What the cells of a notebook put on the page of a report that is already open."""
    found: list[Any] = []

    def display(*outputs: Any) -> None:
        for output in outputs:
            found.extend(output if isinstance(output, list) else [output])

    space: dict[str, Any] = {
        "job": job, "charts": charts, "sections": sections, "tables": tables, "words": words, "display": display,
    }  # fmt: skip
    code = [c.source for c in nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4).cells if c.cell_type == "code"]
    for source in code[2:-1]:  # neither parameters, nor what opens and seals
        tree = ast.parse(source)
        last = tree.body[-1]
        if isinstance(last, ast.Expr):
            last.value = ast.copy_location(ast.Call(ast.Name("display", ast.Load()), [last.value], []), last.value)
        exec(compile(ast.fix_missing_locations(tree), stem, "exec"), space)
    return [o for o in found if o is not None]


def notes_of(outputs: Iterable[Any]) -> list[Note]:
    return [note for o in outputs if isinstance(o, Notes) for note in o.items]


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(("stem", "kind", "object_"), REPORTS)
def test_every_conclusion_names_an_output_of_its_report(stem: str, kind: str, object_: str, full: bool) -> None:
    ctx = make_context(kind, object_=object_) if object_ else make_context(kind)
    city = SHAOGUAN if kind == "county" else ""
    outputs = shown(stem, invented_report(ctx, city=city) if full else FakeReport(ctx, city=city))
    ids = [o.id for o in outputs if isinstance(o, Chart | Table | Text) and o.id]
    assert len(ids) == len(set(ids))
    notes = notes_of(outputs)
    assert notes
    assert [(n.text, n.ref) for n in notes if n.ref not in ids] == []
