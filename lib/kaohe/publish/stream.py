"""The kernels' standard output and error, which do not wake their thread when there is nothing to send."""

from __future__ import annotations

from ipykernel import iostream


class OutStream(iostream.OutStream):
    """ipykernel's stream. It is flushed seven times a cell, and a cell of a report prints nothing.

    What the thread is sending already goes out before anything that is handed to it afterwards, as ever.
    """

    def flush(self) -> None:
        """Send what was written; two turns of two threads are saved where nothing was."""
        if getattr(self, "_buffers", True):
            super().flush()  # type: ignore[no-untyped-call]
