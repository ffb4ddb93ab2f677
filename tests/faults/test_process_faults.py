"""Faults of processes that no other file provokes: kills while a set of tables takes its place, locks of the dead, raw data, imports."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from kaohe.base.files import locked, sha256_file, sweep
from kaohe.base.plan import Plan
from kaohe.publish.manifest import read_manifest
from kaohe.run.asked import Folders, Options, Selection
from kaohe.run.batch import run_batch
from kaohe.run.job import JobResult
from support.built_frames import the_plan
from support.publishing import FIGURE, good, save, write_build
from support.raw_office import RawOffice

NAMES = ("a", "b", "c")
# Three files of one number; the process ends at the chosen rename, as by kill -9: nothing is cleaned up.
SWAP = """
import os, sys
from pathlib import Path
from kaohe.base import files

folder, number, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
real, done = os.replace, []

def replace(a, b):
    done.append(a)
    if len(done) == last:
        os._exit(9)
    real(a, b)

with files.swapped_folder(folder) as fresh:
    for name in "abc":
        files.write_text(fresh / name, number)
    os.replace = replace
os._exit(0)
"""


def python(code: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def whole(folder: Path) -> str:
    """The number of a set of tables, the same in each of its files."""
    found = {(folder / name).read_text() for name in NAMES}
    assert len(found) == 1, found
    return found.pop()


@pytest.mark.case("X02", "X03")
@pytest.mark.parametrize(("last", "left"), [(1, "1"), (2, "1"), (3, "2")])
def test_a_kill_at_any_rename_leaves_one_whole_set(last: int, left: str, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    assert python(SWAP, str(folder), "1", "0").returncode == 0
    assert whole(folder) == "1"
    killed = python(SWAP, str(folder), "2", str(last))
    assert killed.returncode == (9 if last < 3 else 0), killed.stderr
    sweep(tmp_path)
    assert whole(folder) == left
    assert [p.name for p in tmp_path.iterdir()] == ["build"]
    assert python(SWAP, str(folder), "3", "0").returncode == 0
    assert whole(folder) == "3"


@pytest.mark.case("X18")
def test_the_lock_of_a_killed_run_holds_nobody_up(tmp_path: Path) -> None:
    code = "import os, sys\nfrom pathlib import Path\nfrom kaohe.base.files import locked\n"
    code += "with locked(Path(sys.argv[1]), 'kaohe run'):\n    print('held', flush=True)\n    sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert (tmp_path / ".kaohe.holder").is_file(), "the note of the dead is still there"
    with locked(tmp_path, "kaohe run"):
        assert f"process {os.getpid()}" in (tmp_path / ".kaohe.holder").read_text(encoding="utf-8")


@pytest.mark.case("X06")
def test_raw_files_are_opened_for_reading_only(tmp_path: Path, plan: Plan) -> None:
    RawOffice(plan).write(tmp_path / "raw")
    code = """
import os, sys
from pathlib import Path

raw, opened, written = os.path.abspath("raw"), [], []

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)) and os.path.abspath(os.fsdecode(arguments[0])).startswith(raw):
        opened.append(arguments[0])
        if (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(arguments[0])
    elif event in {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod"}:
        written.extend(str(a) for a in arguments if os.path.abspath(str(a)).startswith(raw))

sys.addaudithook(watch)
from kaohe.run.cli import main
code = main(["clean"])
print(len(opened), written, code)
"""
    before = {p: sha256_file(p) for p in (tmp_path / "raw").rglob("*") if p.is_file()}
    (tmp_path / "data").mkdir()
    (tmp_path / "raw").rename(tmp_path / "data" / "raw")
    code = code.replace('abspath("raw")', 'abspath("data/raw")')
    done = python(code, cwd=tmp_path)
    opened, written = done.stdout.splitlines()[-1].split(" ", 1)
    assert int(opened) >= len(before), done.stdout + done.stderr
    assert written == "[] 0", done.stdout
    after = {p: sha256_file(p) for p in (tmp_path / "data" / "raw").rglob("*") if p.is_file()}
    assert sorted(after.values()) == sorted(before.values())


@pytest.mark.case("X21")
def test_a_module_that_cannot_be_imported_is_one_line_and_writes_nothing(tmp_path: Path, plan: Plan) -> None:
    RawOffice(plan).write(tmp_path / "data" / "raw")
    module = "kaohe.estimate.variance"
    code = f"import sys\nsys.modules[{module!r}] = None\nfrom kaohe.run.cli import main\n"
    done = python(code + "sys.exit(main(['clean']) or main(['build']))", cwd=tmp_path)
    said = done.stderr.strip().splitlines()
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(said) == 1, said
    assert said[0].startswith(f"kaohe: unexpected fault: ModuleNotFoundError: import of {module} halted")
    assert "Traceback" not in done.stdout
    assert [p.name for p in (tmp_path / "data" / "processed").glob("*build*")] == []


@pytest.fixture
def place(tmp_path: Path) -> Folders:
    save(tmp_path / "notebooks" / "40_city.ipynb", good("40_city", FIGURE.format(id="a")))
    return Folders(write_build(tmp_path / "processed"), tmp_path / "outputs", tmp_path / "notebooks")


def made(
    place: Folders, options: Options, targets: Sequence[str] = ("韶关市",), time: str = "2020-12-28T03:00:00+00:00"
):  # type: ignore[no-untyped-def]
    selection = Selection(tuple(targets), notebooks=("40_city",))
    return run_batch(place, the_plan(), selection, options, console=Console(file=io.StringIO()), clock=lambda: time)


@pytest.mark.case("X14", "X30")
def test_a_damaged_notebook_and_a_clock_set_back_change_no_page(place: Folders) -> None:
    def drawn(jobs, _, on_result, **__):  # type: ignore[no-untyped-def]
        for job in jobs:
            on_result(job, JobResult(job.report.slug, page="<p>页</p>", notebook='{"cells": []}', seconds=1.0))

    options = Options(executor=drawn)
    assert made(place, options).made == ["city-440200"]
    page = (place.outputs / "html" / "city-440200.html").read_bytes()
    kept = place.outputs / "notebooks" / "city-440200.ipynb"
    kept.write_bytes(kept.read_bytes()[:5])
    again = made(place, options, time="2019-01-01T00:00:00+00:00")
    assert again.made == ["city-440200"]
    assert kept.read_text(encoding="utf-8") == '{"cells": []}'
    assert (place.outputs / "html" / "city-440200.html").read_bytes() == page
    assert read_manifest(place.outputs).entries["city-440200"].made == "2019-01-01T00:00:00+00:00"
    assert made(place, options, time="2018-01-01T00:00:00+00:00").made == []
