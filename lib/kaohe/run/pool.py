"""Worker processes that make reports: each with its own sandbox, none able to take the others down.

A worker that dies costs its report one more try; then the report has failed. Stopping leaves no
process behind.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from kaohe.base.own_folder import sweep_dead
from kaohe.publish.imports import imports_of
from kaohe.publish.sandbox import PREFIX, WARM, Sandbox
from kaohe.run.job import Job, JobResult, run_target

TRIES = 2
FEWEST = 3  # reports that are worth the start of another process
PATIENCE = 5.0


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    job: Job | None = None


def run_jobs(
    jobs: Iterable[Job],
    workers: int,
    on_result: Callable[[Job, JobResult], None],
    *,
    warm: bool = True,
    on_note: Callable[[str], None] = lambda _: None,
) -> None:
    """Make reports in `workers` processes and hand each result over as it comes.

    Parameters
    ----------
    jobs : iterable of Job
        Taken in order.
    workers : int
        Processes at most; fewer for a few reports, because a process takes seconds to start.
    on_result : callable
        Called in this process with each job and its result.
    warm : bool
        Kernels forked from a prepared process where the system can; otherwise ordinary ones.
    on_note : callable
        Told when kernels cannot be forked, and why.
    """
    waiting = deque(jobs)
    imports = imports_of({job.notebook_file for job in waiting})
    tried: dict[str, int] = {}
    sweep_dead(PREFIX)
    root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    context = multiprocessing.get_context("spawn")
    crew: list[_Worker] = []
    try:
        for number in range(min(workers, -(-len(waiting) // FEWEST))):
            crew.append(_hire(context, root / f"w{number}", warm, imports))
        for worker in crew:
            _give(worker, waiting)
        while any(w.job for w in crew):
            ready = wait([w.pipe for w in crew if w.job])
            for worker in [w for w in crew if w.pipe in ready]:
                job = worker.job
                if job is None:
                    continue
                try:
                    result: JobResult | str = worker.pipe.recv()
                except (EOFError, OSError):
                    slug = job.report.slug
                    tried[slug] = tried.get(slug, 0) + 1
                    place = root / f"w{len(tried)}-{tried[slug]}"
                    crew[crew.index(worker)] = fresh = _hire(context, place, warm, imports)
                    code = _bury(worker)
                    if tried[slug] < TRIES:
                        waiting.appendleft(job)
                    else:
                        on_result(job, died(slug, _how(code)))
                    _give(fresh, waiting)
                    continue
                if isinstance(result, str):
                    on_note(result)
                    continue
                worker.job = None
                on_result(job, result)
                _give(worker, waiting)
    finally:
        for worker in crew:
            with suppress(OSError):
                worker.pipe.close()
            if worker.job is not None and worker.process.is_alive():
                worker.process.terminate()
        for worker in crew:
            _bury(worker)
        shutil.rmtree(root, ignore_errors=True)


def run_serially(
    jobs: Iterable[Job],
    workers: int,
    on_result: Callable[[Job, JobResult], None],
    *,
    warm: bool = True,
    on_note: Callable[[str], None] = lambda _: None,
) -> None:
    """Make reports one after the other in this process; takes what `run_jobs` takes, and gives the same outputs."""
    jobs = list(jobs)
    with Sandbox.temporary() as bare:
        plain = replace(bare, imports=imports_of({job.notebook_file for job in jobs}))
        sandbox, trouble = warmed(plain) if warm else (plain, "")
        if trouble:
            on_note(trouble)
        for job in jobs:
            on_result(job, run_target(job, sandbox))


def _hire(context: Any, root: Path, warm: bool, imports: tuple[str, ...]) -> _Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, str(root), warm, imports), daemon=False)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _give(worker: _Worker, waiting: deque[Job]) -> None:
    if waiting:
        worker.job = waiting.popleft()
        with suppress(OSError):
            worker.pipe.send(worker.job)


def _bury(worker: _Worker) -> int | None:
    worker.process.join(PATIENCE)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join(PATIENCE)
    return worker.process.exitcode


def died(slug: str, how: str) -> JobResult:
    """The result of a report whose process died each time it was tried; `how` says what ended it."""
    text = f"K836 The process that made the report died ({how}, {TRIES} times)"
    return JobResult(slug, reason=text, message=text, exit_code=3)


def _how(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit {code}"


def _end(*_: object) -> None:
    """End the worker once; a second signal must not interrupt its tidying up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def _work(pipe: Connection, root: str, warm: bool, imports: tuple[str, ...]) -> None:
    """What a worker does until its pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    # jsonschema tries this optional module for checks that notebooks do not need; it parses a grammar for a second.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    sandbox = replace(Sandbox.prepare(Path(root)), imports=imports)
    if warm:
        sandbox, trouble = warmed(sandbox, _load)
        if trouble:
            pipe.send(trouble)
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        result = run_target(job, sandbox)
        try:
            pipe.send(result)
        except OSError:
            return


def _load() -> None:
    """Import what a worker needs for its first report."""
    import kaohe.publish.audit
    import kaohe.publish.engine
    import kaohe.publish.html
    import kaohe.publish.notebook  # noqa: F401


def warmed(sandbox: Sandbox, meanwhile: Callable[[], None] = lambda: None) -> tuple[Sandbox, str]:
    """The sandbox with forked kernels, and an empty text; or itself and why there are none.

    `meanwhile` is called while the process that forks them gets ready.
    """
    from kaohe.plot.output import BATCH
    from kaohe.publish.built import ENV_PLAN
    from kaohe.publish.kernel import ZygoteUnavailable, zygote
    from kaohe.publish.notebook import surroundings

    with surroundings({**sandbox.environment(), BATCH: "1", ENV_PLAN: ""}):
        try:
            first = zygote()
            meanwhile()
            first.wait_ready()
        except ZygoteUnavailable as reason:
            return sandbox, f"kernels are started the ordinary way: {reason}"
    return replace(sandbox, kernel_name=WARM), ""
