"""All survey estimates of a build: households and villages, by province, city, county and helper city."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.places import PROVINCE
from kaohe.base.plan import Plan
from kaohe.base.tables import LINEAGE
from kaohe.design.build import calibration_record, empty_table
from kaohe.design.structure import Floats, Ints
from kaohe.design.weights import village_factors
from kaohe.estimate import intervals
from kaohe.estimate.derive import derive
from kaohe.estimate.indicators import Indicators, build_indicators
from kaohe.estimate.linear import Numbers
from kaohe.estimate.others import income_table, key_table, profile_table
from kaohe.estimate.suppress import SUPPRESSED, grade_quality, secondary, suppress
from kaohe.estimate.survey import Design
from kaohe.estimate.totals import sums

LEVELS = {"city": "city", "county": "county", "helper": "helper_city"}
LONELY = "adjust"
NOT_KEPT = ("visit_date", "enumerator", "city", "county", "village", *LINEAGE)


def build_estimates(
    clean: dict[str, pd.DataFrame], tables: dict[str, pd.DataFrame], plan: Plan
) -> dict[str, pd.DataFrame]:
    """Estimates of every codebook question in every domain, and what reports show beside them.

    Parameters
    ----------
    clean : dict of DataFrame
        households, villages, sample_villages, sample_households, pairing, places.
    tables : dict of DataFrame
        From `kaohe.design.build_weights`: ``weights``.
    plan : Plan

    Returns
    -------
    dict
        ``estimates``, ``estimate_cov`` (scored questions, cities and helper cities), ``income``,
        ``key_survey`` (重点调查, unweighted), ``village_profile`` as their contracts have them,
        and ``sample``: one row a responding household of the drawn sample with weights, answers,
        derived variables and helper_city.

    Notes
    -----
    Households: strata are counties, first-stage units towns; sizes at all stages; variances by
    calibration residuals. Villages: weight f_county · f_town · f_village of the villages whose
    form came in. A stratum with one of several towns is centred at the grand mean.
    """
    names = dict(zip(clean["places"]["place"], clean["places"]["name"], strict=True)) | {PROVINCE: "全省"}
    helper = _helpers(clean["pairing"])
    answers = derive(_answers(clean["households"]), plan.questions, plan.poverty_line)
    forms = derive(_answers(clean["villages"], keep=("village",)), plan.questions, plan.poverty_line)
    sample = analysis_sample(tables["weights"], answers, helper)
    frames, covariances = [], []
    income = empty_table("income")
    if len(sample):
        design = household_design(sample, plan)
        found = build_indicators(sample, "household", plan)
        household = domain_estimates(design, found, plan)
        frames.append(household)
        covariances.append(scored_covariances(design, found, household))
        income = income_table(sample, household, plan)
    village = village_sample(clean["sample_villages"], forms, helper)
    if len(village):
        frames.append(domain_estimates(village_design(village), build_indicators(village, "village", plan), plan))
    estimates = _finish(frames, names, plan)
    return {
        "estimates": estimates,
        "estimate_cov": pd.concat(covariances, ignore_index=True) if covariances else empty_table("estimate_cov"),
        "income": _with_names(income, names),
        "key_survey": key_table(clean, answers, plan),
        "village_profile": profile_table(clean, forms, helper, names),
        "sample": sample,
    }


def _helpers(pairing: pd.DataFrame) -> dict[str, str]:
    known = pairing[pairing["helper_city"].notna() & (pairing["helper_city"] != "")]
    return dict(zip(known["village"], known["helper_city"], strict=True))


def _answers(frame: pd.DataFrame, keep: tuple[str, ...] = ()) -> pd.DataFrame:
    """Answers without places, dates and lineage."""
    return frame[[c for c in frame.columns if c not in NOT_KEPT or c in keep]].reset_index(drop=True)


def analysis_sample(weights: pd.DataFrame, answers: pd.DataFrame, helper: dict[str, str]) -> pd.DataFrame:
    """Weights, answers and derived variables of the responding households of the drawn sample.

    The register's kind of household is ``register_hh_kind``; ``hh_kind`` is the answer.
    """
    out = weights.rename(columns={"hh_kind": "register_hh_kind"}).merge(
        answers, on="household", how="inner", validate="1:1"
    )
    out["helper_city"] = pd.Series([helper.get(str(v), "") for v in out["village"]], index=out.index, dtype="str")
    return out.sort_values("household", ignore_index=True)


def household_design(sample: pd.DataFrame, plan: Plan) -> Design:
    """The design of the household sample with its calibration record.

    Sizes: towns and villages as drawn, households as registered and answered.
    """
    calibrated = bool((sample["f_calibration"] != 1).any())
    record = calibration_record(plan)
    record = type(record)(
        record.before, tuple("register_hh_kind" if m == "hh_kind" else m for m in record.margins), (), record.partition
    )
    frame = sample.assign(n_answered=sample.groupby("village")["household"].transform("size").astype(float))
    if (frame["psu"] == frame["town"]).all():
        return Design(
            frame, weight="weight", strata="stratum", psu=["town", "village", "household"],
            fpc=[("n_towns", "m_towns"), ("n_villages", "m_villages"), ("n_households", "n_answered")],
            lonely=LONELY, calibration=record if calibrated else None,
        )  # fmt: skip
    return Design(
        frame, weight="weight", strata="stratum", psu=["psu"], lonely=LONELY, calibration=record if calibrated else None
    )


def village_sample(sample_villages: pd.DataFrame, forms: pd.DataFrame, helper: dict[str, str]) -> pd.DataFrame:
    """Drawn villages whose form came in, with village weights and answers."""
    if not len(sample_villages) or not len(forms):
        return pd.DataFrame()
    received = sample_villages[sample_villages["village"].isin(set(forms["village"]))]
    places = village_factors(received)
    if not len(places):
        return pd.DataFrame()
    places = places[[
        "village", "town", "county", "city", "stratum", "psu", "n_towns", "m_towns", "n_villages", "m_villages",
        "f_county", "f_town", "f_village",
    ]]  # fmt: skip
    out = places.merge(forms, on="village", how="inner", validate="1:1")
    out["weight"] = out["f_county"] * out["f_town"] * out["f_village"]
    out["helper_city"] = pd.Series([helper.get(str(v), "") for v in out["village"]], index=out.index, dtype="str")
    return out


def village_design(villages: pd.DataFrame) -> Design:
    """The design of the village sample: towns, then villages, with sizes."""
    if (villages["psu"] == villages["town"]).all():
        return Design(
            villages, weight="weight", strata="stratum", psu=["town", "village"],
            fpc=[("n_towns", "m_towns"), ("n_villages", "m_villages")], lonely=LONELY,
        )  # fmt: skip
    return Design(villages, weight="weight", strata="stratum", psu=["psu"], lonely=LONELY)


def level_codes(frame: pd.DataFrame, level: str) -> tuple[Ints, list[str]]:
    """Domain codes of a level (province, city, county, helper) and the domains' codes."""
    if level == "province":
        return np.zeros(len(frame), dtype=np.int64), [PROVINCE]
    column = frame[LEVELS[level]]
    names = sorted(set(column) - {""})
    return np.asarray(pd.Index(names).get_indexer(column), dtype=np.int64), [str(n) for n in names]


def domain_estimates(design: Design, found: Indicators, plan: Plan) -> pd.DataFrame:
    """All questions in all domains, with intervals; names, quality and suppression come later."""
    level = float(plan.choices["survey"]["confidence"])
    frames = []
    planned: Floats | None = None
    for kind in ("province", *LEVELS):
        codes, names = level_codes(design.frame, kind)
        numbers = design.numbers(found.num, found.den, codes, len(names))
        if planned is None:
            effect = numbers.deff("wr")[0]
            planned = np.where(effect > 1, effect, 1.0)
        asked = sums(codes, len(names), (found.asked & (design.w > 0)[:, None]).astype(float))
        frames.append(_tidy(numbers, asked, found, kind, names, planned, level))
    return pd.concat(frames, ignore_index=True)


def _tidy(
    numbers: Numbers, asked: Floats, found: Indicators, kind: str, names: list[str], planned: Floats, level: float
) -> pd.DataFrame:
    se = np.sqrt(numbers.variance)
    low, high = intervals.t_interval(numbers.estimate, se, numbers.df, level)
    effect = numbers.deff("wr")
    method = np.full(se.shape, "t", dtype=object)
    for way in ("beta", "logit"):
        k = [i for i, m in enumerate(found.interval) if m == way]
        if not k:
            continue
        plan_k = np.broadcast_to(planned[k], se[:, k].shape)
        low[:, k], high[:, k], edge = intervals.share_interval(
            numbers.estimate[:, k], se[:, k], numbers.df[:, k], numbers.n[:, k], numbers.cap[:, k], plan_k, way, level
        )
        method[:, k] = np.where(edge, "one_sided", way)
        effect[:, k] = np.where(edge, plan_k, effect[:, k])
    unknown = np.isnan(se)
    with np.errstate(invalid="ignore", divide="ignore"):
        cv = np.where(numbers.estimate != 0, se / np.abs(numbers.estimate), np.nan)
    columns = {
        "estimate": numbers.estimate, "se": se, "ci_low": np.where(unknown, np.nan, low),
        "ci_high": np.where(unknown, np.nan, high), "df": numbers.df, "n": numbers.n, "n_psu": numbers.n_psu,
        "n_missing": asked - numbers.n, "deff": effect, "cv": cv, "method": method,
    }  # fmt: skip
    size = len(found.questions)
    out = pd.DataFrame({
        "unit": [q.table for q in found.questions] * len(names), "domain_type": kind,
        "domain": np.repeat(np.array(names, dtype=object), size), "indicator": found.names * len(names),
    })  # fmt: skip
    for name, values in columns.items():
        out[name] = values.ravel()
    for name in ("n", "n_psu", "n_missing"):
        out[name] = out[name].astype(np.int64)
    return out


def scored_covariances(design: Design, found: Indicators, estimates: pd.DataFrame) -> pd.DataFrame:
    """Covariances of the scored questions within each city and helper city; pairs with a known error."""
    scored = found.subset([q.id for q in found.questions if q.weight > 0])
    known = estimates.loc[estimates["se"].notna(), ["domain_type", "domain", "indicator"]]
    by_domain = known.groupby(["domain_type", "domain"])["indicator"].agg(set).to_dict()
    rows = []
    for kind in ("city", "helper"):
        codes, names = level_codes(design.frame, kind)
        for d, domain in enumerate(names):
            matrix = design.covariance_of(scored.num, scored.den, codes == d)
            sure = by_domain.get((kind, domain), set())
            for i, a in enumerate(scored.names):
                for j, b in enumerate(scored.names):
                    if a in sure and b in sure:
                        rows.append((kind, domain, a, b, matrix[i, j]))
    return pd.DataFrame(rows, columns=["domain_type", "domain", "a", "b", "cov"])


def _with_names(frame: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    return frame.assign(name=[names.get(str(d), str(d)) for d in frame["domain"]])


def _finish(frames: list[pd.DataFrame], names: dict[str, str], plan: Plan) -> pd.DataFrame:
    """Labels, quality and suppression of all estimates."""
    if not frames:
        return empty_table("estimates")
    out = _with_names(pd.concat(frames, ignore_index=True), names)
    asked = [plan.questions[i] for i in out["indicator"]]
    out["topic"], out["label"] = [q.topic for q in asked], [q.shown for q in asked]
    out["stat"], out["direction"] = [q.stat for q in asked], [q.direction for q in asked]
    out["is_share"] = [q.is_share for q in asked]
    out["measure_unit"] = ["" if q.is_share else q.unit for q in asked]
    out["quality"] = grade_quality(out, plan.disclosure, plan.choices["survey"])
    floor = out["unit"].map(
        {"household": plan.disclosure["min_households"], "village": plan.disclosure["min_villages"]}
    )
    parent = pd.Series("", index=out.index)
    counties, cities = out["domain_type"] == "county", out["domain_type"] == "city"
    parent[counties] = out.loc[counties, "domain"].str[:4] + "/" + out.loc[counties, "unit"]
    parent[cities] = "province/" + out.loc[cities, "unit"]
    extra = secondary(out, parent, (out["n"] < floor) & (out["n"] > 0))
    out.loc[extra, "quality"] = SUPPRESSED
    return suppress(out)
