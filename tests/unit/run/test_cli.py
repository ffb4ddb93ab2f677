"""The command: what it says and which exit code it gives."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

import kaohe
from kaohe.base import errors
from kaohe.base.plan_files import find_plan
from kaohe.run import cli, steps
from support.publishing import good, save, write_build

COMMANDS = (
    "demo", "clean", "build", "run", "all", "targets", "status", "version", "check", "returns", "trace", "tables", "draw",
    "plan", "forms", "audit", "kernel", "pdf",
)  # fmt: skip
ROOT = Path(__file__).parents[3]


def call(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kaohe.run.cli", *arguments],
        capture_output=True, text=True, encoding="utf-8", cwd=cwd, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_build(tmp_path / "data" / "processed")
    for stem in ("30_survey", "40_city", "50_unit", "60_ranking"):
        save(tmp_path / "notebooks" / f"{stem}.ipynb", good(stem, "job.own('streams')"))
    return tmp_path


def run_in(place: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.chdir(place)
    try:
        return cli.main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)


def test_version_and_help(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_in(tmp_path, monkeypatch, "version") == 0
    assert capsys.readouterr().out.strip() == f"kaohe {kaohe.__version__}"
    assert run_in(tmp_path, monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    assert all(f"  {c} " in said for c in COMMANDS)


def test_help_tells_the_exit_codes_that_the_docs_and_the_code_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    in_code = {v for k, v in vars(errors).items() if k.startswith("EXIT_")} | {cli.INTERRUPTED, cli.TERMINATED}
    operations = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| exit ([\d, ]+) \|", operations, re.MULTILINE)
    assert {0, *(int(n) for row in rows for n in row.split(","))} == in_code
    line = re.search(r"^Exit codes: (.+)$", (ROOT / "docs/errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert line is not None
    assert {int(n) for n in re.findall(r"\b\d+\b", line[1])} == in_code
    for arguments in (("--help",), ("run", "--help"), ("all", "--help")):
        assert run_in(tmp_path, monkeypatch, *arguments) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert {int(n) for n in re.findall(r"\b\d+\b", said.split("Exit codes:", 1)[1])} == in_code, arguments


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_is_exit_0_and_names_each_option_the_docs_name(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_in(tmp_path, monkeypatch, *command.split(), "--help") == 0
    said = capsys.readouterr().out
    assert f" {command} " in said.splitlines()[0]
    row = re.search(
        rf"^\| `kaohe {command}( [^a-z`][^`]*)?` \|(?P<said>.*)$",
        (ROOT / "docs/operations.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    for option in re.findall(r"`(--[a-z-]+)", row["said"] if row else ""):
        assert option in said, option


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme_or_the_docs(command: str) -> None:
    texts = [(ROOT / n).read_text(encoding="utf-8") for n in ("README.md", "docs/operations.md")]
    assert any(f"kaohe {command}" in t for t in texts)


def test_a_plan_begun_from_a_folder_of_ones_own_keeps_its_choices(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(find_plan(), tmp_path / "plans/own")
    own = tmp_path / "plans/own/plan.toml"
    text = own.read_text(encoding="utf-8")
    own.write_text(text.replace("straight_forms = 0.10 ", "straight_forms = 0.15 "), encoding="utf-8")
    assert run_in(tmp_path, monkeypatch, "plan", "new", "2022", "--from", "plans/own") == 0
    assert "plan: plans/2022 made from plans/own; " in capsys.readouterr().out
    made = tomllib.loads((tmp_path / "plans/2022/plan.toml").read_text(encoding="utf-8"))
    assert (made["plan"]["year"], made["choices"]["screens"]["straight_forms"]) == (2022, 0.15)
    assert run_in(tmp_path, monkeypatch, "plan", "new", "2023", "--from", "2019") == 2
    assert not (tmp_path / "plans/2023").exists()


def test_one_target_from_the_command_line(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_in(place, monkeypatch, "run", "韶关市", "--jobs", "2") == 0
    said = capsys.readouterr().out
    assert "run: 2 made, 0 failed, 0 unchanged" in said
    assert {p.name for p in (place / "outputs" / "html").iterdir()} == {
        "city-440200.html",
        "survey-440200.html",
        "index.html",
        "glossary.html",
        "run-summary.html",
    }
    assert "tables:" not in said  # these pages link to no file of a table
    assert run_in(place, monkeypatch, "status") == 0
    assert capsys.readouterr().out.startswith("2 fresh, 0 stale, 0 failed, ")


def test_status_counts_by_notebook_and_names_what_is_not_fresh(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The build of the tests has 20 cities, 8 units and 3 classes that could have reports."""

    def said(*arguments: str) -> list[str]:
        assert run_in(place, monkeypatch, "status", *arguments) == 0
        return capsys.readouterr().out.splitlines()

    for stem, text in (("40_city", "job.own('streams')"), ("60_ranking", "1 / 0")):
        save(place / "notebooks" / f"{stem}.ipynb", good(stem, text))
    nothing = said("--notebook", "40_city", "--notebook", "50_unit", "--notebook", "60_ranking")
    assert nothing[:4] == [
        "0 fresh, 0 stale, 0 failed, 31 missing",
        "60_ranking\t3 missing",
        "40_city\t20 missing",
        "50_unit\t8 missing",
    ]
    assert len(nothing) == 4 + 31
    whole = said()
    assert "missing\t40_city\tall 20" in whole
    assert len(whole) < 20
    assert (
        run_in(
            place,
            monkeypatch,
            "run",
            "韶关市",
            "深圳市",
            "city6",
            "--notebook",
            "40_city",
            "--notebook",
            "60_ranking",
            "--jobs",
            "1",
        )
        == 3
    )
    capsys.readouterr()
    some = said()
    assert "40_city\t2 fresh, 18 missing" in some
    assert sum(line.startswith("missing\t40_city\t") for line in some) == 18
    assert (
        next(line for line in some if line.startswith("failed\t60_ranking\t")).split("\t")[3].startswith("K830 A cell")
    )
    assert not any(line.startswith("fresh\t") for line in some)
    assert [line for line in said("--all") if line.startswith("fresh\t")] == [
        "fresh\t40_city\t韶关市",
        "fresh\t40_city\t深圳市",
    ]
    assert said("韶关市", "--notebook", "40_city")[2:] == ["fresh\t40_city\t韶关市"]
    assert said("--state", "failed")[0] == some[0]
    assert [line.split("\t")[0] for line in said("--state", "failed") if line.count("\t") == 3] == ["failed"]
    counts, *reports = map(json.loads, said("--json", "--notebook", "40_city"))
    assert counts == {"event": "status", "fresh": 2, "stale": 0, "failed": 0, "missing": 18}
    assert len(reports) == 20
    assert {"event": "report", "report": "city-440200", "notebook": "40_city", "target": "440200000000", "name": "韶关市",
            "state": "fresh", "why": ""} in reports  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run", "韶光"), 2, "K131 Unknown target"),
        (("run", "江门"), 2, "K130 江门市 is not assessed under this plan"),
        (("run", "--class", "city15"), 2, "K861 Unknown class"),
        (("run", "--notebook", "41_city"), 2, "K801 Unknown notebook"),
        (("run", "--processed", "nowhere"), 2, "K804 There are no built tables"),
        (("run", "--notebooks", "data"), 2, "K820 The notebooks are not there"),
        (("run", "--plan", "nowhere"), 2, "K162 There is no such plan folder"),
        (("run", "--jobs", "many"), 2, "--jobs"),
        (("run", "--nonsense"), 2, "--nonsense"),
        (("run", "--edition", "secret"), 2, "--edition"),
        (("run", "--memory", "much"), 2, "'much' is no size as 2GB or 800MB, 512MB or more"),
        (("run", "--memory", "100MB"), 2, "'100MB' is no size as 2GB or 800MB, 512MB or more"),
        (
            ("run", "--since", "2999-01-01T00:00:00"),
            2,
            "K874 This moment has not come\n  where     --since\n  got       2999-01-01T00:00:00\n",
        ),
        (("run", "--cluster", "1", "--scheduler", "tcp://127.0.0.1:1"), 2, "K873 A run has one cluster"),
        (("run", "韶关市", "--notebook", "50_unit"), 2, "K132 The filters leave this target out"),
        (("run", ""), 2, "K131 Unknown target\n  got       ''\n"),
        (("nonsense",), 2, "nonsense"),
        (("clean", "--raw", "nowhere"), 2, "K2"),
        (("build", "--processed", "nowhere"), 2, "K810"),
        (("build", "--processed", "nowhere", "--scenario", "nowhere.toml"), 2, "K422"),
        (("clean", "--raw", "nowhere", "--processed", "nowhere"), 2, "K2"),
        (("tables", "--processed", "nowhere"), 2, "K804 There are no built tables"),
        (("trace", "households", "H001"), 2, "K810 There are no cleaned tables"),
        (("trace", "住户", "H001"), 2, "K361 There is no such table"),
        (("returns",), 2, "K810 There are no cleaned tables"),
        (("returns", "--by", "city"), 2, "K366 Unknown way to divide the lists"),
        (("check", "--table", "住户", "README.md"), 2, "K361 There is no such table"),
        (("check",), 2, "Missing argument 'files'"),
    ],
)
def test_refusals_are_one_message_without_a_traceback(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...], code: int, said: str,
) -> None:  # fmt: skip
    assert run_in(place, monkeypatch, *arguments) == code
    streams = capsys.readouterr()
    assert said in streams.err
    assert "Traceback" not in streams.err + streams.out
    assert not (place / "outputs").exists()
    assert not (place / "nowhere").exists()


def test_a_plan_named_by_year_or_folder_reaches_the_kernels(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "lib" / "kaohe" / "plans" / "2020", place / "own plan")
    seen = "assert str(job.ctx.plan.folder).endswith(({!r}, 'plans/2020')[job.ctx.object == '440200000000']), job.ctx.plan.folder"
    save(place / "notebooks" / "40_city.ipynb", good("40_city", seen.format("/own plan")))
    assert run_in(place, monkeypatch, "run", "韶关市", "--notebook", "40_city", "--jobs", "1", "--plan", "2020") == 0
    assert (
        run_in(place, monkeypatch, "run", "汕头市", "--notebook", "40_city", "--jobs", "1", "--plan", "own plan") == 0
    )


def test_memory_reaches_the_kernels_of_a_run(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = "import resource\nassert resource.getrlimit(resource.RLIMIT_DATA)[0] == 3 * 2**29, 'no limit'"
    save(place / "notebooks" / "40_city.ipynb", good("40_city", seen))
    only = ("run", "韶关市", "--notebook", "40_city", "--jobs", "1")
    assert run_in(place, monkeypatch, *only) == 3
    assert "AssertionError: no limit" in capsys.readouterr().out
    assert run_in(place, monkeypatch, *only, "--memory", "1.5GB") == 0


def test_a_plan_folder_of_this_version_needs_no_migration(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ROOT / "lib" / "kaohe" / "plans" / "2020"
    assert run_in(place, monkeypatch, "plan", "migrate", str(folder), "new") == 0
    assert (
        capsys.readouterr().out == f"plan: {folder} is of this version already; nothing to migrate, new is not made\n"
    )
    assert not (place / "new").exists()


def test_targets_lists_codes_names_and_notebooks(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_in(place, monkeypatch, "targets", "--class", "任务市") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "440200000000\t韶关市\tcity14\t40_city 30_survey" in lines
    assert not any("单位" in line for line in lines)


def test_a_fault_of_the_suite_is_one_line_and_a_file_without_values(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        card = "".join(map(str, range(10))) * 2
        raise RuntimeError(f"card {card}\nand more")

    monkeypatch.setattr(steps, "targets", broken)
    (place / "outputs").mkdir()
    assert run_in(place, monkeypatch, "targets") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("kaohe: unexpected fault: RuntimeError: card ******")
    log = (place / "outputs" / "kaohe-fault.log").read_text(encoding="utf-8")
    assert "0123456789" not in log
    assert "broken" in log


@pytest.mark.parametrize("text", ["{", "", "[]", '{"tables": 1', "\udcff"])
@pytest.mark.parametrize("command", ["status", "run", "tables"])
def test_a_damaged_build_json_is_refused_by_whoever_reads_the_build(
    command: str, text: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = place / "data" / "processed" / "clean"
    clean.mkdir()
    (clean / "intake.json").write_text("{}")
    (place / "data" / "processed" / "build" / "build.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert run_in(place, monkeypatch, command) == 2
    said = capsys.readouterr().err
    assert said.startswith("K807 The built tables have no readable build.json\n"), said
    assert "  remedy    run `kaohe build` again" in said


NOT_A_FOLDER = [
    ("run", "韶关市", "--notebook", "40_city", "--outputs", "afile"),
    ("run", "韶关市", "--notebook", "40_city", "--outputs", "afile/out"),
    ("tables", "--outputs", "afile"),
    ("tables", "--outputs", "afile/out"),
    ("status", "--outputs", "afile"),
    ("clean", "--raw", "data/raw", "--processed", "afile"),
    ("build", "--processed", "afile/p"),
    ("build", "--processed", "afile"),
    ("forms", "--blank", "--form", "village", "--out", "afile/forms"),
    ("forms", "--blank", "--form", "village", "--out", "afile"),
    ("demo", "--out", "afile"),
    ("plan", "new", "2021", "--out", "afile/2021"),
]


@pytest.mark.parametrize("arguments", NOT_A_FOLDER, ids=" ".join)
def test_a_file_where_a_folder_should_be_is_refused_by_every_command(
    arguments: tuple[str, ...], place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "afile").write_text("somebody's")
    (place / "data" / "raw").mkdir()
    (place / "data" / "raw" / "日常.csv").write_text("序号\n1\n", encoding="utf-8")
    assert run_in(place, monkeypatch, *arguments) == 2
    said = capsys.readouterr().err
    assert re.match(r"K(862|901) ", said), said
    assert "afile" in said
    assert "Traceback" not in said
    assert (place / "afile").read_text() == "somebody's"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO])
@pytest.mark.parametrize(
    ("command", "arguments"),
    [("demo", ()), ("clean", ()), ("build", ()), ("forms", ()), ("audit", ()), ("targets", ()), ("scenario", ("--scenario", "x"))],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_a_full_disk_or_a_lacking_right_is_the_same_refusal_in_every_command(
    command: str, arguments: tuple[str, ...], number: int, place: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Patched, because root may write anywhere."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "data/processed/.kaohe.lock")

    monkeypatch.setattr(steps, command, refused)
    assert run_in(place, monkeypatch, "build" if command == "scenario" else command, *arguments) == 2
    assert capsys.readouterr().err == (
        "K862 A file or folder cannot be used\n"
        "  where     data/processed/.kaohe.lock\n"
        f"  got       {os.strerror(number)}\n"
        "  remedy    make room, see to the rights, or name another folder; what is there already is whole\n"
    )


def test_any_other_error_of_the_system_is_still_a_fault_of_the_suite(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "somewhere")

    monkeypatch.setattr(steps, "targets", gone)
    assert run_in(place, monkeypatch, "targets") == 1
    assert capsys.readouterr().err.startswith("kaohe: unexpected fault: FileNotFoundError")


@pytest.mark.case("E03")
def test_it_runs_under_a_plain_locale(place: Path) -> None:
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PATH": os.environ["PATH"], "HOME": str(place)}
    done = subprocess.run(
        [sys.executable, "-m", "kaohe.run.cli", "run", "韶光"],
        cwd=place,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert "K131 Unknown target" in done.stderr.decode("utf-8")


@pytest.mark.case("X20")
@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopping_keeps_what_is_done_and_leaves_no_process(place: Path, number: int, code: int) -> None:
    slow = f"import os, time\nopen(r'{place}/' + str(os.getpid()) + '.kernel', 'w').close()\ntime.sleep(60)"
    save(
        place / "notebooks" / "40_city.ipynb",
        good("40_city", f"if job.ctx.name != '韶关市':\n    {slow!r} and exec({slow!r})"),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "kaohe.run.cli", "run", "--notebook", "40_city", "--jobs", "2"],
        cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        page = place / "outputs" / "html" / "city-440200.html"
        until(lambda: page.is_file() and len(list(place.glob("*.kernel"))) >= 2)
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == code, said
    assert "stopped; what was finished is kept" in said
    log = (place / "outputs" / "kaohe-run.log").read_text(encoding="utf-8").splitlines()[-1]
    assert re.search(rf" stopped: \d+ made, 0 failed, \d+ unchanged, \d+ s, exit code {code}\b", log), log
    assert page.is_file()
    assert (place / "outputs" / "html" / "index.html").is_file()
    assert not list((place / "outputs").rglob(".tmp-*"))
    kernels = [int(p.stem) for p in place.glob("*.kernel")]
    until(lambda: not any(alive(k) for k in kernels))


@pytest.mark.case("X01")
@pytest.mark.slow
def test_a_killed_run_is_resumed(place: Path) -> None:
    only = ("run", "广州市", "深圳市", "珠海市", "--notebook", "40_city", "--jobs", "1")
    process = subprocess.Popen(
        [sys.executable, "-m", "kaohe.run.cli", *only], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    html = place / "outputs" / "html"
    until(lambda: html.is_dir() and len(list(html.glob("city-*.html"))) >= 1)
    process.kill()
    process.wait(10)
    done = call(*only, cwd=place)
    assert done.returncode == 0, done.stderr
    assert call(*only, "--outputs", "undisturbed", cwd=place).returncode == 0
    assert pages(html) == pages(place / "undisturbed" / "html")


def pages(html: Path) -> dict[str, bytes]:
    """What the pages hold; the one about the run itself differs between runs."""
    return {p.name: p.read_bytes() for p in html.iterdir() if p.name != "run-summary.html"}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(ready: object, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.1)
