"""Warm kernels: the same results as ordinary ones, nothing carried over, death and interrupt as ever."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.plan import load_plan
from kaohe.base.plan_files import find_plan
from kaohe.publish import engine, forks, kernel
from kaohe.publish.forks import ZygoteUnavailable, available, close_zygote, zygote
from kaohe.publish.imports import imports_of
from kaohe.publish.notebook import run_notebook
from kaohe.publish.ready import keep
from kaohe.publish.reports import NOTEBOOKS, read_reports
from kaohe.publish.sandbox import PLAIN, WARM, Sandbox, install_kernel, surroundings
from kaohe.publish.seal import RunFailed, notebook_text
from kaohe.publish.zygote import Client, open_again, read_files, serve
from kaohe.run.job import Job, run_target
from kaohe.run.pool import warmed
from support.built_frames import the_plan
from support.publishing import FIGURE, OPEN, SEAL, good, notebook, save, write_build

pytestmark = pytest.mark.skipif(not available(), reason="forking is for Linux; elsewhere ordinary kernels are used")
CITY = "440200000000"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.temporary(WARM) as made:
        yield made
    close_zygote()


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("processed"))


class Runner:
    def __init__(self, box: Sandbox, processed: Path, folder: Path) -> None:
        self.box, self.processed, self.folder = box, processed, folder

    def __call__(self, *cells: str, kernel_name: str = WARM, timeout: float = 60) -> str:
        path = save(self.folder / "40_city.ipynb", good("40_city", *cells))
        done = run_notebook(
            path, None, {"target": CITY}, timeout=timeout, kernel_name=kernel_name, sandbox=self.box,
            environment={"KAOHE_PROCESSED": str(self.processed)},
        )  # fmt: skip
        return notebook_text(done.notebook)


@pytest.fixture
def run(box: Sandbox, processed: Path, tmp_path: Path) -> Runner:
    return Runner(box, processed, tmp_path)


def said(text: str, word: str) -> str:
    """What a cell printed after a word."""
    return text.split(word, 1)[1].split("|", 1)[0]


def test_outputs_equal_those_of_an_ordinary_kernel(run: Runner) -> None:
    cells = (
        "job.peers('composite')",
        FIGURE.format(id="a"),
        "import sys; sys.argv[0].rsplit('/')[-1]",
        "__name__",
        "2+2",
    )
    warm, plain = run(*cells), run(*cells, kernel_name=PLAIN)
    assert warm.replace("ipykernel_launcher.py", "ipykernel_launcher") == plain.replace(
        "ipykernel_launcher.py", "ipykernel_launcher"
    )


@pytest.mark.slow
@pytest.mark.parametrize("stem", sorted(NOTEBOOKS))
def test_every_notebook_gives_the_same_bytes_on_either_kernel(stem: str, box: Sandbox, processed: Path) -> None:
    path = Path(__file__).parents[3] / "notebooks" / f"{stem}.ipynb"
    target = {"province": "province", "class": "city6", "city": CITY, "county": "440203000000", "unit": "DW003"}
    texts = {
        notebook_text(
            run_notebook(
                path, None, {"target": target[NOTEBOOKS[stem].kind]}, kernel_name=name, sandbox=box,
                environment={"KAOHE_PROCESSED": str(processed)},
            ).notebook
        )
        for name in (WARM, PLAIN)
    }  # fmt: skip
    assert len(texts) == 1


def test_a_refusal_in_a_notebook_is_its_message_without_a_traceback(run: Runner) -> None:
    with pytest.raises(RunFailed) as caught:
        run("job.own('streamz')")
    assert caught.value.notebook is not None
    error = next(o for c in caught.value.notebook.cells for o in c.get("outputs", []) if o.output_type == "error")
    assert error.traceback[0] == "K802 There is no such table"
    assert not any("File" in line for line in error.traceback)


def test_it_is_a_genuine_ipykernel_of_its_own(run: Runner) -> None:
    text = run("import os; print('pid=', os.getpid(), os.getppid(), os.getsid(0), type(get_ipython()).__name__, '|')")
    pid, parent, session, shell = said(text, "pid=").split()
    assert int(pid) != os.getpid()
    assert int(parent) == zygote().pid
    assert pid == session
    assert shell == "ZMQInteractiveShell"


def test_nothing_of_one_run_reaches_the_next(run: Runner) -> None:
    run(
        "import os, random, sys, warnings, matplotlib, numpy, pandas, kaohe\nleft_over = 1\nkaohe.left_over = 1\n"
        "matplotlib.rcParams['font.size'] = 99\nwarnings.filterwarnings('ignore', 'left over')\nos.environ['LEFT_OVER'] = '1'\n"
        "open('left_over', 'w').close()\nsys.path.append('/left_over')\npandas.set_option('display.max_rows', 7)"
    )
    text = run(
        "import os, sys, warnings, matplotlib, pandas, kaohe\n"
        "print('state=', 'left_over' in globals(), hasattr(kaohe, 'left_over'), matplotlib.rcParams['font.size'], "
        "'LEFT_OVER' in os.environ, os.listdir('.'), '/left_over' in sys.path, pandas.get_option('display.max_rows'), "
        "any('left over' in str(f) for f in warnings.filters), '|')"
    )
    assert said(text, "state=").split() == ["False", "False", "10.0", "False", "[]", "False", "60", "False"]


def test_files_of_the_folder_it_is_called_in_are_not_imported(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("random", "pandas", "decimal"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(1)\n")
    monkeypatch.chdir(tmp_path)
    with surroundings(box.environment()):
        other = forks.Zygote()
        other.wait_ready()
        other.close()


def test_random_numbers_differ_between_runs(run: Runner) -> None:
    cell = "import random, numpy; print('drawn=', random.random(), numpy.random.rand(), '|')"
    assert said(run(cell), "drawn=") != said(run(cell), "drawn=")


def test_a_frame_changed_in_place_changes_no_table_in_memory(run: Runner) -> None:
    """Not for later cells that read the same part, not for the next kernel: what is read has the published digest."""
    show = "print('sum=', job.own('streams')['score'].sum(), job.peers('composite')['composite'].sum(), job.table('targets').shape, '|')"
    before = run(show)
    spoil = (
        "for f in (job.own('streams'), job.peers('composite'), job.table('targets')):\n"
        "    for c in list(f.columns):\n"
        "        f.loc[:, c] = f[c].iloc[::-1].to_numpy()\n        f[c] = f[c].iloc[0]\n"
        "    f.iloc[0] = f.iloc[-1]; f.drop(f.index[1:], inplace=True); f['more'] = 1"
    )
    raw = (
        "from kaohe.publish import kept\nlocked = []\nfor _, t in kept._kept.values():\n    for c in t.frame.select_dtypes('number'):\n"
        "        try:\n            t.frame[c].to_numpy()[:] = -1\n        except ValueError:\n            locked.append(c)\n"
        "print('locked=', len(locked) > 100, '|')"
    )
    spoilt = run(spoil, show, raw)
    after = run(show)
    assert said(before, "sum=") == said(spoilt, "sum=") == said(after, "sum=")
    assert said(spoilt, "locked=").split() == ["True"]
    seals = {json.dumps(seal_of(text), sort_keys=True) for text in (before, spoilt, after)}  # digests of what was read
    assert len(seals) == 1


def test_making_one_beforehand_leaves_the_state_of_a_fresh_process(run: Runner) -> None:
    """Settings, filters, options, environment, folder and working files in a forked kernel are those of an ordinary one."""
    cell = (
        "import hashlib, json, locale, os, sys, warnings, decimal, matplotlib, numpy, pandas\n"
        "from pandas._config import config\n"
        "state = dict(rc={k: str(v) for k, v in matplotlib.rcParams.items()}, filters=sorted(str(f) for f in warnings.filters),\n"
        "    options=repr(pandas.options.to_dict() if hasattr(pandas.options, 'to_dict') else config._global_config),\n"
        "    numpy=repr(numpy.get_printoptions()), err=numpy.geterr(), decimal=str(decimal.getcontext()), locale=locale.setlocale(locale.LC_ALL),\n"
        "    environment={k: v for k, v in os.environ.items() if k not in ('JPY_PARENT_PID', 'PYDEVD_USE_FRAME_EVAL')},\n"
        "    path=sys.path, files=os.listdir('.'), mask=oct(os.umask(0o77)), limit=sys.getrecursionlimit(), figures=len(matplotlib._pylab_helpers.Gcf.figs)\n"
        "    if hasattr(matplotlib, '_pylab_helpers') else 0, mpl=type(get_ipython()).__name__)\n"
        "print('STATE=' + json.dumps(state, sort_keys=True) + '|END')"
    )
    warm, plain = (
        json.loads(said(notebook_output(run(cell, kernel_name=name)), "STATE=").removesuffix("|END"))
        for name in (WARM, PLAIN)
    )
    differing = {k: (warm[k], plain[k]) for k in warm if warm[k] != plain[k]}
    assert differing == {}, json.dumps(differing)


def seal_of(text: str) -> dict[str, Any]:
    """The seal of an executed notebook."""
    (shown,) = json.loads(text)["cells"][-1]["outputs"]
    seal: dict[str, Any] = shown["data"]["application/vnd.kaohe.v1+json"]
    return seal


def notebook_output(text: str) -> str:
    """What the cells of an executed notebook printed."""
    cells = json.loads(text)["cells"]
    return "".join("".join(o["text"]) for c in cells for o in c.get("outputs", []) if o["output_type"] == "stream")


def test_the_memory_of_zygote_and_parent_does_not_grow(run: Runner) -> None:
    """Sixty kernels: the peak after the tenth stays within a tenth of what it was until then."""
    kept: list[tuple[int, int]] = []
    for _ in range(60):
        run("1")
        kept.append(tuple(psutil.Process(p).memory_full_info().uss for p in (zygote().pid, os.getpid())))  # type: ignore[arg-type]
    for name, sizes in zip(("zygote", "parent"), zip(*kept, strict=True), strict=True):
        first, all_ = max(sizes[:10]), max(sizes)
        assert all_ <= 1.1 * first, (name, [s >> 20 for s in sizes])
    assert len(psutil.Process(zygote().pid).children()) <= 1
    assert psutil.Process().num_fds() < 200


def test_the_zygote_survives_a_crash_and_a_kill(run: Runner) -> None:
    before = zygote().pid
    for cell in ("import ctypes; ctypes.string_at(0)", "import os; os.kill(os.getpid(), 9)"):
        with pytest.raises(RunFailed, match="K831"):
            run(cell)
    run("1")
    assert zygote().pid == before


def test_interrupt_reaches_the_cell(run: Runner) -> None:
    """A time-out interrupts nothing by itself; the kernel is ended and gone."""
    with pytest.raises(RunFailed, match="K832") as caught:
        run("import os; print('pid=', os.getpid(), '|', flush=True)\nwhile True: pass", timeout=4)
    assert caught.value.notebook is not None
    pid = int(said(notebook_text(caught.value.notebook), "pid="))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_sent_interrupt_is_a_keyboard_interrupt(run: Runner) -> None:
    cell = (
        "import os, signal, threading, time\n"
        "threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\ntime.sleep(20)"
    )
    with pytest.raises(RunFailed, match="K830") as caught:
        run(cell)
    assert "KeyboardInterrupt" in caught.value.got


def test_when_the_zygote_dies_its_kernels_die_and_a_new_one_comes(run: Runner) -> None:
    before = zygote().pid
    with pytest.raises(RunFailed, match="K831"):
        run("import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(20)")
    run("1")
    assert zygote().pid != before


def test_two_lines_to_one_zygote_and_each_ends_its_own_kernels(box: Sandbox, tmp_path: Path) -> None:
    """As the workers of a batch have it: one is killed, and the kernels of the other live on."""
    shared = forks.Zygote(box.environment(), lines=2)
    first, second = (forks.LentZygote(*line) for line in shared.take_lines())
    assert shared.take_lines() == []
    made = {}
    for line in (first, second):
        made[line] = line.fork(["-f", str(tmp_path / f"{len(made)}.json")], str(tmp_path), dict(os.environ))
        assert (line.pid, line.note, line.alive()) == (shared.pid, "", True)
        assert line.poll(made[line]) is None
    assert psutil.Process(made[first]).ppid() == psutil.Process(made[second]).ppid() == shared.pid
    assert second.poll(made[first]) == -signal.SIGKILL  # of the other line, so none that it may ask for
    first.close()
    ended(made[first])
    assert not first.alive()
    assert (second.poll(made[second]), second.alive()) == (None, True)
    os.kill(shared.pid, signal.SIGKILL)
    ended(made[second])
    assert not second.alive()
    with pytest.raises(ZygoteUnavailable):
        second.poll(made[second])
    shared.close()


def ended(pid: int) -> None:
    """Wait until a process is gone, or only waits to be collected."""
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"{pid} lives"
        time.sleep(0.02)


def test_a_process_whose_lent_zygote_has_died_starts_one_of_its_own(box: Sandbox, run: Runner) -> None:
    shared = forks.Zygote(box.environment(), lines=1)
    forks.borrow(*shared.take_lines()[0])
    assert str(shared.pid) == said(run("import os; print('parent=', os.getppid(), '|')"), "parent=").strip()
    shared.close()
    assert str(shared.pid) != said(run("import os; print('parent=', os.getppid(), '|')"), "parent=").strip()
    with Sandbox.temporary() as plain:
        dead = forks.Zygote(lines=1)
        forks.borrow(*dead.take_lines()[0])
        dead.close()
        warm, trouble = warmed(plain)
    assert (warm.kernel_name, trouble) == (WARM, "")
    close_zygote()


def test_a_file_that_is_open_at_the_fork_is_read_by_each_kernel_for_itself(tmp_path: Path) -> None:
    """Two kernels that share the place in the font's file read each other's bytes."""
    path = tmp_path / "font"
    path.write_bytes(bytes(range(100)))
    with path.open("rb", buffering=0) as file, (tmp_path / "log").open("wb") as written:
        assert file.read(10) == bytes(range(10))
        held = read_files()
        assert held[file.fileno()] == 10
        assert written.fileno() not in held
        inherited = os.dup(file.fileno())
        open_again({inherited: 10})
        assert os.read(inherited, 5) == bytes(range(10, 15))
        assert file.read(5) == bytes(range(10, 15))
        os.close(inherited)


def test_a_fork_that_fails_is_refused_and_the_process_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: object) -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("kaohe.publish.zygote._fork", none_left)
    monkeypatch.setattr("kaohe.publish.zygote.foreign_threads", lambda: 0)
    monkeypatch.setattr("kaohe.publish.zygote.open_sockets", lambda: 0)
    (hear, ask), (heard, say) = os.pipe(), os.pipe()
    with os.fdopen(ask, "w") as requests, os.fdopen(heard) as answers:
        requests.write(json.dumps({"op": "fork", "argv": [], "cwd": "/", "env": {}}) + "\n")
        requests.write(json.dumps({"op": "poll", "pid": 1}) + "\n")
        requests.close()
        serve([Client.at(hear, say)])
        told = [json.loads(line) for line in answers]
    assert told == [
        {"refused": "BlockingIOError: [Errno 11] Resource temporarily unavailable"}, {"code": -signal.SIGKILL}
    ]  # fmt: skip


def test_a_report_that_nobody_waits_for_is_not_tried_again(box: Sandbox, processed: Path, tmp_path: Path) -> None:
    path = save(tmp_path / "40_city.ipynb", good("40_city", "import os; os.kill(os.getpid(), 9)"))
    report = next(r for r in read_reports(processed / "build", the_plan()) if r.slug == "city-440200")
    job = Job(report, path, processed, "", "leadership", 60)
    assert [run_target(job, box, still=lambda wanted=wanted: wanted).forked for wanted in (True, False)] == [2, 1]


def test_without_a_zygote_ordinary_kernels_are_used_and_it_is_said(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> None:
        raise ZygoteUnavailable("no fork here")

    monkeypatch.setattr(kernel, "zygote", none)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        text = run("import os; print('parent=', os.getppid(), '|')")
    assert any("ordinary ones are used: no fork here" in str(w.message) for w in caught)
    assert int(said(text, "parent=")) == os.getpid()


def test_a_job_counts_its_kernels_and_says_why_one_was_not_forked(
    box: Sandbox, processed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "40_city.ipynb", good("40_city", FIGURE.format(id="a")))
    report = next(r for r in read_reports(processed / "build", the_plan()) if r.slug == "city-440200")
    job = Job(report, path, processed, "", "leadership", 60)
    done = run_target(job, replace(box, kernel_name=WARM))
    assert (done.ok, done.forked, done.ordinary, done.why) == (True, 1, 0, "")
    cold = run_target(job, replace(box, kernel_name=PLAIN))
    assert (cold.page, cold.forked, cold.ordinary, cold.why) == (done.page, 0, 1, "")

    def none() -> None:
        raise ZygoteUnavailable("no fork here")

    monkeypatch.setattr(kernel, "zygote", none)
    with pytest.warns(UserWarning, match="no fork here"):
        fell = run_target(job, replace(box, kernel_name=WARM))
    assert (fell.page, fell.forked, fell.ordinary, fell.why) == (done.page, 0, 1, "no fork here")


def test_what_cannot_be_prepared_is_said_and_kernels_are_forked_all_the_same(
    box: Sandbox, processed: Path, tmp_path: Path
) -> None:
    shutil.copytree(processed, tmp_path / "processed")
    (tmp_path / "processed" / "build" / "daily_items.parquet").write_bytes(b"no table")
    path = save(tmp_path / "40_city.ipynb", good("40_city", FIGURE.format(id="a")))
    report = next(r for r in read_reports(processed / "build", the_plan()) if r.slug == "city-440200")
    done = run_target(Job(report, path, tmp_path / "processed", "", "leadership", 60), box)
    assert (done.ok, done.forked, done.ordinary) == (True, 1, 0), done.message
    assert done.why == "not everything could be prepared for the kernels: K102 A table cannot be read"


def test_a_batch_under_a_plan_of_its_own_is_prepared_under_it(tmp_path: Path) -> None:
    own = tmp_path / "own plan"
    shutil.copytree(find_plan(), own)
    (own / "aliases.csv").write_text((own / "aliases.csv").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    place = write_build(tmp_path / "processed", plan=load_plan(own))
    path = save(tmp_path / "40_city.ipynb", good("40_city", FIGURE.format(id="a")))
    report = next(r for r in read_reports(place / "build", the_plan()) if r.slug == "city-440200")
    close_zygote()
    with Sandbox.temporary() as bare:
        warm, trouble = warmed(bare)
        assert trouble == ""
        done = run_target(Job(report, path, place, str(own), "leadership", 60), warm)
    close_zygote()
    assert (done.ok, done.forked, done.why) == (True, 1, ""), done.message


def test_a_rehearsal_that_fails_is_said_and_a_build_without_units_is_none(
    processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rehearsal(raised: Exception) -> str:
        def rehearse(_: Path, plan: str) -> None:
            raise raised

        monkeypatch.setattr("kaohe.publish.kept.keep_tables", lambda _: True)
        monkeypatch.setattr("kaohe.publish.rehearse.rehearse", rehearse)
        monkeypatch.setattr("gc.freeze", lambda: None)
        return keep({"KAOHE_PROCESSED": str(processed)})

    assert rehearsal(ValueError("no such\nthing")) == (
        "not everything could be prepared for the kernels: ValueError: no such"
    )
    assert rehearsal(InputRefused("K806", "The build holds no target of this kind")) == ""
    assert keep({}) == ""


def test_a_large_library_of_the_batch_is_there_at_once_and_draws_what_an_ordinary_kernel_draws(
    processed: Path, tmp_path: Path
) -> None:
    cells = (
        "import sys\nprint('there=', 'matplotlib.pyplot' in sys.modules, '|')",
        "import io, matplotlib.pyplot as plt\nplt.rcParams['svg.hashsalt'] = 'k'\nplt.plot([1, 3, 2], label='a')\nplt.legend()\n"
        "out = io.StringIO()\nplt.savefig(out, format='svg', metadata={'Date': None})\nplt.show()\nprint(out.getvalue())",
    )
    path = save(tmp_path / "40_city.ipynb", good("40_city", *cells))
    close_zygote()
    with Sandbox.temporary() as bare:
        plain = replace(bare, imports=imports_of([path]))
        warm, trouble = warmed(plain)
        assert trouble == ""
        texts = [
            notebook_text(run_notebook(path, None, {"target": CITY}, sandbox=one,
                                       environment={"KAOHE_PROCESSED": str(processed)}).notebook)
            for one in (warm, plain)
        ]  # fmt: skip
    close_zygote()
    assert [said(text, "there=").strip() for text in texts] == ["True", "False"]
    assert texts[0].replace("there= True", "there= False") == texts[1]


def test_a_process_with_threads_is_not_forked(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "sitecustomize.py"
    package.write_text("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with surroundings(box.environment()):
        other = forks.Zygote()
        with pytest.raises(ZygoteUnavailable, match="1 threads"):
            other.wait_ready()
    assert not other.alive()


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("import sys\nprint('first', file=sys.stderr)\nsys.exit('no such thing\\n')", "no such thing"),
        ("import os\nos._exit(7)", "exit code 7"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
    ],
)
def test_a_zygote_that_ends_says_why(start: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "START", start)
    with pytest.raises(ZygoteUnavailable) as ended:
        forks.Zygote().wait_ready()
    assert str(ended.value) == f"the process that forks them ended: {why}"


def test_settings_inherited_from_the_shell_reach_no_kernel_of_a_batch(
    processed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command takes plan and tables from its options alone; what its kernels take must be the same."""
    monkeypatch.setenv("KAOHE_PLAN", str(tmp_path / "no plan"))
    monkeypatch.setenv("KAOHE_PROCESSED", str(tmp_path / "no tables"))
    seen = "import os\nprint('seen=', [os.environ[f'KAOHE_{k}'] for k in ('PLAN', 'PROCESSED', 'BATCH')], '|')"
    path = save(tmp_path / "40_city.ipynb", good("40_city", seen))
    report = next(r for r in read_reports(processed / "build", the_plan()) if r.slug == "city-440200")
    close_zygote()
    with Sandbox.temporary() as plain:
        made, trouble = warmed(plain)
        assert trouble == ""
        for sandbox in (made, plain):
            done = run_target(Job(report, path, processed, "", "leadership", 60), sandbox)
            assert done.ok, done.message
            assert json.loads(json.loads(f'"{said(done.notebook, "seen= ")}"').replace("'", '"')) == [
                "",
                str(processed),
                "1",
            ]
    close_zygote()


@pytest.mark.case("X22")
@pytest.mark.parametrize("kernel_name", [WARM, PLAIN])
def test_a_kernel_takes_no_more_memory_than_it_may(
    kernel_name: str, box: Sandbox, processed: Path, tmp_path: Path
) -> None:
    def made(size: int, memory: int) -> None:
        cells = f"import numpy\nbig = numpy.ones({size} * 2**20, dtype='u1')", "del big", "[0] * 100"
        path = save(tmp_path / "40_city.ipynb", good("40_city", *cells))
        run_notebook(
            path, None, {"target": CITY}, kernel_name=kernel_name, sandbox=box, memory=memory * 2**20,
            environment={"KAOHE_PROCESSED": str(processed)},
        )  # fmt: skip

    made(100, 512)
    with pytest.raises(RunFailed) as refused:
        made(600, 512)
    assert refused.value.message() == (
        f"K838 The notebook ran out of memory\n  where     40_city {CITY}, cell 4 of 7\n"
        "  expected  at most 512 MB, as --memory says\n"
        "  remedy    give more with --memory, run with fewer --jobs, or look at the cell"
    )
    assert refused.value.notebook is not None
    made(600, 2048)
    made(600, 0)


@pytest.mark.case("X10")
@pytest.mark.parametrize(
    "prints",
    [
        "for n in range(10**9):\n    print('x' * 1000)",
        "print('x' * 30_000_000)",
        "import sys\nwhile True:\n    print('e' * 100_000, file=sys.stderr)",
        "from IPython.display import display\nwhile True:\n    display({'text/html': '<p>' * 100_000}, raw=True)",
        "raise ValueError('x' * 30_000_000)",
    ],
    ids=["lines", "at once", "stderr", "display", "error"],
)
def test_a_notebook_that_prints_without_end_fails_at_once_and_fills_nothing(
    prints: str, box: Sandbox, processed: Path, tmp_path: Path
) -> None:
    path = save(tmp_path / "40_city.ipynb", good("40_city", "print('before')", prints))
    before = psutil.Process().memory_info().rss
    with pytest.raises(RunFailed) as refused:
        run_notebook(
            path, None, {"target": CITY}, kernel_name=WARM, sandbox=box, environment={"KAOHE_PROCESSED": str(processed)}
        )
    assert refused.value.message().splitlines()[:3] == [
        "K837 The notebook put out too much",
        f"  where     40_city {CITY}, cell 5 of 6",
        "  expected  at most 20 million characters from all its cells",
    ]
    assert psutil.Process().memory_info().rss - before < 400 * 2**20
    assert refused.value.notebook is not None
    kept = notebook_text(refused.value.notebook)
    assert "before" in kept
    assert len(kept) < 100_000


def test_the_output_of_a_whole_notebook_is_counted_and_what_is_below_the_cap_passes(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "OUTPUT_CAP", 300_000)
    run("print('x' * 90_000)", "print('x' * 90_000)")
    with pytest.raises(RunFailed, match="K837 "):
        run(*["print('x' * 90_000)"] * 4)


def test_where_there_is_no_fork_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from kaohe.run.pool import warmed

    close_zygote()
    monkeypatch.setattr(forks, "available", lambda: False)
    loaded: list[bool] = []
    monkeypatch.setattr("kaohe.run.pool.load_tools", lambda *, alone: loaded.append(alone))
    plain = Sandbox.prepare(tmp_path)
    assert warmed(plain) == (plain, "kernels are started the ordinary way: this system cannot fork safely")
    assert loaded == [True]


def test_jupyterlab_gets_a_kernelspec_whose_charts_appear_under_their_cells(tmp_path: Path) -> None:
    from jupyter_client.manager import KernelManager

    folder = install_kernel(tmp_path)
    assert folder == tmp_path / "share" / "jupyter" / "kernels" / "kaohe"
    spec = json.loads((folder / "kernel.json").read_text(encoding="utf-8"))
    assert spec["metadata"]["kernel_provisioner"] == {"provisioner_name": "kaohe-zygote"}
    environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    manager = KernelManager(kernel_name="kaohe")
    manager.kernel_spec_manager.kernel_dirs = [str(folder.parent)]
    manager.start_kernel(env=environment)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=120)
        shown: list[str] = []

        def heard(message: dict[str, Any]) -> None:
            shown.extend(message["content"].get("data", {}))
            shown.append(message["content"].get("text", ""))

        code = "import os, matplotlib.pyplot as plt; print(os.getppid()); plt.plot([1, 2]); plt.show()"
        client.execute_interactive(code, output_hook=heard, timeout=120)
        assert "image/png" in shown
        assert f"{zygote().pid}\n" in shown
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.case("X09")
def test_no_process_is_left(box: Sandbox, processed: Path, tmp_path: Path) -> None:
    with surroundings(box.environment()):
        other = forks.Zygote()
        pid = other.fork(["-f", str(tmp_path / "missing.json")], str(tmp_path), dict(os.environ))
    other.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        os.kill(pid, signal.SIGKILL)
        raise AssertionError("a kernel outlived its zygote")


def test_sealed_report_of_a_notebook_without_parameters_never_starts(box: Sandbox, tmp_path: Path) -> None:
    path = save(tmp_path / "40_city.ipynb", notebook(OPEN.format(stem="40_city"), SEAL, parameters=None))
    with pytest.raises(Exception, match="K821"):
        run_notebook(path, None, {"target": CITY}, sandbox=box)
