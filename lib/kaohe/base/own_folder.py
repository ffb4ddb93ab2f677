"""Temporary folders of one process, named after it, so that a later run can clear away what a killed one left."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil


@contextmanager
def own_folder(prefix: str) -> Iterator[Path]:
    """A temporary folder for its owner only, removed at the end of the block or by a later run.

    Parameters
    ----------
    prefix : str
        Beginning of its name, the same for all folders of one purpose; the process number follows.
    """
    sweep_dead(prefix)
    root = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-"))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def sweep_dead(prefix: str) -> int:
    """Remove the folders of this `prefix` whose process is gone; returns how many."""
    swept = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        number = folder.name.removeprefix(prefix).partition("-")[0]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            with suppress(OSError):
                shutil.rmtree(folder)
                swept += 1
    return swept
