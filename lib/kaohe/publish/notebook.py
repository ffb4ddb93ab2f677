"""One sealed papermill run: a notebook, its parameters, and the proof that it made what was asked.

papermill marks every cell completed after a dead kernel and exits well with another target's
report; so a run counts only when its seal says the notebook and the target that were asked for.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from kaohe.base.errors import KaoheError
from kaohe.base.files import write_text
from kaohe.plot.output import BATCH, MIME
from kaohe.publish.params import check_parameters, defaults_of, read_notebook
from kaohe.publish.reports import TIMEOUT
from kaohe.publish.sandbox import Sandbox

ENGINE = "kaohe"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ABSOLUTE = re.compile(r"(?<![\w.])/(?:[\w.\-]+/)+")


class RunFailed(KaoheError):
    """A notebook that did not become the report asked for; `notebook` is its state at the failing cell."""

    exit_code = 3
    notebook: nbformat.NotebookNode | None = None


@dataclass(frozen=True)
class SealedRun:
    """An executed notebook whose seal was checked.

    Attributes
    ----------
    notebook : NotebookNode
        Executed, tidied: fixed cell ids, no times, no machine's paths.
    seal : dict
        Notebook, target, build, plan, version and the digest of each part of a table that was read.
    seconds : float
        From asking for a kernel to its end.
    slowest : tuple of (int, float)
        The slowest cell, counted from 1 among code cells, and its seconds.
    """

    notebook: nbformat.NotebookNode
    seal: dict[str, Any]
    seconds: float
    slowest: tuple[int, float]


def run_notebook(
    path: Path,
    out: Path | None,
    parameters: Mapping[str, Any],
    *,
    timeout: float = TIMEOUT,
    kernel_name: str = "",
    sandbox: Sandbox | None = None,
    expect: tuple[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> SealedRun:
    """Execute a notebook with papermill and check its seal.

    Parameters
    ----------
    path : Path
        The notebook.
    out : Path or None
        Where the executed notebook goes, written atomically; None: only returned.
    parameters : mapping
        Checked against the notebook's tagged parameters cell before a kernel starts.
    timeout : float
        Seconds for the whole notebook.
    kernel_name : str
        A kernelspec of the sandbox; empty: its default.
    sandbox : Sandbox, optional
        Folders of the run: empty working folder, settings, kernelspecs. A fresh one when None.
    expect : (notebook, target), optional
        What the seal must say; by default the file's stem and the parameter ``target``.
    environment : mapping, optional
        Variables for the kernel (as ``KAOHE_PROCESSED``).

    Raises
    ------
    InputRefused
        K820 to K823: unreadable notebook, parameters cell, unknown or ill-typed parameter.
    RunFailed
        K830 a cell raised, K831 the kernel died, K832 too slow, K833 no seal, K834 the seal says
        another report, K835 a preview.
    """
    source = read_notebook(path)
    check_parameters(defaults_of(source, path.name), parameters, path.name)
    wanted = expect or (path.stem, str(parameters.get("target", "")))
    if sandbox is None:
        with Sandbox.temporary() as fresh:
            return run_notebook(
                path, out, parameters, timeout=timeout, kernel_name=kernel_name, sandbox=fresh,
                expect=wanted, environment=environment,
            )  # fmt: skip
    start = time.monotonic()
    executed = _execute(source, path.stem, parameters, timeout, kernel_name, sandbox, environment or {})
    slowest = _slowest(executed)
    tidied = tidy(executed)
    seal = check_seal(tidied, *wanted)
    if out is not None:
        write_text(out, notebook_text(tidied))
    return SealedRun(tidied, seal, time.monotonic() - start, slowest)


def notebook_text(notebook: nbformat.NotebookNode) -> str:
    """A notebook as the text of its file: the same notebook gives the same bytes."""
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
        raise _failed(
            "K833",
            "The notebook ended without its seal",
            notebook,
            got=f"{len(seals)} seals, {len(last)} in the last cell",
            expected="one, from job.seal() in the last cell",
            remedy="a cell ended the kernel, or the last cell is not job.seal()",
        )
    seal = dict(seals[0])
    if seal.get("preview"):
        raise _failed(
            "K835",
            "A preview cannot be published",
            notebook,
            got=f"{seal.get('notebook')} {seal.get('target')}",
            expected=f"{stem} {target}",
            remedy="the target did not reach open_report: check the parameters cell and its use",
        )
    if (seal.get("notebook"), seal.get("target")) != (stem, target):
        raise _failed(
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


@contextmanager
def surroundings(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the kernels started inside the block; put back afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _execute(
    source: nbformat.NotebookNode,
    stem: str,
    parameters: Mapping[str, Any],
    timeout: float,
    kernel_name: str,
    sandbox: Sandbox,
    environment: Mapping[str, str],
) -> nbformat.NotebookNode:
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from kaohe.publish.engine import register

    register()
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    deadline = time.monotonic() + timeout
    holder: list[nbformat.NotebookNode] = []
    where = f"{stem} {parameters.get('target', '')}".strip()
    with surroundings({**sandbox.environment(), BATCH: "1", **environment}), sandbox.working_folder() as folder:
        try:
            result: nbformat.NotebookNode = papermill.execute_notebook(
                nbformat.from_dict(source),
                None,
                parameters=dict(parameters),
                engine_name=ENGINE,
                kernel_name=kernel_name or sandbox.kernel_name,
                language="python",
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                progress_bar=False,
                log_output=False,
                cwd=str(folder),
                holder=holder,
                deadline=deadline,
                connection=sandbox.connection(),
            )
            return result
        except PapermillExecutionError as error:
            raise _cell_failed(error, holder, where) from error
        except CellTimeoutError as error:
            raise _failed(
                "K832",
                "The notebook took too long",
                holder[-1] if holder else None,
                where=f"{where}, cell {_reached(holder)}",
                expected=f"the whole notebook in {timeout:g} s",
                remedy="give more time with --timeout, or look at the cell",
            ) from error
        except (DeadKernelError, RuntimeError) as error:
            raise _failed(
                "K831",
                "The kernel died",
                holder[-1] if holder else None,
                where=f"{where}, cell {_reached(holder)}",
                got=str(error).splitlines()[0][:160] if str(error) else type(error).__name__,
                remedy="memory may have run out: run again with fewer --jobs",
            ) from error


def _cell_failed(error: Any, holder: list[nbformat.NotebookNode], where: str) -> RunFailed:
    text = _ANSI.sub("", str(error.evalue)).strip()
    said = text.splitlines() or [""]
    return _failed(
        "K830",
        "A cell of the notebook failed",
        holder[-1] if holder else None,
        where=f"{where}, cell {_reached(holder)}: {str(error.source).strip().splitlines()[0][:80]}",
        got=_ABSOLUTE.sub("…/", f"{error.ename}: {said[0][:200]}"),
        expected=next((s.strip()[9:].strip() for s in said if s.strip().startswith("expected")), ""),
        remedy=next((s.strip()[6:].strip() for s in said if s.strip().startswith("remedy")), "")
        or "open the notebook kept at the failing cell",
    )


def _reached(holder: list[nbformat.NotebookNode]) -> str:
    if not holder:
        return "none"
    code = [c for c in holder[-1].cells if c.cell_type == "code"]
    ran = [n for n, c in enumerate(code, start=1) if c.metadata.get("papermill", {}).get("start_time")]
    return f"{max(ran, default=0)} of {len(code)}"


def _slowest(notebook: nbformat.NotebookNode) -> tuple[int, float]:
    code = [c for c in notebook.cells if c.cell_type == "code"]
    spent = [(float(c.metadata.get("papermill", {}).get("duration") or 0.0), n) for n, c in enumerate(code, start=1)]
    seconds, number = max(spent, default=(0.0, 0))
    return number, seconds


def _failed(code: str, title: str, notebook: nbformat.NotebookNode | None, **parts: str) -> RunFailed:
    error = RunFailed(code, title, **parts)
    error.notebook = tidy(notebook) if notebook is not None else None
    return error
