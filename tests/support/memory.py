"""Memory of a batch while it runs: one sample a report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

KINDS = ("parent", "worker", "zygote")


def resident(process: psutil.Process) -> int:
    """Resident bytes; 0 when it has just ended. (What it alone holds falls whenever a forked kernel shares it.)"""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def family(parent: psutil.Process) -> Iterator[tuple[str, psutil.Process]]:
    """The command, its workers and the zygotes, with what they are."""
    yield "parent", parent
    for process in parent.children(recursive=True):
        try:
            words = " ".join(process.cmdline())
            above = " ".join(process.parent().cmdline())  # type: ignore[union-attr]
        except (psutil.Error, AttributeError):
            continue
        if "spawn_main" in words:
            yield "worker", process
        elif "kaohe.publish.zygote" in words and "kaohe.publish.zygote" not in above:
            yield "zygote", process


def watch(folder: Path, arguments: Sequence[str]) -> dict[str, list[int]]:
    """Run `kaohe run --json` and sample after each report the largest of each kind of process, in bytes.

    Raises
    ------
    AssertionError
        When a report fails.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "kaohe.run.cli", "run", "--json", *arguments],
        cwd=folder, stdout=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ, "SOURCE_DATE_EPOCH": "1609459200"},
    )  # fmt: skip
    samples: dict[str, list[int]] = {kind: [] for kind in KINDS}
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "report":
            assert event["state"] == "done", line
            found = [(kind, resident(p)) for kind, p in family(psutil.Process(process.pid))]
            for kind in KINDS:
                samples[kind].append(max((size for k, size in found if k == kind), default=0))
        elif event["event"] == "end":
            assert event["ordinary"] == 0, line
    assert process.wait(60) == 0
    return samples
