"""Reports made on a Dask cluster: inputs are sent, results come back, no folder is shared.

Each worker gets one bundle (notebooks, built tables, plan) by its fingerprint, unpacks it into a
folder of its own and keeps its own zygote. Results come back to the client, which alone writes
them, so that outputs are the same, byte for byte, as those of `kaohe.run.pool`.

Method: workers' plugins of dask.distributed (Rocklin 2015).
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaohe.base.errors import InputRefused
from kaohe.base.files import sha256_bytes
from kaohe.publish.built import find_build
from kaohe.publish.imports import imports_of
from kaohe.publish.manifest import library_hash
from kaohe.publish.sandbox import PREFIX, Sandbox
from kaohe.run.job import Job, JobResult, run_target
from kaohe.run.pool import cold, died, warmed

if TYPE_CHECKING:
    from distributed import Client

EPOCH = (2020, 1, 1, 0, 0, 0)
CONNECT = 10.0
Executor = Callable[..., None]


def on_cluster(scheduler: str = "", workers: int = 0) -> Executor:
    """An executor that takes what `kaohe.run.pool.run_jobs` takes and makes reports on a cluster.

    Parameters
    ----------
    scheduler : str
        Address of a running Dask scheduler (``tcp://host:port``); the suite of the same version must
        be installed where its workers run.
    workers : int
        Without a scheduler: worker processes started here for this run.

    Raises
    ------
    InputRefused
        K870 when dask.distributed is not installed, K873 when both are given; by the executor K871 when the scheduler does not
        answer, K872 when a worker has another version of the suite.
    """
    if scheduler and workers:
        raise InputRefused(
            "K873",
            "A run has one cluster",
            got=f"--scheduler {scheduler} and --cluster {workers}",
            expected="--scheduler ADDRESS for a running one, or --cluster N for workers of this machine",
        )
    if find_spec("distributed") is None:
        raise InputRefused(
            "K870",
            "A cluster needs dask.distributed",
            expected="the extra `cluster`",
            remedy="pip install 'kaohe[cluster]', or run without --scheduler and --cluster",
        )

    def execute(
        jobs: Iterable[Job], _workers: int, on_result: Callable[[Job, JobResult], None], *, warm: bool = True,
        on_note: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        todo = list(jobs)
        if todo:
            with _client(scheduler, workers) as client:
                _make(client, todo, on_result, on_note, warm)

    return execute


@contextmanager
def _client(scheduler: str, workers: int) -> Iterator[Client]:
    """A client of the scheduler, or of a cluster of this machine's own that ends with the block."""
    import dask
    from distributed import Client, LocalCluster

    class Quiet(Client):
        """A client that never connected is closed again when it is forgotten, and fails once more; nobody need see it."""

        def __del__(self) -> None:
            with suppress(Exception):
                super().__del__()  # type: ignore[no-untyped-call]

    if scheduler:
        try:
            client: Client = Quiet(scheduler, timeout=CONNECT, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TimeoutError) as error:
            raise InputRefused(
                "K871",
                "The scheduler does not answer",
                got=scheduler,
                expected="the address of a running Dask scheduler, as tcp://host:8786",
                remedy="start one with `dask scheduler`, or use --cluster N on this machine",
            ) from error
        with client:
            yield client
        return
    folder = tempfile.mkdtemp(prefix="kaohe-dask-")
    try:
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": 1, "distributed.admin.log-format": ""}),
            LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None,
                local_directory=folder, host="127.0.0.1", silence_logs="ERROR",
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):  # fmt: skip
            yield client
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(
    client: Client, jobs: list[Job], on_result: Callable[[Job, JobResult], None], on_note: Callable[[str], None],
    warm: bool,
) -> None:  # fmt: skip
    from distributed import KilledWorker, as_completed

    bundle = Bundle.of(jobs)
    client.register_plugin(_plugin(bundle, warm))
    try:
        for address, said in client.run(hello, bundle.name).items():
            _welcome(address, said, on_note)
        futures = {
            client.submit(run_there, job, bundle.name, pure=False, retries=0, key=f"kaohe-{bundle.name}-{n}"): job
            for n, job in enumerate(jobs)
        }
        for future in as_completed(futures, loop=client.loop):
            job = futures[future]
            trouble = future.exception()
            if trouble is None:
                on_result(job, future.result())
            elif isinstance(trouble, KilledWorker):
                on_result(job, died(job.report.slug, "on the cluster"))
            else:
                raise trouble
            future.release()
    finally:
        client.unregister_worker_plugin(bundle.name)


def _welcome(address: str, said: tuple[str, str], on_note: Callable[[str], None]) -> None:
    library, trouble = said
    if library != library_hash():
        raise InputRefused(
            "K872",
            "A worker has another version of the suite",
            where=address,
            got=library[:12] or "none",
            expected=library_hash()[:12],
            remedy="install the same version on every worker",
        )
    if trouble:
        on_note(trouble)


@dataclass(frozen=True)
class Bundle:
    """What reports are made from, as one archive: the same inputs give the same bytes.

    Attributes
    ----------
    name : str
        Fingerprint, by which workers know it.
    data : bytes
        Zip archive of notebooks/, processed/build/ and plan/.
    """

    name: str
    data: bytes

    @classmethod
    def of(cls, jobs: Iterable[Job]) -> Bundle:
        """The bundle of some jobs of one batch."""
        jobs = list(jobs)
        files = {f"notebooks/{job.notebook_file.name}": job.notebook_file for job in jobs}
        build = find_build(jobs[0].processed)
        files |= {f"processed/build/{p.relative_to(build).as_posix()}": p for p in build.rglob("*") if p.is_file()}
        plan = Path(jobs[0].plan) if jobs[0].plan else None
        if plan is not None:
            files |= {f"plan/{p.relative_to(plan).as_posix()}": p for p in plan.rglob("*") if p.is_file()}
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, path in sorted(files.items()):
                archive.writestr(zipfile.ZipInfo(name, EPOCH), path.read_bytes())
        data = out.getvalue()
        return cls(sha256_bytes(data)[:16], data)

    def unpack(self, folder: Path) -> None:
        """Write the files below a folder."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            archive.extractall(folder)


@dataclass
class Bench:
    """A worker's own place: inputs, sandbox, zygote; one report at a time, because kernels take their environment from it."""

    root: Path
    sandbox: Sandbox
    trouble: str
    lock: threading.Lock

    def localised(self, job: Job) -> Job:
        """The job with this worker's paths."""
        plan = str(self.root / "plan") if job.plan else ""
        notebook = self.root / "notebooks" / job.notebook_file.name
        return replace(job, notebook_file=notebook, processed=self.root / "processed", plan=plan)


_benches: dict[str, Bench] = {}


def set_up(bundle: Bundle, warm: bool) -> None:
    """Unpack a bundle on this worker and get its kernels ready."""
    root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    bundle.unpack(root)
    imports = imports_of((root / "notebooks").glob("*.ipynb"))
    plain = replace(Sandbox.prepare(root / "s"), imports=imports)
    sandbox, trouble = warmed(plain, alone=False) if warm else cold(plain, alone=False)
    _benches[bundle.name] = Bench(root, sandbox, trouble, threading.Lock())


def tear_down(name: str) -> None:
    """Remove what `set_up` made; the zygote ends with it."""
    from kaohe.publish.forks import close_zygote

    bench = _benches.pop(name, None)
    if bench is not None:
        close_zygote()
        shutil.rmtree(bench.root, ignore_errors=True)


def hello(name: str) -> tuple[str, str]:
    """Which library this worker has, and why its kernels cannot be forked (empty when they can)."""
    return library_hash(), _benches[name].trouble


def run_there(job: Job, name: str) -> JobResult:
    """Make one report on this worker."""
    bench = _benches[name]
    with bench.lock:
        return run_target(bench.localised(job), bench.sandbox)


def _plugin(bundle: Bundle, warm: bool) -> Any:
    from distributed import WorkerPlugin

    class Inputs(WorkerPlugin):
        """Carries the bundle to each worker, also to one that joins or starts again later."""

        name = bundle.name

        def setup(self, worker: Any) -> None:
            set_up(bundle, warm)

        def teardown(self, worker: Any) -> None:
            tear_down(bundle.name)

    return Inputs()
