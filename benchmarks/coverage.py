"""Do 95 % intervals cover the truth? Many samples of one demonstration population, the whole chain each time.

Each seed draws a new sample with nonresponse from the same register; weights, nonresponse
adjustment, raking and estimates by city follow as in `kaohe build`; the population's own values
are the truth. Two rates with a known truth, 2 % and 50 % with villages that differ, go through the
same chain beside the questions, with several kinds of interval side by side; and for cities and the province every
interval also with Satterthwaite's degrees of freedom. Writes docs/coverage.md.

    python benchmarks/coverage.py --seeds 400
    python benchmarks/coverage.py --seeds 400 --keep FOLDER    # samples that are in the folder are not drawn again
    python benchmarks/coverage.py --seeds 0 --keep FOLDER      # all samples of the folder, none drawn
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

import kaohe
from kaohe.base.files import sha256_file, sha256_text
from kaohe.base.plan import Plan, load_plan
from kaohe.base.tables import OUTCOMES
from kaohe.design import build_weights
from kaohe.estimate import Design, intervals
from kaohe.estimate.derive import derive
from kaohe.estimate.indicators import build_indicators
from kaohe.estimate.levels import domain_estimates
from kaohe.estimate.samples import analysis_sample, household_design
from kaohe.run.demo.population import Population, population, register_totals
from kaohe.run.demo.sample import Sample, draw_sample
from kaohe.run.demo.truth import truth

NAMED = ("income_per_head", "poor", "sat_work", "ind_project", "employed_n")
BOUNDS = (0.925, 0.985)
KINDS = ("city", "county", "helper", "province")
MEANS = (0.925, 0.975)
RARE = 0.94
RATES = {"rate02": 0.02, "rate50": 0.50}
CLUSTERING = 0.03  # correlation of two households of one village in a rate
UNBIASED = 0.02  # of the mean variance ratio, over all questions
POOR = "未退出相对贫困户"
KEY = ["domain_type", "domain", "indicator"]
OTHER = ["df", "ci_low", "ci_high"]
WAYS = {
    "Wald, whole design's df": "estimate ± t · se, degrees of freedom of all towns minus all strata",
    "Wald": "the same with the domain's degrees of freedom",
    "logit": "symmetric on the logit scale; none at 0",
    "Korn–Graubard, not capped": "Clopper–Pearson with the effective size, none at 0",
    "Korn–Graubard, as the suite has it": "effective size at most n; at 0 and 1 a one-sided bound with a planned design effect",
}


def places(people: Population) -> pd.DataFrame:
    """Names of cities and counties, as the clean table has them."""
    g = people.geography
    columns = {"code": "place"}
    return pd.concat([g.cities.rename(columns=columns), g.counties.rename(columns=columns)], ignore_index=True)[
        ["place", "name"]
    ]


def make_rates(people: Population) -> pd.DataFrame:
    """Rates of every household: village rates from a beta distribution, households from the village's rate."""
    rng = np.random.default_rng(people.seed)
    village = people.village_of()
    spread = 1 / CLUSTERING - 1
    made = {}
    for name, rate in RATES.items():
        own = rng.beta(rate * spread, (1 - rate) * spread, len(people.start) - 1)
        made[name] = (rng.random(len(village)) < own[village]).astype(float)
    return pd.DataFrame(made)


def true_rates(people: Population, rates: pd.DataFrame, plan: Plan) -> pd.Series:
    """The population's own rates by domain (see `share_draws`) and variable."""
    city = people.geography.villages["city"].to_numpy()[people.village_of()]
    kind = people.answers(np.arange(len(rates)), [plan.questions["hh_kind"]])["hh_kind"].to_numpy()
    every, poor = rates.groupby(city).mean(), rates[kind == POOR].groupby(city[kind == POOR]).mean()
    return pd.concat({"city": every.stack(), "poor": poor.stack()})


def share_draws(design: Design, true: pd.Series) -> pd.DataFrame:
    """Every way's interval of the two rates, in cities and in their poor households (small, often without a case)."""
    parts = []
    whole = float(design.df)
    for kind, where in (("city", None), ("poor", design.frame["register_hh_kind"] == POOR)):
        found = design.proportion(list(RATES), by="city", where=where)
        p, se, df, n = (found[c].to_numpy(float) for c in ("estimate", "se", "df", "n"))
        known = df > 0
        ends = {
            "Wald, whole design's df": intervals.t_interval(p, se, np.full(len(p), whole)),
            "Wald": intervals.t_interval(p, se, df),
            "logit": intervals.logit_interval(p, se, df),
            "Korn–Graubard, not capped": intervals.beta_interval(p, se, df, n),
            "Korn–Graubard, as the suite has it": (found["ci_low"].to_numpy(), found["ci_high"].to_numpy()),
        }
        truth_here = true.reindex(
            [(kind, c, v) for c, v in zip(found["city"], found["variable"], strict=True)]
        ).to_numpy()
        for way, (low, high) in ends.items():
            covers = (low <= truth_here) & (truth_here <= high)
            part = pd.DataFrame({
                "kind": kind, "variable": found["variable"], "way": way, "covers": covers, "true": truth_here, "n": n,
                "df": df, "zero": p <= 0, "width": high - low,
            })  # fmt: skip
            parts.append(part[known])
    return pd.concat(parts, ignore_index=True)


def one_sample(
    drawn: Sample, names: pd.DataFrame, totals: pd.DataFrame, pairing: pd.DataFrame, plan: Plan, rates: pd.DataFrame
) -> tuple[pd.DataFrame, Design]:
    """Estimates of every question in every domain from one sample, and the design with the rates in its frame."""
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
    done = drawn.households["outcome"].to_numpy() == OUTCOMES[0]
    answers = pd.concat([answers, rates.iloc[drawn.rows[done]].reset_index(drop=True)], axis=1)
    sample = analysis_sample(weights, answers, helper)
    design, found = household_design(sample, plan), build_indicators(sample, "household", plan)
    other = domain_estimates(design, found, plan, kinds=("province", "city"), df="satterthwaite")
    other = other[[*KEY, *OTHER]].rename(columns={c: f"{c}_other" for c in OTHER})
    return domain_estimates(design, found, plan).merge(other, on=KEY, how="left", validate="1:1"), design


def simulate(
    people: Population, plan: Plan, seeds: int | list[int], first: int = 1, keep: Path | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a seed, domain and question: the estimate with its interval and the truth; and `share_draws` of each."""
    villages = people.geography.villages
    pairing = villages.loc[villages["helper_city"] != "", ["village", "helper_city"]]
    names, totals = places(people), register_totals(people)
    true = truth(people, plan).set_index(KEY)["value"]
    columns = [
        *KEY,
        "estimate",
        "se",
        "ci_low",
        "ci_high",
        "df",
        "n",
        "n_psu",
        "method",
        *(f"{c}_other" for c in OTHER),
    ]
    parts, shares = [], []
    rates = make_rates(people)
    rate = true_rates(people, rates, plan)
    started = time.perf_counter()
    wanted = list(range(first, first + seeds)) if isinstance(seeds, int) else seeds
    for done, seed in enumerate(wanted, start=1):
        kept = [keep / f"{seed:05}_{name}.parquet" for name in ("draws", "shares")] if keep else []
        if kept and all(path.exists() for path in kept):
            found, drawn = (pd.read_parquet(path) for path in kept)
        else:
            found, design = one_sample(draw_sample(people, seed, plan), names, totals, pairing, plan, rates)
            found, drawn = found[columns].assign(seed=seed), share_draws(design, rate).assign(seed=seed)
            for path, frame in zip(kept, (found, drawn), strict=False):
                frame.to_parquet(path)
        parts.append(found)
        shares.append(drawn)
        if done % 20 == 0:
            print(f"{done}/{len(wanted)} samples, {(time.perf_counter() - started) / done:.2f} s each", flush=True)
    out = pd.concat(parts, ignore_index=True)
    out["true"] = true.reindex(pd.MultiIndex.from_frame(out[KEY])).to_numpy()
    for name, low, high in (("covers", "ci_low", "ci_high"), ("covers_other", "ci_low_other", "ci_high_other")):
        out[name] = np.where(out[low].notna(), (out[low] <= out["true"]) & (out["true"] <= out[high]), np.nan)
    out["above"] = np.where(out["ci_high"].notna(), out["true"] > out["ci_high"], np.nan)
    return out, pd.concat(shares, ignore_index=True)


def summary(draws: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Coverage, bias and how the stated error compares with the one seen."""
    cell = draws.groupby([*by, "domain"])
    spread = cell["estimate"].std()
    table = pd.DataFrame({
        "intervals": cell["covers"].count(), "covered": cell["covers"].sum(), "true": cell["true"].first(),
        "bias": (cell["estimate"].mean() - cell["true"].first()), "sd": spread, "se": cell["se"].mean(),
        "width": cell["ci_high"].mean() - cell["ci_low"].mean(), "df": cell["df"].mean(),
        "variance": cell["se"].agg(lambda s: float((s**2).mean())), "above": cell["above"].mean(),
        "other": cell["covers_other"].mean(), "df_other": cell["df_other"].mean(),
    })  # fmt: skip
    table["variance_ratio"] = table["variance"] / (table["sd"] ** 2).where(table["sd"] > 0)
    table["se_ratio"] = table["se"] / table["sd"].where(table["sd"] > 0)
    table["bias_sd"] = table["bias"] / table["sd"].where(table["sd"] > 0)
    grouped = table.groupby(by)
    out = grouped[["intervals", "covered"]].sum()
    out["coverage"] = out["covered"] / out["intervals"]
    city = table["covered"] / table["intervals"]
    out["lowest"], out["highest"] = city.groupby(by).min(), city.groupby(by).max()
    for column in ("true", "se_ratio", "variance_ratio", "bias_sd", "width", "df", "df_other", "other", "above"):
        out[column] = grouped[column].mean()
    return out


def markdown(frame: pd.DataFrame, formats: dict[str, str]) -> str:
    """A frame as a Markdown table."""
    head = "| " + " | ".join(formats) + " |\n|" + "---|" * len(formats) + "\n"
    lines = ["| " + " | ".join(f.format(row[c]) for c, f in formats.items()) + " |" for _, row in frame.iterrows()]
    return head + "\n".join(lines) + "\n"


FORMATS = {
    "indicator": "{}", "coverage": "{:.1%}", "intervals": "{:.0f}", "lowest": "{:.1%}", "highest": "{:.1%}",
    "above": "{:.1%}", "true": "{:.4g}", "se_ratio": "{:.3f}", "variance_ratio": "{:.3f}", "bias_sd": "{:+.3f}", "df": "{:.1f}",
    "df_other": "{:.1f}", "other": "{:.1%}",
}  # fmt: skip


def ways_table(shares: pd.DataFrame) -> pd.DataFrame:
    """Coverage of each kind of interval by rate and kind of domain."""
    grouped = shares.groupby(["variable", "kind", "way"], sort=False)
    out = grouped.agg(
        coverage=("covers", "mean"), intervals=("covers", "size"), n=("n", "mean"), df=("df", "mean"),
        zero=("zero", "mean"), width=("width", "mean"),
    ).reset_index()  # fmt: skip
    out["rate"] = out["variable"].map({k: f"{v:.0%}" for k, v in RATES.items()})
    out["domain"] = out["kind"].map({"city": "city", "poor": f"{POOR} of a city"})
    return out.sort_values(["variable", "kind"], kind="stable")


def ranges(seeds: list[int]) -> str:
    """Seeds as text, such as ``1–40, 201–238``."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(f"{run[0]}–{run[-1]}" for run in runs)


def why(by_city: pd.DataFrame, means: pd.DataFrame) -> str:
    """What the table says of the stated errors, of what is missed, and of the other degrees of freedom."""
    low = means.sort_values("coverage").head(5)
    names = ", ".join(low["indicator"])
    se, variance = by_city["se_ratio"].mean(), by_city["variance_ratio"].mean()
    above, below = low["above"].mean(), (1 - low["coverage"] - low["above"]).mean()
    off = {c: 100 * (by_city[c] - 0.95).abs().mean() for c in ("coverage", "other")}
    far = {c: 100 * (means[c] - 0.95).abs().mean() for c in ("coverage", "other")}
    unbiased = abs(variance - 1) <= UNBIASED
    skew = above > 2 * below
    lines = [
        f"Over all {len(by_city)} questions the stated standard error is {se:.3f} of the spread of the estimates, its square {variance:.3f} of their "
        f"variance, with {by_city['df'].mean():.1f} degrees of freedom on average: the variance is "
        + ("estimated without noticeable bias, and the root of an unbiased variance with few degrees of freedom lies low, for which "
           "Student's t makes up." if unbiased else f"**biased** by more than {UNBIASED:.0%}."),
        f"The five means with the lowest coverage ({names}) are missed with the truth above the interval in {above:.1%} of the samples, "
        f"below it in {below:.1%}"
        + (": skewness. Of amounts that few households have much of, an estimate that is low comes with an error that is low."
           if skew else "."),
        f"Satterthwaite's degrees of freedom (`df=\"satterthwaite\"`; {by_city['df_other'].mean():.1f} on average) widen every interval: those five "
        f"means go from {low['coverage'].mean():.1%} to {low['other'].mean():.1%}, the mean distance from 95 % of the {len(means)} means from "
        f"{far['coverage']:.1f} to {far['other']:.1f} points, that of all {len(by_city)} questions from {off['coverage']:.1f} to {off['other']:.1f}. "
        + ("A build would do better with them." if off["other"] < off["coverage"] else
           "The build's intervals therefore have units minus strata; a statistician may ask for the other, or read the medians of such "
           "amounts (`Design.quantile`)."),
    ]  # fmt: skip
    return "\n\n".join(lines)


def report(
    draws: pd.DataFrame, shares: pd.DataFrame, plan: Plan, seed: int, households: int, seeds: int
) -> tuple[str, bool]:
    """docs/coverage.md, and whether means, rates and the named indicators are within bounds."""
    by_city = summary(draws[draws["domain_type"] == "city"], ["indicator"]).reset_index()
    named = by_city.set_index("indicator").loc[list(NAMED)].reset_index()
    named["question"] = [plan.questions[i].shown for i in named["indicator"]]
    overall = draws.groupby("domain_type").agg(
        coverage=("covers", "mean"), intervals=("covers", "count"), df=("df", "mean"), domains=("domain", "nunique")
    )
    overall = overall.loc[list(KINDS)].reset_index()
    means = by_city[[not plan.questions[i].is_share for i in by_city["indicator"]]]
    ways = ways_table(shares)
    suite = ways[ways["way"] == list(WAYS)[-1]]
    together, inside = means["covered"].sum() / means["intervals"].sum(), means["coverage"].between(*MEANS)
    half, rare = (suite.loc[suite["variable"] == v, "coverage"] for v in ("rate50", "rate02"))
    checks = {
        f"{len(means)} means and ratios by city, all intervals together: {together:.1%} (wanted {MEANS[0]:.1%} to {MEANS[1]:.1%})":
            bool(MEANS[0] <= together <= MEANS[1]),
        f"each of these {len(means)} by itself: {means['coverage'].min():.1%} to {means['coverage'].max():.1%}, {inside.sum()} of "
        f"{len(means)} within the same bounds{'' if inside.all() else ', not ' + ', '.join(means.loc[~inside, 'indicator'])}":
            bool(inside.all()),
        f"shares of 50 % in cities: {half.iloc[0]:.1%} (wanted {MEANS[0]:.1%} to {MEANS[1]:.1%})":
            bool(MEANS[0] <= half.iloc[0] <= MEANS[1]),
        f"shares of 2 %, samples without a single case included: {rare.min():.1%} or more (wanted at least {RARE:.0%})":
            bool(rare.min() >= RARE),
        f"five named indicators by city, each within {BOUNDS[0]:.1%} to {BOUNDS[1]:.1%}":
            bool(named["coverage"].between(*BOUNDS).all()),
    }  # fmt: skip
    good = all(checks.values())
    text = f"""# Coverage of the survey's intervals

Made by `python benchmarks/coverage.py --seeds {seeds}`: {seeds} samples (seeds {ranges(draws["seed"].unique().tolist())}; three stages, nonresponse) of one
demonstration population of {households:,} register households (seed {seed}), each through the whole chain of
`kaohe build` (stage weights, nonresponse classes, raking to register totals, Taylor errors by calibration residuals,
degrees of freedom of the domain). The truth is the population's own value. All data are invented.

- coverage: share of the 95 % intervals that hold the true value, over all samples and domains; its own standard error
  is about {100 * np.sqrt(0.95 * 0.05 / (seeds * 14)):.1f} points for one indicator if intervals were independent.
- lowest, highest: coverage in the city where it is lowest and highest.
- se ratio: mean stated standard error over the standard deviation of the estimates seen (mean over domains).
- variance ratio: the same of the squares, mean stated variance over the variance seen.
- above: share of the intervals that lie wholly below the true value.
- bias: mean error of the estimate in standard deviations. df: mean degrees of freedom.
- df_other, other: mean effective degrees of freedom by Satterthwaite, and the coverage of the intervals with them.

## In short

{chr(10).join(f"- {'within' if held else 'NOT within'}: {what}" for what, held in checks.items())}

## What the stated errors are like, and what is missed

{why(by_city, means)}

## Two rates, kinds of interval side by side

Every household of the population has each rate or not, villages differ (correlation within a village {CLUSTERING:.2f}). Domains are
cities, and the {POOR} of each city, which are few. zero: share of samples without a single case. Width is that of the interval where
there is one.

{chr(10).join(f"- {way}: {what}." for way, what in WAYS.items())}

{markdown(ways, {"rate": "{}", "domain": "{}", "way": "{}", "coverage": "{:.1%}", "intervals": "{:.0f}", "n": "{:.0f}", "df": "{:.1f}", "zero": "{:.1%}", "width": "{:.3f}"})}
## Five named indicators by city

{markdown(named, {"indicator": "{}", "question": "{}", **{k: v for k, v in FORMATS.items() if k != "indicator"}})}
## All questions together, by kind of domain

Counties have two or three towns each, so two degrees of freedom or fewer: their intervals are wide and cover too often.

{markdown(overall, {"domain_type": "{}", "coverage": "{:.1%}", "intervals": "{:.0f}", "domains": "{:.0f}", "df": "{:.1f}"})}
## Every household question by city

{markdown(by_city.sort_values("coverage"), FORMATS)}"""
    return text, good


def fingerprint(seed: int, households: int, plan: Plan) -> str:
    """Of the population and the code that samples and estimates it."""
    rooms = (Path(kaohe.__file__).parent / room for room in ("base", "design", "estimate", "run/demo"))
    code = sha256_text("".join(sha256_file(path) for room in rooms for path in sorted(room.rglob("*.py"))))
    return f"{seed} {households} {plan.digest} {code}"


def refuse_other(keep: Path, mine: str) -> None:
    """Refuse a folder whose samples are of another population, plan or code."""
    note = keep / "made-of.txt"
    if not note.exists() and not any(keep.iterdir()):
        note.write_text(mine, encoding="utf-8")
    if not note.exists() or note.read_text(encoding="utf-8") != mine:
        raise SystemExit(f"{keep} holds samples of another population, plan or code: name an empty folder")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=400)
    parser.add_argument("--seed", type=int, default=2020, help="seed of the population")
    parser.add_argument("--households", type=int, default=400_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "docs" / "coverage.md")
    parser.add_argument("--keep", type=Path, help="folder for the estimates of each sample, so that a run can go on")
    parser.add_argument("--first", type=int, default=1, help="seed of the first sample")
    args = parser.parse_args()
    plan = load_plan()
    people = population(args.seed, args.households, plan)
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
        refuse_other(args.keep, fingerprint(args.seed, args.households, plan))
    kept = sorted({int(path.name[:5]) for path in args.keep.glob("*_shares.parquet")}) if args.keep else []
    draws, shares = simulate(people, plan, args.seeds or kept, args.first, args.keep)
    text, good = report(draws, shares, plan, args.seed, args.households, draws["seed"].nunique())
    args.out.write_text(text, encoding="utf-8")
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
