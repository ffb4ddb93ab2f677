"""A small built folder, and notebooks written in code: good ones and the museum's broken ones."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from kaohe.base.files import write_json, write_parquet
from kaohe.base.plan import Plan
from kaohe.plot.output import Chart, Column, DataTable, Header, Seal, Table, cell
from support.built_frames import make_built, the_plan

PARAMETERS = 'target = ""\nprocessed = ""\nplan = ""'
OPEN = 'import kaohe\njob = kaohe.open_report("{stem}", target, processed, plan)\njob'
SEAL = "job.seal()"
FIGURE = '''from kaohe.plot.output import Chart, DataTable
Chart(id="{id}", title="标题{id}", subtitle="副题", alt="画着{id}", note="来源", svg="""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 40"><text x="1" y="20">字</text></svg>""", table=DataTable("数据", ["甲", "乙"], [["1", "2"]]))'''

# Shown on pages only: choices and scenarios are no built tables of these books; single households stay inside.
PAGE_ONLY = frozenset({"t-choices", "t-scenario", "t-scenario-choices", "t-scenarios", "t-stages",
                       "t-class-summary", "t-effective", "t-trials"})  # fmt: skip


@lru_cache(maxsize=2)
def frames(n_units: int = 8) -> dict[str, pd.DataFrame]:
    """Invented built tables, made once."""
    return make_built(1, n_units)


def write_build(
    processed: Path, tables: dict[str, pd.DataFrame] | None = None, origin: str = "demo", plan: Plan | None = None
) -> Path:
    """Write tables and build.json as `kaohe build` does; returns the folder `processed`."""
    build = processed / "build"
    tables = tables if tables is not None else frames()
    for name, frame in tables.items():
        write_parquet(build / f"{name}.parquet", frame)
    hashes = {n: hashlib.sha256((build / f"{n}.parquet").read_bytes()).hexdigest() for n in sorted(tables)}
    info = {
        "schema": 1,
        "origin": origin,
        "seed": 1,
        "data_hash": "d" * 64,
        "plan_hash": (plan or the_plan()).digest,
        "code_hash": "c" * 64,
        "plan_id": "gd-2020",
        "built_at": "2020-12-28T02:05:00+00:00",
        "tables": hashes,
    }
    write_json(build / "build.json", info)
    return processed


def notebook(*cells: Any, parameters: str | None = PARAMETERS) -> nbformat.NotebookNode:
    """A notebook of code cells (text), markdown cells (``("md", text)``) and a tagged parameters cell."""
    made = []
    if parameters is not None:
        first = nbformat.v4.new_code_cell(parameters)
        first.metadata["tags"] = ["parameters"]
        made.append(first)
    for one in cells:
        made.append(nbformat.v4.new_markdown_cell(one[1]) if isinstance(one, tuple) else nbformat.v4.new_code_cell(one))
    found = nbformat.v4.new_notebook(cells=made)
    found.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return found


def save(path: Path, made: nbformat.NotebookNode) -> Path:
    """Write a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


def good(stem: str, *middle: Any) -> nbformat.NotebookNode:
    """A sealed report with something in the middle."""
    return notebook(OPEN.format(stem=stem), *middle, SEAL)


def header(**changes: Any) -> Header:
    """A head of a page."""
    given: dict[str, Any] = {
        "title": "2020年扶贫开发工作成效考核分析报告：韶关市",
        "target": "韶关市",
        "class_label": "有脱贫攻坚任务的14个市",
        "facts": [("考核对象", "韶关市")],
        "mark": "内部资料 · 不公开",
        "banner": "演示数据（虚构）",
        "slug": "city-440200",
    }
    return Header(**{**given, **changes})


def seal(**changes: Any) -> Seal:
    """A seal."""
    given: dict[str, Any] = {
        "notebook": "40_city",
        "target": "440200000000",
        "preview": False,
        "build": "b" * 64,
        "plan": "p" * 64,
        "version": "0.1.0",
        "tables": {"streams[object=440200000000]": "0" * 64},
        "facts": [("工作方案", "《方案》"), ("建表时间", "2020年12月28日 10:05")],
        "choices": ["同一表内各指标等权"],
    }
    return Seal(**{**given, **changes})


def figure(name: str = "a", **changes: Any) -> Chart:
    """A figure."""
    given: dict[str, Any] = {
        "id": name,
        "title": f"标题{name}",
        "subtitle": "副题",
        "alt": f"画着{name}",
        "note": "来源",
        "svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 60"><text x="1" y="20">字</text></svg>',
        "table": DataTable("数据", ["甲", "乙"], [["一", "2"]]),
    }
    return Chart(**{**given, **changes})


def table(name: str = "t", **changes: Any) -> Table:
    """A table with a grade, a link and a number."""
    given: dict[str, Any] = {
        "id": name,
        "caption": f"表题{name}",
        "columns": [Column("对象"), Column("得分", "right"), Column("等次", "center")],
        "rows": [[cell("韶关市", href="city-440200.html"), "86.1", cell("较好", grade="较好")]],
        "note": "注",
    }
    return Table(**{**given, **changes})


def executed(*parts: Any, head: Header | None = None, end: Seal | None = None) -> nbformat.NotebookNode:
    """An executed notebook without a kernel: outputs, and texts as markdown cells, between head and seal."""
    cells = [nbformat.v4.new_markdown_cell("# 笔记本的题目\n\n给打开笔记本的人看")]
    for part in (head or header(), *parts, end or seal()):
        if isinstance(part, str):
            cells.append(nbformat.v4.new_markdown_cell(part))
            continue
        data = json.loads(json.dumps(part._repr_mimebundle_()))
        made = nbformat.v4.new_code_cell("charts.draw(SECRET_CODE)", execution_count=1)
        made.outputs = [
            nbformat.v4.new_output("stream", name="stderr", text="/somewhere/warning.py: SECRET_STREAM"),
            nbformat.v4.new_output("display_data", data=data),
        ]
        cells.append(made)
    found = nbformat.v4.new_notebook(cells=cells)
    for number, one in enumerate(found.cells):
        one["id"] = f"c{number}"
    return found
