"""Worker processes that make reports: each with its own sandbox, none able to take the others down.

Their kernels are forked by one process. When that dies, the reports under way are tried once more.

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
from kaohe.plot.output import BATCH
from kaohe.publish.built import ENV_PLAN, ENV_PROCESSED
from kaohe.publish.forks import LentZygote, Line, Zygote, ZygoteUnavailable, available, borrow, zygote
from kaohe.publish.imports import imports_of, load_tools
from kaohe.publish.sandbox import PREFIX, WARM, Sandbox, surroundings
from kaohe.run.job import Job, JobResult, run_target

TRIES = 2
LINES = 64  # workers with a line to one process that forks; each takes four descriptors while they are hired
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
    number = min(workers, -(-len(waiting) // FEWEST))
    tried: dict[str, int] = {}
    sweep_dead(PREFIX)
    root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    context = multiprocessing.get_context("spawn")
    crew: list[_Worker] = []
    shared: Zygote | None = None
    try:
        if warm and waiting and available():
            with suppress(OSError):  # no descriptors left: each worker starts one for itself
                shared = _zygote(root / "z", waiting[0], imports, min(number, LINES))
        lines = dict(enumerate(shared.take_lines() if shared else []))
        for seat in range(number):
            crew.append(_hire(context, root / f"w{seat}", warm, imports, lines.get(seat)))
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
                if worker.job is None:
                    worker.pipe.close()  # it goes while the others still work
    finally:
        for worker in crew:
            with suppress(OSError):
                worker.pipe.close()
            if worker.job is not None and worker.process.is_alive():
                worker.process.terminate()
        for worker in crew:
            _bury(worker)
        if shared:
            if not shared.alive():
                on_note(f"each worker started a process of its own to fork kernels: {shared.last_words()}")
            shared.close()
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
        sandbox, trouble = warmed(plain) if warm else cold(plain)
        if trouble:
            on_note(trouble)
        for job in jobs:
            on_result(job, run_target(job, sandbox))


def _zygote(root: Path, job: Job, imports: tuple[str, ...], lines: int) -> Zygote:
    """The process that forks the kernels of all workers; it prepares for the tables and the plan of a job."""
    sandbox = replace(Sandbox.prepare(root), imports=imports)
    return Zygote({**sandbox.environment(), BATCH: "1", **job.environment()}, lines)


def _hire(
    context: Any, root: Path, warm: bool, imports: tuple[str, ...], line: Line | None = None
) -> _Worker:  # fmt: skip
    """A new worker; its kernels are forked over the line that it is given, or by a process that it starts."""
    ours, theirs = context.Pipe()
    ends = [Connection(line[0], writable=False), Connection(line[1], readable=False)] if line else []
    process = context.Process(target=_work, args=(theirs, str(root), warm, imports, ends), daemon=False)
    process.start()
    for end in (theirs, *ends):
        end.close()
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


def _work(pipe: Connection, root: str, warm: bool, imports: tuple[str, ...], line: list[Connection]) -> None:
    """What a worker does until its pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    sandbox = replace(Sandbox.prepare(Path(root)), imports=imports)
    if line:
        borrow(*(os.dup(end.fileno()) for end in line))
        for end in line:
            end.close()
    sandbox, trouble = warmed(sandbox) if warm else cold(sandbox)
    if trouble:
        pipe.send(trouble)
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        result = run_target(job, sandbox, still=asked_for)
        try:
            pipe.send(result)
        except OSError:
            return


def asked_for() -> bool:
    """True while the process that started this one lives, and so a report is still asked for."""
    parent = multiprocessing.parent_process()
    return parent is None or parent.is_alive()


def warmed(sandbox: Sandbox, *, alone: bool = True) -> tuple[Sandbox, str]:
    """The sandbox with forked kernels, and an empty text; or itself and why there are none.

    While the process that forks them gets ready, what else a report needs is imported; `alone` as `load_tools` takes it.
    """
    with surroundings({**sandbox.environment(), BATCH: "1", ENV_PLAN: "", ENV_PROCESSED: ""}):
        try:
            first = zygote()
            load_tools(alone=alone)
            try:
                first.wait_ready()
            except ZygoteUnavailable:
                if not isinstance(first, LentZygote):
                    raise
                zygote().wait_ready()  # one of its own; where that cannot start either, it says why
        except ZygoteUnavailable as reason:
            load_tools(alone=alone)
            return sandbox, f"kernels are started the ordinary way: {reason}"
    return replace(sandbox, kernel_name=WARM), ""


def cold(sandbox: Sandbox, *, alone: bool = True) -> tuple[Sandbox, str]:
    """The sandbox as it is, with ordinary kernels, and an empty text; what else a report needs is imported."""
    load_tools(alone=alone)
    return sandbox, ""
