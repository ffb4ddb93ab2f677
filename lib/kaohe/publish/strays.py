"""What a notebook wrote outside its own folder, found by listing the places it reads from before and after.

A report reads tables and shows parts; whatever it writes elsewhere would be an input, or a leftover, that no
manifest knows of.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from kaohe.publish.sandbox import RUN_PREFIX, Sandbox
from kaohe.publish.seal import failed

Listing = Mapping[str, tuple[int, int, int]]


def listing(processed: Path, sandbox: Sandbox | None = None) -> Listing:
    """Files below the built and the clean tables, loose ones beside them, and those beside the working folders of runs.

    Other folders of `processed` belong to other commands, which may run meanwhile.

    Parameters
    ----------
    processed : Path
        Folder of the processed tables, or of the built ones.
    sandbox : Sandbox, optional
        Where kernels run.

    Returns
    -------
    mapping
        Path (from the folder listed) to inode, size in bytes and time of change in nanoseconds.
    """
    found: dict[str, tuple[int, int, int]] = {}
    for folder in (processed / "build", processed / "clean"):
        found |= _files(folder, f"{processed.name}/{folder.name}")
    for entry in os.scandir(processed):
        if not entry.is_dir() and not entry.name.startswith("."):
            found[f"{processed.name}/{entry.name}"] = _state(entry.stat())
    if sandbox is not None:
        work = sandbox.root / "work"
        for entry in os.scandir(work):
            if not entry.name.startswith(RUN_PREFIX):
                found |= _files(Path(entry.path), entry.name) if entry.is_dir() else {entry.name: _state(entry.stat())}
    return found


def refuse_strays(before: Listing, after: Listing, notebook: str) -> None:
    """Fail a report during which a file came, went or changed that no report may write.

    Parameters
    ----------
    before, after : mapping
        From `listing`.
    notebook : str
        Notebook and target, for the message.

    Raises
    ------
    RunFailed
        K844 with the files.
    """
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        raise failed(
            "K844",
            "A file outside the notebook's folder was written while it ran",
            None,
            where=notebook,
            got=", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else ""),
            expected="nothing written but the notebook's own outputs; its working folder may be used freely",
            remedy="write into the working folder, or leave the tables alone while reports are made; then remove the file or build again",
        )


def _files(folder: Path, name: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for place, _, names in os.walk(folder):
        for each in names:
            path = Path(place) / each
            try:
                yield f"{name}/{path.relative_to(folder).as_posix()}", _state(path.stat())
            except FileNotFoundError:  # gone between listing and looking
                continue


def _state(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
