"""What stands beside the estimates: income distribution, the purposive supplement, sample villages."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.built import BUILT
from kaohe.base.few import too_few
from kaohe.base.places import parent_code
from kaohe.base.plan import Plan
from kaohe.base.tables import OUTCOMES, PURPOSIVE
from kaohe.design.build import empty_table
from kaohe.estimate.indicators import build_indicators
from kaohe.estimate.quality import OK, SUPPRESSED
from kaohe.estimate.quantiles import weighted_quantile
from kaohe.estimate.suppress import least_side, top_share

PROBS = {"p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90}
ROUND_TO = 10.0
AMOUNTS = frozenset({"元", "亩"})  # units of amounts that a few large respondents can dominate
COLUMNS = {"province": None, "city": "city", "county": "county", "helper": "helper_city"}


def income_table(sample: pd.DataFrame, estimates: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Distribution over persons of income per head, and the share below the line, by domain.

    Parameters
    ----------
    sample : DataFrame
        With weight, hh_size, income_per_head (yuan) and the domains.
    estimates : DataFrame
        Published estimates of ``poor`` with its interval and quality: what is withheld there is
        withheld here.
    plan : Plan

    Returns
    -------
    DataFrame
        domain_type, domain, p10 to p90 (yuan, rounded to 10 so that no household's amount is
        shown), share_below, share_low, share_high, n, quality. A quantile is missing where fewer than
        min_households answers stand at it or below, or at it or above, or would with equal weights; all
        of them, and the share, where `poor` is withheld.
    """
    if not {"income_per_head", "hh_size", "poor"} <= set(sample.columns):
        return empty_table("income")
    poor = estimates[estimates["indicator"] == "poor"].set_index(["domain_type", "domain"])
    quality = poor["quality"]
    floor = float(plan.disclosure["min_households"])
    value = sample["income_per_head"].to_numpy(float)
    weight = (sample["weight"] * sample["hh_size"]).to_numpy(float)
    weight = np.where(np.isnan(weight), 0.0, weight)
    rows = []
    for (kind, domain), row in poor.iterrows():
        column = COLUMNS[str(kind)]
        mine = np.ones(len(sample), dtype=bool) if column is None else (sample[column] == domain).to_numpy()
        answered = mine & ~np.isnan(value) & (weight > 0)
        n = int(answered.sum())
        shown = quality[(kind, domain)] != SUPPRESSED
        found = weighted_quantile(value[answered], weight[answered], list(PROBS.values()))
        shares = np.array(list(PROBS.values()))
        beyond = np.minimum((value[answered, None] <= found).sum(axis=0), (value[answered, None] >= found).sum(axis=0))
        far = shown & (beyond >= floor) & (n * np.minimum(shares, 1 - shares) >= floor - 1e-9)
        rows.append({
            "domain_type": kind, "domain": domain,
            **{
                name: round(q / ROUND_TO) * ROUND_TO if ok else np.nan
                for name, q, ok in zip(PROBS, found, far, strict=True)
            },
            "share_below": row["estimate"] if shown else np.nan, "share_low": row["ci_low"] if shown else np.nan,
            "share_high": row["ci_high"] if shown else np.nan, "n": n, "quality": quality[(kind, domain)],
        })  # fmt: skip
    return pd.DataFrame(rows)


def key_table(clean: dict[str, pd.DataFrame], answers: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Unweighted means and shares of the households of 重点调查 villages, by city.

    Parameters
    ----------
    clean : dict of DataFrame
        sample_households, places.
    answers : DataFrame
        Answers and derived variables by household.

    Returns
    -------
    DataFrame
        city, indicator, topic, label, is_share, measure_unit, n_villages, n, value, quality.
        Values that `kaohe.base.few.too_few` names are missing and ``suppressed``. These records
        were chosen, not drawn: no weight, no error, no place in any estimate.
    """
    listed = clean["sample_households"]
    chosen = listed.loc[listed["selection"] == PURPOSIVE, ["household", "village", "outcome"]]
    chosen = chosen[chosen["outcome"] == OUTCOMES[0]].merge(answers, on="household", how="inner", validate="1:1")
    if not len(chosen):
        return empty_table("key_survey")
    found = build_indicators(chosen, "household", plan)
    city = np.array([parent_code(v, "city") for v in chosen["village"]])
    answered = ~(np.isnan(found.num) | np.isnan(found.den))
    rows = []
    names = sorted(set(city))
    codes = np.asarray(pd.Index(names).get_indexer(city), dtype=np.int64)
    least = least_side(found.num, found.den, codes, len(names))
    held = top_share(found.num, codes, len(names), int(plan.disclosure["dominance_n"]))
    for c, code in enumerate(names):
        mine = city == code
        villages = chosen["village"].to_numpy()[mine]
        for k, q in enumerate(found.questions):
            ok = answered[mine, k]
            n, size = int(ok.sum()), float(found.den[mine, k][ok].sum())
            value = float(found.num[mine, k][ok].sum()) / size if size else np.nan
            rows.append({
                "city": code, "indicator": q.id, "topic": q.topic, "label": q.shown, "is_share": q.is_share,
                "measure_unit": "" if q.is_share else q.unit, "n_villages": len(set(villages[ok])), "n": n,
                "value": value, "unit": "household", "n_least": least[c, k],
                "top_share": held[c, k] if q.unit in AMOUNTS else 0.0,
            })  # fmt: skip
    out = pd.DataFrame(rows)
    shown = ~too_few(out, plan.disclosure) & out["value"].notna()
    out["value"], out["quality"] = out["value"].where(shown), np.where(shown, OK, SUPPRESSED)
    return out.drop(columns=["unit", "n_least", "top_share"])


def profile_table(
    clean: dict[str, pd.DataFrame], forms: pd.DataFrame, helper: dict[str, str], names: dict[str, str]
) -> pd.DataFrame:
    """One row a sample village: where it is, how it was chosen, what its own form says."""
    villages = clean["sample_villages"]
    if not len(villages):
        return empty_table("village_profile")
    places = clean["places"].set_index("place")
    listed = clean["sample_households"]
    with_form = set(clean["households"]["household"])
    selected = listed.groupby("village").size()
    done = listed[(listed["outcome"] == OUTCOMES[0]) & listed["household"].isin(with_form)].groupby("village").size()
    answers = forms.drop_duplicates("village").set_index("village").to_dict("index")
    designated = places["designated"].to_dict() if "designated" in places else {}
    rows = []
    for village, selection in zip(villages["village"], villages["selection"], strict=True):
        town, county, city = (parent_code(village, level) for level in ("town", "county", "city"))
        own = answers.get(village, {})
        rows.append({
            "village": village, "name": names.get(village, village), "town_name": names.get(town, town),
            "county": county, "county_name": names.get(county, county), "city": city, "selection": selection,
            "helper_city": helper.get(village, ""),
            "designated": designated.get(village, np.nan),
            "selected": int(selected.get(village, 0)), "completed": int(done.get(village, 0)),
            **{
                c: own.get(c, np.nan)
                for c in ("v_households", "v_poor", "v_exited", "v_collective_income", "v_team", "v_team_days")
            },
        })  # fmt: skip
    return pd.DataFrame(rows)[BUILT["village_profile"].names]
