"""How fast are means with Taylor errors in many domains? Against one bare numpy pass, and R where it is installed.

    python benchmarks/estimate.py --rows 1000000

One run, side by side: the same records, 200 strata, 5,000 first-stage units, 100 domains, 10
variables. `bincount` is the least that any method must do: sums of w and w·y by domain and unit.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from kaohe.design import rake
from kaohe.estimate import Design

STRATA, UNITS, DOMAINS, VARIABLES = 200, 5_000, 100, 10
R_CODE = """
suppressPackageStartupMessages(library(survey)); x <- read.csv(commandArgs(TRUE)[1])
d <- svydesign(id=~t, strata=~h, weights=~w, data=x, nest=TRUE)
f <- as.formula(paste("~", paste(paste0("y", 0:9), collapse="+")))
s <- proc.time()[["elapsed"]]; z <- svyby(f, ~d, d, svymean); cat(proc.time()[["elapsed"]] - s, "\\n")
"""


def records(rows: int) -> pd.DataFrame:
    """Invented records."""
    rng = np.random.default_rng(1)
    unit = np.sort(rng.integers(0, UNITS, rows))
    frame = {
        "h": unit // (UNITS // STRATA),
        "t": unit,
        "w": rng.uniform(1, 9, rows),
        "d": rng.integers(0, DOMAINS, rows),
    }
    return pd.DataFrame(frame | {f"y{k}": rng.normal(size=rows) for k in range(VARIABLES)})


def clocked(run: Callable[[], object], repeat: int = 3) -> float:
    """Best of `repeat` runs, in seconds."""
    best = np.inf
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def bare(frame: pd.DataFrame) -> Callable[[], object]:
    """Sums by domain and unit of w and of each w·y, nothing else."""
    key = frame["d"].to_numpy() * UNITS + frame["t"].to_numpy()
    w = frame["w"].to_numpy()
    columns = [frame[f"y{k}"].to_numpy() for k in range(VARIABLES)]

    def run() -> object:
        size = DOMAINS * UNITS
        return [
            np.bincount(key, weights=w, minlength=size),
            *(np.bincount(key, weights=w * y, minlength=size) for y in columns),
        ]

    return run


def bare_raking(frame: pd.DataFrame, totals: list[np.ndarray], passes: int) -> Callable[[], object]:
    """The plain loop over margins, for as many passes."""
    codes = [frame[c].to_numpy() for c in ("a", "b", "c")]
    start = frame["w"].to_numpy()

    def run() -> object:
        w = start
        for _ in range(passes):
            for code, total in zip(codes, totals, strict=True):
                w = w * (total / np.bincount(code, weights=w, minlength=len(total)))[code]
        return w

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args()
    frame = records(args.rows)
    names = [f"y{k}" for k in range(VARIABLES)]
    design = Design(frame, weight="w", strata="h", psu="t")
    least = clocked(bare(frame))
    ours = clocked(lambda: design.mean(names, by="d"))
    print(f"{args.rows:,} rows, {STRATA} strata, {UNITS:,} units, {DOMAINS} domains, {VARIABLES} variables")
    print(f"bare numpy sums        {least:8.3f} s")
    print(f"Design.mean(by=)       {ours:8.3f} s   {ours / least:.2f} times the bare sums")
    print(f"building the design    {clocked(lambda: Design(frame, weight='w', strata='h', psu='t'), 1):8.3f} s")
    rng = np.random.default_rng(2)
    thin = frame[["w"]].assign(**{c: rng.integers(0, n, args.rows) for c, n in (("a", 20), ("b", 5), ("c", 3))})
    totals = {c: (thin.groupby(c)["w"].sum() * rng.uniform(0.9, 1.1, thin[c].nunique())) for c in ("a", "b", "c")}
    totals = {c: (t / t.sum() * 1e7).to_dict() for c, t in totals.items()}
    made = rake(thin, totals)
    plain = clocked(bare_raking(thin, [np.array(list(t.values())) for t in totals.values()], made.iterations))
    raking = clocked(lambda: rake(thin, totals))
    print(f"bare raking loop       {plain:8.3f} s   ({made.iterations} passes, three margins)")
    print(
        f"rake()                 {raking:8.3f} s   {raking / plain:.2f} times the bare loop, checks and account included"
    )
    if not shutil.which("Rscript"):
        print("R is not installed: no comparison with survey::svyby")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.csv"
        frame.to_csv(path, index=False)
        done = subprocess.run(["Rscript", "-e", R_CODE, str(path)], capture_output=True, text=True, check=True)
        theirs = float(done.stdout.split()[-1])
    print(f"survey::svyby in R     {theirs:8.3f} s   {theirs / ours:.0f} times ours")


if __name__ == "__main__":
    main()
