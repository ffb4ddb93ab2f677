"""kill -9 of each kind of process at a random moment: the next run ends with the bytes of an undisturbed one.

`make test-kill` kills 50 of each.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from kaohe.publish.forks import available
from kaohe.publish.sandbox import PREFIX
from support.publishing import FIGURE, good, save, write_build

pytestmark = [
    pytest.mark.slow,
    pytest.mark.every_target,
    pytest.mark.skipif(not available(), reason="/proc and fork are Linux's"),
]
SEEDS = range(1, int(os.environ.get("KAOHE_KILLS", "3")) + 1)  # 50 of each before a release
COMMAND = [sys.executable, "-m", "kaohe.run.cli", "run", "--class", "city6", "--notebook", "40_city", "--jobs"]


def processes() -> dict[int, tuple[int, str]]:
    """Parent and command line of every process."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (OSError, IndexError):
                continue
            found[int(entry.name)] = (parent, words)
    return found


def descendants(pid: int) -> dict[int, str]:
    """Processes below one, with what they are: worker, zygote, kernel or other."""
    every, found, front = processes(), {}, [pid]
    while front:
        parent = front.pop()
        for child, (above, words) in every.items():
            if above == parent and child not in found:
                below_zygote = found.get(parent) in {"zygote", "kernel"}
                kind = "kernel" if below_zygote else "zygote" if "kaohe.publish.zygote" in words else (
                    "worker" if "spawn_main" in words else "other")  # fmt: skip
                found[child] = kind
                front.append(child)
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("killed")
    write_build(root / "data" / "processed")
    slow = "import time; time.sleep(0.4)"
    save(root / "notebooks" / "40_city.ipynb", good("40_city", "f = job.own('streams')", slow, FIGURE.format(id="a")))
    return root


@pytest.fixture(scope="module")
def undisturbed(place: Path) -> dict[str, bytes]:
    subprocess.run([*COMMAND, "2", "--outputs", "whole"], cwd=place, check=True, capture_output=True, timeout=300)
    pages = pages_of(place / "whole")
    assert len(pages) == 8
    return pages


def pages_of(outputs: Path) -> dict[str, bytes]:
    """All pages but the run summary, which alone tells of the run."""
    return {p.name: p.read_bytes() for p in (outputs / "html").iterdir() if p.name != "run-summary.html"}


@pytest.mark.case("X01")
@pytest.mark.parametrize("victim", ["kernel", "zygote", "worker", "parent"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_process_costs_nothing_but_time(
    victim: str, seed: int, place: Path, undisturbed: dict[str, bytes]
) -> None:
    outputs = place / f"{victim}-{seed}"
    mine = set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))
    run = subprocess.Popen(
        [*COMMAND, "2", "--outputs", outputs.name],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 200
        while "kernel" not in descendants(run.pid).values() and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(random.Random(seed).uniform(0, 1.5))
        family = kill_one(run, victim)
        run.communicate(timeout=300)
    finally:
        run.kill()
    for page in (outputs / "html").glob("*.html"):
        if page.name not in {"index.html", "run-summary.html"}:
            assert page.read_bytes() == undisturbed[page.name], "a page in place is a whole page"
    again = subprocess.run(
        [*COMMAND, "1", "--outputs", outputs.name], cwd=place, capture_output=True, text=True, timeout=300
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert pages_of(outputs) == undisturbed
    assert not list(outputs.rglob(".tmp-*"))
    deadline = time.monotonic() + 20
    while (left := [p for p in family if alive(p)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    # The sockets of kernels (ipc) lie in the sandbox's folder `runtime`: no folder, no socket.
    assert set(Path(tempfile.gettempdir()).glob(f"{PREFIX}{run.pid}-*")) <= mine
    assert [line for line in Path("/proc/net/unix").read_text().splitlines() if f"{PREFIX}{run.pid}-" in line] == []


def kill_one(run: subprocess.Popen[str], victim: str) -> dict[int, str]:
    """Kill a process of a kind, or the next one where it has just ended by itself; returns the family at that moment."""
    while True:
        family = descendants(run.pid)
        victims = [run.pid] if victim == "parent" else [p for p, kind in family.items() if kind == victim][:1]
        if run.poll() is not None:
            return family
        with suppress(ProcessLookupError):
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
                return family


def alive(pid: int) -> bool:
    """True for a process that is neither gone nor waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
