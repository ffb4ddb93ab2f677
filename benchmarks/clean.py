"""A long household file from GB18030 CSV to Parquet: `kaohe clean` beside pandas, written to docs/clean_speed.md.

The file is the contract's: all questions, in a few rows in a hundred the faults teams send (see
`survey_rows`). pandas reads it with its pyarrow engine and writes it with `to_parquet`; it checks
nothing. Ours is the whole step: hashing, decoding, layout, parsing, rules, identity numbers checked
and dropped, quarantine, lineage, accounts. It also cleans the sample list of households, which is
as long as the file, and looks each household up in it.

Each run is a process of its own; the ways take turns, and medians are compared.

Run: python benchmarks/clean.py [--rows 1000000] [--repeat 3]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from kaohe.base.plan import load_plan

sys.path.insert(0, str(Path(__file__).parent))
from survey_rows import write_office

OUT = Path(__file__).parent.parent / "docs" / "clean_speed.md"
SEED = 2020
LIMIT = 3.0
PANDAS, OURS = "pandas", "kaohe clean"

# what a child process runs: argv[1] is the file or folder, argv[2] where to write; it reports on itself.
# Linux keeps getrusage's peak over the start of a program, so that it may be the parent's: VmHWM is the child's own.
MEASURED = """
import json, resource, sys, time
from pathlib import Path
start = time.perf_counter()
{work}
seconds, used, status = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF), Path("/proc/self/status")
peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
if status.exists():
    peak = int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({{"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "mb": peak}}))
"""
WORK = {
    "pandas": """
import pandas as pd
frame = pd.read_csv(sys.argv[1], engine="pyarrow", encoding="gb18030")
frame.to_parquet(sys.argv[2], index=False, write_page_checksum=True, compression="zstd")
""",
    "kaohe": """
from kaohe.base.plan import load_plan
from kaohe.clean.run import clean_all
from kaohe.clean.intake import Limits
limits = Limits(file_bytes=2**33, rows=10**8)
clean_all(Path(sys.argv[1]), Path(sys.argv[2]), load_plan(), limits=limits)
""",
}


def measure(way: str, source: Path, target: Path) -> dict[str, float]:
    """Wall seconds, processor seconds and peak memory (MB) of one way in a fresh process."""
    script = MEASURED.format(work=WORK[way])
    done = subprocess.run(
        [sys.executable, "-c", script, str(source), str(target)], capture_output=True, text=True, check=True
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def compare(folder: Path, rows: int, repeat: int) -> tuple[dict[str, dict[str, float]], Path, Path]:
    """Medians of each way; pandas' Parquet file and our clean folder."""
    plan = load_plan()
    file = write_office(folder / "raw", rows, plan, SEED)
    theirs, ours = folder / "pandas.parquet", folder / "ours"
    runs = {PANDAS: ("pandas", file, theirs), OURS: ("kaohe", folder / "raw", ours)}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
    for _ in range(repeat):
        for name, (way, source, target) in runs.items():
            found[name].append(measure(way, source, target))
            print(name, {k: round(v, 1) for k, v in found[name][-1].items()}, flush=True)
    keys = ("seconds", "cpu", "mb")
    medians = {n: {k: statistics.median(m[k] for m in each) for k in keys} for n, each in found.items()}
    medians["file"] = {"mb": file.stat().st_size / 1e6}
    return medians, theirs, ours / "clean"


def ratios(medians: dict[str, dict[str, float]], way: str) -> tuple[float, float, float]:
    """Time, processor time and memory of a way over those of pandas."""
    a, b = medians[way], medians[PANDAS]
    return a["seconds"] / b["seconds"], a["cpu"] / b["cpu"], a["mb"] / b["mb"]


def report(medians: dict[str, dict[str, float]], rows: int, repeat: int, clean: Path) -> str:
    """The page docs/clean_speed.md."""
    findings = pd.read_parquet(clean / "findings.parquet")
    counts = findings[findings["table"] == "households"].groupby("action").size().to_dict()
    lines = []
    for name in (PANDAS, OURS):
        m = medians[name]
        time, cpu, memory = ratios(medians, name)
        lines.append(
            f"| {name} | {m['seconds']:.1f} s | {m['cpu']:.1f} s | {m['mb']:,.0f} MB | {time:.2f} | {cpu:.2f} | {memory:.2f} |"
        )
    table = "\n".join(lines)
    return f"""# Speed of cleaning

Made by `python benchmarks/clean.py --rows {rows} --repeat {repeat}` (seed {SEED}); do not edit. One household file of
{rows:,} rows and all questions of the codebook, {medians["file"]["mb"]:.0f} MB in GB18030. Medians of {repeat} runs, each in a process of
its own, the ways in turn. numpy {np.__version__}, pandas {pd.__version__}, pyarrow {pa.__version__}.

| way | time | processor time | peak memory | time / pandas | processor / pandas | memory / pandas |
|---|---|---|---|---|---|---|
{table}

pandas: `read_csv(engine="pyarrow", encoding="gb18030")`, then `to_parquet(compression="zstd")`; nothing is checked, and every
column with one odd cell stays text. `kaohe clean`: the whole step on the folder, with registers, typed values, rules, identity
numbers checked by GB 11643 and dropped, lineage, quarantine and accounts; the sample list of households, as long as the file
itself, is cleaned too and every household looked up in it. Findings in the household table: {counts.get("quarantine", 0):,} rows or
cells set aside, {counts.get("normalise", 0):,} repaired, {counts.get("note", 0):,} noted. At most {LIMIT:g} times pandas' time and memory are allowed.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        medians, _, clean = compare(Path(folder), options.rows, options.repeat)
        OUT.write_text(report(medians, options.rows, options.repeat, clean), encoding="utf-8")
    seconds, _, memory = ratios(medians, OURS)
    worst = max(seconds, memory)
    print(f"{OUT}: at most {worst:.2f} times pandas")
    if worst > LIMIT:
        sys.exit(f"more than {LIMIT:g} times pandas' time or memory")


if __name__ == "__main__":
    main()
