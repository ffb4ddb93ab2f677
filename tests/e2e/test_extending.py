"""docs/extending.md works: its edits and no others, then the page shows what was added."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.plan import load_plan
from kaohe.base.tables import contract
from kaohe.clean.blank_forms import form_grid
from kaohe.run.dictionary import data_dictionary
from support.built_frames import make_context
from support.extending import ROOT, apply, commands, copy_project, edits, page_text

QUESTION, CONCEPT, ITEM, CHART, CELL, BOOK = edits()
SHAOGUAN = "440200000000"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project")


def hashes(home: Path) -> dict[str, str]:
    return {
        p.relative_to(home).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in home.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }


def changed(home: Path, before: dict[str, str]) -> set[str]:
    return {name for name, digest in hashes(home).items() if before.get(name) != digest}


def test_every_block_of_the_page_is_an_edit_or_commands() -> None:
    blocks = sum(len(e.blocks) for e in edits()) + 2
    assert page_text().count("\n```") == 2 * blocks
    assert [words[0] for words in commands()] == ["cp", *["kaohe"] * 5]


def test_what_the_page_names_is_there() -> None:
    named = re.findall(r"`([\w./]+)`", re.sub(r"```.*?```", "", page_text(), flags=re.DOTALL))
    modules = [n for n in named if re.fullmatch(r"kaohe(\.\w+)+", n)]
    files = [n for n in named if "/" in n and not n.startswith("plans/")]
    assert len(modules) >= 3
    assert len(files) >= 3
    assert [n for n in modules if importlib.util.find_spec(n) is None] == []
    assert [n for n in files if not (ROOT / n).exists()] == []
    assert "NOTEBOOKS" in vars(importlib.import_module("kaohe.publish.reports"))


def test_a_question_is_one_block_of_the_codebook(project: Path) -> None:
    before = hashes(project)
    apply(project, [QUESTION])
    plan = load_plan(project / "plans" / "mine")
    assert "| `toilet` | 使用卫生厕所 | 落实“三保障”情况 | yesno |" in data_dictionary(plan)
    column = contract("households", plan).column("toilet")
    assert (column.label, column.kind, column.required) == ("使用卫生厕所", "flag", True)
    assert changed(project, before) == {"plans/mine/codebook.toml"}


def test_an_indicator_is_a_concept_and_an_item_of_the_plan(project: Path) -> None:
    before = hashes(project)
    apply(project, [CONCEPT, ITEM])
    form = load_plan(project / "plans" / "mine").forms["city14"]
    assert form.items[-1].code == "city14.18"
    grid = form_grid(form, load_plan(project / "plans" / "mine"))
    assert grid.row(18) > grid.row(17)
    assert changed(project, before) == {"plans/mine/plan.toml"}


def test_a_chart_is_one_function(tmp_path: Path) -> None:
    space: dict[str, object] = {}
    exec(compile(CHART.blocks[0][1], "charts_visits.py", "exec"), space)
    draw = space["forms_by_level"]
    ctx = make_context("city")
    frame = pd.DataFrame({"object": [ctx.object] * 4 + ["x"], "form": ["county", "town", "village", "village", "town"]})
    chart = draw(frame, ctx)  # type: ignore[operator]
    assert chart.alt == "条形图：县级1张、镇级1张、村级2张。"
    assert chart.table.rows == [["县级", "1"], ["镇级", "1"], ["村级", "2"]]
    assert draw(frame.iloc[:0], ctx).paragraphs == (f"{ctx.name}没有实地核查考评表数据，不作图。",)  # type: ignore[operator]


@pytest.mark.every_target
@pytest.mark.slow
def test_everything_of_the_page_reaches_the_reports(project: Path) -> None:
    before = hashes(project)
    touched = apply(project, [QUESTION, CONCEPT, ITEM, CHART, CELL, BOOK])
    assert changed(project, before) == touched

    def call(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=project, capture_output=True, text=True, encoding="utf-8", timeout=590, check=False,
            env={**os.environ, "PYTHONPATH": str(project / "lib"), "KAOHE_PLAN": str(project / "plans" / "mine")},
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stdout[-3000:], done.stderr[-3000:])
        return done.stdout

    def kaohe(*words: str) -> str:
        return call("-m", "kaohe.run.cli", *words)

    said = {
        words[1]: kaohe(*words[1:], *(["--households", "15000"] if words[1] == "demo" else []))
        for words in commands()[1:]
    }
    assert list(said) == ["plan", "demo", "clean", "build", "run"]
    assert "nothing to mend" in said["plan"]

    build = project / "data" / "processed" / "build"
    rows = pd.read_parquet(build / "estimates.parquet").query("indicator == 'toilet'")
    assert set(rows["domain_type"]) == {"province", "city", "county", "helper"}
    assert 0.5 < rows.query("domain == @SHAOGUAN")["estimate"].iloc[0] < 1
    for name in ("lost_points", "contributions"):
        shown = pd.read_parquet(build / f"{name}.parquet")
        assert shown["label"].str.contains("大数据平台").any(), name
    grades = pd.read_parquet(build / "item_grades.parquet").query("concept == 'platform' and level == 'city'")
    assert len(grades) == 14
    assert set(grades["item"]) == {18}
    pages = {
        stem: (project / "outputs" / "html" / f"{stem}-440200.html").read_text("utf-8") for stem in ("city", "survey")
    }
    assert "使用卫生厕所" in pages["survey"]
    assert "使用卫生厕所" in pages["city"]
    assert len(re.findall("大数据平台", pages["city"])) >= 2
    assert re.search(r"韶关市共有\d+张实地核查考评表", pages["city"])
    assert re.search(r"条形图：县级\d+张、镇级\d+张、村级\d+张。", pages["city"])

    out = project / "out.ipynb"
    call("-m", "papermill", "notebooks/explore/toilets.ipynb", str(out), "-k", "python3")
    assert "440200000000" in out.read_text("utf-8")
