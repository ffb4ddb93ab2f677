"""Warm kernels: a Jupyter kernel provisioner that has a zygote fork a genuine ipykernel for each notebook.

Starting a kernel and importing pandas and matplotlib costs several times what a report's cells
cost. Papermill, nbclient and JupyterLab stay as they are; interrupt, time-out, death and restart
keep their meaning, because the child is an ordinary process with an ordinary ipykernel in it.
Where there is no fork, or the zygote cannot start, kernels are started the ordinary way and a
warning says so.

Method: the zygote of Android and the fork servers of multiprocessing; Jupyter Enhancement
Proposal 59 (kernel provisioners).
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from kaohe.publish.sandbox import THREADS

NAME = "kaohe-zygote"
LAUNCHER = "ipykernel_launcher"
TICK, PATIENCE = 0.002, 0.5
# Without the folder that Python puts first: a random.py lying where the command is called must not be imported. Not by
# the flag -P, which the kernels would inherit: JupyterLab's import what lies beside their notebook, as ordinary ones do.
START = "import sys; sys.path[:] = [p for p in sys.path if p]; from kaohe.publish.zygote import main; main()"


def available() -> bool:
    """True where processes can be forked safely."""
    return sys.platform.startswith("linux") and hasattr(os, "fork")


class ZygoteUnavailable(Exception):
    """The zygote is gone or will not fork."""


@dataclass
class Started:
    """How the kernels of this process were started: how many each way, why an ordinary one was not forked, or what was
    not prepared for a forked one.
    """

    forked: int = 0
    ordinary: int = 0
    why: str = ""

    def note(self, provisioner: Any) -> None:
        """Count a kernel that has just been started."""
        if getattr(provisioner, "forked", False):
            self.forked += 1
        else:
            self.ordinary += 1
        self.why = getattr(provisioner, "why", "") or self.why


STARTED = Started()


class Zygote:
    """The process that forks, and the conversation with it; one request at a time."""

    def __init__(self) -> None:
        environment = {**os.environ, **THREADS}
        environment.setdefault("MPLBACKEND", "agg")
        self._lock = threading.Lock()
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the zygote may say why it ends
        self._process = subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
            encoding="utf-8",
            env=environment,
            start_new_session=True,
        )
        self._ready = False
        self.note = ""

    def wait_ready(self) -> None:
        """Wait until everything is imported.

        Raises
        ------
        ZygoteUnavailable
            When it ended, or holds threads, which would not survive a fork.
        """
        if not self._ready:
            threads = int(self._read().get("threads", 1))
            if threads:
                self.close()
                raise ZygoteUnavailable(f"a library started {threads} threads when it was imported")
            self._ready = True

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

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

    def alive(self) -> bool:
        """True while it can answer."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it; its kernels end with it."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.wait_ready()
            try:
                print(json.dumps(request), file=self._process.stdin, flush=True)
            except (OSError, ValueError) as error:
                raise ZygoteUnavailable(str(error)) from error
            return self._read()

    def _read(self) -> dict[str, Any]:
        try:
            line = self._process.stdout.readline() if self._process.stdout else ""
        except (OSError, ValueError) as error:
            raise ZygoteUnavailable(str(error)) from error
        if not line:
            raise ZygoteUnavailable(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        """How the process ended: the last line that it wrote to its standard error, or its exit code."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
        self._words.seek(0)
        said = [s for line in self._words.read().decode("utf-8", "replace").splitlines() if (s := line.strip())]
        code = self._process.returncode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return f"the process that forks them ended: {said[-1][:200] if said else how}"


_zygotes: dict[int, Zygote] = {}


def zygote() -> Zygote:
    """The zygote of this process, started when first asked for and again when it is gone.

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


@atexit.register
def close_zygote() -> None:
    """End this process's zygote, if it has one."""
    mine = _zygotes.pop(os.getpid(), None)
    if mine is not None:
        mine.close()


class ForkedKernel:
    """A kernel that the zygote forked, with the part of Popen that provisioners use."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, parent: Zygote) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._parent = parent

    def poll(self) -> int | None:
        """Exit code, or None while it lives; a kernel whose zygote died was killed with it."""
        if self.returncode is None:
            try:
                self.returncode = self._parent.poll(self.pid)
            except ZygoteUnavailable:
                self.returncode = -signal.SIGKILL
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code; the kernel is already known to have ended."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal to the process while it lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class ZygoteProvisioner(LocalProvisioner):
    """Launches kernels by fork; everything else is the local provisioner's."""

    process: Any
    forked = False
    why = ""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel for a command that runs `ipykernel_launcher`; otherwise start it the ordinary way."""
        if LAUNCHER in cmd:
            try:
                parent = zygote()
                argv = cmd[cmd.index(LAUNCHER) + 1 :]
                env = {str(k): str(v) for k, v in (kwargs.get("env") or os.environ).items()}
                pid = parent.fork(argv, str(kwargs.get("cwd") or Path.cwd()), env)
            except ZygoteUnavailable as reason:
                self.forked, self.why = False, str(reason)
                warnings.warn(f"warm kernels are not available, ordinary ones are used: {reason}", stacklevel=2)
            else:
                self.forked, self.why = True, parent.note
                self.process = ForkedKernel(pid, parent)
                self.pid = self.pgid = pid
                self.cwd = kwargs.get("cwd")
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and wait a moment for it; the manager looks again after a tenth of a second only."""
        await super().kill(restart=restart)
        until = time.monotonic() + PATIENCE
        while await self.poll() is None and time.monotonic() < until:
            await asyncio.sleep(TICK)

    async def wait(self) -> int | None:
        """Wait for the kernel's end, looking more often than the local provisioner does."""
        code: int | None = 0
        if self.process:
            while (code := await self.poll()) is None:
                await asyncio.sleep(TICK)
            self.process.wait()
            self.process = None
        return code
