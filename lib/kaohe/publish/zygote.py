"""A process that has imported everything a report needs and does nothing but fork kernels.

Started by `kaohe.publish.kernel`. It reads one JSON request a line on its standard
input and answers on its standard output; when the input ends, its children are killed and it
ends. It must hold no thread, no socket and no ZMQ context when it forks: it checks this each
time and refuses otherwise, and the kernel is then started the ordinary way.

Requests: ``{"op": "fork", "argv": [...], "cwd": "...", "env": {...}}`` → ``{"pid": n, "note": "..."}``, the note being
what could not be prepared, mostly nothing;
``{"op": "poll", "pid": n}`` → ``{"code": null or the exit code}``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

MODULES = (
    "ipykernel.debugger",  # parses all of debugpy; every kernel asks for it when it starts
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "tornado.platform.asyncio",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.display",
    "IPython.extensions.storemagic",
    "IPython.utils.wildcard",
    "pandas",
    "pandas.core.arrays.arrow.extension_types",
    "pandas.core.methods.to_dict",
    "pyarrow.dataset",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "kaohe.plot.charts",
    "kaohe.plot.tables",
    "kaohe.plot.words",
    "kaohe.publish.parts",
    "kaohe.publish.rehearse",
)
COLUMNS, ENCODING = 20, "UTF-8"
NO_TARGET = "K806"
COLLECT = (
    10_000  # objects made before a kernel looks for garbage; a report makes few cycles, and Python's own 700 costs 4 %
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)


def preload() -> None:
    """Import what every report imports, and draw once, so that lazy imports are done too."""
    for name in MODULES:
        importlib.import_module(name)
    import pandas

    from kaohe.publish.built import ENV_PLAN
    from kaohe.publish.imports import bring_in
    from kaohe.publish.report import cached_plan

    # Imported outside IPython, pandas takes itself to be on a terminal; in a kernel it does not.
    pandas.set_option("display.max_columns", COLUMNS)
    pandas.set_option("display.encoding", ENCODING)
    cached_plan(os.environ.get(ENV_PLAN, ""))
    bring_in()
    _draw_once()


def _draw_once() -> None:
    from kaohe.plot.canvas import Canvas

    picture = Canvas(1.0)
    picture.text(0.1, 0.5, "好 1.0")
    picture.svg()


def keep(environment: dict[str, str]) -> str:
    """Hold the small built tables that kernels of this environment will ask for, and rehearse a report of them.

    Returns
    -------
    str
        What was wrong, in a line; kernels are forked all the same, only less is prepared for them. Empty when nothing
        was, or when the build has no unit whose report could be rehearsed.
    """
    from kaohe.base.errors import KaoheError
    from kaohe.publish.built import ENV_PLAN, ENV_PROCESSED, find_build
    from kaohe.publish.kept import keep_tables
    from kaohe.publish.rehearse import rehearse

    if not environment.get(ENV_PROCESSED):
        return ""
    try:
        build = find_build(environment[ENV_PROCESSED])
        if keep_tables(build):
            try:
                rehearse(build, environment.get(ENV_PLAN, ""))
            finally:
                gc.collect()
                gc.freeze()
    except Exception as error:  # the reports are made and say what is wrong with the tables; a batch must not end here
        if not (isinstance(error, KaoheError) and error.code == NO_TARGET):
            said = (str(error).splitlines() or [""])[0][:160]
            kind = "" if isinstance(error, KaoheError) else f"{type(error).__name__}: "
            return f"not everything could be prepared for the kernels: {kind}{said}"
    return ""


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


def serve(requests: Any, answers: Any) -> None:
    """Answer requests until their end."""
    children: dict[int, int | None] = {}
    inherited = open_sockets()
    for line in requests:
        request = json.loads(line)
        answer: dict[str, Any]
        if request["op"] == "fork":
            note = keep(request["env"])
            threads, sockets = foreign_threads(), open_sockets() - inherited
            if threads or sockets:
                answer = {"refused": f"{threads} threads and {sockets} sockets before the fork"}
            else:
                pid = _fork(request, requests, answers)
                children[pid] = None
                answer = {"pid": pid, "note": note}
        else:
            answer = {"code": _poll(int(request["pid"]), children)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    for pid, code in children.items():
        if code is None:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)


def _poll(pid: int, children: dict[int, int | None]) -> int | None:
    if children.get(pid, -signal.SIGKILL) is None:
        try:
            done, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            done, status = pid, signal.SIGKILL
        if done:
            children[pid] = os.waitstatus_to_exitcode(status)
    return children.get(pid, -signal.SIGKILL)


def _fork(request: dict[str, Any], requests: Any, answers: Any) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _become(request, parent, requests, answers)
        code = _kernel(request["argv"])
    except SystemExit as end:
        code = int(end.code) if isinstance(end.code, int) else int(bool(end.code))
    finally:
        _leave(code)


def _become(request: dict[str, Any], parent: int, requests: Any, answers: Any) -> None:
    """Make the child a process of its own: session, signals, files, environment, folder, random state."""
    os.setsid()
    _die_with(parent)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nowhere = os.open(os.devnull, os.O_RDWR)
    requests.close()
    answers.close()
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
    """Preload, say so, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8", closefd=True)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", closefd=True)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    os.chdir(Path(__file__).anchor or "/")
    preload()
    gc.collect()
    gc.freeze()
    answers.write(json.dumps({"ready": os.getpid(), "threads": foreign_threads()}) + "\n")
    answers.flush()
    serve(requests, answers)
