"""Batches: one failure stops nobody, what is fresh is left alone, nothing is half done."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from kaohe.base.errors import BusyError, InputRefused, KaoheError
from kaohe.base.files import locked
from kaohe.publish.forks import close_zygote
from kaohe.publish.html import KaoheExporter
from kaohe.publish.reports import reports_of
from kaohe.publish.sandbox import Sandbox
from kaohe.publish.seal import RunFailed
from kaohe.publish.strays import listing, refuse_strays
from kaohe.run import cli
from kaohe.run.asked import BatchResult, Folders, Options, Selection
from kaohe.run.batch import class_of, find_notebooks, run_batch, select
from kaohe.run.job import Job, _failure, run_target
from kaohe.run.pool import run_serially, warmed
from kaohe.run.status import lines, standings
from kaohe.run.steps import said_of
from support.built_frames import the_plan
from support.publishing import FIGURE, OPEN, SEAL, frames, good, notebook, save, write_build

SHAOGUAN, SHENZHEN, SHANTOU = "440200000000", "440300000000", "440500000000"
MADE = ("40_city", "50_unit", "60_ranking")
DIES = (
    "import os, psutil, signal\nabove = psutil.Process(os.getppid()).parent()\n"
    "worker = next(p for p in (above, *above.children()) if any('spawn_main' in word for word in p.cmdline()))\n"
    f"if job.ctx.object == '{SHENZHEN}':\n    os.kill(worker.pid, signal.SIGKILL)"
)


@pytest.fixture
def place(tmp_path: Path) -> Folders:
    """A build and a folder of notebooks whose city report fails for Shenzhen."""
    notebooks = tmp_path / "notebooks"
    fails = f"if job.ctx.object == '{SHENZHEN}':\n    raise ValueError('only here')"
    save(notebooks / "40_city.ipynb", good("40_city", "f = job.own('streams')", fails, FIGURE.format(id="a")))
    save(notebooks / "50_unit.ipynb", good("50_unit", "f = job.own('streams')"))
    save(notebooks / "60_ranking.ipynb", good("60_ranking", "f = job.peers('composite')"))
    return Folders(write_build(tmp_path / "processed"), tmp_path / "outputs", notebooks)


@pytest.fixture(scope="module")
def serial() -> Iterator[Callable[..., None]]:
    """Reports made in this process with one sandbox for all tests; two tests below use real workers."""
    with Sandbox.temporary() as plain:
        sandbox, _ = warmed(plain)

        def made(jobs: Iterable[Job], _: int, on_result: Callable[..., None], **__: object) -> None:
            for job in jobs:
                on_result(job, run_target(job, sandbox))

        yield made
    close_zygote()


def run(place: Folders, *targets: str, jobs: int = 2, **kw: object) -> tuple[BatchResult, str]:
    out = io.StringIO()
    selection = Selection(targets, notebooks=MADE, only_failed=bool(kw.pop("only_failed", False)))
    options = Options(jobs=jobs, **kw)  # type: ignore[arg-type]
    done = run_batch(place, the_plan(), selection, options, console=Console(file=out, width=200))
    return done, out.getvalue()


def pages(place: Folders) -> dict[str, bytes]:
    """All pages but the run summary, which alone tells of the run."""
    return {p.name: p.read_bytes() for p in (place.outputs / "html").iterdir() if p.name != "run-summary.html"}


@pytest.mark.case("X07", "X28")
def test_a_failed_target_does_not_stop_the_others(place: Folders, serial: Callable[..., None]) -> None:
    done, said = run(place, "韶关市", "深圳", SHANTOU, "单位001", "city6", executor=serial)
    assert set(done.made) == {"city-440200", "city-440500", "unit-dw001", "ranking-city6"}
    assert done.failed == {"city-440300": 3}
    assert done.exit_code == 3
    assert "failed  40_city 深圳市: K830 A cell of the notebook failed" in said
    assert "5/5 reports, 1 failed" in said
    kept = place.outputs / "notebooks" / "failed" / "city-440300.ipynb"
    assert "only here" in kept.read_text(encoding="utf-8")
    assert set(pages(place)) == {"index.html", "glossary.html", *(f"{s}.html" for s in done.made)}
    index = pages(place)["index.html"].decode()
    assert "深圳市 市报告：笔记本有单元出错（代码K830）" in index
    assert 'href="city-440200.html"' in index
    assert 'href="city-440300.html"' not in index

    again, _ = run(place, "深圳", only_failed=True, executor=serial)
    assert (again.made, list(again.failed)) == ([], ["city-440300"])
    book = good("40_city", "f = job.own('streams')", FIGURE.format(id="a"))
    save(place.notebooks / "40_city.ipynb", book)
    mended, _ = run(place, only_failed=True, executor=serial)
    assert (mended.made, mended.exit_code) == (["city-440300"], 0)
    assert not kept.exists()
    assert "未能生成" not in pages(place)["index.html"].decode()


@pytest.mark.case("X29")
def test_unchanged_reports_are_skipped_and_bytes_are_the_same_every_way(
    place: Folders, serial: Callable[..., None]
) -> None:
    first, _ = run(place, "韶关市", SHANTOU, "单位001")
    before = pages(place)
    assert len(first.made) == 3
    second, _ = run(place, "韶关市", SHANTOU, "单位001", executor=serial)
    assert (second.made, len(second.skipped)) == ([], 3)
    assert pages(place) == before
    for way in ({"executor": serial}, {"executor": run_serially, "warm": False}):
        forced, _ = run(place, "韶关市", SHANTOU, "单位001", force=True, **way)
        assert len(forced.made) == 3
        assert pages(place) == before


def test_a_change_of_one_citys_rows_makes_that_city_again_and_no_other(
    place: Folders, serial: Callable[..., None]
) -> None:
    run(place, "韶关市", SHANTOU, executor=serial)
    changed = frames()["streams"].copy()
    changed.loc[changed["object"] == SHAOGUAN, "score"] += 1
    write_build(place.processed, {**frames(), "streams": changed})
    done, _ = run(place, SHANTOU, executor=serial)
    assert done.skipped == ["city-440500"]
    assert "待更新" in pages(place)["index.html"].decode()
    done, _ = run(place, "韶关市", SHANTOU, executor=serial)
    assert (done.made, done.skipped) == (["city-440200"], ["city-440500"])


def test_reports_that_only_compare_may_be_left_and_stay_stale(
    place: Folders, serial: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    save(place.notebooks / "40_city.ipynb", good("40_city", "f = job.own('streams')", "g = job.peers('composite')"))
    both = ("韶关市", SHANTOU)
    run(place, *both, "单位001", executor=serial)
    tables = {name: frames()[name].copy() for name in ("streams", "composite")}
    tables["streams"].loc[tables["streams"]["object"] == SHAOGUAN, "score"] += 1
    tables["composite"].loc[tables["composite"]["object"] == SHAOGUAN, "composite"] += 1
    write_build(place.processed, {**frames(), **tables})
    capsys.readouterr()
    done, _ = run(place, *both, "单位001", executor=serial, own=True, events=True)
    assert (done.made, done.left, done.exit_code) == (["city-440200"], ["city-440500"], 0)
    started, *_, ended = map(json.loads, capsys.readouterr().out.splitlines())
    assert (started["total"], started["unchanged"], started["left"]) == (1, 1, 1)
    assert (ended["made"], ended["failed"], ended["unchanged"], ended["left"]) == (1, 0, 1, 1)
    log = (place.outputs / "kaohe-run.log").read_text(encoding="utf-8").splitlines()
    assert log[-3].endswith(" start: 1 to make, 1 unchanged, 1 left")
    assert " end: 1 made, 0 failed, 1 unchanged, 1 left, " in log[-1]
    summary = (place.outputs / "html" / "run-summary.html").read_text(encoding="utf-8")
    assert "生成1份，失败0份，未变1份，留待更新1份" in summary
    assert "待更新" in pages(place)["index.html"].decode()
    found = lines(standings(place.processed, place.outputs, place.notebooks, the_plan()))
    assert "stale\t40_city\t汕头市\tcompared with: composite" in found
    done, _ = run(place, *both, executor=serial)
    assert (done.made, done.skipped) == (["city-440500"], ["city-440200"])


def test_the_command_leaves_what_only_compares_when_asked(
    place: Folders, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save(place.notebooks / "40_city.ipynb", good("40_city", "f = job.own('streams')", "g = job.peers('composite')"))
    folders = [f"--{n}={getattr(place, n)}" for n in ("processed", "outputs", "notebooks")]
    both = ("run", "韶关市", SHANTOU, "--notebook", "40_city", *folders)
    assert cli.main(list(both)) == 0
    tables = {name: frames()[name].copy() for name in ("streams", "composite")}
    tables["streams"].loc[tables["streams"]["object"] == SHAOGUAN, "score"] += 1
    tables["composite"].loc[tables["composite"]["object"] == SHAOGUAN, "composite"] += 1
    write_build(place.processed, {**frames(), **tables})
    capsys.readouterr()
    assert cli.main([*both, "--own"]) == 0
    said = capsys.readouterr().out
    assert "run: 1 made, 0 failed, 0 unchanged (" in said
    assert "left, for only what is compared with has changed: 1; " in said


def test_a_second_run_reads_no_table_and_writes_nothing(place: Folders, serial: Callable[..., None]) -> None:
    run(place, "韶关市", "单位001", executor=serial)
    before = {p: p.stat().st_mtime_ns for p in place.outputs.rglob("*") if p.is_file() and p.name != "kaohe-run.log"}
    code = (
        "import sys\nfrom pathlib import Path\nfrom kaohe.base.plan import load_plan\n"
        "from kaohe.run.asked import Folders, Options, Selection\nfrom kaohe.run.batch import run_batch\n"
        f"folders = Folders(*map(Path, {[str(p) for p in (place.processed, place.outputs, place.notebooks)]!r}))\n"
        "done = run_batch(folders, load_plan(), Selection(['韶关市', '单位001'], notebooks=('40_city', '50_unit')), Options())\n"
        "heavy = {'pandas', 'matplotlib', 'zmq', 'nbconvert', 'openpyxl'} & set(sys.modules)\n"
        "print(len(done.skipped), done.made, sorted(heavy))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert said.stdout.splitlines()[-1] == "2 [] []"
    after = {p: p.stat().st_mtime_ns for p in place.outputs.rglob("*") if p.is_file() and p.name != "kaohe-run.log"}
    assert after == before
    page = place.outputs / "html" / "index.html"
    page.write_text("somebody's")
    run(place, "韶关市", "单位001", executor=serial)
    assert "韶关市" in page.read_text(encoding="utf-8")


@pytest.mark.case("X08")
def test_a_kernel_that_dies_costs_its_report_one_more_try(
    place: Folders, tmp_path: Path, serial: Callable[..., None]
) -> None:
    mark = tmp_path / "tried"
    once = f"import os, pathlib\nm = pathlib.Path({str(mark)!r})\nif not m.exists():\n    m.touch()\n    os._exit(9)"
    save(place.notebooks / "50_unit.ipynb", good("50_unit", once))
    always = f"import os\nif job.ctx.object == '{SHENZHEN}':\n    os._exit(9)"
    save(place.notebooks / "40_city.ipynb", good("40_city", always))
    done, said = run(place, "单位001", "深圳", SHANTOU, executor=serial)
    assert set(done.made) == {"unit-dw001", "city-440500"}
    assert done.failed == {"city-440300": 3}
    assert "K831 The kernel died" in said
    kept = (place.outputs / "notebooks" / "failed" / "city-440300.ipynb").read_text(encoding="utf-8")
    assert "os._exit(9)" in kept


@pytest.mark.case("X27")
def test_a_changed_notebook_or_edition_makes_its_reports_again(place: Folders, serial: Callable[..., None]) -> None:
    run(place, "韶关市", "单位001", executor=serial)
    save(place.notebooks / "50_unit.ipynb", good("50_unit", "f = job.peers('streams')"))
    done, _ = run(place, "韶关市", "单位001", executor=serial)
    assert (done.made, done.skipped) == (["unit-dw001"], ["city-440200"])
    done, _ = run(place, "韶关市", edition="statistician", executor=serial)
    assert done.made == ["city-440200"]
    assert "代码</summary>" in pages(place)["city-440200.html"].decode()


@pytest.mark.case("X24")
def test_a_leaking_page_is_not_put_in_place(place: Folders, serial: Callable[..., None]) -> None:
    leak = "from kaohe.plot.output import Text\nText(['户主449901199001011234'])"
    save(place.notebooks / "50_unit.ipynb", good("50_unit", leak))
    done, said = run(place, "单位001", SHANTOU, executor=serial)
    assert done.failed == {"unit-dw001": 4}
    assert done.exit_code == 4
    assert done.made == ["city-440500"]
    assert "unit-dw001.html" not in pages(place)
    assert "449901199001011234" not in said
    assert "449901199001011234" not in (place.outputs / "manifest.json").read_text(encoding="utf-8")
    assert "检出不应出现的内容" in pages(place)["index.html"].decode()


@pytest.mark.case("X11")
def test_a_notebook_that_writes_outside_its_folder_fails_with_the_files_named(
    place: Folders, serial: Callable[..., None]
) -> None:
    inside = "open('own.txt', 'w').close()"
    stray = (
        "import os, pathlib\n"
        "for folder in ('..', os.environ['KAOHE_PROCESSED']):\n"
        "    pathlib.Path(folder, 'stray.txt').write_text('x')"
    )
    save(place.notebooks / "50_unit.ipynb", good("50_unit", stray))
    save(place.notebooks / "40_city.ipynb", good("40_city", inside))
    done, said = run(place, "单位001", SHANTOU, executor=serial)
    assert (done.made, done.failed) == (["city-440500"], {"unit-dw001": 3})
    assert "K844 A file outside the notebook's folder was written while it ran" in said
    assert "processed/stray.txt, stray.txt" in said
    assert "unit-dw001.html" not in pages(place)
    assert "生成时有不应写入的文件（代码K844）" in pages(place)["index.html"].decode()


def test_other_commands_may_write_their_own_folders_meanwhile(tmp_path: Path) -> None:
    processed = write_build(tmp_path / "processed")
    before = listing(processed)
    for name in ("scenarios/a/composite.parquet", "returns/a.xlsx", ".kaohe.lock"):
        (processed / name).parent.mkdir(parents=True, exist_ok=True)
        (processed / name).touch()
    refuse_strays(before, listing(processed), "40_city")
    (processed / "build" / "targets.parquet").touch()
    with pytest.raises(RunFailed, match=r"K844 [\s\S]+processed/build/targets.parquet"):
        refuse_strays(before, listing(processed), "40_city")


def test_why_a_report_failed_names_no_person_and_no_folder() -> None:
    card = "".join(map(str, range(10))) * 2
    said = _failure(
        "a", f"K830 A cell failed\n  got       ValueError: 账号{card[:19]} 电话13800138000 in /home/a/b.py", 3, ""
    )
    assert said.reason == "K830 A cell failed; ValueError: 账号〔账号〕 电话〔电话〕 in …/b.py"
    assert card[:19] not in said.message
    assert "13800138000" not in said.message


@pytest.mark.case("X23")
def test_without_its_template_a_report_fails_and_its_notebook_is_kept(
    place: Folders, serial: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object, **__: object) -> None:
        raise FileNotFoundError("kaohe/index.html.j2")

    monkeypatch.setattr(KaoheExporter, "from_notebook_node", nothing)
    done, said = run(place, "韶关市", executor=serial)
    assert (done.made, done.failed, done.exit_code) == ([], {"city-440200": 3}, 3)
    assert "K839 Unexpected fault; FileNotFoundError: kaohe/index.html.j2" in said
    assert "city-440200.html" not in pages(place)
    assert "标题a" in (place.outputs / "notebooks" / "failed" / "city-440200.ipynb").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_dead_worker_costs_its_report_only_after_a_second_try(place: Folders) -> None:
    save(place.notebooks / "40_city.ipynb", good("40_city", DIES))
    done, said = run(place, "韶关市", "深圳", SHANTOU)
    assert set(done.made) == {"city-440200", "city-440500"}
    assert done.failed == {"city-440300": 3}
    assert "K836 The process that made the report died (signal 9, 2 times)" in said


@pytest.mark.slow
def test_when_the_process_that_forks_for_all_workers_dies_every_report_is_made_and_it_is_said(
    place: Folders, tmp_path_factory: pytest.TempPathFactory
) -> None:
    once = tmp_path_factory.mktemp("once") / "killed"
    kills = f"import os, pathlib, time\nmark = pathlib.Path({str(once)!r})\nif not mark.exists():\n    mark.touch()\n    os.kill(os.getppid(), 9)\n    time.sleep(20)"
    save(place.notebooks / "40_city.ipynb", good("40_city", "f = job.own('streams')", kills))
    done = run_batch(
        place, the_plan(), Selection(classes=("city6",), notebooks=("40_city",)), Options(jobs=2), console=Console(file=io.StringIO())
    )  # fmt: skip
    assert once.exists()
    assert (len(done.made), done.failed, done.ordinary) == (6, {}, 0)
    assert done.notes == {
        "each worker started a process of its own to fork kernels: the process that forks them ended: signal 9"
    }


@pytest.mark.parametrize(
    ("target", "code"), [("韶光", "K131"), ("江门市", "K130"), ("440700", "K130"), ("", "K131"), ("../x", "K131")]
)
def test_a_wrong_target_touches_nothing(place: Folders, target: str, code: str) -> None:
    with pytest.raises(InputRefused) as caught:
        run(place, "韶关市", target)
    assert caught.value.code == code
    assert not place.outputs.exists()


def test_a_missing_notebook_is_said_before_anything_starts(place: Folders) -> None:
    with pytest.raises(InputRefused, match="K820 A notebook cannot be read"):
        run_batch(
            place, the_plan(), Selection(notebooks=("45_county",)), Options(), console=Console(file=io.StringIO())
        )
    assert not place.outputs.exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[: len(text) // 2], "K820 A notebook cannot be read\n  where     40_city.ipynb"),
        (lambda _: "", "K820 A notebook cannot be read"),
        (lambda _: "[]", "K820 A notebook cannot be read"),
        (lambda text: text.replace('"parameters"', '"other"'), "K821 A notebook needs exactly one parameters cell"),
        (
            lambda text: text.replace(r"target = \"\"", "target = f()"),
            "K821 A parameters cell holds more than plain values",
        ),
        (lambda text: text.replace(r"target = \"\"", r"city = \"\""), "K822 Unknown parameter"),
        (lambda text: text.replace(r"target = \"\"", "target = 1"), "K823 A parameter has the wrong type"),
    ],
    ids=["cut", "empty", "list", "untagged", "computed", "renamed", "number"],
)
def test_a_notebook_that_cannot_be_run_is_said_before_anything_starts(
    spoil: Callable[[str], str], said: str, place: Folders
) -> None:
    path = place.notebooks / "40_city.ipynb"
    before = path.read_text(encoding="utf-8")
    path.write_text(spoil(before), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before
    with pytest.raises(InputRefused) as caught:
        run(place, "韶关市", "单位001")
    assert caught.value.message().startswith(said)
    assert not place.outputs.exists()


def test_a_folder_of_failing_cells_is_named_only_where_there_is_one(place: Folders) -> None:
    done = BatchResult(failed={"city-440300": 3})
    assert said_of(done, place.outputs)[-1] == "`kaohe run --only-failed` tries the reports that failed again"
    kept = place.outputs / "notebooks" / "failed" / "city-440300.ipynb"
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert said_of(done, place.outputs)[-1].startswith(f"the notebooks at their failing cells are in {kept.parent}; ")


@pytest.mark.case("X15")
def test_a_table_that_was_touched_is_refused(place: Folders) -> None:
    path = place.processed / "build" / "streams.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(InputRefused, match="K808 A built table is not the one that was built"):
        run(place, "韶关市")
    assert not place.outputs.exists()


@pytest.mark.case("X04", "X05")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_disk_is_one_message_and_earlier_pages_stay(
    number: int, place: Folders, serial: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patched, because root may write anywhere."""
    run(place, "韶关市", executor=serial)
    before = pages(place)

    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("kaohe.base.files.os.replace", full)
    with pytest.raises(InputRefused, match="K862 The outputs cannot be written") as caught:
        run(place, "韶关市", SHANTOU, force=True, executor=serial)
    monkeypatch.undo()
    assert caught.value.got == os.strerror(number)
    assert pages(place) == before
    assert not list(place.outputs.rglob(".tmp-*"))


def test_no_usable_font_is_said_before_anything_starts(place: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_FONT", str(place.notebooks / "40_city.ipynb"))
    with pytest.raises(KaoheError, match="K702"):
        run(place, "韶关市")
    assert not place.outputs.exists()


def test_one_report_in_the_statisticians_edition_does_not_make_the_others_stale(
    place: Folders, serial: Callable[..., None]
) -> None:
    run(place, "韶关市", SHANTOU, executor=serial)
    run(place, "韶关市", edition="statistician", executor=serial)
    assert "待更新" not in pages(place)["index.html"].decode()


@pytest.mark.case("X26")
def test_folders_may_have_any_name(place: Folders, tmp_path: Path, serial: Callable[..., None]) -> None:
    odd = tmp_path / "输出 {target} 文件夹"
    moved = Folders(write_build(odd / "数据 1"), odd / "出 去", place.notebooks.rename(odd / "本 {0}"))
    done, _ = run(moved, "韶关市", executor=serial)
    assert done.made == ["city-440200"]


@pytest.mark.case("X17")
def test_a_second_batch_is_told_who_holds_the_folder(place: Folders) -> None:
    with locked(place.outputs, "kaohe run"), pytest.raises(BusyError, match="K501 Another run holds this folder"):
        run(place, "韶关市")


def test_earlier_pages_stay_when_a_report_fails_later(place: Folders, serial: Callable[..., None]) -> None:
    run(place, "韶关市", executor=serial)
    before = pages(place)["city-440200.html"]
    save(place.notebooks / "40_city.ipynb", notebook(OPEN.format(stem="40_city"), "1 / 0", SEAL))
    done, _ = run(place, "韶关市", executor=serial)
    assert done.exit_code == 3
    assert pages(place)["city-440200.html"] == before


def test_leftovers_of_a_killed_run_are_swept(place: Folders, serial: Callable[..., None]) -> None:
    for folder in ("html", "notebooks"):
        (place.outputs / folder).mkdir(parents=True, exist_ok=True)
        (place.outputs / folder / ".tmp-abc").write_text("half a page")
    run(place, "韶关市", executor=serial)
    assert not list(place.outputs.rglob(".tmp-*"))


def test_the_manifest_says_what_was_read(place: Folders, serial: Callable[..., None]) -> None:
    run(place, "韶关市", executor=serial)
    said = json.loads((place.outputs / "manifest.json").read_text(encoding="utf-8"))
    entry = said["reports"]["city-440200"]
    assert set(entry["parts"]) == {f"streams[object={SHAOGUAN}]"}
    assert set(entry["outputs"]) == {"html/city-440200.html", "notebooks/city-440200.ipynb"}
    assert set(entry["inputs"]) == {"notebook", "parameters", "library", "plan"}


class TestSelect:
    def names(self, **kw: tuple[str, ...]) -> list[str]:
        return [r.slug for r in select(reports_of(frames()["targets"], the_plan()), Selection(**kw), the_plan())]

    def test_everything(self) -> None:
        assert len(self.names()) == len(frames()["targets"])
        assert Selection().everything

    def test_by_class_with_its_counties_and_ranking(self) -> None:
        found = self.names(classes=("任务市",))
        assert "ranking-city14" in found
        assert sum(s.startswith("city-") for s in found) == 14
        assert any(s.startswith("county-") for s in found)
        assert not any(s.startswith("unit-") for s in found)

    def test_by_notebook_and_target(self) -> None:
        assert self.names(notebooks=("40_city",), targets=("韶关",)) == ["city-440200"]
        assert len(self.names(notebooks=("unit",))) == 8

    @pytest.mark.parametrize(
        ("target", "filters", "got"),
        [
            ("韶关", {"notebooks": ("50_unit",)}, "韶关市 (440200000000), of city14, with 40_city, 30_survey"),
            ("单位001", {"classes": ("city14",)}, "单位001 (DW001), of unit235, with 50_unit"),
        ],
    )
    def test_a_target_that_a_filter_leaves_out_is_not_called_unknown(
        self, target: str, filters: dict[str, tuple[str, ...]], got: str
    ) -> None:
        with pytest.raises(InputRefused) as caught:
            self.names(targets=(target,), **filters)
        assert caught.value.message() == (
            f"K132 The filters leave this target out\n  got       {got}\n"
            "  expected  a target that --class and --notebook leave in\n  remedy    leave the target out, or the filter"
        )

    def test_an_unknown_target_is_unknown_under_a_filter_too(self) -> None:
        with pytest.raises(InputRefused, match="K131 Unknown target\n  got       韶光"):
            self.names(notebooks=("40_city",), targets=("韶光",))

    @pytest.mark.parametrize(("target", "shown"), [("", "''"), ("  ", "'  '")])
    def test_an_empty_target_is_shown(self, target: str, shown: str) -> None:
        with pytest.raises(InputRefused) as caught:
            self.names(targets=(target,))
        assert caught.value.message().splitlines()[:2] == ["K131 Unknown target", f"  got       {shown}"]

    def test_an_unknown_class_gets_the_nearest(self) -> None:
        with pytest.raises(InputRefused, match="K861 Unknown class") as caught:
            class_of("city15", the_plan())
        assert "city14 (任务市)" in caught.value.expected


def test_notebooks_are_found_from_below_and_refused_where_there_are_none(
    place: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / "data" / "raw"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_notebooks() == place.notebooks
    with pytest.raises(InputRefused, match="K820 The notebooks are not there"):
        find_notebooks(deep)
