"""Options that several commands share, and how commands speak."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from kaohe.base.plan import Plan

Raw = Annotated[Path, typer.Option("--raw", help="Folder of the office's files.")]
Processed = Annotated[Path, typer.Option("--processed", help="Folder of processed tables.")]
Outputs = Annotated[Path, typer.Option("--outputs", help="Folder of reports and tables.")]
PlanFolder = Annotated[str, typer.Option("--plan", help="A plan folder; the packaged plan of 2020 when not given.")]
Notebooks = Annotated[Path | None, typer.Option("--notebooks", help="Folder of the numbered notebooks.")]
TargetNames = Annotated[list[str] | None, typer.Argument(help="Names or codes; none: all.", show_default=False)]
Classes = Annotated[list[str] | None, typer.Option("--class", help="Only this class (city14, 任务市, …).")]
NotebookNames = Annotated[list[str] | None, typer.Option("--notebook", help="Only this notebook (40_city).")]
Force = Annotated[bool, typer.Option("--force", help="Do it although nothing has changed.")]
Jobs = Annotated[int, typer.Option("--jobs", min=0, help="Processes; 0: one for each core.")]


LEAST = 512 * 2**20  # below this a kernel has no room for its libraries
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([MG])i?B?", re.IGNORECASE)


def memory_size(text: str) -> int:
    """Bytes of a size as ``2GB``, ``1.5G`` or ``800 MB`` (1024 each); 0 for an empty text.

    Raises
    ------
    typer.BadParameter
        For any other text, a size below 512 MB, or a system that knows no such limit.

    Examples
    --------
    >>> memory_size("1.5GB"), memory_size("800 mb"), memory_size("")
    (1610612736, 838860800, 0)
    """
    if not text:
        return 0
    hit = _SIZE.fullmatch(text.strip())
    size = int(float(hit[1]) * 2 ** {"M": 20, "G": 30}[hit[2].upper()]) if hit else 0
    if size < LEAST:
        raise typer.BadParameter(f"{text!r} is no size as 2GB or 800MB, {LEAST // 2**20}MB or more")
    if sys.platform != "linux":
        raise typer.BadParameter("only Linux can limit the memory of kernels")
    return size


class EditionName(StrEnum):
    """The two editions of a page."""

    leadership = "leadership"
    statistician = "statistician"


Edition = Annotated[EditionName, typer.Option("--edition", help="The statistician's has the code, folded.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1, help="Seconds for one notebook.")]
Memory = Annotated[
    int,
    typer.Option("--memory", parser=memory_size, metavar="SIZE", help="Memory of each kernel at most, as 2GB (Linux)."),
]
Scheduler = Annotated[str, typer.Option("--scheduler", help="A running Dask scheduler, as tcp://host:port.")]
Cluster = Annotated[int, typer.Option("--cluster", min=0, help="Dask workers to start on this machine.")]
Since = Annotated[datetime | None, typer.Option("--since", help="Also make again what was made before this time.")]
Own = Annotated[
    bool, typer.Option("--own", help="Leave stale what only compares with what changed; `kaohe status` names it.")
]
Events = Annotated[bool, typer.Option("--json", help="Say what happens as one JSON object a line.")]
Cold = Annotated[bool, typer.Option("--cold", help="Start an ordinary kernel for each notebook.")]
KeyFile = Annotated[Path | None, typer.Option("--key", help="Key of the pseudonyms; KAOHE_KEY, else ~/.config/kaohe.")]
NewKey = Annotated[
    bool, typer.Option("--new-key", help="Begin anew with this key although tables were made with another.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the demonstration.")]
Households = Annotated[int, typer.Option("--households", help="Households in the demonstration's register.")]

Accept = Annotated[
    bool,
    typer.Option("--accept-changed", help="Use raw files although they changed since the last cleaning; recorded."),
]

RAW, PROCESSED, OUTPUTS = Path("data/raw"), Path("data/processed"), Path("outputs")
FORMS = OUTPUTS / "forms"


def chosen_plan(folder: str) -> Plan:
    """The plan of a folder, the packaged one of 2020 when empty. Raises as `kaohe.base.plan.load_plan`."""
    from kaohe.base.plan import load_plan

    return load_plan(folder or None)


def say(text: str) -> None:
    """Print a message."""
    Console().print(Text(text), soft_wrap=True)


def say_error(text: str) -> None:
    """Print a message about a fault."""
    Console(stderr=True).print(Text(text), soft_wrap=True)
