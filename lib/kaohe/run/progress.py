"""What a batch says while it runs: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

EVERY = 10.0


class BatchProgress:
    """Counts done and failed reports; shows rate and time left.

    Parameters
    ----------
    total : int
        Reports to make.
    console : Console
        Where to; a bar only when it is a terminal.
    """

    def __init__(self, total: int, console: Console) -> None:
        self.total, self.console = total, console
        self.done = self.failed = 0
        self._start = self._last = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal and self.total:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                console=self.console,
            )
            self._bar.start()
            self._task = self._bar.add_task("reports", total=self.total, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def one(self, name: str, seconds: float, reason: str) -> None:
        """One report more: its name, its seconds, and why it failed (empty when it did not)."""
        self.done += not reason
        self.failed += bool(reason)
        if reason:
            self.console.print(Text(f"failed  {name}: {reason}", style="red"), soft_wrap=True)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, advance=1, rate=self._rate(), description=f"{self.failed} failed")
        elif time.monotonic() - self._last >= EVERY or self.done + self.failed == self.total:
            self._last = time.monotonic()
            said = f"{self.done + self.failed}/{self.total} reports, {self.failed} failed, {self._rate()}"
            self.console.print(Text(said), soft_wrap=True)

    def _rate(self) -> str:
        finished = self.done + self.failed
        spent = max(time.monotonic() - self._start, 1e-6)
        left = (self.total - finished) * spent / max(finished, 1)
        return f"{finished / spent:.2f} a second, {int(left // 60)}:{int(left % 60):02d} left"
