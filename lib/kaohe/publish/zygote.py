"""A process that has imported everything a report needs and does nothing but fork kernels.

Started by `kaohe.publish.forks`. It reads one JSON request a line on its standard input and answers
on its standard output; when the input ends, its children are killed and it ends. Its arguments are
further lines, each a pair of descriptors (``7:8``) to hear requests on and to answer on; when one of
them ends, the children forked by it are killed. It must hold no thread, no socket and no ZMQ context
when it forks: it checks this each time and refuses otherwise, and the kernel is then started the
ordinary way.

Requests: ``{"op": "fork", "argv": [...], "cwd": "...", "env": {...}}`` → ``{"pid": n, "note": "..."}``, the note being
what could not be prepared, mostly nothing;
``{"op": "poll", "pid": n}`` → ``{"code": null or the exit code}``.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TextIO

from kaohe.publish.ready import keep, preload

COLLECT = (
    10_000  # objects made before a kernel looks for garbage; a report makes few cycles, and Python's own 700 costs 4 %
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)


def foreign_threads() -> int:
    """Threads of this process besides the one asking."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) - 1
    except OSError:
        import threading

        return threading.active_count() - 1


def open_sockets() -> int:
    """Sockets that this process holds."""
    found = 0
    with contextlib.suppress(OSError):
        for descriptor in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                found += str(descriptor.readlink()).startswith("socket:")
    return found


@dataclass
class Client:
    """Whoever asks over one line: where the requests come from, where the answers go, and the kernels forked for it."""

    requests: TextIO
    answers: TextIO
    children: dict[int, int | None] = field(default_factory=dict)

    @classmethod
    def at(cls, hear: int, say: int) -> Client:
        """Over two descriptors, which are closed with it."""
        return cls(os.fdopen(hear, encoding="utf-8"), os.fdopen(say, "w", encoding="utf-8"))

    def say(self, answer: dict[str, Any]) -> None:
        """Answer; nobody may be there any more."""
        with contextlib.suppress(OSError):
            print(json.dumps(answer), file=self.answers, flush=True)

    def close(self) -> None:
        """Give up both ends."""
        for stream in (self.requests, self.answers):
            with contextlib.suppress(OSError):
                stream.close()

    def end(self) -> None:
        """Kill the kernels that still live, and close."""
        for pid, code in self.children.items():
            if code is None:
                for kill in (os.killpg, os.kill):  # one that was forked just now has no group of its own yet
                    with contextlib.suppress(OSError):
                        kill(pid, signal.SIGKILL)
                with contextlib.suppress(OSError):
                    os.waitpid(pid, 0)
        self.close()

    def poll(self, pid: int) -> int | None:
        """Exit code of a kernel forked for it; None while it lives."""
        if self.children.get(pid, -signal.SIGKILL) is None:
            try:
                done, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                done, status = pid, signal.SIGKILL
            if done:
                self.children[pid] = os.waitstatus_to_exitcode(status)
        return self.children.get(pid, -signal.SIGKILL)


def serve(clients: list[Client]) -> None:
    """Answer requests until the first client's end."""
    clients = list(clients)
    inherited = open_sockets()
    asked = select.poll()
    for client in clients:
        asked.register(client.requests.fileno(), select.POLLIN)
    while clients:
        ready = {descriptor for descriptor, _ in asked.poll()}
        for client in [c for c in clients if c.requests.fileno() in ready]:
            line = client.requests.readline()
            if line.endswith("\n"):
                client.say(_answer(json.loads(line), client, clients, inherited))
            elif client is clients[0]:
                for one in clients:
                    one.end()
                return
            else:
                asked.unregister(client.requests.fileno())
                clients.remove(client)
                client.end()


def _answer(request: dict[str, Any], client: Client, clients: list[Client], inherited: int) -> dict[str, Any]:
    if request["op"] != "fork":
        return {"code": client.poll(int(request["pid"]))}
    note = keep(request["env"])
    threads, sockets = foreign_threads(), open_sockets() - inherited
    if threads or sockets:
        return {"refused": f"{threads} threads and {sockets} sockets before the fork"}
    try:
        pid = _fork(request, clients)
    except OSError as error:  # no memory or no process numbers left; the other kernels live on
        return {"refused": f"{type(error).__name__}: {error}"}
    client.children[pid] = None
    return {"pid": pid, "note": note}


def read_files() -> dict[int, int]:
    """Files that this process holds open for reading, by descriptor, and the place in each."""
    found = {}
    with contextlib.suppress(OSError):
        for entry in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                number = int(entry.name)
                reads = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
                if reads and stat.S_ISREG(os.fstat(number).st_mode):
                    found[number] = os.lseek(number, 0, os.SEEK_CUR)
    return found


def open_again(files: Mapping[int, int]) -> None:
    """Give a forked process the files for itself, at these places.

    Descriptors that are inherited share their place with the parent's and with those of all other children: two
    kernels that read a font at once would read each other's bytes.
    """
    for number, place in files.items():
        with contextlib.suppress(OSError):  # closed since, with the garbage that held it, or no longer to be opened
            own = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
            os.lseek(own, place, os.SEEK_SET)
            os.dup2(own, number, inheritable=False)
            os.close(own)


def _fork(request: dict[str, Any], clients: list[Client]) -> int:
    parent, files = os.getpid(), read_files()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        open_again(files)
        _become(request, parent, clients)
        code = _kernel(request["argv"])
    except SystemExit as end:
        code = int(end.code) if isinstance(end.code, int) else int(bool(end.code))
    finally:
        _leave(code)


def _become(request: dict[str, Any], parent: int, clients: list[Client]) -> None:
    """Make the child a process of its own: session, signals, files, environment, folder, random state."""
    os.setsid()
    _die_with(parent)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for client in clients:
        client.close()
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    os.environ.clear()
    os.environ.update(request["env"])
    os.environ["JPY_PARENT_PID"] = str(parent)
    os.chdir(request["cwd"])
    if "MPLBACKEND" not in os.environ:
        from kaohe.plot.canvas import show_inline

        show_inline()
    import decimal
    import random

    import numpy

    gc.set_threshold(COLLECT, *gc.get_threshold()[1:])
    decimal.getcontext().clear_flags()
    random.seed()
    numpy.random.seed()  # noqa: NPY002 - the child's global state must not be the parent's


def _kernel(argv: list[str]) -> int:
    """A genuine ipykernel, as `ipykernel_launcher` starts it."""
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", *argv]
    IPKernelApp.launch_instance(argv)
    return 0


def _leave(code: int) -> NoReturn:
    import atexit

    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    os._exit(code)


def _die_with(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends."""
    if sys.platform.startswith("linux"):
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def main() -> None:
    """Preload, say so to everyone, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clients = [Client.at(os.dup(0), os.dup(1))]
    clients += [Client.at(int(hear), int(say)) for hear, say in (pair.split(":") for pair in sys.argv[1:])]
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    os.chdir(Path(__file__).anchor or "/")
    preload()
    keep(os.environ)
    gc.collect()
    gc.freeze()
    for client in clients:
        client.say({"ready": os.getpid(), "threads": foreign_threads()})
    serve(clients)
    _leave(0)  # taking the interpreter down in order would take a third of a second
