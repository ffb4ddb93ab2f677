"""One sealed papermill run: a notebook, its parameters, and the proof that it made what was asked.

papermill marks every cell completed after a dead kernel and exits well with another target's
report; so a run counts only when its seal says the notebook and the target that were asked for.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from kaohe.base.errors import without_paths
from kaohe.base.files import write_text
from kaohe.plot.output import BATCH
from kaohe.publish.params import check_parameters, defaults_of, read_notebook
from kaohe.publish.reports import TIMEOUT
from kaohe.publish.sandbox import Sandbox, surroundings
from kaohe.publish.seal import RunFailed, check_seal, failed, notebook_text, tidy

ENGINE = "kaohe"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


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
        Seconds from asking for a kernel to its end.
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
    memory: int = 0,
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
    memory : int
        Bytes that the kernel may take (Linux only); 0: no limit.

    Returns
    -------
    SealedRun
        The executed notebook and its seal, which says target, build, plan and tables read.

    Raises
    ------
    InputRefused
        K820 to K823: unreadable notebook, parameters cell, unknown or ill-typed parameter.
    RunFailed
        K830 a cell raised, K831 the kernel died, K832 too slow, K833 no seal, K834 the seal says
        another report, K835 a preview, K837 too much output, K838 no memory left.
    """
    source = read_notebook(path)
    check_parameters(defaults_of(source, path.name), parameters, path.name)
    wanted = expect or (path.stem, str(parameters.get("target", "")))
    if sandbox is None:
        with Sandbox.temporary() as fresh:
            return run_notebook(
                path, out, parameters, timeout=timeout, kernel_name=kernel_name, sandbox=fresh,
                expect=wanted, environment=environment, memory=memory,
            )  # fmt: skip
    start = time.monotonic()
    executed = _execute(source, path.stem, parameters, timeout, kernel_name, sandbox, environment or {}, memory)
    slowest = _slowest(executed)
    tidied = tidy(executed)
    seal = check_seal(tidied, *wanted)
    if out is not None:
        write_text(out, notebook_text(tidied))
    return SealedRun(tidied, seal, time.monotonic() - start, slowest)


def _execute(
    source: nbformat.NotebookNode,
    stem: str,
    parameters: Mapping[str, Any],
    timeout: float,
    kernel_name: str,
    sandbox: Sandbox,
    environment: Mapping[str, str],
    memory: int,
) -> nbformat.NotebookNode:
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from kaohe.publish.engine import TooMuchOutput, register

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
                memory=memory,
                connection=sandbox.connection(),
            )
            return result
        except PapermillExecutionError as error:
            raise _cell_failed(error, holder, where, memory) from error
        except (TooMuchOutput, CellTimeoutError, DeadKernelError, RuntimeError) as error:
            raise _stopped(error, holder, where, timeout) from error


def _stopped(error: Exception, holder: list[nbformat.NotebookNode], where: str, timeout: float) -> RunFailed:
    """The end of a notebook that no cell of it raised: too much output, no time left, a kernel that died."""
    from nbclient.exceptions import CellTimeoutError

    from kaohe.publish.engine import OUTPUT_CAP, TooMuchOutput

    if isinstance(error, TooMuchOutput):
        code, title, got = "K837", "The notebook put out too much", ""
        expected = f"at most {OUTPUT_CAP // 10**6} million characters from all its cells"
        remedy = "look at the cell: it prints in a loop, or shows a whole table"
    elif isinstance(error, CellTimeoutError):
        code, title, got = "K832", "The notebook took too long", ""
        expected = f"the whole notebook in {timeout:g} s"
        remedy = "give more time with --timeout, or look at the cell"
    else:
        code, title, expected = "K831", "The kernel died", ""
        got = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        remedy = "memory may have run out: run again with fewer --jobs"
    last = holder[-1] if holder else None
    place = f"{where}, cell {_reached(holder)}"
    return failed(code, title, last, where=place, got=got, expected=expected, remedy=remedy)


def _cell_failed(error: Any, holder: list[nbformat.NotebookNode], where: str, memory: int) -> RunFailed:
    if error.ename.endswith("MemoryError"):
        return failed(
            "K838",
            "The notebook ran out of memory",
            holder[-1] if holder else None,
            where=f"{where}, cell {_reached(holder)}",
            expected=f"at most {memory / 2**20:.0f} MB, as --memory says" if memory else "memory that this machine has",
            remedy="give more with --memory, run with fewer --jobs, or look at the cell",
        )
    text = _ANSI.sub("", str(error.evalue)).strip()
    said = text.splitlines() or [""]
    return failed(
        "K830",
        "A cell of the notebook failed",
        holder[-1] if holder else None,
        where=f"{where}, cell {_reached(holder)}: {str(error.source).strip().splitlines()[0][:80]}",
        got=without_paths(f"{error.ename}: {said[0][:200]}"),
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
