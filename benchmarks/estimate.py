"""How fast are estimates, side by side in one run? Writes docs/estimate_speed.md.

    python benchmarks/estimate.py --setup      # also installs R's survey (as root) and svy (apart) where missing
    python benchmarks/estimate.py --quick      # without the hundred million records

(a) 1,000,000 records, 200 strata, 5,000 first-stage units, 100 domains, 10 variables: means with Taylor
    errors, against one bare numpy pass (a key, then bincounts of w and of each w·y), R's svyby, and svy.
(b) raking to three margins, against the plain loop for as many passes.
(c) 100,000,000 records in Parquet under a memory limit, against the bare SQL group-by of the same sums.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kaohe.design import rake
from kaohe.estimate import Design, estimate_from_totals, psu_quantiles, psu_totals

STRATA, UNITS, DOMAINS, VARIABLES = 200, 5_000, 100, 10
NAMES = [f"y{k}" for k in range(VARIABLES)]
OUT = Path(__file__).parent.parent / "docs" / "estimate_speed.md"
R_CODE = """
suppressPackageStartupMessages(library(survey)); a <- commandArgs(TRUE); n <- as.integer(a[2])
x <- as.data.frame(matrix(readBin(a[1], "double", n * 14), n)); names(x) <- c("h", "t", "w", "d", paste0("y", 0:9))
d <- svydesign(id=~t, strata=~h, weights=~w, data=x)
f <- as.formula(paste("~", paste(paste0("y", 0:9), collapse="+")))
s <- proc.time()[["elapsed"]]; z <- svyby(f, ~d, d, svymean); took <- proc.time()[["elapsed"]] - s
writeBin(as.double(c(took, as.matrix(coef(z)), as.matrix(SE(z)))), a[3])
"""
SVY_CODE = """
import json, sys, time
import polars as pl, svy
frame = pl.read_parquet(sys.argv[1])
sample = svy.Sample(frame, svy.Design(stratum="h", psu="t", wgt="w"))
start = time.perf_counter()
for k in range(10):
    sample.estimation.mean(y=f"y{k}", by="d")
print(json.dumps(time.perf_counter() - start))
"""


def records(rows: int, seed: int = 1) -> pd.DataFrame:
    """Invented records, in the order of their units."""
    rng = np.random.default_rng(seed)
    unit = np.sort(rng.integers(0, UNITS, rows))
    frame = {
        "h": unit // (UNITS // STRATA),
        "t": unit,
        "w": rng.uniform(1, 9, rows),
        "d": rng.integers(0, DOMAINS, rows),
    }
    return pd.DataFrame(frame | {y: rng.normal(size=rows) for y in NAMES})


def side_by_side(runs: dict[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """Median of `repeat` rounds of each, in seconds; each round runs all of them in turn."""
    took: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeat):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            took[name].append(time.perf_counter() - start)
    return {name: float(np.median(seconds)) for name, seconds in took.items()}


def bare(frame: pd.DataFrame) -> Callable[[], object]:
    """The least that any method must do: a key, then sums by domain and unit of w and of each w·y."""

    def run() -> object:
        key = frame["d"].to_numpy() * UNITS + frame["t"].to_numpy()
        w = frame["w"].to_numpy()
        first = np.bincount(key, weights=w, minlength=DOMAINS * UNITS)
        return [first, *(np.bincount(key, weights=w * frame[y].to_numpy(), minlength=DOMAINS * UNITS) for y in NAMES)]

    return run


def means(rows: int) -> list[str]:
    """Part (a)."""
    frame = records(rows)
    design = Design(frame, weight="w", strata="h", psu="t")
    found = side_by_side({
        "bare numpy pass": bare(frame),
        "Design.mean(by=), with design effects, as by default": lambda: design.mean(NAMES, by="d"),
        "Design.mean(by=, deff=None)": lambda: design.mean(NAMES, by="d", deff=None),
        "Design(…), reading strata and units once": lambda: Design(frame, weight="w", strata="h", psu="t"),
    }, 15)  # fmt: skip
    least, ours = found["bare numpy pass"], found["Design.mean(by=), with design effects, as by default"]
    lines = [f"| {name} | {seconds:.3f} | {seconds / least:.2f} × bare |" for name, seconds in found.items()]
    table = design.mean(NAMES, by="d", deff=None)
    lines += [f"| survey::svyby in R | {t} |" for t in [r_means(frame, table, ours)] if t]
    lines += [f"| svy (Polars and Rust) | {t} |" for t in [svy_means(frame, ours)] if t]
    return lines


def r_means(frame: pd.DataFrame, table: pd.DataFrame, ours: float) -> str:
    """R's time, its ratio to ours, and the largest relative difference of estimates and errors."""
    if not shutil.which("Rscript"):
        return ""
    with tempfile.TemporaryDirectory() as folder:
        path, answer = Path(folder) / "records.bin", Path(folder) / "found.bin"
        frame[["h", "t", "w", "d", *NAMES]].to_numpy(float).T.tofile(path)
        subprocess.run(["Rscript", "-e", R_CODE, str(path), str(len(frame)), str(answer)], check=True)
        found = np.fromfile(answer)
    want = table.pivot_table(index="variable", columns="d", values=["estimate", "se"], sort=True)
    mine = np.concatenate([want["estimate"].loc[NAMES].to_numpy().ravel(), want["se"].loc[NAMES].to_numpy().ravel()])
    off = np.max(np.abs(found[1:] - mine) / np.abs(mine))
    return f"{found[0]:.1f} | {found[0] / ours:.0f} × Design.mean; largest relative difference {off:.0e}"


def svy_python() -> Path:
    """The interpreter of svy's own environment, where --setup puts it."""
    return Path(tempfile.gettempdir()) / "kaohe-bench-svy" / "bin" / "python"


def svy_means(frame: pd.DataFrame, ours: float) -> str:
    """Svy's time and its ratio to ours."""
    if not svy_python().exists():
        return ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.parquet"
        frame.to_parquet(path)
        done = subprocess.run([svy_python(), "-c", SVY_CODE, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"svy failed: {done.stderr.strip().splitlines()[-1]}")
        return ""
    theirs = float(json.loads(done.stdout.strip().splitlines()[-1]))
    return f"{theirs:.2f} | {theirs / ours:.0f} × Design.mean"


def raking(rows: int) -> list[str]:
    """Part (b): margins that depend on one another, as town, kind of household and size do."""
    rng = np.random.default_rng(2)
    a = rng.integers(0, 20, rows)
    b = (a // 4 + rng.integers(0, 3, rows)) % 5
    frame = pd.DataFrame({"w": rng.uniform(1, 9, rows), "a": a, "b": b, "c": (b // 2 + rng.integers(0, 2, rows)) % 3})
    counts = {c: frame.groupby(c)["w"].sum() * rng.uniform(0.7, 1.3, frame[c].nunique()) for c in ("a", "b", "c")}
    totals = {c: (t / t.sum() * 1e7).to_dict() for c, t in counts.items()}
    passes = rake(frame, totals).iterations
    codes, targets = [frame[c].to_numpy() for c in totals], [np.array(list(t.values())) for t in totals.values()]

    def loop() -> object:
        w = frame["w"].to_numpy()
        for _ in range(passes):
            for code, target in zip(codes, targets, strict=True):
                w = w * (target / np.bincount(code, weights=w, minlength=len(target)))[code]
        return w

    found = side_by_side({"plain numpy loop": loop, "rake()": lambda: rake(frame, totals)}, 3)
    least = found["plain numpy loop"]
    return [f"| {name}, {passes} passes | {s:.3f} | {s / least:.2f} × plain |" for name, s in found.items()]


def write_parquet(folder: Path, rows: int, chunk: int = 5_000_000) -> None:
    """The records in files of at most `chunk`, each covering all units."""
    for number, start in enumerate(range(0, rows, chunk)):
        frame = records(min(chunk, rows - start), seed=100 + number)
        types = {"h": "int16", "t": "int32", "d": "int16"}
        pq.write_table(
            pa.Table.from_pandas(frame.astype(types), preserve_index=False), folder / f"part{number:03}.parquet"
        )


def peak_memory(run: Callable[[], object]) -> float:
    """Most memory that the process held during a call, in GB; NaN where the system does not say."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        run()
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 2**20
    except OSError:
        run()
        return float("nan")


def out_of_core(rows: int, limit: str, where: Path | None, repeat: int) -> list[str]:
    """Part (c)."""
    with tempfile.TemporaryDirectory(prefix="kaohe-bench-", dir=where) as name:
        folder = Path(name)
        write_parquet(folder, rows)
        size = sum(f.stat().st_size for f in folder.iterdir()) / 2**30
        sums = [f"count({y}), sum(w) FILTER ({y} IS NOT NULL), sum(w * {y}), sum(w * {y} * {y})" for y in NAMES]
        sql = f"SELECT d, h, t, count(*), sum(w), {', '.join(sums)} FROM '{folder}/*.parquet' GROUP BY d, h, t"

        def plain() -> object:
            with duckdb.connect(config={"memory_limit": limit, "preserve_insertion_order": False}) as connection:
                return connection.sql(sql).df()

        def ours() -> pd.DataFrame:
            found = psu_totals(
                folder, weight="w", strata="h", psu="t", by="d", y=NAMES, memory_limit=limit, spill=folder
            )
            return estimate_from_totals(found, "mean")

        found = side_by_side({"bare SQL group-by": plain, "psu_totals + estimates": ours}, repeat)
        least = found["bare SQL group-by"]
        memory = peak_memory(ours)
        start = time.perf_counter()
        psu_quantiles(folder, "y0", weight="w", strata="h", psu="t", by="d", memory_limit=limit, spill=folder)
        quantile = time.perf_counter() - start
    label = f"{rows:,} records, {size:.1f} GB, limit {limit}"
    lines = [f"| {name}; {label} | {s:.1f} | {s / least:.2f} × bare |" for name, s in found.items()]
    lines.append(f"| most memory of the whole process during psu_totals | | {memory:.1f} GB |")
    return [*lines, f"| psu_quantiles: medians of one variable in all domains, with intervals | {quantile:.1f} | |"]


def install() -> None:
    """R's survey by the system's packages, where root and missing; svy in an environment of its own."""
    if not shutil.which("Rscript") and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        packages = ["r-base-core", "r-cran-survey"]
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], check=True)
    if not svy_python().exists():
        subprocess.run([sys.executable, "-m", "venv", str(svy_python().parents[1])], check=True)
        done = subprocess.run([svy_python(), "-m", "pip", "install", "-q", "svy==0.35.*"], check=False)
        if done.returncode:
            shutil.rmtree(svy_python().parents[1])
            print("svy could not be installed: no comparison with it")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--big", type=int, default=100_000_000, help="records in Parquet")
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--folder", type=Path, help="where the Parquet files lie for the time of the run")
    parser.add_argument("--quick", action="store_true", help="leave out the records in Parquet")
    parser.add_argument("--setup", action="store_true", help="install R's survey and svy where missing")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(arguments)
    if args.setup:
        install()
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    lines = [
        "# Speed of estimates", "",
        "Made by `python benchmarks/estimate.py`" + (" `--quick`" if args.quick else "") + ": one run, side by side, each in turn, medians",
        f"of several rounds ({load}). Seconds depend on the machine; ratios are what counts. All data are invented.", "",
        "## Means with Taylor errors", "",
        f"{args.rows:,} records, {STRATA} strata, {UNITS:,} first-stage units, {DOMAINS} domains, {VARIABLES} variables. The bare pass makes",
        "a key and takes the sums of w and of each w·y by domain and unit, nothing else. Wanted: within 2 × bare, R at least 100 ×.", "",
        "| what | seconds | ratio |", "|---|---|---|",
    ]  # fmt: skip
    lines += means(args.rows)
    lines += [
        "", "## Raking to three margins", "", "Wanted: within 2 × the plain loop, which checks and accounts for nothing.", "",
        "| what | seconds | ratio |", "|---|---|---|", *raking(args.rows),
    ]  # fmt: skip
    if not args.quick:
        lines += [
            "", "## Out of core", "",
            "Parquet through DuckDB; answers, Σw, Σwy and Σwy² of each variable by domain, stratum and unit. Wanted: within 1.5 × the bare SQL.",
            "", "| what | seconds | ratio |", "|---|---|---|",
            *out_of_core(args.big, args.memory, args.folder, 2),
        ]  # fmt: skip
    text = "\n".join(lines) + "\n"
    args.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
