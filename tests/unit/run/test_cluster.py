"""A Dask cluster gives what this machine's own processes give; what it lacks is said in one message."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from kaohe.base.errors import InputRefused
from kaohe.run import cluster
from kaohe.run.asked import Folders, Options, Selection
from kaohe.run.batch import run_batch
from kaohe.run.cluster import Bundle, on_cluster
from kaohe.run.pool import run_serially
from kaohe.run.steps import executor
from support.built_frames import the_plan
from support.publishing import FIGURE, good, save, write_build

SHAOGUAN = "440200000000"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A build and notebooks; the city report of one city fails."""
    folder = tmp_path_factory.mktemp("office")
    fails = f"if job.ctx.object == '{SHAOGUAN}':\n    raise ValueError('only here')"
    save(
        folder / "notebooks" / "40_city.ipynb", good("40_city", "f = job.own('streams')", fails, FIGURE.format(id="a"))
    )
    save(folder / "notebooks" / "60_ranking.ipynb", good("60_ranking", "f = job.peers('composite')"))
    return Folders(write_build(folder / "processed"), folder / "outputs", folder / "notebooks")


def pages(place: Folders, outputs: Path, options: Options) -> dict[str, bytes]:
    folders = Folders(place.processed, outputs, place.notebooks)
    selection = Selection(classes=("city6", "city14"), notebooks=("40_city", "60_ranking"))
    done = run_batch(folders, the_plan(), selection, options, console=Console(file=io.StringIO()))
    assert list(done.failed) == ["city-440200"]
    assert done.exit_code == 3
    found = {p.relative_to(outputs).as_posix(): p.read_bytes() for p in (outputs / "html").rglob("*.html")}
    assert found.pop("html/run-summary.html")  # tells of the run
    return found | {p.name: p.read_bytes() for p in outputs.rglob("*.ipynb")}


def test_two_workers_in_separate_folders_give_the_bytes_of_a_serial_run(place: Folders, tmp_path: Path) -> None:
    serial = pages(place, tmp_path / "serial", Options(executor=run_serially))
    spread = pages(place, tmp_path / "spread", Options(executor=on_cluster(workers=2)))
    assert len(serial) > 40
    assert spread == serial


def test_a_bundle_holds_what_reports_read_and_nothing_of_this_machine(place: Folders, tmp_path: Path) -> None:
    from kaohe.publish.reports import read_reports
    from kaohe.run.batch import _job

    reports = [r for r in read_reports(place.processed / "build", the_plan()) if r.notebook.stem == "40_city"]
    jobs = [_job(r, place, Options(), the_plan()) for r in reports]
    bundle = Bundle.of(jobs)
    assert bundle == Bundle.of(jobs)
    bundle.unpack(tmp_path)
    assert [p.name for p in (tmp_path / "notebooks").iterdir()] == ["40_city.ipynb"]
    assert (tmp_path / "processed" / "build" / "build.json").is_file()
    assert str(place.processed).encode() not in bundle.data
    assert Bundle.of([replace(j, processed=place.processed / "build") for j in jobs]) == bundle


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(InputRefused) as refused:
        on_cluster(workers=2)
    assert refused.value.message() == (
        "K870 A cluster needs dask.distributed\n"
        "  expected  the extra `cluster`\n"
        "  remedy    pip install 'kaohe[cluster]', or run without --scheduler and --cluster"
    )


def test_a_scheduler_that_does_not_answer_is_named(
    place: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    options = Options(executor=on_cluster(address))
    folders = Folders(place.processed, tmp_path / "outputs", place.notebooks)
    with pytest.raises(InputRefused) as refused:
        run_batch(folders, the_plan(), Selection(classes=("city6",), notebooks=("40_city",)), options)
    assert refused.value.message() == (
        "K871 The scheduler does not answer\n"
        f"  got       {address}\n"
        "  expected  the address of a running Dask scheduler, as tcp://host:8786\n"
        "  remedy    start one with `dask scheduler`, or use --cluster N on this machine"
    )


@pytest.mark.parametrize(
    "address", ["nonsense", "tcp://127.0.0.1:1", "nonsense://here:1", "tcp://nowhere.invalid:8786"]
)
def test_a_wrong_address_is_one_message_and_no_traceback_after_it(address: str) -> None:
    code = (
        "import sys\nfrom kaohe.base.errors import KaoheError\nfrom kaohe.run import cluster\n"
        "cluster.CONNECT = 0.5\n"
        "try:\n    with cluster._client(sys.argv[1], 0): pass\n"
        "except KaoheError as error:\n    print(error.message(), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, address], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr.splitlines() == [
        "K871 The scheduler does not answer",
        f"  got       {address}",
        "  expected  the address of a running Dask scheduler, as tcp://host:8786",
        "  remedy    start one with `dask scheduler`, or use --cluster N on this machine",
    ]


def test_a_scheduler_and_workers_of_this_machine_exclude_each_other() -> None:
    with pytest.raises(InputRefused) as refused:
        executor("tcp://127.0.0.1:1", 1)
    assert refused.value.message() == (
        "K873 A run has one cluster\n"
        "  got       --scheduler tcp://127.0.0.1:1 and --cluster 1\n"
        "  expected  --scheduler ADDRESS for a running one, or --cluster N for workers of this machine"
    )


def test_a_worker_of_another_version_is_refused() -> None:
    with pytest.raises(InputRefused) as refused:
        cluster._welcome("tcp://127.0.0.1:1", ("0" * 64, ""), lambda _: None)
    assert refused.value.code == "K872"
    assert "000000000000" in refused.value.message()


def test_a_reason_for_ordinary_kernels_is_passed_on() -> None:
    heard: list[str] = []
    cluster._welcome("tcp://127.0.0.1:1", (cluster.library_hash(), "no fork here"), heard.append)
    assert heard == ["no fork here"]
