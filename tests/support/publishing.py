"""A small built folder, and notebooks written in code: good ones and the museum's broken ones."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from kaohe.base.files import write_json, write_parquet
from support.built_frames import make_built, the_plan

PARAMETERS = 'target = ""\nprocessed = ""\nplan = ""'
OPEN = 'import kaohe\njob = kaohe.open_report("{stem}", target, processed, plan)\njob'
SEAL = "job.seal()"
FIGURE = '''from kaohe.plot.output import Chart, DataTable
Chart(id="{id}", title="标题{id}", subtitle="副题", alt="画着{id}", note="来源", svg="""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 40"><text x="1" y="20">字</text></svg>""", table=DataTable("数据", ["甲", "乙"], [["1", "2"]]))'''  # noqa: E501


@lru_cache(maxsize=2)
def frames(n_units: int = 8) -> dict[str, pd.DataFrame]:
    """Invented built tables, made once."""
    return make_built(1, n_units)


def write_build(processed: Path, tables: dict[str, pd.DataFrame] | None = None, origin: str = "demo") -> Path:
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
        "plan_hash": the_plan().digest,
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
