"""One report from start to end: execute, check the seal, export, scan. Files are written by whoever asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kaohe.base.errors import EXIT_SOME_FAILED, KaoheError, without_paths
from kaohe.publish.built import ENV_PLAN, ENV_PROCESSED
from kaohe.publish.reports import ReportId
from kaohe.publish.sandbox import Sandbox

DIED = "K831"


@dataclass(frozen=True)
class Job:
    """What to make, and from what; `memory` is the limit of its kernel in bytes, 0 for none."""

    report: ReportId
    notebook_file: Path
    processed: Path
    plan: str
    edition: str
    timeout: float
    memory: int = 0

    def environment(self) -> dict[str, str]:
        """Variables that tell its kernel where plan and tables are: never those of an inherited KAOHE_PLAN."""
        plan = str(Path(self.plan).resolve()) if self.plan else ""
        return {ENV_PROCESSED: str(self.processed.resolve()), ENV_PLAN: plan}


@dataclass(frozen=True)
class JobResult:
    """A report's files as text, or why there is none.

    Attributes
    ----------
    slug : str
    page, notebook : str
        HTML and executed notebook; empty when it failed.
    seal : dict
    reason : str
        Why it failed, in one line; the whole message in `message`.
    exit_code : int
        0, 3 or 4.
    kept : str
        The notebook at the failing cell, when there is one.
    forked, ordinary : int
        Kernels that were started for it; `why` says why an ordinary one was not forked, where that was not
        meant, or what could not be prepared for a forked one.
    """

    slug: str
    page: str = ""
    notebook: str = ""
    seal: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    message: str = ""
    exit_code: int = 0
    kept: str = ""
    seconds: float = 0.0
    slowest: tuple[int, float] = (0, 0.0)
    forked: int = 0
    ordinary: int = 0
    why: str = ""

    @property
    def ok(self) -> bool:
        """True when the report was made."""
        return not self.reason


def run_target(
    job: Job, sandbox: Sandbox | None = None, *, still: Callable[[], bool] = lambda: True
) -> JobResult:  # fmt: skip
    """Make one report. Whatever goes wrong is in the result; nothing is raised for it.

    A kernel that dies, as when memory runs out, costs one more try; then the report has failed.

    Parameters
    ----------
    job : Job
    sandbox : Sandbox, optional
        Where the kernel runs; a fresh one when not given.
    still : callable
        Whether the report is still wanted, asked before a second try.
    """
    from kaohe.publish.kernel import STARTED

    forked, ordinary = STARTED.forked, STARTED.ordinary
    STARTED.why = ""
    result = _try(job, sandbox)
    if result.reason.startswith(DIED) and still():
        result = _try(job, sandbox)
    return replace(result, forked=STARTED.forked - forked, ordinary=STARTED.ordinary - ordinary, why=STARTED.why)


def _try(job: Job, sandbox: Sandbox | None) -> JobResult:
    from kaohe.publish.audit import refuse_leaks
    from kaohe.publish.html import exporter
    from kaohe.publish.notebook import run_notebook
    from kaohe.publish.seal import notebook_text
    from kaohe.publish.strays import listing, refuse_strays

    slug = job.report.slug
    executed = ""
    try:
        before = listing(job.processed, sandbox)
        run = run_notebook(
            job.notebook_file,
            None,
            {"target": job.report.target.object},
            timeout=job.timeout,
            sandbox=sandbox,
            expect=(job.report.notebook.stem, job.report.target.object),
            environment=job.environment(),
            memory=job.memory,
        )
        executed = notebook_text(run.notebook)
        refuse_strays(before, listing(job.processed, sandbox), f"{job.notebook_file.stem} {job.report.target.object}")
        page, _ = exporter(job.edition).from_notebook_node(run.notebook)
        refuse_leaks(page, slug)
    except KaoheError as error:
        code = error.exit_code if error.exit_code >= EXIT_SOME_FAILED else EXIT_SOME_FAILED
        broken = getattr(error, "notebook", None)
        kept = notebook_text(broken) if broken is not None else executed
        return _failure(slug, error.message(), code, kept)
    except Exception as error:  # a fault of the suite in one report must not stop the others
        return _failure(slug, f"K839 Unexpected fault\n  got       {type(error).__name__}: {error}", 3, executed)
    return JobResult(
        slug, page=page, notebook=executed, seal=run.seal, seconds=round(run.seconds, 3), slowest=run.slowest
    )


def _failure(slug: str, message: str, code: int, kept: str) -> JobResult:
    from kaohe.clean.scrub import mask_text

    clean, _ = mask_text(without_paths(message))
    lines = [line.strip() for line in clean.splitlines() if line.strip()]
    got = next((line[3:].strip() for line in lines[1:] if line.startswith("got")), "")
    where = next((line[5:].strip() for line in lines[1:] if line.startswith("where")), "")
    reason = "; ".join(p for p in (lines[0], where, got) if p)[:400]
    return JobResult(slug, reason=reason, message=clean, exit_code=code, kept=kept)
