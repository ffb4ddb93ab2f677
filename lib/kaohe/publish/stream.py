"""The kernels' standard output and error: no thread is woken where there is nothing to send, and no message grows without end."""

from __future__ import annotations

from ipykernel import iostream

PART = 1_000_000  # characters after which what was written is sent


class OutStream(iostream.OutStream):
    """ipykernel's stream. It is flushed seven times a cell, and a cell of a report prints nothing.

    What the thread is sending already goes out before anything that is handed to it afterwards, as ever. A cell that
    prints without end waits for its parts to go out; otherwise a message would hold what a fifth of a second prints.
    """

    held = 0

    def write(self, string: str) -> int:
        """Take a text, and send what there is from `PART` characters on; the number of characters taken.

        Parameters
        ----------
        string : str
        """
        written: int = super().write(string) or 0
        self.held += len(string)
        if self.held >= PART:
            self.flush()
        return written

    def flush(self) -> None:
        """Send what was written; two turns of two threads are saved where nothing was."""
        self.held = 0
        if getattr(self, "_buffers", True):
            super().flush()  # type: ignore[no-untyped-call]
