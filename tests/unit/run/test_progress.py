"""What a batch says while it runs, and what it leaves for later."""

from __future__ import annotations

import errno
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from kaohe.base.errors import InputRefused
from kaohe.publish.audit import scan
from kaohe.publish.manifest import json_schema, read_manifest
from kaohe.run.asked import BatchResult, Folders, Options, Selection
from kaohe.run.batch import made_before, run_batch
from kaohe.run.faults import Stopped
from kaohe.run.job import Job, JobResult
from kaohe.run.progress import Begun, Done, Ended, JsonEvents, Lines, Log, family_memory, watched
from kaohe.run.steps import said_of
from support.built_frames import the_plan
from support.publishing import good, save, write_build

NOW = "2020-12-28T02:05:00+00:00"
DONE = Done("city-440200", "40_city", "440200000000", "韶关市", 1.25, (3, 0.5))
FAILED = Done("city-440300", "40_city", "440300000000", "深圳市", 0.5, (0, 0.0), "K830 A cell of the notebook failed")


def test_lines_say_counts_rate_and_memory_at_the_end_and_failures_at_once() -> None:
    out = io.StringIO()
    lines = Lines(Console(file=out, width=200))
    lines(Begun(2, 5))
    lines(FAILED)
    assert out.getvalue() == "failed  40_city 深圳市: K830 A cell of the notebook failed\n"
    lines(DONE)
    last = out.getvalue().splitlines()[-1]
    assert last.startswith("2/2 reports, 1 failed, ")
    assert last.endswith(" MB memory")


def test_a_terminal_gets_a_bar() -> None:
    out = io.StringIO()
    lines = Lines(Console(file=out, width=160, force_terminal=True))
    lines(Begun(2, 5))
    lines(DONE)
    lines(Ended(1, 0, 5, 0, 2.0, 0))
    assert "1/2" in out.getvalue()
    assert "韶关市" in out.getvalue()


def test_memory_is_that_of_this_process_and_its_children() -> None:
    import psutil

    assert family_memory() >= psutil.Process().memory_info().rss // 2


def test_events_are_one_json_object_a_line() -> None:
    out = io.StringIO()
    with watched([JsonEvents(out)], Begun(2, 5), lambda _: Ended(1, 1, 5, 0, 2.0, 3, 2)) as tell:
        tell(DONE)
        tell(FAILED)
    said = [json.loads(line) for line in out.getvalue().splitlines()]
    assert said == [
        {"event": "start", "total": 2, "unchanged": 5, "left": 0},
        {"event": "report", "report": "city-440200", "notebook": "40_city", "target": "440200000000", "name": "韶关市",
         "state": "done", "seconds": 1.25, "slowest_cell": 3, "slowest_seconds": 0.5, "reason": ""},
        {"event": "report", "report": "city-440300", "notebook": "40_city", "target": "440300000000", "name": "深圳市",
         "state": "failed", "seconds": 0.5, "slowest_cell": 0, "slowest_seconds": 0.0,
         "reason": "K830 A cell of the notebook failed"},
        {"event": "end", "made": 1, "failed": 1, "unchanged": 5, "left": 0, "seconds": 2.0, "exit_code": 3, "forked": 2,
         "ordinary": 0, "why": "", "how": "end"},
    ]  # fmt: skip


def test_the_log_is_appended_to(tmp_path: Path) -> None:
    for _ in range(2):
        log = Log(tmp_path / "kaohe-run.log", lambda: NOW)
        log(Begun(1, 0))
        log(DONE)
        log(FAILED)
        log(Ended(1, 1, 0, 0, 2.0, 3, 1, 1, "no fork"))
    one = [
        f"{NOW} start: 1 to make, 0 unchanged",
        f"{NOW} city-440200 1.25 s, done",
        f"{NOW} city-440300 0.50 s, failed: K830 A cell of the notebook failed",
        f"{NOW} end: 1 made, 1 failed, 0 unchanged, 2 s, exit code 3, kernels: 1 forked, 1 ordinary (no fork)",
    ]
    assert (tmp_path / "kaohe-run.log").read_text(encoding="utf-8").splitlines() == one * 2


@pytest.fixture
def place(tmp_path: Path) -> Folders:
    save(tmp_path / "notebooks" / "40_city.ipynb", good("40_city"))
    return Folders(write_build(tmp_path / "processed"), tmp_path / "outputs", tmp_path / "notebooks")


def batch(place: Folders, clock: str = NOW, **how: object) -> list[str]:
    """Make city reports; the slugs made."""
    return made(place, clock, **how).made


def made(place: Folders, clock: str = NOW, **how: object) -> BatchResult:
    """Make city reports with an executor that draws nothing."""

    def executor(jobs: list[Job], _: int, on_result: object, **__: object) -> None:
        for job in jobs:
            slug = job.report.slug
            if slug == "city-440300":
                late = {"reason": "K832 The notebook took too long", "exit_code": 3, "ordinary": 2, "why": "it ended"}
                on_result(job, JobResult(slug, **late))  # type: ignore[operator]
            else:
                drawn = {"page": "<p>页</p>", "notebook": "{}", "seconds": 2.0, "slowest": (4, 1.5), "forked": 2}
                on_result(job, JobResult(slug, **drawn))  # type: ignore[operator]

    return run_batch(
        place, the_plan(), Selection(notebooks=("40_city",)), Options(executor=executor, **how),  # type: ignore[arg-type]
        console=Console(file=io.StringIO()), clock=lambda: clock,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "code", "how"),
    [
        (Stopped(143), 143, "stopped"),
        (Stopped(130), 130, "stopped"),
        (KeyboardInterrupt(), 130, "stopped"),
        (InputRefused("K871", "The scheduler does not answer"), 2, "broken off"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "broken off"),
        (RuntimeError("a fault"), 1, "broken off"),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, BaseException) else "",
)
def test_a_batch_that_is_stopped_or_broken_off_never_says_that_it_went_well(
    ends: BaseException, code: int, how: str, place: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    def executor(jobs: list[Job], _: int, on_result: Callable[..., None], **__: object) -> None:
        on_result(jobs[0], JobResult(jobs[0].report.slug, page="<p>页</p>", notebook="{}", seconds=2.0))
        raise ends

    with pytest.raises((type(ends), InputRefused)):
        run_batch(place, the_plan(), Selection(notebooks=("40_city",)), Options(executor=executor, events=True))
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (end["event"], end["how"], end["exit_code"], end["made"]) == ("end", how, code, 1)
    last = (place.outputs / "kaohe-run.log").read_text(encoding="utf-8").splitlines()[-1]
    assert re.search(rf" {how}: 1 made, 0 failed, \d+ unchanged, \d+ s, exit code {code}$", last)
    summary = (place.outputs / "html" / "run-summary.html").read_text(encoding="utf-8")
    assert "生成1份，失败0份，未变0份（运行中断，没有做完）" in summary


def test_since_makes_fresh_reports_again_that_are_older(place: Folders) -> None:
    assert len(batch(place)) == 19
    assert batch(place, since=datetime(2020, 12, 28, 2, 5, tzinfo=UTC)) == []
    assert len(batch(place, since=datetime(2020, 12, 28, 2, 6, tzinfo=UTC), clock="2020-12-28T03:00:00+00:00")) == 19
    entry = read_manifest(place.outputs).entries["city-440200"]
    assert entry.made == "2020-12-28T03:00:00+00:00"
    assert not made_before(entry, None)


def test_the_manifest_follows_its_schema(place: Folders) -> None:
    batch(place)
    written = json.loads((place.outputs / "manifest.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json_schema()).validate(written)
    written["reports"]["city-440200"]["state"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema()).validate(written)


def test_a_manifest_of_the_first_schema_is_migrated_and_a_later_one_refused(place: Folders) -> None:
    batch(place)
    path = place.outputs / "manifest.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    for entry in said["reports"].values():
        del entry["made"]
    path.write_text(json.dumps({**said, "schema": 1}), encoding="utf-8")
    assert read_manifest(place.outputs).entries["city-440200"].made == ""
    assert batch(place) == []
    path.write_text(json.dumps({**said, "schema": 3}), encoding="utf-8")
    with pytest.raises(InputRefused, match="schema 3"):
        read_manifest(place.outputs)


def test_the_run_summary_lists_failures_and_slow_cells_and_the_index_leads_to_it(place: Folders) -> None:
    batch(place)
    page = (place.outputs / "html" / "run-summary.html").read_text(encoding="utf-8")
    index = (place.outputs / "html" / "index.html").read_bytes()
    assert '<a href="run-summary.html">生成情况</a>' in index.decode()
    assert '<a href="index.html">' in page
    assert "生成19份，失败1份，未变0份" in page
    assert '<th scope="row">深圳市</th><td>市报告</td><td>超过规定时间（代码K832）</td>' in page
    assert '<td>市报告</td><td class="r">4</td><td class="r">1.50</td><td class="r">2.00</td>' in page
    assert "2020年12月28日 10:05" in page
    assert "由已备好的程序快速启动38次，从头启动2次（原因见运行记录末行）" in page
    assert scan(page) == []
    batch(place, clock="2020-12-28T03:00:00+00:00", force=True)
    assert "10:05" not in (place.outputs / "html" / "run-summary.html").read_text(encoding="utf-8")
    assert (place.outputs / "html" / "index.html").read_bytes() == index


@pytest.mark.parametrize("name", ["index.html", "glossary.html", "run-summary.html"])
def test_a_list_that_was_lost_or_damaged_is_written_again(place: Folders, name: str) -> None:
    batch(place)
    page = place.outputs / "html" / name
    whole = page.read_bytes()
    page.unlink()
    batch(place)
    assert page.is_file()
    page.write_bytes(b"\xff" + whole[:100])
    batch(place)
    again = page.read_bytes()
    assert again == whole or (name == "run-summary.html" and again.endswith(b"</html>"))  # it tells of the last run


def test_ordinary_kernels_are_counted_and_said_with_the_reason_everywhere(
    place: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    done = made(place, events=True)
    said = "kernels: 38 forked, 2 ordinary (it ended)"
    assert said in said_of(done, place.outputs)
    assert said in (place.outputs / "kaohe-run.log").read_text(encoding="utf-8").splitlines()[-1]
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (end["forked"], end["ordinary"], end["why"]) == (38, 2, "it ended")
    cold = made(place, force=True, warm=False)
    assert cold.kernels().endswith("(asked for with --cold; it ended)")
    assert made(place).kernels() == "kernels: 0 forked, 2 ordinary (it ended)"  # the report that failed is tried again
