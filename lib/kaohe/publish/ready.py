"""What the process that forks kernels has ready before it forks one: imports, small built tables, one report rehearsed."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Mapping

from kaohe.plot.mime import in_batch
from kaohe.publish.imports import bring_in, spared

MODULES = (
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


def preload() -> None:
    """Import what every report imports, and draw once, so that lazy imports are done too."""
    # ipykernel's debugger is imported by every kernel when it starts. In JupyterLab all of debugpy comes with it. Nobody
    # steps through a batch: its kernels do without, as where debugpy is not installed.
    with spared(*(["debugpy"] if in_batch() else [])):
        importlib.import_module("ipykernel.debugger")
    for name in MODULES:
        importlib.import_module(name)
    import pandas

    from kaohe.publish.built import ENV_PLAN
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


_notes: dict[tuple[str, str], str] = {}


def keep(environment: Mapping[str, str]) -> str:
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

    place = (environment.get(ENV_PROCESSED, ""), environment.get(ENV_PLAN, ""))
    if not place[0]:
        return ""
    try:
        build = find_build(place[0])
        if keep_tables(build):
            _notes[place] = ""
            try:
                rehearse(build, place[1])
            finally:
                gc.collect()
                gc.freeze()
    except Exception as error:  # the reports are made and say what is wrong with the tables; a batch must not end here
        if not (isinstance(error, KaoheError) and error.code == NO_TARGET):
            said = (str(error).splitlines() or [""])[0][:160]
            kind = "" if isinstance(error, KaoheError) else f"{type(error).__name__}: "
            _notes[place] = f"not everything could be prepared for the kernels: {kind}{said}"
    return _notes.get(place, "")
