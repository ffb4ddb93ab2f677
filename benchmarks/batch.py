"""What does a batch cost? A plain papermill loop, the same in two processes, ours, and the floor: the bare cells.

    python benchmarks/batch.py --processed data/processed --cities 20 --counties 20 --units 40 --rounds 3

One run, in turn, the same notebooks and targets each way, each way in a fresh process:

- `plain`: papermill with an ordinary kernel, then nbconvert's HTML export, one report after the other;
- `plain2`: the same in two processes;
- `ours`: `kaohe run` into an empty folder;
- `floor`: the cells executed by plain `exec` in one warm process, divided by the cores.

Prints medians and ratios and writes docs/batch_speed.md.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parents[1]
WAYS = ("plain", "plain2", "ours", "floor")
Pairs = list[tuple[str, str]]


def chosen(processed: Path, cities: int, counties: int, units: int) -> Pairs:
    """Notebook and target of the reports to make."""
    from kaohe.base.plan import load_plan
    from kaohe.publish.reports import read_reports

    wanted = {"40_city": cities, "30_survey": cities, "45_county": counties, "50_unit": units}
    wanted |= dict.fromkeys(("60_ranking", "70_overview", "10_data_quality", "20_sample_design"), 3)
    found: Pairs = []
    for report in read_reports(processed / "build", load_plan()):
        stem = report.notebook.stem
        if wanted[stem] > 0:
            wanted[stem] -= 1
            found.append((stem, report.target.object))
    return found


def plain(pairs: Pairs, processed: Path, out: Path) -> None:
    """Each report by papermill with an ordinary kernel, then by nbconvert's HTML exporter."""
    import papermill
    from nbconvert import HTMLExporter

    for stem, target in pairs:
        book = out / f"{stem}-{target}.ipynb"
        papermill.execute_notebook(
            str(ROOT / "notebooks" / f"{stem}.ipynb"), str(book), parameters={"target": target, "processed": str(processed)},
            kernel_name="python3", progress_bar=False,
        )  # fmt: skip
        page, _ = HTMLExporter().from_filename(str(book))
        book.with_suffix(".html").write_text(page, encoding="utf-8")


def floor(pairs: Pairs, processed: Path) -> float:
    """Seconds of the cells alone, in one process that has made one report of each notebook before."""
    import nbformat
    from IPython.core.formatters import DisplayFormatter

    books = {s: nbformat.read(ROOT / "notebooks" / f"{s}.ipynb", as_version=4) for s in {s for s, _ in pairs}}
    shown = DisplayFormatter()

    def execute(stem: str, target: str) -> float:
        space: dict[str, object] = {"display": lambda *shown_ones: [shown.format(one) for one in shown_ones]}
        start = time.perf_counter()
        for cell in books[stem].cells:
            if cell.cell_type != "code":
                continue
            if "parameters" in cell.metadata.get("tags", []):
                space.update(target=target, processed=str(processed), plan="")
                continue
            body, last = _parts(cell.source)
            exec(body, space)
            value = None if last is None else eval(last, space)
            if value is not None:
                shown.format(value)
        return time.perf_counter() - start

    for stem in books:
        execute(stem, next(t for s, t in pairs if s == stem))
    return sum(execute(stem, target) for stem, target in pairs)


def _parts(source: str) -> tuple[CodeType, CodeType | None]:
    """A cell's statements, and its last expression, whose value is shown."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    shown = compile(ast.Expression(last.value), "cell", "eval") if isinstance(last, ast.Expr) else None
    return compile(tree, "cell", "exec"), shown


def one_way(way: str, pairs: Pairs, processed: Path) -> float:
    """Seconds that one way takes for all reports, from a fresh process; imports count, as they do for an operator."""
    with tempfile.TemporaryDirectory() as folder:
        out, env = Path(folder), {**os.environ, "KAOHE_BATCH": "1"}
        lists = [pairs[::2], pairs[1::2]] if way == "plain2" else [pairs]
        asks = []
        for k, part in enumerate(lists):
            (out / f"p{k}").mkdir()
            (out / f"ask{k}.json").write_text(json.dumps(part), encoding="utf-8")
            asks.append([sys.executable, __file__, "--way", way.rstrip("2"), "--processed", str(processed),
                         "--ask", str(out / f"ask{k}.json"), "--out", str(out / f"p{k}")])  # fmt: skip
        quiet = subprocess.DEVNULL if way.startswith("plain") else None
        start = time.perf_counter()
        running = [
            subprocess.Popen(a, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=quiet, text=True) for a in asks
        ]
        said = [p.communicate()[0] for p in running]
        spent = time.perf_counter() - start
        if any(p.returncode for p in running):
            raise SystemExit(f"{way} failed")
        return float(said[0].split()[-1]) / (os.cpu_count() or 1) if way == "floor" else spent


def ours(pairs: Pairs, processed: Path, out: Path) -> None:
    """The same reports by the suite's own batch."""
    import io

    from rich.console import Console

    from kaohe.base.plan import load_plan
    from kaohe.run.asked import Folders, Options, Selection
    from kaohe.run.batch import run_batch

    done = run_batch(
        Folders(processed, out, ROOT / "notebooks"), load_plan(), Selection(reports=pairs), Options(),
        console=Console(file=io.StringIO()),
    )  # fmt: skip
    if done.exit_code or len(done.made) != len(pairs):
        raise SystemExit(done.exit_code or 1)


def page(times: dict[str, list[float]], pairs: Pairs) -> str:
    """The result as Markdown."""
    medians = {way: statistics.median(t) for way, t in times.items()}
    mine = medians["ours"]
    names = {
        "plain": "papermill + nbconvert, one process",
        "plain2": "papermill + nbconvert, two processes",
        "ours": "`kaohe run`",
        "floor": "the cells alone, divided by the cores",
    }
    lines = [
        "# What a batch costs",
        "",
        f"`python benchmarks/batch.py`: {len(pairs)} reports of the demonstration, {os.cpu_count()} cores, "
        f"{len(next(iter(times.values())))} rounds in turn, medians.",
        "",
        "| way | seconds | seconds a report | against ours |",
        "|---|---|---|---|",
    ]
    for way, label in names.items():
        lines.append(f"| {label} | {medians[way]:.1f} | {medians[way] / len(pairs):.2f} | {medians[way] / mine:.2f} |")
    lines += ["", f"Ours takes {mine / medians['floor']:.2f} times the floor."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processed", type=Path, default=ROOT / "data" / "processed")
    for kind, number in (("cities", 20), ("counties", 20), ("units", 40), ("rounds", 3)):
        parser.add_argument(f"--{kind}", type=int, default=number)
    parser.add_argument("--write", type=Path, default=ROOT / "docs" / "batch_speed.md")
    parser.add_argument("--way", choices=("plain", "ours", "floor"), help=argparse.SUPPRESS)
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    processed = given.processed.resolve()
    if given.way:
        pairs = [(s, t) for s, t in json.loads(given.ask.read_text(encoding="utf-8"))]
        if given.way == "floor":
            print(floor(pairs, processed))
        else:
            (plain if given.way == "plain" else ours)(pairs, processed, given.out)
        return
    pairs = chosen(processed, given.cities, given.counties, given.units)
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(given.rounds):
        for way in WAYS:
            times[way].append(one_way(way, pairs, processed))
            print(f"{way}: {times[way][-1]:.1f} s", flush=True)
    text = page(times, pairs)
    print(text)
    given.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
