"""What does a batch cost? A plain papermill loop, the same in two processes, ours, and the floor: the bare cells.

    python benchmarks/batch.py            # 15 to 30 minutes on two quiet cores
    python benchmarks/batch.py --quick    # a few reports, once: does it run, and roughly what comes out

One run, in turn, the same notebooks and targets each way, each way in a fresh process:

- `plain`: papermill with an ordinary kernel, then nbconvert's HTML export, one report after the other;
- `plain2`: the same in two processes, one thread each;
- `ours`: `kaohe run` into an empty folder;
- `floor`: the cells executed by plain `exec`, and what they show turned into its MIME bundles, in one
  warm process, divided by the cores; on one thread, for what has spread over the cores cannot be divided
  by them once more.

Every way must show the same MIME bundles, which is checked. The plain ways take seconds a report, so a
sample of reports is made all four ways; a larger set, over which starting up spreads as in a real
batch, is made by `ours` and `floor` alone. A notebook of heavy seaborn cells (benchmarks/heavy.py), the
case that the bars were set for, is made all four ways too. Writes docs/batch_speed.md; exit 1 when a bar is
missed.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import cProfile
import hashlib
import io
import json
import os
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from heavy import write_heavy

from kaohe.publish.sandbox import THREADS

ROOT = Path(__file__).resolve().parents[1]
CORES = os.cpu_count() or 1
ALL_WAYS = ("plain", "plain2", "ours", "floor")
KINDS = {
    "40_city": "city", "30_survey": "survey", "45_county": "county", "50_unit": "unit", "60_ranking": "ranking",
    "70_overview": "overview", "10_data_quality": "data quality", "20_sample_design": "sample design",
}  # fmt: skip
# Reports of each kind: made all four ways; by ours and the floor; with --quick, all four ways. Then the same of heavy cells.
SAMPLE = (4, 3, 8, 22, 1, 1, 1, 1)
LARGE = (20, 20, 40, 80, 3, 1, 1, 1)
QUICK = (1, 1, 1, 3, 1, 0, 0, 0)
HEAVY = (0, 0, 0, 40, 0, 0, 0, 0)
LARGE_HEAVY = (0, 0, 0, 100, 0, 0, 0, 0)
QUICK_HEAVY = (0, 0, 0, 4, 0, 0, 0, 0)
BOOKS = ROOT / "notebooks"
BARS = {"floor": 1.3, "plain": 4.5, "plain2": 2.3}
CELLS = {"40_city": 0.8, "50_unit": 0.4}
EXPORT = 0.15
QUIET = {"KAOHE_BATCH": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
HEAVY_TITLE = "Heavy seaborn cells, a sample, all ways"
HEAVY_BATCH_TITLE = "Heavy seaborn cells, a batch, ours and the floor"
SAMPLE_TITLE = "The suite's own cells, a sample, all ways"
BATCH_TITLE = "The suite's own cells, a batch, ours and the floor"
Pairs = list[tuple[str, str]]


@dataclass
class Taken:
    """What one way took: seconds, CPU seconds of all its processes, a digest of what each report shows, and (ours alone)
    the seconds until the first report was there.
    """

    seconds: float
    cpu: float
    shown: dict[str, str] = field(default_factory=dict)
    first: float = 0.0


def chosen(processed: Path, numbers: tuple[int, ...]) -> Pairs:
    """Notebook and target of the reports to make."""
    from kaohe.base.plan import load_plan
    from kaohe.publish.reports import read_reports

    left = dict(zip(KINDS, numbers, strict=True))
    found: Pairs = []
    for report in read_reports(processed / "build", load_plan()):
        stem = report.notebook.stem
        if left[stem] > 0:
            left[stem] -= 1
            found.append((stem, report.target.object))
    return found


def plain(pairs: Pairs, processed: Path, out: Path, books: Path) -> None:
    """Each report by papermill with an ordinary kernel, then by nbconvert's HTML exporter."""
    import papermill
    from nbconvert import HTMLExporter

    for stem, target in pairs:
        book = out / f"{stem}-{target}.ipynb"
        papermill.execute_notebook(
            str(books / f"{stem}.ipynb"), str(book), parameters={"target": target, "processed": str(processed)},
            kernel_name="python3", progress_bar=False,
        )  # fmt: skip
        page, _ = HTMLExporter().from_filename(str(book))
        book.with_suffix(".html").write_text(page, encoding="utf-8")


def ours(pairs: Pairs, processed: Path, out: Path, books: Path) -> None:
    """The same reports by the suite's own batch; the time of the first one is left in `out`."""
    from rich.console import Console

    from kaohe.base.plan import load_plan
    from kaohe.run.asked import Folders, Options, Selection
    from kaohe.run.batch import run_batch
    from kaohe.run.pool import run_jobs

    def noted(jobs: Any, workers: int, on_result: Any, **more: Any) -> None:
        """The ordinary executor, with the moment of the first report noted."""

        def heard(job: Any, result: Any) -> None:
            if not (out / "first").exists():
                (out / "first").write_text(str(time.time()))
            on_result(job, result)

        run_jobs(jobs, workers, heard, **more)

    done = run_batch(
        Folders(processed, out, books), load_plan(), Selection(reports=pairs), Options(executor=noted),
        console=Console(file=io.StringIO()),
    )  # fmt: skip
    if done.exit_code or len(done.made) != len(pairs):
        raise SystemExit((out / "kaohe-run.log").read_text(encoding="utf-8"))


class Floor:
    """The cells alone, in this process, which has made one report of each notebook before."""

    def __init__(self, stems: set[str], processed: Path, books: Path = BOOKS) -> None:
        import nbformat
        from IPython.core.formatters import DisplayFormatter

        from kaohe.publish import ready
        from kaohe.publish.built import find_build
        from kaohe.publish.kept import keep_tables

        ready.preload()
        keep_tables(find_build(processed))
        self.processed = processed
        self.format = DisplayFormatter().format
        self.books = {s: nbformat.read(books / f"{s}.ipynb", as_version=4) for s in stems}

    def execute(self, stem: str, target: str) -> tuple[list[Any], list[tuple[float, str]]]:
        """MIME bundles of a report, and the CPU seconds of each cell."""
        bundles: list[Any] = []
        spent: list[tuple[float, str]] = []
        space: dict[str, object] = {"display": lambda *ones: bundles.extend(self.format(one)[0] for one in ones)}
        for cell in self.books[stem].cells:
            if cell.cell_type != "code":
                continue
            start = time.process_time()
            if "parameters" in cell.metadata.get("tags", []):
                space.update(target=target, processed=str(self.processed), plan="")
                continue
            body, last = _parts(cell.source)
            exec(body, space)
            value = None if last is None else eval(last, space)
            if value is not None:
                bundles.append(self.format(value)[0])
            spent.append((time.process_time() - start, cell.source))
        return bundles, spent


@cache
def _parts(source: str) -> tuple[CodeType, CodeType | None]:
    """A cell's statements, and its last expression, whose value is shown."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    shown = compile(ast.Expression(last.value), "cell", "eval") if isinstance(last, ast.Expr) else None
    return compile(tree, "cell", "exec"), shown


def floor(pairs: Pairs, processed: Path, out: Path, books: Path) -> None:
    """Leave seconds, CPU seconds and what was shown in `out`."""
    base = Floor({s for s, _ in pairs}, processed, books)
    for stem in base.books:
        base.execute(stem, next(t for s, t in pairs if s == stem))
    shown, seconds, cpu = {}, 0.0, 0.0
    for stem, target in pairs:
        clock, used = time.perf_counter(), time.process_time()
        bundles, _ = base.execute(stem, target)
        seconds, cpu = seconds + time.perf_counter() - clock, cpu + time.process_time() - used
        shown[f"{stem} {target}"] = digest(bundles)
    (out / "floor.json").write_text(json.dumps({"seconds": seconds, "cpu": cpu, "shown": shown}), encoding="utf-8")


def digest(bundles: list[Any]) -> str:
    """Fingerprint of MIME bundles, in order."""
    from kaohe.plot.output import MIME

    return hashlib.sha256(json.dumps([b[MIME] for b in bundles], sort_keys=True).encode()).hexdigest()


def shown_in(folder: Path, pairs: Pairs) -> dict[str, str]:
    """What the executed notebooks of a folder show."""
    import nbformat

    from kaohe.plot.output import MIME
    from kaohe.publish.reports import report_slug

    found = {}
    for stem, target in pairs:
        names = (f"{stem}-{target}.ipynb", f"notebooks/{report_slug(stem, target)}.ipynb")
        book = next((p for n in names for p in sorted(folder.glob(f"**/{n}"))), None)
        if book is not None:
            cells = nbformat.read(book, as_version=4).cells
            outputs = [o for c in cells if c.cell_type == "code" for o in c.outputs]
            found[f"{stem} {target}"] = digest([o.data for o in outputs if MIME in o.get("data", {})])
    return found


def one_way(way: str, pairs: Pairs, processed: Path, books: Path) -> Taken:
    """What one way takes for all reports, from a fresh process; imports count, as they do for an operator."""
    with tempfile.TemporaryDirectory() as folder:
        out, env = Path(folder), {**os.environ, **QUIET, "SOURCE_DATE_EPOCH": "1609459200"}
        if way in {"floor", "plain2"}:
            env |= THREADS
        lists = [pairs[::2], pairs[1::2]] if way == "plain2" else [pairs]
        asks = []
        for k, part in enumerate(lists):
            (out / f"p{k}").mkdir()
            (out / f"ask{k}.json").write_text(json.dumps(part), encoding="utf-8")
            asks.append([sys.executable, __file__, "--way", way.rstrip("2"), "--processed", str(processed),
                         "--ask", str(out / f"ask{k}.json"), "--out", str(out / f"p{k}"), "--books", str(books)])  # fmt: skip
        before, start, began = _children(), time.perf_counter(), time.time()
        with (out / "said.txt").open("w+b") as said:
            running = [subprocess.Popen(a, cwd=ROOT, env=env, stdout=said, stderr=said) for a in asks]
            codes = [p.wait() for p in running]
            spent, cpu = time.perf_counter() - start, _children() - before
            if any(codes):
                said.seek(0)
                raise SystemExit(f"{way} failed:\n{said.read().decode('utf-8', 'replace')[-2000:]}")
        if way == "floor":
            told = json.loads((out / "p0" / "floor.json").read_text(encoding="utf-8"))
            return Taken(told["seconds"] / CORES, told["cpu"], told["shown"])
        noted = out / "p0" / "first"
        first = float(noted.read_text()) - began if noted.is_file() else 0.0
        return Taken(spent, cpu, shown_in(out, pairs), first)


def _children() -> float:
    """CPU seconds of all processes that were started here and ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def parts(pairs: Pairs, processed: Path, out: Path, books: Path) -> None:
    """CPU seconds of a report by the process that spends them, left in `out`: the reports asked for, then empty ones.

    One after the other through `run_target`, as a worker makes them, the first two not counted. The empty one has the
    parameters cell, open_report and seal of its kind alone: what a kernel costs that has nothing to do.
    """
    import nbformat
    import psutil

    from kaohe.base.plan import load_plan
    from kaohe.publish.forks import close_zygote, zygote
    from kaohe.publish.reports import read_reports
    from kaohe.publish.sandbox import Sandbox
    from kaohe.run.job import Job, run_target
    from kaohe.run.pool import warmed

    wanted = {(r.notebook.stem, r.target.object): r for r in read_reports(processed / "build", load_plan())}
    told: dict[str, dict[str, float]] = {}
    with Sandbox.temporary() as plain:
        sandbox, trouble = warmed(plain)
        if trouble:
            raise SystemExit(trouble)
        for name in ("whole", "empty"):
            spent: list[list[float]] = []
            for stem, target in pairs:
                file = books / f"{stem}.ipynb"
                if name == "empty":
                    book = nbformat.read(file, as_version=4)
                    code = [c for c in book.cells if c.cell_type == "code"]
                    book.cells = [*code[:2], code[-1]]
                    file = out / file.name
                    nbformat.write(book, file)
                before = _clocks(psutil.Process(zygote().pid))
                done = run_target(Job(wanted[stem, target], file, processed, "", "leadership", 120.0), sandbox)
                if not done.ok:
                    raise SystemExit(done.message)
                after = _clocks(psutil.Process(zygote().pid))
                spent.append([b - a for a, b in zip(before, after, strict=True)])
            told[name] = dict(
                zip(("worker", "zygote", "kernel"), map(statistics.mean, zip(*spent[2:], strict=True)), strict=True)
            )
        close_zygote()
    (out / "kinds.json").write_text(json.dumps(told), encoding="utf-8")


def _clocks(zygote: Any) -> tuple[float, float, float]:
    """CPU seconds so far of this process, of the zygote, and of its kernels that have ended."""
    used = zygote.cpu_times()
    return time.process_time(), used.user + used.system, used.children_user + used.children_system


def kinds(pairs: Pairs, processed: Path, out: Path, books: Path) -> None:
    """CPU seconds of cells and export for each kind of report, and profiles, left in `out`."""
    import nbformat

    from kaohe.publish.audit import refuse_leaks
    from kaohe.publish.html import exporter

    base = Floor({s for s, _ in pairs}, processed, books)
    told: dict[str, Any] = {}
    for stem, target in {s: (s, t) for s, t in pairs}.values():
        base.execute(stem, target)
        cells, steps = [], []
        for _ in range(5):
            bundles, spent = base.execute(stem, target)
            cells.append(sum(s for s, _ in spent))
            steps.append([s for s, _ in spent])
        outputs = [nbformat.v4.new_output("display_data", data=json.loads(json.dumps(b))) for b in bundles]
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[o]) for o in outputs])
        pages = []
        for _ in range(6):
            start = time.process_time()
            page, _ = exporter("leadership").from_notebook_node(book)
            half = time.process_time()
            refuse_leaks(page, stem)
            pages.append((half - start, time.process_time() - half))
        told[stem] = {
            "cells": min(cells), "export": min(p[0] for p in pages[1:]), "look": min(p[1] for p in pages[1:]),
            "top_cells": sorted(zip(map(min, zip(*steps, strict=True)), [c for _, c in spent], strict=True))[:-6:-1],
            "profile": list(_profile(base, stem, target)) if stem in CELLS else [],
        }  # fmt: skip
    (out / "kinds.json").write_text(json.dumps(told), encoding="utf-8")


def _profile(base: Floor, stem: str, target: str, most: int = 20) -> Iterator[tuple[float, int, str]]:
    """Functions by cumulative seconds (with the profiler's own cost), calls, name."""
    profiler = cProfile.Profile()
    profiler.enable()
    base.execute(stem, target)
    profiler.disable()
    stats: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    rows = sorted(((v[3], v[1], k) for k, v in stats.items() if k[0] not in {__file__, "~", "cell"}), reverse=True)
    for seconds, calls, (file, line, name) in rows[:most]:
        path = Path(file)
        yield seconds, calls, f"{path.parent.name}/{path.name}:{line} {name}"


def aside(way: str, pairs: Pairs, processed: Path, books: Path = BOOKS) -> dict[str, Any]:
    """`kinds` or `parts` in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ask = Path(folder) / "ask.json"
        ask.write_text(json.dumps(pairs), encoding="utf-8")
        command = [sys.executable, __file__, "--way", way, "--processed", str(processed), "--ask", str(ask), "--out", folder,
                   "--books", str(books)]  # fmt: skip
        subprocess.run(command, cwd=ROOT, env={**os.environ, **QUIET}, check=True)
        told: dict[str, Any] = json.loads((Path(folder) / "kinds.json").read_text(encoding="utf-8"))
        return told


def check_same(taken: dict[str, list[Taken]], pairs: Pairs) -> list[str]:
    """Reports that one way did not make or that show something else than the floor's."""
    wanted = taken["floor"][0].shown
    return [
        f"{way}: {stem} {target}"
        for way, runs in taken.items()
        for run in runs
        for stem, target in pairs
        if run.shown.get(f"{stem} {target}") != wanted.get(f"{stem} {target}", "")
    ]


def medians(taken: dict[str, list[Taken]]) -> dict[str, tuple[float, float]]:
    """Seconds and CPU seconds of each way."""
    return {
        w: (statistics.median(t.seconds for t in ts), statistics.median(t.cpu for t in ts)) for w, ts in taken.items()
    }


def verdicts(
    found_of: dict[str, dict[str, tuple[float, float]]], kind: dict[str, Any]
) -> list[tuple[str, float, float, bool]]:  # fmt: skip
    """What is asked, measured, the bar, and whether it is kept: for the heavy cells, then for the suite's own."""
    rows = []
    for name, all_ways, batch in (
        ("heavy seaborn cells", HEAVY_TITLE, HEAVY_BATCH_TITLE), ("the suite's own cells", SAMPLE_TITLE, BATCH_TITLE)
    ):  # fmt: skip
        found, most = found_of[all_ways], found_of[batch]
        for way, text in (("plain", "plain loop ÷ ours, at least"), ("plain2", "two plain processes ÷ ours, at least")):
            ratio = found[way][0] / found["ours"][0]
            rows.append((f"{name}: {text}", ratio, BARS[way], ratio >= BARS[way]))
        ratio = most["ours"][0] / most["floor"][0]
        rows.append((f"{name}: ours ÷ floor, at most", ratio, BARS["floor"], ratio <= BARS["floor"]))
    for stem, bar in CELLS.items():
        if stem in kind:
            spent = kind[stem]["cells"]
            rows.append((f"cells of a {KINDS[stem]} report, CPU seconds, under", spent, bar, spent < bar))
    worst = max(k["export"] for k in kind.values())
    rows.append(("export of the dearest kind, CPU seconds, under", worst, EXPORT, worst < EXPORT))
    return rows


def page(tables: dict[str, tuple[dict[str, tuple[float, float]], int]], kind: dict[str, Any],
         part: dict[str, dict[str, float]], firsts: dict[str, float], rounds: int, load: float,
         bars: list[tuple[str, float, float, bool]]) -> str:  # fmt: skip
    """The result as Markdown: of each measurement its name, the ways and how many reports they made."""
    names = {
        "plain": "papermill + nbconvert, one process", "plain2": "papermill + nbconvert, two processes",
        "ours": "`kaohe run`", "floor": "the cells alone, divided by the cores",
    }  # fmt: skip
    lines = [
        "# What a batch costs", "",
        f"Made by `python benchmarks/batch.py`; do not edit. The demonstration, {CORES} cores, load {load:.1f} before it began; "
        f"every way in turn; the samples once, the batches {rounds} times, medians. "
        "All ways show the same MIME bundles. The floor and two plain processes run on one thread each, as our kernels do; the one plain "
        "process has all threads it takes.", "",
        "| asked | measured | bar | |", "|---|---|---|---|",
        *(f"| {what} | {got:.2f} | {bar:g} | {'kept' if kept else '**missed**'} |" for what, got, bar, kept in bars), "",
    ]  # fmt: skip
    for title, (found, n) in tables.items():
        lines += [
            f"## {title}: {n} reports",
            "",
            "| way | seconds | a report | ÷ ours | CPU a report |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {names[w]} | {s:.1f} | {s / n:.2f} | {s / found['ours'][0]:.2f} | {c / n:.2f} |"
            for w, (s, c) in found.items()
        ]
        lines.append("")
    (large, n), (heavy, m) = tables[BATCH_TITLE], tables[HEAVY_BATCH_TITLE]
    rest, cells = (large["ours"][1] - large["floor"][1]) / n, large["floor"][1] / n
    few, k = tables[HEAVY_TITLE]
    lines += [
        "## Ours beside the floor", "",
        f"The floor counts the cells and nothing else. With the suite's own cells that is {cells:.2f} s of CPU a report. A kernel of its own "
        f"for each report, the messages to it, papermill, the export, the last look, the files and the start of the batch come to {rest:.2f} s: "
        f"the price of keeping one report out of the next. The bar of {BARS['floor']:g} was set for heavy cells, {heavy['floor'][1] / m:.2f} s "
        "of CPU a report in the table above; on the suite's own cells it stands as measured. "
        f"A batch shows its first report after {firsts[BATCH_TITLE]:.1f} s ({firsts[HEAVY_BATCH_TITLE]:.1f} s where its notebook imports "
        f"seaborn). The more reports, the less that start weighs: ours ÷ floor is {few['ours'][0] / few['floor'][0]:.2f} for the {k} heavy "
        f"reports of the sample, {heavy['ours'][0] / heavy['floor'][0]:.2f} for the {m} of the batch; every target together is more.", "",
        *where_it_goes(kind, part), "",
        "## CPU seconds by kind of report", "",
        "In a warm process, least of five: the cells, the export to a page, the last look at the page.", "",
        "| kind | cells | export | last look |", "|---|---|---|---|",
        *(f"| {KINDS[s]} | {k['cells']:.3f} | {k['export']:.3f} | {k['look']:.3f} |" for s, k in kind.items()), "",
    ]  # fmt: skip
    for stem in (s for s in CELLS if s in kind):
        lines += [f"## Profile of a {KINDS[stem]} report", "", "| CPU seconds | cell |", "|---|---|"]
        lines += [f"| {s:.3f} | `{c.strip().splitlines()[-1].strip()[:90]}` |" for s, c in kind[stem]["top_cells"]]
        lines += [
            "",
            "By cumulative seconds, with the profiler's own cost:",
            "",
            "| seconds | calls | function |",
            "|---|---|---|",
        ]
        lines += [f"| {s:.3f} | {n:,} | `{f}` |" for s, n, f in kind[stem]["profile"]]
        lines.append("")
    return "\n".join(lines)


def where_it_goes(kind: dict[str, Any], part: dict[str, dict[str, float]]) -> list[str]:
    """CPU seconds of a unit report by part; what is measured together is taken apart by subtraction."""
    whole, empty, own = part["whole"], part["empty"], kind["50_unit"]
    worker = whole["worker"] - own["export"] - own["look"]
    rows = {
        "the cells (the floor)": own["cells"],
        "a kernel that has nothing to do: fork, start, two cells, end": empty["kernel"],
        "the same cells in that kernel, beyond the floor: messages out, pages of memory copied when first touched":
            whole["kernel"] - empty["kernel"] - own["cells"],
        "the process that forks": whole["zygote"],
        "the worker: starting the kernel, papermill, nbclient, messages in, the notebook as text": worker,
        "export to a page": own["export"],
        "last look": own["look"],
    }  # fmt: skip
    lines = ["## Where the overhead goes", "", "A unit report, made one after the other, without the start of the batch.", "",
             "| CPU seconds | part |", "|---|---|"]  # fmt: skip
    return [*lines, *(f"| {v:.3f} | {k} |" for k, v in rows.items()), f"| {sum(rows.values()):.3f} | together |"]


def measured(
    ways: tuple[str, ...], pairs: Pairs, processed: Path, rounds: int, books: Path = BOOKS
) -> dict[str, list[Taken]]:
    """All ways, in turn, so many times."""
    taken: dict[str, list[Taken]] = {way: [] for way in ways}
    for number in range(rounds):
        for way in ways:
            taken[way].append(one_way(way, pairs, processed, books))
            run = taken[way][-1]
            print(
                f"round {number + 1} {way}: {len(pairs)} reports, {run.seconds:.1f} s, {run.cpu:.1f} s of CPU",
                flush=True,
            )
    return same(taken, pairs)


def same(taken: dict[str, list[Taken]], pairs: Pairs) -> dict[str, list[Taken]]:
    """The same again, when every way shows the same; otherwise the end."""
    wrong = check_same(taken, pairs)
    if wrong:
        raise SystemExit("not the same work: " + "; ".join(wrong[:5]))
    return taken


def main() -> int:
    """Run it; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processed", type=Path, default=ROOT / "data" / "processed")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a few reports, one round")
    parser.add_argument("--write", type=Path, default=None, help="default: docs/batch_speed.md; with --quick: nowhere")
    parser.add_argument("--way", choices=("plain", "ours", "floor", "kinds", "parts"), help=argparse.SUPPRESS)
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--books", type=Path, default=BOOKS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    processed = given.processed.resolve()
    if given.way:
        pairs = [(s, t) for s, t in json.loads(given.ask.read_text(encoding="utf-8"))]
        way = {"plain": plain, "ours": ours, "floor": floor, "kinds": kinds, "parts": parts}[given.way]
        way(pairs, processed, given.out, given.books)
        return 0
    load = os.getloadavg()[0]
    if load > CORES / 2:
        print(f"the machine is busy (load {load:.1f}): ratios of seconds may mislead", flush=True)
    compileall.compile_dir(ROOT / "lib", quiet=2)  # as an installation has it
    numbers = (QUICK, QUICK, QUICK_HEAVY, QUICK_HEAVY) if given.quick else (SAMPLE, LARGE, HEAVY, LARGE_HEAVY)
    pairs, many, hard, many_hard = (chosen(processed, n) for n in numbers)
    rounds = 1 if given.quick else given.rounds
    few = measured(ALL_WAYS, pairs, processed, 1)
    lot = few if given.quick else measured(("ours", "floor"), many, processed, rounds)
    with tempfile.TemporaryDirectory() as folder:
        books = write_heavy(Path(folder))
        heavy = measured(ALL_WAYS, hard, processed, 1, books)
        heavy_lot = heavy if given.quick else measured(("ours", "floor"), many_hard, processed, rounds, books)
    kind = aside("kinds", pairs, processed)
    units = [(s, t) for s, t in (pairs if given.quick else many) if s == "50_unit"]
    part = aside("parts", (units * 2)[:22], processed)
    tables = {
        HEAVY_TITLE: (medians(heavy), len(hard)),
        HEAVY_BATCH_TITLE: (medians({w: heavy_lot[w] for w in ("ours", "floor")}), len(many_hard)),
        SAMPLE_TITLE: (medians(few), len(pairs)),
        BATCH_TITLE: (medians({w: lot[w] for w in ("ours", "floor")}), len(many)),
    }
    bars = verdicts({title: found for title, (found, _) in tables.items()}, kind)
    firsts = {HEAVY_BATCH_TITLE: heavy_lot["ours"], BATCH_TITLE: lot["ours"]}
    first = {t: statistics.median(r.first for r in runs) for t, runs in firsts.items()}
    text = page(tables, kind, part, first, rounds, load, bars)
    print(text)
    target = given.write or (None if given.quick else ROOT / "docs" / "batch_speed.md")
    if target is not None:
        target.write_text(text, encoding="utf-8")
    return 0 if all(kept for *_, kept in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
