"""The whole way, as an operator goes it: raw files, clean, build, run; then the pages in a browser.

One small synthetic office is made for all tests of this file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from kaohe.publish import workbench
from support.bar import incomplete, pdf_faults, printed
from support.exploring import run_cells
from support.lab import FAULTS, lab, page_of, run_all
from support.memory import watch

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
TARGETS = ["韶关市", "广州市", "单位001", "始兴县", "city14"]
PAGES = ["city-440200", "city-440100", "survey-440200", "county-440222", "unit-dw001", "ranking-city14"]

Kaohe = Callable[..., subprocess.CompletedProcess[str]]


def _kaohe(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kaohe.run.cli", *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=400, check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1609459200"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with raw, processed and outputs of a small office, and the notebooks beside them."""
    folder = tmp_path_factory.mktemp("office")
    shutil.copytree(NOTEBOOKS, folder / "notebooks")
    for step in (["demo", "--households", "60000"], ["clean"], ["build"], ["run", *TARGETS]):
        done = _kaohe(folder, *step)
        assert done.returncode == 0, (step, done.stdout[-2000:], done.stderr[-2000:])
    return folder


@pytest.fixture
def kaohe(office: Path) -> Kaohe:
    return lambda *arguments: _kaohe(office, *arguments)


def _bytes(folder: Path) -> dict[str, str]:
    """Digests of all pages but the run summary, which alone tells of the run."""
    pages = (p for p in sorted(folder.glob("*.html")) if p.name != "run-summary.html")
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in pages}


def test_the_reports_asked_for_are_there_and_sealed(office: Path) -> None:
    made = {p.stem for p in (office / "outputs" / "html").glob("*.html")}
    assert {*PAGES, "index"} <= made
    for stem, target in (("city-440200", "440200000000"), ("unit-dw001", "DW001"), ("ranking-city14", "city14")):
        book = nbformat.read(office / "outputs" / "notebooks" / f"{stem}.ipynb", as_version=4)
        seal = _payloads(book)[-1]
        assert (seal["kind"], seal["target"], seal["preview"]) == ("seal", target, False)


def _payloads(book: Any) -> list[dict[str, Any]]:
    mime = "application/vnd.kaohe.v1+json"
    return [o.data[mime] for c in book.cells for o in c.get("outputs", []) if mime in o.get("data", {})]


def test_a_city_report_holds_the_charts_and_tables_it_should(office: Path) -> None:
    found = _payloads(nbformat.read(office / "outputs" / "notebooks" / "city-440200.ipynb", as_version=4))
    kinds = [p["kind"] for p in found]
    assert kinds.count("figure") >= 6
    assert kinds.count("table") >= 6
    assert kinds.count("notes") >= 1


def test_the_conclusion_says_the_score_and_grade_of_the_table(office: Path) -> None:
    row = pd.read_parquet(office / "data/processed/build/composite.parquet").query("object == '440200000000'").iloc[0]
    page = (office / "outputs" / "html" / "city-440200.html").read_text(encoding="utf-8")
    first = re.sub(r"<[^>]+>", "", page.split("主要结论", 2)[-1])[:400]
    assert f"“{row['grade_final']}”" in first
    assert f"{row['composite']:.1f}分" in first


def test_a_second_run_makes_nothing_and_a_forced_one_the_same_bytes(kaohe: Kaohe, office: Path) -> None:
    before = _bytes(office / "outputs" / "html")
    again = kaohe("run", *TARGETS)
    assert again.returncode == 0
    assert re.search(r"\b0 made, 0 failed, [1-9]\d* unchanged", again.stdout), again.stdout
    forced = kaohe("run", "--force", "韶关市", "单位001")
    assert forced.returncode == 0
    assert _bytes(office / "outputs" / "html") == before


@pytest.mark.every_target
def test_every_notebook_shows_in_each_cell_what_it_shows_in_an_ordinary_kernel(kaohe: Kaohe, office: Path) -> None:
    """One report of each of the eight notebooks, forked and `--cold`: the MIME bundles of each cell, and the pages."""
    asked = ["province", *TARGETS]
    for way, more in (("warm", []), ("cold", ["--cold"])):
        done = kaohe("run", *asked, *more, "--outputs", f"outputs-{way}")
        assert done.returncode == 0, done.stdout + done.stderr
        counted = re.search(r"kernels: (\d+) forked, (\d+) ordinary", done.stdout)
        assert counted is not None
        assert int(counted[2 if way == "warm" else 1]) == 0, counted[0]
    assert _bytes(office / "outputs-warm" / "html") == _bytes(office / "outputs-cold" / "html")
    stems, cells = set(), 0
    for path in sorted((office / "outputs-warm" / "notebooks").glob("*.ipynb")):
        warm, cold = (nbformat.read(office / f"outputs-{way}" / "notebooks" / path.name, 4) for way in ("warm", "cold"))
        assert len(warm.cells) == len(cold.cells)
        for number, (one, other) in enumerate(zip(warm.cells, cold.cells, strict=True)):
            assert one.get("outputs") == other.get("outputs"), (path.name, number)
            cells += len(one.get("outputs", []))
        stems.add(_payloads(warm)[-1]["notebook"])
    assert stems == {p.stem for p in NOTEBOOKS.glob("*.ipynb")}
    assert cells > 100
    for way in ("warm", "cold"):
        shutil.rmtree(office / f"outputs-{way}")


@pytest.mark.every_target
def test_memory_does_not_grow_over_all_targets(office: Path) -> None:
    """The peaks of the command, its workers and their zygotes stay within a tenth of those of the first fifty reports."""
    samples = watch(office, ["--force", "--outputs", "outputs-all"])
    shutil.rmtree(office / "outputs-all")
    assert len(samples["parent"]) > 300
    for kind, sizes in samples.items():
        assert min(sizes[:50]) > 0, kind
        assert max(sizes) <= 1.1 * max(sizes[:50]), (kind, [s >> 20 for s in sizes])


@contextmanager
def _dask_cluster(folder: Path) -> Iterator[str]:
    """A scheduler and two workers as an operator starts them, each in an empty folder of its own; the scheduler's address."""
    running = []
    try:
        for name, module in (("scheduler", "dask_scheduler"), ("one", "dask_worker"), ("two", "dask_worker")):
            (folder / name).mkdir(parents=True)
            told = folder / "scheduler.json"
            more = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
            if module == "dask_worker":
                more = [
                    "--no-nanny",
                    "--nthreads",
                    "1",
                    "--no-dashboard",
                    "--local-directory",
                    str(folder / f"of {name}"),
                ]
            command = [sys.executable, "-m", f"distributed.cli.{module}", "--scheduler-file", str(told), *more]
            with (folder / f"{name}.txt").open("wb") as said:
                running.append(subprocess.Popen(command, cwd=folder / name, stdout=said, stderr=said))
            until = time.monotonic() + 60
            while not told.is_file() and time.monotonic() < until:
                time.sleep(0.05)
        yield json.loads(told.read_text(encoding="utf-8"))["address"]
        assert [list((folder / name).iterdir()) for name in ("scheduler", "one", "two")] == [[], [], []]
    finally:
        for process in reversed(running):  # the workers first: one whose scheduler is closing may wait for ever
            process.terminate()
            process.wait(60)


@pytest.mark.every_target
@pytest.mark.parametrize("way", ["--cluster", "--scheduler"])
def test_a_cluster_makes_the_bytes_of_a_serial_run_in_folders_of_its_own(
    way: str, kaohe: Kaohe, office: Path, tmp_path: Path
) -> None:
    """A city (two notebooks), a county and a unit of the demonstration; nothing is shared with the workers."""
    with ExitStack() as stack:
        asked = "2" if way == "--cluster" else stack.enter_context(_dask_cluster(tmp_path / "elsewhere"))
        outputs = tmp_path / "outputs"
        done = kaohe("run", "韶关市", "始兴县", "单位001", way, asked, "--outputs", str(outputs))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kernels: 4 forked, 0 ordinary\n" in done.stdout
    made = [f"html/{slug}.html" for slug in PAGES[:1] + PAGES[2:5]]
    made += [name.replace("html", "notebooks", 1).replace(".html", ".ipynb") for name in made]
    assert {p.name for p in (outputs / "notebooks").glob("*.ipynb")} == {Path(n).name for n in made[4:]}
    for name in made:
        assert (outputs / name).read_bytes() == (office / "outputs" / name).read_bytes(), name


def test_a_second_build_finds_nothing_changed(kaohe: Kaohe, office: Path) -> None:
    before = (office / "data/processed/build/build.json").read_bytes()
    done = kaohe("build")
    assert done.returncode == 0
    assert "nothing has changed" in done.stdout
    assert (office / "data/processed/build/build.json").read_bytes() == before


def test_the_built_tables_are_those_of_their_contract(office: Path) -> None:
    from kaohe.base.built import BUILT

    info = json.loads((office / "data/processed/build/build.json").read_text(encoding="utf-8"))
    assert set(info["tables"]) == {*BUILT, "sample"}
    for name, built in BUILT.items():
        assert list(pd.read_parquet(office / f"data/processed/build/{name}.parquet").columns) == built.names
    assert info["origin"] == "demo"
    assert info["built_at"] == "2021-01-01T00:00:00+00:00"


def test_the_audit_of_the_demonstration_finds_nobody(kaohe: Kaohe) -> None:
    done = kaohe("audit")
    assert done.returncode == 0, done.stderr
    said = re.fullmatch(
        r"audit: ([\d,]+) files, ([\d,]+) different texts; searched for personal data, ([\d,]+) personal values of the raw"
        r" files and (\d+) withheld estimates; nothing found \(\d+ s\)",
        done.stdout.strip(),
    )
    assert said is not None, done.stdout
    files, texts, values, _ = (int(g.replace(",", "")) for g in said.groups())
    assert files > 60
    assert texts > 5_000
    assert values > 2_000


def test_the_audit_finds_a_person_of_the_raw_files_and_a_withheld_number(kaohe: Kaohe, office: Path) -> None:
    from kaohe.base.plan import load_plan
    from kaohe.publish.canaries import collect
    from kaohe.publish.withheld import withheld_estimates

    plan = load_plan()
    name = sorted(n for n in collect(office / "data/raw", plan).names if len(n) >= 3)[0]
    one = withheld_estimates(office / "data/processed/build", plan)[0]
    planted = office / "outputs" / "tables" / "planted.csv"
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f"地区,指标,估计值\n{one.name},{one.label},{sorted(one.texts)[0]}\n说明,{name}到访,\n", "utf-8")
    try:
        done = kaohe("audit")
    finally:
        planted.unlink()
    assert done.returncode == 4
    assert "planted.csv › line 3: a name in the raw files" in done.stderr
    assert f"planted.csv › table row 2: the withheld estimate {one.indicator} of {one.domain}" in done.stderr
    assert name not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "韶光市"], ["K131", "韶关市"]),
        (["run", "江门"], ["K130", "省对江门市党委和政府2020年扶贫开发工作成效考核方案另行制定。"]),
        (["clean", "--raw", "nowhere"], ["nowhere"]),
        (["build", "--processed", "nowhere"], ["K810", "kaohe clean"]),
        (["run", "--processed", "nowhere"], ["nowhere", "kaohe build"]),
        (["run", "--plan", "nowhere"], ["K162", "nowhere"]),
    ],
)
def test_bad_input_is_one_message_exit_2_and_outputs_stay(
    kaohe: Kaohe, office: Path, arguments: list[str], says: list[str]
) -> None:
    before = _bytes(office / "outputs" / "html")
    done = kaohe(*arguments)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    for part in says:
        assert part in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert _bytes(office / "outputs" / "html") == before


def test_an_unknown_target_gets_three_names(kaohe: Kaohe) -> None:
    expected = re.search(r"expected +(.*)", kaohe("run", "韶光市").stderr)
    assert expected is not None
    assert len(re.findall(r"[一-龥]{2,}", expected[1])) >= 3


def _papermill(office: Path, name: str, out: Path, *parameters: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "papermill", f"notebooks/{name}.ipynb", str(out), *parameters]
    return subprocess.run(command, cwd=office, capture_output=True, text=True, timeout=300, check=False)


def test_plain_papermill_makes_the_report_of_the_city_asked_for(office: Path, tmp_path: Path) -> None:
    done = _papermill(office, "40_city", tmp_path / "out.ipynb", "-p", "target", "韶关市")
    assert done.returncode == 0, done.stderr[-1500:]
    found = _payloads(nbformat.read(tmp_path / "out.ipynb", as_version=4))
    assert (found[0]["target"], found[-1]["target"], found[-1]["preview"]) == ("韶关市", "440200000000", False)


def test_a_misspelt_parameter_gives_a_preview_that_says_so(office: Path, tmp_path: Path) -> None:
    done = _papermill(office, "50_unit", tmp_path / "out.ipynb", "-p", "targett", "单位003")
    assert done.returncode == 0, done.stderr[-1500:]
    found = _payloads(nbformat.read(tmp_path / "out.ipynb", as_version=4))
    assert found[0]["preview"] is True
    assert found[-1]["preview"] is True


def _nbconvert(office: Path, name: str, out: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--execute",
        "--to",
        "notebook",
        "--output",
        str(out),
        f"notebooks/{name}.ipynb",
    ]
    return subprocess.run(command, cwd=office, capture_output=True, text=True, timeout=300, check=False)


def _ran(path: Path) -> None:
    """Every code cell was executed, none failed."""
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code" and c.source.strip()]
    assert cells
    assert all(c.execution_count for c in cells)
    assert not [o for c in cells for o in c.outputs if o.output_type == "error"]


def test_nbconvert_executes_a_report_and_opens_it_as_a_preview(office: Path, tmp_path: Path) -> None:
    done = _nbconvert(office, "45_county", tmp_path / "out.ipynb")
    assert done.returncode == 0, done.stderr[-1500:]
    _ran(tmp_path / "out.ipynb")
    assert _payloads(nbformat.read(tmp_path / "out.ipynb", as_version=4))[-1]["preview"] is True


@pytest.mark.every_target
@pytest.mark.parametrize(
    "book", [p.relative_to(NOTEBOOKS).with_suffix("").as_posix() for p in sorted(NOTEBOOKS.rglob("*.ipynb"))]
)
def test_every_notebook_runs_on_its_defaults_under_both_plain_tools(office: Path, tmp_path: Path, book: str) -> None:
    done = _nbconvert(office, book, tmp_path / "converted.ipynb")
    assert done.returncode == 0, done.stderr[-1500:]
    _ran(tmp_path / "converted.ipynb")
    folder = (office / "notebooks" / book).parent
    done = _papermill(office, book, tmp_path / "milled.ipynb", "--cwd", str(folder))
    assert done.returncode == 0, done.stderr[-1500:]
    _ran(tmp_path / "milled.ipynb")


def test_the_tour_of_the_sample_runs_under_plain_papermill(office: Path, tmp_path: Path) -> None:
    parameters = ("-p", "processed", str(office / "data" / "processed"))
    done = _papermill(office, "explore/sample_tour", tmp_path / "out.ipynb", *parameters)
    assert done.returncode == 0, done.stderr[-1500:]
    text = (tmp_path / "out.ipynb").read_text(encoding="utf-8")
    assert "image/png" in text
    assert "95%区间" in text


# Charts and tables of estimates that each workbench shows on its defaults.
EXPLORE = {"question": (3, 5), "calibration": (2, 1), "income": (5, 4), "graders": (2, 0)}


@pytest.mark.parametrize("stem", EXPLORE)
def test_the_workbenches_run_on_their_defaults(stem: str, office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_CHECK_LAYOUT", "1")
    monkeypatch.delenv("KAOHE_PROCESSED", raising=False)
    shown = run_cells(office / "notebooks" / "explore" / f"{stem}.ipynb")
    kinds = [b["application/vnd.kaohe.v1+json"]["kind"] for b in shown if "application/vnd.kaohe.v1+json" in b]
    html = [b.get("text/html", "") for b in shown]
    assert kinds.count("figure") == EXPLORE[stem][0]
    assert sum("区间</th>" in t for t in html) == EXPLORE[stem][1]
    assert sum("data:image/png;base64," in t for t in html) == EXPLORE[stem][0]
    if stem == "calibration":
        assert kinds.count("table") == 2


# Parameters that the workbenches offer, other than their defaults.
OTHERWISE = [
    ("question", {"domain": "head_female"}), ("question", {"question": "v_bus"}), ("income", {"group": "city"}),
    *(pytest.param("question", {"domain": d}, marks=pytest.mark.every_target) for d in ("county", "helper_city", "hh_kind")),
    pytest.param("calibration", {"cap": 0}, marks=pytest.mark.every_target),
]  # fmt: skip


@pytest.mark.parametrize(("stem", "parameters"), OTHERWISE)
def test_the_workbenches_run_on_other_parameters(
    stem: str, parameters: dict[str, Any], office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAOHE_CHECK_LAYOUT", "1")
    monkeypatch.delenv("KAOHE_PROCESSED", raising=False)
    shown = run_cells(office / "notebooks" / "explore" / f"{stem}.ipynb", **parameters)
    kinds = [b["application/vnd.kaohe.v1+json"]["kind"] for b in shown if "application/vnd.kaohe.v1+json" in b]
    assert kinds.count("figure") == EXPLORE[stem][0]


def test_a_question_of_the_workbench_has_the_published_numbers_and_words(office: Path) -> None:
    survey = workbench.open_survey(office / "data" / "processed")
    published = survey.table("estimates")
    hidden = 0
    for question in (
        "poor",
        "income_per_head",
        "sat_work",
        "employed_n",
        "transfer_share",
        "agree_exit",
        "wrong_exit",
        "v_bus",
    ):
        for level, kind in (("city", "city"), ("county", "county"), ("helper_city", "helper")):
            rows = published.query(f"indicator == '{question}' and domain_type == '{kind}'").set_index("domain")
            rows = rows[rows["n"] > 0]
            got = survey.question(question, by=level)
            texts = got.shown().set_axis(got[level]).loc[rows.index]
            got = got.set_index(level).loc[rows.index]
            assert got["quality"].tolist() == rows["quality"].tolist(), (question, level)
            withheld = (rows["quality"] == "suppressed").to_numpy()
            assert ((texts["估计"] == "已隐藏").to_numpy() == withheld).all()
            assert (texts["95%区间"][withheld] == "").all()
            hidden += int(withheld.sum())
            for column in ("estimate", "se", "ci_low", "ci_high", "df"):
                pd.testing.assert_series_equal(
                    pd.Series(got[column]).astype(float)[~withheld], rows[column].astype(float)[~withheld], check_names=False,
                    rtol=1e-9,
                )  # fmt: skip
            for column in ("n", "n_missing"):
                assert got[column].tolist() == rows[column].tolist()
    assert hidden > 20


def test_a_scenario_is_shown_beside_the_base_and_changes_nothing_in_it(office: Path, kaohe: Kaohe) -> None:
    plans = ROOT / "lib" / "kaohe" / "plans" / "2020" / "scenarios"
    build = office / "data/processed/build"
    before = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(build.iterdir())}
    done = kaohe("build", "--scenario", str(plans / "higher-cuts.toml"))
    assert done.returncode == 0, done.stderr
    assert "choices.scale.cuts.好: 87.5 → 90" in done.stdout
    assert "有脱贫攻坚任务的14个市：" in done.stdout
    assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(build.iterdir())} == before
    home = office / "data/processed/scenarios/higher-cuts"
    rows = pd.read_parquet(home / "scenario_compare.parquet").set_index("object")
    base = pd.read_parquet(build / "composite.parquet").set_index("object")
    new = pd.read_parquet(home / "composite.parquet").set_index("object")
    pd.testing.assert_series_equal(rows["score_base"], base["composite"].reindex(rows.index), check_names=False)
    pd.testing.assert_series_equal(rows["score_new"], new["composite"].reindex(rows.index), check_names=False)
    groups = pd.read_parquet(home / "group_scores.parquet").query("class_id == 'city14'")
    means = groups.groupby("object")["score"].mean()
    cross = new["cross"].dropna()
    cross = cross[cross.index.isin(means.index)]
    assert len(cross) >= 12
    assert (cross - means.reindex(cross.index)).abs().max() < 1e-9
    told = json.loads((home / "scenario.json").read_text(encoding="utf-8"))
    assert (told["name"], told["assumption"]) == ("higher-cuts", False)
    assert set(told["tables"]) == {p.stem for p in home.glob("*.parquet")}
    assumed = kaohe("build", "--scenario", str(plans / "survey-counts-more.toml"))
    assert assumed.returncode == 0, assumed.stderr
    assert "（方案规定，只作假设）" in assumed.stdout
    assert "有定点扶贫任务的235个单位：等次不变；名次不变" in assumed.stdout


@pytest.mark.every_target
def test_a_scenario_of_the_survey_is_estimated_anew(office: Path, kaohe: Kaohe) -> None:
    file = office / "what-if.toml"
    file.write_text('name = "line"\n[choices.income]\nshare = 0.55\n', encoding="utf-8")
    done = kaohe("build", "--scenario", str(file))
    assert done.returncode == 0, done.stderr
    base = pd.read_parquet(office / "data/processed/build/survey_items.parquet").query("indicator == 'poor'")
    new = pd.read_parquet(office / "data/processed/scenarios/line/survey_items.parquet").query("indicator == 'poor'")
    assert (new["estimate"].to_numpy() >= base["estimate"].to_numpy()).all()
    assert (new["estimate"].to_numpy() > base["estimate"].to_numpy()).any()


def test_a_faulty_scenario_is_one_message_and_writes_nothing(office: Path, kaohe: Kaohe) -> None:
    file = office / "bad.toml"
    file.write_text("[choices.scale]\nvalue = 1\n", encoding="utf-8")
    done = kaohe("build", "--scenario", str(file))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "K423 The scenario has a fault", "  where     bad.toml › choices.scale.value", "  got       value",
        "  expected  a known key, as values, name, note",
    ]  # fmt: skip
    assert not (office / "data/processed/scenarios/bad").exists()


def test_the_scenario_notebook_runs_on_its_defaults(office: Path, tmp_path: Path) -> None:
    done = _papermill(
        office, "explore/scenario", tmp_path / "out.ipynb", "-p", "processed", str(office / "data" / "processed")
    )
    assert done.returncode == 0, done.stderr[-1500:]
    kinds = [p["kind"] for p in _payloads(nbformat.read(tmp_path / "out.ipynb", as_version=4))]
    assert kinds.count("figure") == 2
    assert kinds.count("table") == 3


def test_the_readmes_example_gives_the_published_numbers(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(office)
    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[0]
    code = code.replace("design.proportion(", "result = design.proportion(")
    space: dict[str, Any] = {}
    exec(code, space)
    got = space["result"].query("city != '合计'").set_index("city")
    published = pd.read_parquet(office / "data/processed/build/estimates.parquet")
    rows = published.query("indicator == 'house_safe' and domain_type == 'city'").set_index("domain")
    assert set(rows.index) == set(got.index)
    for column in ("estimate", "se", "ci_low", "ci_high", "df"):
        pd.testing.assert_series_equal(
            got.loc[rows.index, column], rows[column], check_names=False, check_index_type=False, rtol=1e-9
        )


def test_tables_that_do_not_fit_together_are_not_published(office: Path, tmp_path: Path) -> None:
    shutil.copytree(office / "data", tmp_path / "data")
    facts = tmp_path / "data/processed/clean/facts.parquet"
    frame = pd.read_parquet(facts)
    frame.assign(value="待核").to_parquet(facts, index=False)
    arguments = ("--notebooks", str(NOTEBOOKS), "--outputs", str(tmp_path / "outputs"))
    refused = _kaohe(tmp_path, "run", "韶关市", *arguments)
    assert refused.returncode == 2
    assert "K811" in refused.stderr
    assert not (tmp_path / "outputs" / "html").exists()
    built = _kaohe(tmp_path, "build")
    assert built.returncode == 0
    assert "nothing has changed" not in built.stdout
    states = pd.read_parquet(tmp_path / "data/processed/build/composite.parquet")["status"]
    assert (states == "待核").sum() > 10


def test_one_citys_missing_answers_leave_the_others_their_reports(office: Path, tmp_path: Path) -> None:
    shutil.copytree(office / "data" / "raw", tmp_path / "data" / "raw")
    (gone,) = (tmp_path / "data" / "raw" / "survey" / "households").glob("440500*")
    gone.unlink()
    for step in ("clean", "build"):
        done = _kaohe(tmp_path, step)
        assert done.returncode == 0, done.stderr
    table = pd.read_parquet(tmp_path / "data/processed/build/composite.parquet").set_index("object")
    before = pd.read_parquet(office / "data/processed/build/composite.parquet").set_index("object")
    assert table.loc["440500000000", "grade_final"] == "缺数据"
    assert table.loc["440500000000", "high"] - table.loc["440500000000", "low"] == pytest.approx(30)
    assert table.loc["440200000000", "composite"] == before.loc["440200000000", "composite"]


# ---------------------------------------------------------------------------------------------
# in a browser


@pytest.mark.browser
@pytest.mark.parametrize("stem", [*PAGES, "index"])
@pytest.mark.parametrize("width", [1366, 390])
def test_a_page_asks_nothing_fits_and_speaks_chinese(browser: Any, office: Path, stem: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    try:
        url = (office / "outputs" / "html" / f"{stem}.html").as_uri()
        page.goto(url)
        assert [a for a in asked if a != url and not a.startswith("data:")] == []
        assert said == []
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        assert "演示数据（虚构）" in page.inner_text("body")
        assert "内部资料 · 不公开" in page.inner_text("body")
        if stem != "index":
            assert page.locator("figure figcaption").count() > 0
            assert incomplete(page) == []
    finally:
        page.close()


@pytest.mark.browser
def test_the_index_is_searched_and_sorted_without_a_network(browser: Any, office: Path) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    try:
        page.goto((office / "outputs" / "html" / "index.html").as_uri())
        rows = page.locator("tbody tr")
        everything = rows.count()
        assert everything > 300
        page.locator("input").first.fill("韶关")
        visible = [r for r in rows.all() if r.is_visible()]
        assert 0 < len(visible) < everything
        assert all("韶关" in r.inner_text() for r in visible)
    finally:
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize("stem", ["city-440200", "unit-dw001"])
def test_a_page_prints_on_a4_with_its_mark(browser: Any, office: Path, stem: str) -> None:
    page = browser.new_page()
    try:
        page.goto((office / "outputs" / "html" / f"{stem}.html").as_uri())
        data = printed(page)
    finally:
        page.close()
    assert list(pdf_faults(data)) == []


@pytest.mark.every_target
@pytest.mark.browser
@pytest.mark.parametrize("stem", EXPLORE)
def test_a_workbench_runs_in_jupyterlab(stem: str, office: Path, tmp_path: Path) -> None:
    with lab(office / "notebooks", tmp_path) as address, page_of(f"{address}/tree/explore/{stem}.ipynb") as page:
        run_all(page)
        assert [e.inner_text() for e in page.query_selector_all(FAULTS)] == []
        sizes = page.evaluate(
            "[...document.querySelectorAll('.jp-OutputArea img')].map(i => [i.naturalWidth, i.width])"
        )
        assert len(sizes) == EXPLORE[stem][0]
        assert all(natural >= shown >= 600 for natural, shown in sizes)
        assert page.locator(".jp-OutputArea table:has(th:text('95%区间'))").count() == EXPLORE[stem][1]
        if EXPLORE[stem][1]:
            rows = ("一般农户", "韶关市", "现行（三项）")
            shown = ", ".join(f".jp-OutputArea td:text-is('{row}')" for row in rows)
            assert page.locator(shown).count() > 0
        assert page.get_by_text("official Jupyter news").count() == 0
