"""The papermill engine that the suite runs notebooks with: nbclient with one deadline for the whole notebook."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.paths import jupyter_path
from jupyter_core.utils import ensure_async, run_sync
from nbclient.exceptions import DeadKernelError
from nbformat import from_dict
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.log import logger
from traitlets.config import Config

from kaohe.publish.kernel import STARTED, TICK
from kaohe.publish.stream import OutStream

NAME = "kaohe"
PATIENCE, ECHO = 1.0, 0.05
OUTPUT_CAP = 20_000_000  # characters that the cells of one notebook may put out; a real report's are a tenth of it
EXTRA_ARGUMENTS = [
    "--HistoryManager.enabled=False",
    "--InteractiveShell.colors=nocolor",
    f"--IPKernelApp.outstream_class={OutStream.__module__}.{OutStream.__name__}",
]


class TooMuchOutput(Exception):
    """The cells of a notebook put out more than `OUTPUT_CAP` characters."""


class Client(PapermillNotebookClient):
    """Papermill's client, ready as soon as the kernel is; with limits to what a kernel may hold and put out.

    The stock client waits a fifth of a second for silence on the kernel's output channel. Here the
    channel counts as connected when it has carried the end of our own request.

    Attributes
    ----------
    memory : int
        Bytes of memory that the kernel may take; 0: no limit. Linux only (prlimit).
    printed : int
        Characters put out so far.
    """

    memory = printed = 0

    def create_kernel_manager(self) -> Any:
        """A kernel manager that looks where Jupyter keeps kernels; to find IPython's older places it would import IPython."""
        manager = super().create_kernel_manager()
        manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=jupyter_path("kernels"))
        return manager

    async def async_start_new_kernel_client(self) -> Any:
        """Connect to the kernel and wait until both channels carry its answers."""
        STARTED.note(self.km.provisioner)
        if self.memory:
            limit_memory(self.km.provisioner.pid, self.memory)
        self.kc = self.km.client()
        deadline = time.monotonic() + (self.startup_timeout or 60)
        try:
            await self._bound(deadline)
            await ensure_async(self.kc.start_channels())
            await self._ready(deadline)
        except BaseException:
            await self._async_cleanup_kernel()
            raise
        self.kc.allow_stdin = False
        return self.kc

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Take a message of the kernel, as long as there are not too many; then end the cell, whose kernel is killed."""
        before, self.printed = self.printed, self.printed + _length(msg["content"])
        if self.printed <= OUTPUT_CAP:
            return super().process_message(msg, cell, cell_index)
        if before <= OUTPUT_CAP:
            cell["outputs"] = []
            self.km.provisioner.process.kill()  # nbclient sees within a second that it is gone
        return None

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Take an output as nbclient does; the schema is held against the whole notebook when it is written, not twice."""
        content, about = msg["content"], msg["parent_header"].get("msg_id")
        special = display_id or self.clear_before_next_output or self.output_hook_stack[about]
        if special or msg["msg_type"] not in {"display_data", "execute_result"}:
            return super().output(outs, msg, display_id, cell_index)
        told = {key: content[key] for key in ("data", "metadata", "execution_count") if key in content}
        outs.append(from_dict({"output_type": msg["msg_type"], **told}))
        return outs[-1]

    async def _bound(self, deadline: float) -> None:
        """Wait for the kernel's sockets: a channel that knocks too early knocks again only a tenth of a second later or more."""
        if self.km.transport != "ipc":
            return
        waiting = [Path(f"{self.km.ip}-{port}") for port in self.km.ports]
        looked = 0.0
        while (waiting := [p for p in waiting if not p.exists()]) and (now := time.monotonic()) < deadline:
            if now - looked > ECHO:  # asking the process that forked it costs more than looking for a file
                looked = now
                if not await ensure_async(self.km.is_alive()):
                    raise RuntimeError("Kernel died before it listened")
            await asyncio.sleep(TICK)

    async def _ready(self, deadline: float) -> None:
        sent: set[str] = set()
        while time.monotonic() < deadline:
            sent.add(self.kc.kernel_info())
            heard = await self._said(PATIENCE, self.kc.get_shell_msg, sent, "kernel_info_reply")
            if heard and await self._said(ECHO, self.kc.get_iopub_msg, sent, "status", "idle"):
                return
            if not await ensure_async(self.km.is_alive()):
                raise RuntimeError("Kernel died before replying to kernel_info")
        raise RuntimeError("Kernel did not start in time")

    async def _said(self, seconds: float, receive: Any, sent: set[str], kind: str, state: str = "") -> bool:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                message = await ensure_async(receive(timeout=left))
            except Empty:
                return False
            about = message["parent_header"].get("msg_id") in sent
            if about and message["msg_type"] == kind and state in {"", message["content"].get("execution_state")}:
                return True
        return False


def _length(value: Any) -> int:
    """Characters of all texts in a message's content."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_length, value.values()))
    return sum(map(_length, value)) if isinstance(value, list | tuple) else 0


def limit_memory(pid: int, size: int) -> None:
    """Let a process take at most `size` bytes of data; beyond them its own requests for memory fail, nobody else's.

    Does nothing where there is no prlimit (other systems than Linux) or the process has just ended.
    """
    if sys.platform == "linux":
        import resource

        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (size, size))


class KaoheEngine(NBClientEngine):
    """Runs cells with nbclient; lends the notebook to its caller, who keeps it when a cell fails."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Execute; takes `holder` (a list that gets the notebook), `deadline` (monotonic seconds) and `memory` (bytes).

        Raises
        ------
        TooMuchOutput
            Beside what nbclient and papermill raise.
        """
        kwargs.get("holder", []).append(nb_man.nb)
        deadline = float(kwargs["deadline"])
        client = Client(
            nb_man,
            kernel_name=kernel_name,
            log=logger,
            startup_timeout=min(60, max(1, int(deadline - time.monotonic()))),
            timeout_func=lambda _cell: max(0.1, deadline - time.monotonic()),
            extra_arguments=EXTRA_ARGUMENTS,
            record_timing=False,
            store_widget_state=False,
            shutdown_kernel="immediate",
            allow_errors=False,
            config=Config({"KernelManager": kwargs.get("connection", {})}),
        )
        client.memory = int(kwargs.get("memory", 0))
        try:
            return client.execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except DeadKernelError as error:
            if client.printed > OUTPUT_CAP:
                raise TooMuchOutput from error
            raise


def register() -> None:
    """Make the engine known to papermill under its name."""
    papermill_engines.register(NAME, KaoheEngine)
