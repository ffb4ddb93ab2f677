"""The papermill engine that the suite runs notebooks with: nbclient with one deadline for the whole notebook."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.log import logger
from traitlets.config import Config

NAME = "kaohe"
EXTRA_ARGUMENTS = ["--HistoryManager.enabled=False", "--InteractiveShell.colors=nocolor"]


class KaoheEngine(NBClientEngine):
    """Runs cells with nbclient; lends the notebook to its caller, who keeps it when a cell fails."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Execute; takes `holder` (a list that gets the notebook) and `deadline` (monotonic seconds)."""
        kwargs.get("holder", []).append(nb_man.nb)
        deadline = float(kwargs["deadline"])
        client = PapermillNotebookClient(
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
        return client.execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def register() -> None:
    """Make the engine known to papermill under its name."""
    papermill_engines.register(NAME, KaoheEngine)
