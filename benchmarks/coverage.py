"""Do 95 % intervals cover the truth? Many samples of one demonstration population, the whole chain each time.

Each seed draws a new sample with nonresponse from the same register; weights, nonresponse
adjustment, raking and estimates by city follow as in `kaohe build`; the population's own values
are the truth. Writes docs/coverage.md.

    python benchmarks/coverage.py --seeds 200
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan, load_plan
from kaohe.design import build_weights
from kaohe.estimate.build import analysis_sample, domain_estimates, household_design
from kaohe.estimate.derive import derive
from kaohe.estimate.indicators import build_indicators
from kaohe.run.demo.population import Population, population, register_totals
from kaohe.run.demo.sample import Sample, draw_sample
from kaohe.run.demo.truth import truth

NAMED = ("income_per_head", "poor", "sat_work", "ind_project", "employed_n")
BOUNDS = (0.925, 0.985)
KINDS = ("city", "county", "helper", "province")


def places(people: Population) -> pd.DataFrame:
    """Names of cities and counties, as the clean table has them."""
    g = people.geography
    columns = {"code": "place"}
    return pd.concat([g.cities.rename(columns=columns), g.counties.rename(columns=columns)], ignore_index=True)[
        ["place", "name"]
    ]


def one_sample(
    drawn: Sample, names: pd.DataFrame, totals: pd.DataFrame, pairing: pd.DataFrame, plan: Plan
) -> pd.DataFrame:
    """Estimates of every question in every domain from one sample."""
    clean = {
        "sample_villages": drawn.villages.drop(columns=["town", "county", "city"]),
        "sample_households": drawn.households,
        "households": drawn.answers,
        "totals": totals,
        "places": names,
        "pairing": pairing,
    }
    weights = build_weights(clean, plan)["weights"]
    helper = dict(zip(pairing["village"], pairing["helper_city"], strict=True))
    answers = derive(drawn.answers.drop(columns=["city", "county", "village"]), plan.questions, plan.poverty_line)
    sample = analysis_sample(weights, answers, helper)
    return domain_estimates(household_design(sample, plan), build_indicators(sample, "household", plan), plan)


def simulate(people: Population, plan: Plan, seeds: int) -> pd.DataFrame:
    """One row a seed, domain and question: the estimate with its interval and the truth."""
    villages = people.geography.villages
    pairing = villages.loc[villages["helper_city"] != "", ["village", "helper_city"]]
    names, totals = places(people), register_totals(people)
    key = ["domain_type", "domain", "indicator"]
    true = truth(people, plan).set_index(key)["value"]
    keep = [*key, "estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu", "method"]
    parts = []
    started = time.perf_counter()
    for seed in range(1, seeds + 1):
        found = one_sample(draw_sample(people, seed, plan), names, totals, pairing, plan)[keep]
        parts.append(found.assign(seed=seed))
        if seed % 20 == 0:
            print(f"{seed}/{seeds} samples, {(time.perf_counter() - started) / seed:.2f} s each", flush=True)
    out = pd.concat(parts, ignore_index=True)
    out["true"] = true.reindex(pd.MultiIndex.from_frame(out[key])).to_numpy()
    known = out["ci_low"].notna()
    out["covers"] = np.where(known, (out["ci_low"] <= out["true"]) & (out["true"] <= out["ci_high"]), np.nan)
    return out


def summary(draws: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Coverage, bias and how the stated error compares with the one seen."""
    cell = draws.groupby([*by, "domain"])
    spread = cell["estimate"].std()
    table = pd.DataFrame({
        "intervals": cell["covers"].count(), "covered": cell["covers"].sum(), "true": cell["true"].first(),
        "bias": (cell["estimate"].mean() - cell["true"].first()), "sd": spread, "se": cell["se"].mean(),
        "width": cell["ci_high"].mean() - cell["ci_low"].mean(), "df": cell["df"].mean(),
    })  # fmt: skip
    table["se_ratio"] = table["se"] / table["sd"].where(table["sd"] > 0)
    table["bias_sd"] = table["bias"] / table["sd"].where(table["sd"] > 0)
    grouped = table.groupby(by)
    out = grouped[["intervals", "covered"]].sum()
    out["coverage"] = out["covered"] / out["intervals"]
    city = table["covered"] / table["intervals"]
    out["lowest"], out["highest"] = city.groupby(by).min(), city.groupby(by).max()
    for column in ("true", "se_ratio", "bias_sd", "width", "df"):
        out[column] = grouped[column].mean()
    return out


def markdown(frame: pd.DataFrame, formats: dict[str, str]) -> str:
    """A frame as a Markdown table."""
    head = "| " + " | ".join(formats) + " |\n|" + "---|" * len(formats) + "\n"
    lines = ["| " + " | ".join(f.format(row[c]) for c, f in formats.items()) + " |" for _, row in frame.iterrows()]
    return head + "\n".join(lines) + "\n"


FORMATS = {
    "indicator": "{}", "coverage": "{:.1%}", "intervals": "{:.0f}", "lowest": "{:.1%}", "highest": "{:.1%}",
    "true": "{:.4g}", "se_ratio": "{:.3f}", "bias_sd": "{:+.3f}", "df": "{:.1f}",
}  # fmt: skip


def report(draws: pd.DataFrame, plan: Plan, seed: int, households: int, seeds: int) -> tuple[str, bool]:
    """docs/coverage.md, and whether all named indicators are within bounds."""
    by_city = summary(draws[draws["domain_type"] == "city"], ["indicator"]).reset_index()
    named = by_city.set_index("indicator").loc[list(NAMED)].reset_index()
    good = bool(named["coverage"].between(*BOUNDS).all())
    named["question"] = [plan.questions[i].shown for i in named["indicator"]]
    overall = draws.groupby("domain_type").agg(
        coverage=("covers", "mean"), intervals=("covers", "count"), df=("df", "mean"), domains=("domain", "nunique")
    )
    overall = overall.loc[list(KINDS)].reset_index()
    text = f"""# Coverage of the survey's intervals

Made by `python benchmarks/coverage.py --seeds {seeds}`: {seeds} samples (three stages, nonresponse) of one
demonstration population of {households:,} register households (seed {seed}), each through the whole chain of
`kaohe build` (stage weights, nonresponse classes, raking to register totals, Taylor errors by calibration residuals,
degrees of freedom of the domain). The truth is the population's own value. All data are invented.

- coverage: share of the 95 % intervals that hold the true value, over all samples and domains; its own standard error
  is about {100 * np.sqrt(0.95 * 0.05 / (seeds * 14)):.1f} points for one indicator if intervals were independent.
- lowest, highest: coverage in the city where it is lowest and highest.
- se ratio: mean stated standard error over the standard deviation of the estimates seen (mean over domains).
- bias: mean error of the estimate in standard deviations. df: mean degrees of freedom.

## Five named indicators by city

Wanted: {BOUNDS[0]:.1%} to {BOUNDS[1]:.1%} each. {"All five are within." if good else "NOT all are within."}

{markdown(named, {"indicator": "{}", "question": "{}", **{k: v for k, v in FORMATS.items() if k != "indicator"}})}
## All questions together, by kind of domain

Counties have two or three towns each, so two degrees of freedom or fewer: their intervals are wide and cover too often.

{markdown(overall, {"domain_type": "{}", "coverage": "{:.1%}", "intervals": "{:.0f}", "domains": "{:.0f}", "df": "{:.1f}"})}
## Every household question by city

{markdown(by_city.sort_values("coverage"), FORMATS)}"""
    return text, good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2020, help="seed of the population")
    parser.add_argument("--households", type=int, default=400_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "docs" / "coverage.md")
    args = parser.parse_args()
    plan = load_plan()
    people = population(args.seed, args.households, plan)
    draws = simulate(people, plan, args.seeds)
    text, good = report(draws, plan, args.seed, args.households, args.seeds)
    args.out.write_text(text, encoding="utf-8")
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
