"""What a batch is asked for and what it gives: folders, selection, options, result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kaohe.base.errors import EXIT_DISCLOSURE, EXIT_OK, EXIT_SOME_FAILED
from kaohe.publish.reports import TIMEOUT
from kaohe.run.faults import INTERRUPTED, TERMINATED
from kaohe.run.pool import run_jobs

COLD = "asked for with --cold"


@dataclass(frozen=True)
class Folders:
    """Where things are."""

    processed: Path
    outputs: Path
    notebooks: Path


@dataclass(frozen=True)
class Selection:
    """Which reports; everything empty means all. `reports` are pairs of notebook and target code."""

    targets: Sequence[str] = ()
    classes: Sequence[str] = ()
    notebooks: Sequence[str] = ()
    only_failed: bool = False
    reports: Sequence[tuple[str, str]] = ()

    @property
    def everything(self) -> bool:
        """True when nothing is left out."""
        return not (self.targets or self.classes or self.notebooks or self.only_failed or self.reports)


@dataclass(frozen=True)
class Options:
    """How.

    Attributes
    ----------
    force : bool
        Also reports that are fresh.
    jobs : int
        Processes; 0: one for each core.
    edition, timeout, warm, memory
        See `kaohe.run.job.Job`; `warm` kernels are forked.
    executor : callable
        `kaohe.run.pool.run_jobs`, `run_serially`, or what `kaohe.run.cluster.on_cluster` gives.
    since : datetime, optional
        Also reports that are fresh and were made before this moment.
    events : bool
        JSON lines on standard output instead of progress for people.
    own : bool
        Leave reports of which only what they are compared with has changed.
    """

    force: bool = False
    jobs: int = 0
    edition: str = "leadership"
    timeout: float = TIMEOUT
    warm: bool = True
    executor: Callable[..., None] = run_jobs
    since: datetime | None = None
    events: bool = False
    own: bool = False
    memory: int = 0


@dataclass
class BatchResult:
    """How it went: slugs made, failed (with exit code), skipped and left stale, and the seconds it took.

    `cut_short` is the exit code of what ended the batch before its time, 0 when nothing did. `forked` and `ordinary` count the kernels that were started; `notes` say why any of them was an ordinary one, or what was not prepared.
    """

    made: list[str] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    seconds: float = 0.0
    forked: int = 0
    ordinary: int = 0
    cut_short: int = 0

    @property
    def exit_code(self) -> int:
        """0, 3 when a report failed, 4 when one of them would have leaked; that of an early end comes first."""
        if self.cut_short:
            return self.cut_short
        if EXIT_DISCLOSURE in self.failed.values():
            return EXIT_DISCLOSURE
        return EXIT_SOME_FAILED if self.failed else EXIT_OK

    @property
    def how(self) -> str:
        """``end``, ``stopped`` (Ctrl-C, SIGTERM) or ``broken off`` (an error)."""
        if not self.cut_short:
            return "end"
        return "stopped" if self.cut_short in {INTERRUPTED, TERMINATED} else "broken off"

    def kernels(self) -> str:
        """How kernels were started, and why not all were forked; empty when none was started."""
        if not self.forked + self.ordinary:
            return ""
        why = f" ({'; '.join(sorted(self.notes))})" if self.notes else ""
        return f"kernels: {self.forked} forked, {self.ordinary} ordinary{why}"
