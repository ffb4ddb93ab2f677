"""What a batch says while it runs: a bar on a terminal, plain lines elsewhere, events for programs, a log for later."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO

import psutil
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

EVERY = 10.0
LOOK = 1.0
LOG = "kaohe-run.log"


@dataclass(frozen=True)
class Begun:
    """A batch at its start.

    Attributes
    ----------
    total : int
        Reports to make.
    unchanged : int
        Those left alone because nothing has changed.
    left : int
        Those left stale because only what they are compared with has changed (``--own``).
    """

    total: int
    unchanged: int
    left: int = 0


@dataclass(frozen=True)
class Done:
    """One report more.

    Attributes
    ----------
    slug, notebook, target, name : str
    seconds : float
    slowest : tuple of (int, float)
        The slowest cell and its seconds.
    reason : str
        Why it failed; empty when it did not.
    """

    slug: str
    notebook: str
    target: str
    name: str
    seconds: float
    slowest: tuple[int, float]
    reason: str = ""


@dataclass(frozen=True)
class Ended:
    """A batch at its end, or where it was cut short.

    Attributes
    ----------
    made, failed, unchanged, left : int
        Reports, as `Begun` counts them.
    seconds : float
    exit_code : int
        That of the command.
    forked, ordinary : int
        Kernels; `why` says why not all were forked, or what was not prepared for them.
    how : str
        ``end``; ``stopped`` by Ctrl-C or the system; ``broken off`` by an error.
    """

    made: int
    failed: int
    unchanged: int
    left: int
    seconds: float
    exit_code: int
    forked: int = 0
    ordinary: int = 0
    why: str = ""
    how: str = "end"


Event = Begun | Done | Ended


class Watcher(Protocol):
    """Somebody who is told what happens."""

    def __call__(self, event: Event) -> None:
        """Take an event."""


class Lines:
    """Counts with rate, time left and memory: a bar on a terminal, a line every ten seconds elsewhere.

    Parameters
    ----------
    console : Console
        Where to; a bar only when it is a terminal.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.total = self.done = self.failed = 0
        self._start = self._last = time.monotonic()
        self._memory = Memory()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, Begun):
            self._begin(event)
        elif isinstance(event, Done):
            self._one(event)
        elif self._bar is not None:
            self._bar.stop()

    def _begin(self, event: Begun) -> None:
        self.total = event.total
        self._start = self._last = time.monotonic()
        if self.console.is_terminal and self.total:
            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(), console=self.console,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task(f"{event.unchanged} unchanged{_left(event)}", total=self.total, rate="")

    def _one(self, event: Done) -> None:
        self.done += not event.reason
        self.failed += bool(event.reason)
        if event.reason:
            said = f"failed  {event.notebook} {event.name}: {event.reason}"
            self.console.print(Text(said, style="red"), soft_wrap=True)
        finished = self.done + self.failed
        if self._bar is not None and self._task is not None:
            shown = f"{self.failed} failed · {event.name}" if self.failed else event.name
            self._bar.update(self._task, advance=1, rate=self._rate(finished), description=shown)
        elif time.monotonic() - self._last >= EVERY or finished == self.total:
            self._last = time.monotonic()
            said = f"{finished}/{self.total} reports, {self.failed} failed, {self._rate(finished)}"
            self.console.print(Text(said), soft_wrap=True)

    def _rate(self, finished: int) -> str:
        spent = max(time.monotonic() - self._start, 1e-6)
        left = (self.total - finished) * spent / max(finished, 1)
        return f"{finished / spent:.2f} a second, {int(left // 60)}:{int(left % 60):02d} left, {self._memory.text()} memory"


class Memory:
    """Memory of this process and all below it, looked at once a second at most; pages that processes share count once each."""

    def __init__(self) -> None:
        self._at, self._bytes = -LOOK, 0

    def text(self) -> str:
        """As ``640 MB``."""
        if time.monotonic() - self._at >= LOOK:
            self._at, self._bytes = time.monotonic(), family_memory()
        return f"{self._bytes / 2**20:.0f} MB"


def family_memory() -> int:
    """Resident bytes of this process and of all its descendants."""
    me = psutil.Process()
    total = 0
    for process in (me, *me.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.Error:  # it ended meanwhile
            continue
    return total


class JsonEvents:
    """One JSON object a line, for programs: ``start``, ``report``, ``end``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        """Write an event."""
        self._stream.write(json.dumps(as_json(event), ensure_ascii=False) + "\n")
        self._stream.flush()


def as_json(event: Event) -> dict[str, Any]:
    """An event as plain values.

    Examples
    --------
    >>> as_json(Begun(total=3, unchanged=1))
    {'event': 'start', 'total': 3, 'unchanged': 1, 'left': 0}
    """
    if isinstance(event, Begun):
        return {"event": "start", "total": event.total, "unchanged": event.unchanged, "left": event.left}
    if isinstance(event, Ended):
        return {"event": "end", **event.__dict__}
    cell, seconds = event.slowest
    return {
        "event": "report", "report": event.slug, "notebook": event.notebook, "target": event.target,
        "name": event.name, "state": "failed" if event.reason else "done", "seconds": event.seconds,
        "slowest_cell": cell, "slowest_seconds": seconds, "reason": event.reason,
    }  # fmt: skip


def _left(event: Begun | Ended) -> str:
    return f", {event.left} left" if event.left else ""


class Log:
    """Appends what happens to a file, a line an event, with the time."""

    def __init__(self, path: Path, clock: Callable[[], str]) -> None:
        self._path, self._clock = path, clock

    def __call__(self, event: Event) -> None:
        """Append an event."""
        if isinstance(event, Begun):
            said = f"start: {event.total} to make, {event.unchanged} unchanged{_left(event)}"
        elif isinstance(event, Ended):
            said = f"{event.how}: {event.made} made, {event.failed} failed, {event.unchanged} unchanged{_left(event)}, "
            said += f"{event.seconds:.0f} s, exit code {event.exit_code}"
            if event.forked + event.ordinary:
                said += f", kernels: {event.forked} forked, {event.ordinary} ordinary"
                said += f" ({event.why})" if event.why else ""
        else:
            state = f"failed: {event.reason}" if event.reason else "done"
            said = f"{event.slug} {event.seconds:.2f} s, {state}"
        with self._path.open("a", encoding="utf-8") as out:
            out.write(f"{self._clock()} {said}\n")


@contextmanager
def watched(
    watchers: Sequence[Watcher], event: Begun, end: Callable[[BaseException | None], Ended]
) -> Iterator[Watcher]:
    """Tell everybody that a batch begins, what happens, and that it has ended, however it ends.

    `end` is given what ends the batch before its time, None when nothing does.
    """

    def tell(event: Event) -> None:
        for watcher in watchers:
            watcher(event)

    tell(event)
    try:
        yield tell
    except BaseException as error:
        tell(end(error))
        raise
    tell(end(None))
