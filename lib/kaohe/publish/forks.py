"""The conversation with the process that forks kernels: one of its own for a process, or one lent by a batch.

A batch has one such process for all its workers: what every report needs is imported, and the tables are read, once.
Each worker has a line to it of its own, made of two pipes. Where the process has died, or was never lent, a worker
starts one for itself.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import IO, Any

from kaohe.publish.sandbox import THREADS

PATIENCE = 0.5
Line = tuple[int, int]
# Without the folder that Python puts first: a random.py lying where the command is called must not be imported. Not by
# the flag -P, which the kernels would inherit: JupyterLab's import what lies beside their notebook, as ordinary ones do.
START = "import sys; sys.path[:] = [p for p in sys.path if p]; from kaohe.publish.zygote import main; main()"


def available() -> bool:
    """True where processes can be forked safely."""
    return sys.platform.startswith("linux") and hasattr(os, "fork")


class ZygoteUnavailable(Exception):
    """The zygote is gone or will not fork."""


class Forks(ABC):
    """What can be asked of the process that forks; one request at a time.

    Parameters
    ----------
    requests, answers : text files
        Where requests are written, and where their answers are read: one line of JSON each.

    Attributes
    ----------
    note : str
        What could not be prepared for the kernel forked last.
    """

    def __init__(self, requests: IO[str], answers: IO[str]) -> None:
        self._requests, self._answers = requests, answers
        self._lock = threading.Lock()
        self._ready = 0
        self.note = ""

    def wait_ready(self) -> None:
        """Wait until everything is imported.

        Raises
        ------
        ZygoteUnavailable
            When it ended, or holds threads, which would not survive a fork.
        """
        if not self._ready:
            told = self._read()
            threads = int(told.get("threads", 1))
            if threads:
                self.close()
                raise ZygoteUnavailable(f"a library started {threads} threads when it was imported")
            self._ready = int(told["ready"])

    @property
    def pid(self) -> int:
        """Its process id, once it is ready."""
        return self._ready

    def fork(self, argv: list[str], cwd: str, env: dict[str, str]) -> int:
        """The process id of a new kernel; `note` then says what could not be prepared for it.

        Parameters
        ----------
        argv : list of str
            Command line of the kernel.
        cwd : str
            Its working folder.
        env : dict of name to value
            Its environment.

        Raises
        ------
        ZygoteUnavailable
            The zygote is gone or refuses.
        """
        answer = self._ask({"op": "fork", "argv": argv, "cwd": cwd, "env": env})
        if "pid" not in answer:
            raise ZygoteUnavailable(str(answer.get("refused", answer)))
        self.note = str(answer.get("note", ""))
        return int(answer["pid"])

    def poll(self, pid: int) -> int | None:
        """Exit code of the kernel with the process id `pid`; None while it lives.

        Raises
        ------
        ZygoteUnavailable
            The zygote is gone.
        """
        answer = self._ask({"op": "poll", "pid": pid})
        return None if answer["code"] is None else int(answer["code"])

    @abstractmethod
    def alive(self) -> bool:
        """True while it can answer."""

    def close(self) -> None:
        """End the conversation; the kernels forked in it end with it."""
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                stream.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.wait_ready()
            try:
                print(json.dumps(request), file=self._requests, flush=True)
            except (OSError, ValueError) as error:
                raise ZygoteUnavailable(str(error)) from error
            return self._read()

    def _read(self) -> dict[str, Any]:
        try:
            line = self._answers.readline()
        except (OSError, ValueError) as error:
            raise ZygoteUnavailable(str(error)) from error
        if not line:
            raise ZygoteUnavailable(self.last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def last_words(self) -> str:
        """How it ended."""
        return "the process that forks them ended"


class Zygote(Forks):
    """A process that forks, started here.

    Parameters
    ----------
    environment : mapping, optional
        Variables for it, beside those of this process.
    lines : int
        How many lines to it can be given to other processes, with `take_lines`.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, lines: int = 0) -> None:
        variables = {**os.environ, **(environment or {}), **THREADS}
        variables.setdefault("MPLBACKEND", "agg")
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the zygote may say why it ends
        with contextlib.ExitStack() as its_ends, contextlib.ExitStack() as our_ends:
            its: list[Line] = []
            ours: list[Line] = []
            for _ in range(lines):
                (hear, ask), (heard, say) = _pipe(its_ends, our_ends), _pipe(our_ends, its_ends)
                its.append((hear, say))
                ours.append((heard, ask))
            self._process = subprocess.Popen(
                [sys.executable, "-c", START, *(f"{hear}:{say}" for hear, say in its)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words,
                text=True,
                encoding="utf-8",
                env=variables,
                start_new_session=True,
                pass_fds=[end for line in its for end in line],
            )
            self._lines = ours
            our_ends.pop_all()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        super().__init__(self._process.stdin, self._process.stdout)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def take_lines(self) -> list[Line]:
        """The lines that were asked for, each the ends to hear and to ask by: whoever takes them closes them."""
        taken, self._lines = self._lines, []
        return taken

    def alive(self) -> bool:
        """True while it can answer."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it; its kernels end with it."""
        for line in self.take_lines():
            for end in line:
                os.close(end)
        super().close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def last_words(self) -> str:
        """How the process ended: the last line that it wrote to its standard error, or its exit code."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
        self._words.seek(0)
        said = [s for line in self._words.read().decode("utf-8", "replace").splitlines() if (s := line.strip())]
        code = self._process.returncode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return f"{super().last_words()}: {said[-1][:200] if said else how}"


def _pipe(readers: contextlib.ExitStack, writers: contextlib.ExitStack) -> Line:
    """The two ends of a pipe, each to be closed with its stack."""
    read, write = os.pipe()
    readers.callback(os.close, read)
    writers.callback(os.close, write)
    return read, write


class LentZygote(Forks):
    """A line to a process that forks, started by another process; closed, it ends the kernels forked by it.

    Parameters
    ----------
    hear, ask : int
        Numbers of the descriptors of the pipes that its answers come from and that requests go into; closed with the line.
    """

    def __init__(self, hear: int, ask: int) -> None:
        super().__init__(os.fdopen(ask, "w", encoding="utf-8"), os.fdopen(hear, encoding="utf-8"))

    def alive(self) -> bool:
        """True while it can answer: a process that ended, however it ended, has closed its end."""
        if self._answers.closed:
            return False
        asked = select.poll()
        asked.register(self._answers.fileno(), 0)
        return not asked.poll(0)


_zygotes: dict[int, Forks] = {}


def zygote() -> Forks:
    """The zygote of this process: the one lent to it, or one that is started when first asked for and when it is gone.

    Raises
    ------
    ZygoteUnavailable
        When it cannot start.
    """
    mine = _zygotes.get(os.getpid())
    if mine is None or not mine.alive():
        if not available():
            raise ZygoteUnavailable("this system cannot fork safely")
        mine = _zygotes[os.getpid()] = Zygote()
    return mine


def borrow(hear: int, ask: int) -> None:
    """Have the kernels of this process forked by a zygote that another process started, over a line to it.

    Parameters
    ----------
    hear, ask : int
        Numbers of the descriptors of the line, as `LentZygote` takes them.
    """
    close_zygote()
    _zygotes[os.getpid()] = LentZygote(hear, ask)


@atexit.register
def close_zygote() -> None:
    """End this process's zygote, or its line to one, if it has one."""
    mine = _zygotes.pop(os.getpid(), None)
    if mine is not None:
        mine.close()
