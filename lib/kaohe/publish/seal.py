"""The proof that a notebook made the report that was asked for, and the tidying of an executed notebook."""

from __future__ import annotations

import json
from typing import Any

import nbformat

from kaohe.base.errors import KaoheError
from kaohe.plot.output import MIME


class RunFailed(KaoheError):
    """A notebook that did not become the report asked for; `notebook` is its state at the failing cell."""

    exit_code = 3
    notebook: nbformat.NotebookNode | None = None


def notebook_text(notebook: nbformat.NotebookNode) -> str:
    """`notebook` as the text of its file: the same notebook gives the same bytes."""
    text: str = nbformat.writes(notebook, version=4)
    return text if text.endswith("\n") else text + "\n"


def seals_of(notebook: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """Payloads of kind ``seal`` among a notebook's outputs."""
    return [
        output.data[MIME]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.get("outputs", [])
        if output.output_type in {"display_data", "execute_result"}
        and isinstance(output.data.get(MIME), dict)
        and output.data[MIME].get("kind") == "seal"
    ]


def check_seal(notebook: nbformat.NotebookNode, stem: str, target: str) -> dict[str, Any]:
    """The seal of an executed notebook, when it says what was asked for and stands last.

    Raises
    ------
    RunFailed
        K833, K834 or K835.
    """
    seals = seals_of(notebook)
    code = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    last = seals_of(nbformat.v4.new_notebook(cells=code[-1:])) if code else []
    if len(seals) != 1 or len(last) != 1:
        raise failed(
            "K833",
            "The notebook ended without its seal",
            notebook,
            got=f"{len(seals)} seals, {len(last)} in the last cell",
            expected="one, from job.seal() in the last cell",
            remedy="a cell ended the kernel, or the last cell is not job.seal()",
        )
    seal: dict[str, Any] = json.loads(json.dumps(seals[0]))  # plain: who is handed it need not import nbformat
    if seal.get("preview"):
        raise failed(
            "K835",
            "A preview cannot be published",
            notebook,
            got=f"{seal.get('notebook')} {seal.get('target')}",
            expected=f"{stem} {target}",
            remedy="the target did not reach open_report: check the parameters cell and its use",
        )
    if (seal.get("notebook"), seal.get("target")) != (stem, target):
        raise failed(
            "K834",
            "The report made is not the report asked for",
            notebook,
            got=f"{seal.get('notebook')} {seal.get('target')}",
            expected=f"{stem} {target}",
            remedy="the notebook does not use its parameters: check the parameters cell and open_report",
        )
    return seal


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy with fixed cell ids and without times, durations and other traces of the run."""
    copy: nbformat.NotebookNode = nbformat.from_dict(notebook)
    copy.metadata.pop("papermill", None)
    for number, cell in enumerate(copy.cells, start=1):
        cell["id"] = f"cell-{number:02d}"
        tags = list(cell.metadata.get("tags", []))
        kept = {k: v for k, v in cell.metadata.items() if k not in {"papermill", "execution", "tags"}}
        cell["metadata"] = nbformat.from_dict({**kept, **({"tags": tags} if tags else {})})
    return copy


def failed(code: str, title: str, notebook: nbformat.NotebookNode | None, **parts: str) -> RunFailed:
    """A failure with the notebook as far as it got."""
    error = RunFailed(code, title, **parts)
    error.notebook = tidy(notebook) if notebook is not None else None
    return error
