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
import os
import signal
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from kaohe.publish.forks import PATIENCE, Forks, ZygoteUnavailable, zygote

NAME = "kaohe-zygote"
LAUNCHER = "ipykernel_launcher"
TICK = 0.002


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


class ForkedKernel:
    """A kernel that the zygote forked, with the part of Popen that provisioners use."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, parent: Forks) -> None:
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
