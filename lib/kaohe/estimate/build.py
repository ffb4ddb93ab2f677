"""All survey estimates of a build: households and villages, by province, city, county and helper city."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.few import too_few
from kaohe.base.places import PROVINCE
from kaohe.base.plan import Plan
from kaohe.base.tables import LINEAGE, PSEUDONYMS
from kaohe.design.build import empty_table, helper_cities
from kaohe.estimate.between import between_domains
from kaohe.estimate.derive import derive
from kaohe.estimate.indicators import Indicators, build_indicators
from kaohe.estimate.levels import domain_estimates, level_codes
from kaohe.estimate.linked import Linked, Parts, check_protected, parts_of, protect_estimates
from kaohe.estimate.others import income_table, key_table, profile_table
from kaohe.estimate.quality import SUPPRESSED
from kaohe.estimate.samples import analysis_sample, household_design, village_design, village_sample
from kaohe.estimate.suppress import grade_quality, suppress
from kaohe.estimate.survey import Design

NOT_KEPT = (
    "visit_date",
    "enumerator",
    "city",
    "county",
    "village",
    *LINEAGE,
    *(c for c, _, _ in PSEUDONYMS["households"]),
)


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
        ``estimates``, ``estimate_cov`` (scored questions, cities and helper cities),
        ``estimate_cov_between`` (the same between different cities or helper cities), ``income``,
        ``key_survey`` (重点调查, unweighted), ``village_profile`` as their contracts have them,
        and ``sample``: one row a responding household of the drawn sample with weights, answers,
        derived variables and helper_city.

    Raises
    ------
    DisclosureError
        K370 when the table as it would be written gives a withheld value away.
    InputRefused
        K301 to K316 for weights or units that cannot be.

    Notes
    -----
    Households: strata are counties, first-stage units towns; sizes at all stages; variances by
    calibration residuals. Villages: weight f_county · f_town · f_village of the villages whose
    form came in. A stratum with one of several towns is centred at the grand mean.
    """
    names = dict(zip(clean["places"]["place"], clean["places"]["name"], strict=True)) | {PROVINCE: "全省"}
    helper = helper_cities(clean["pairing"])
    answers = derive(_answers(clean["households"]), plan.questions, plan.poverty_line)
    forms = derive(_answers(clean["villages"], keep=("village",)), plan.questions, plan.poverty_line)
    sample = analysis_sample(tables["weights"], answers, helper)
    frames, covariances, parts, shared = [], [], [], []
    if len(sample):
        design = household_design(sample, plan)
        found = build_indicators(sample, "household", plan)
        household = domain_estimates(design, found, plan)
        frames.append(household)
        parts.append(parts_of("household", sample, design.w, found))
        covariances.append(scored_covariances(design, found, household))
        shared = shared_covariances(design, found, household)
    village = village_sample(clean["sample_villages"], forms, helper)
    if len(village):
        drawn, found = village_design(village), build_indicators(village, "village", plan)
        frames.append(domain_estimates(drawn, found, plan))
        parts.append(parts_of("village", village, drawn.w, found))
    estimates = _finish(frames, parts, names, plan)
    covariance = pd.concat(covariances, ignore_index=True) if covariances else empty_table("estimate_cov")
    between = pd.concat(shared, ignore_index=True) if shared else empty_table("estimate_cov_between")
    return {
        "estimates": estimates,
        "estimate_cov": _shown_pairs(covariance, estimates),
        "estimate_cov_between": _shown_pairs(between, estimates, "other"),
        "income": _with_names(income_table(sample, estimates, plan) if len(sample) else empty_table("income"), names),
        "key_survey": key_table(clean, answers, plan),
        "village_profile": profile_table(clean, forms, helper, names),
        "sample": sample,
    }


def _answers(frame: pd.DataFrame, keep: tuple[str, ...] = ()) -> pd.DataFrame:
    """Answers without places, dates and lineage."""
    return frame[[c for c in frame.columns if c not in NOT_KEPT or c in keep]].reset_index(drop=True)


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


def shared_covariances(design: Design, found: Indicators, estimates: pd.DataFrame) -> list[pd.DataFrame]:
    """Covariances of the scored questions between cities and between helper cities, where they share anything."""
    scored = found.subset([q.id for q in found.questions if q.weight > 0])
    made = [
        between_domains(design, scored, *level_codes(design.frame, kind), kind, estimates)
        for kind in ("city", "helper")
    ]
    return [frame for frame in made if len(frame)]


def _with_names(frame: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    return frame.assign(name=[names.get(str(d), str(d)) for d in frame["domain"]])


def _finish(frames: list[pd.DataFrame], parts: list[Parts], names: dict[str, str], plan: Plan) -> pd.DataFrame:
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
    out["private"] = too_few(out, plan.disclosure) & (out["n"] > 0)
    out["rough"] = (out["quality"] == SUPPRESSED) & ~out["private"]
    linked = Linked(out, parts, plan.disclosure)
    extra = protect_estimates(linked, plan.questions)
    published = suppress(out.assign(quality=out["quality"].mask(extra, SUPPRESSED)))
    check_protected(published, linked)
    return published.drop(columns=["n_least", "top_share", "private", "rough"])


def _shown_pairs(covariance: pd.DataFrame, estimates: pd.DataFrame, other: str = "domain") -> pd.DataFrame:
    """Covariances of pairs of which neither estimate is withheld; `other` holds the domain of the second one."""
    hidden = estimates[(estimates["unit"] == "household") & (estimates["quality"] == SUPPRESSED)]
    gone = set(zip(hidden["domain_type"], hidden["domain"], hidden["indicator"], strict=True))
    ends = [
        zip(covariance["domain_type"], covariance[domain], covariance[indicator], strict=True)
        for domain, indicator in (("domain", "a"), (other, "b"))
    ]
    keep = [one not in gone and two not in gone for one, two in zip(*ends, strict=True)]
    return covariance[np.array(keep, dtype=bool)].reset_index(drop=True)
