"""All survey estimates of a build: households and villages, by province, city, county and helper city."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.places import PROVINCE
from kaohe.base.plan import Plan
from kaohe.base.tables import LINEAGE, PSEUDONYMS
from kaohe.design.build import calibration_record, empty_table
from kaohe.design.structure import Floats, Ints
from kaohe.design.weights import drawn_by_counts, village_factors
from kaohe.estimate import intervals
from kaohe.estimate.between import between_domains
from kaohe.estimate.derive import derive
from kaohe.estimate.indicators import Indicators, build_indicators
from kaohe.estimate.linear import Numbers
from kaohe.estimate.linked import Linked, Parts, check_protected, parts_of, protect_estimates
from kaohe.estimate.others import AMOUNTS, income_table, key_table, profile_table
from kaohe.estimate.suppress import SUPPRESSED, grade_quality, least_side, suppress, too_few, top_share
from kaohe.estimate.survey import Design
from kaohe.estimate.totals import sums

LEVELS = {"city": "city", "county": "county", "helper": "helper_city"}
LONELY = "adjust"
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
    helper = _helpers(clean["pairing"])
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

    Sizes: towns and villages as drawn, households as registered and answered; none where chances were
    unequal (`kaohe.design.weights.drawn_by_counts`).

    Parameters
    ----------
    sample : DataFrame
        The table `sample` of a build: one row a responding household with its weight, places and answers.
    plan : Plan
        Names the margins of the calibration.

    Returns
    -------
    Design
        Strata are counties, first-stage units towns; weights in households.

    Raises
    ------
    InputRefused
        K301 to K309, K314 for a frame that lacks a column or holds weights that cannot be.
    """
    calibrated = bool((sample["f_calibration"] != 1).any())
    record = calibration_record(plan)
    record = type(record)(
        record.before, tuple("register_hh_kind" if m == "hh_kind" else m for m in record.margins), (), record.partition
    )
    frame = sample.assign(n_answered=sample.groupby("village")["household"].transform("size").astype(float))
    if (frame["psu"] == frame["town"]).all() and drawn_by_counts(frame):
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
    if (villages["psu"] == villages["town"]).all() and drawn_by_counts(villages):
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


def domain_estimates(
    design: Design, found: Indicators, plan: Plan, *, kinds: tuple[str, ...] = ("province", *LEVELS), df: str = "units"
) -> pd.DataFrame:
    """All questions in all domains, with intervals; names, quality and suppression come later.

    Parameters
    ----------
    kinds : tuple of str
        Kinds of domain; the first one's design effects plan for shares of 0 and 1 in all.
    df : str
        Degrees of freedom, as in `Design.mean`.
    """
    level = float(plan.choices["survey"]["confidence"])
    frames = []
    planned: Floats | None = None
    for kind in kinds:
        codes, names = level_codes(design.frame, kind)
        numbers = design.numbers(found.num, found.den, codes, len(names), df=df)
        if planned is None:
            effect = numbers.deff("wr")[0]
            planned = np.where(effect > 1, effect, 1.0)
        asked = sums(codes, len(names), (found.asked & (design.w > 0)[:, None]).astype(float))
        frame = _tidy(numbers, asked, found, kind, names, planned, level)
        frame["n_least"] = least_side(found.num, found.den, codes, len(names)).ravel()
        amounts = np.array([q.table == "household" and q.unit in AMOUNTS for q in found.questions])
        held = top_share(found.num, codes, len(names), int(plan.disclosure["dominance_n"]))
        frame["top_share"] = np.where(amounts, held, 0.0).ravel()
        frames.append(frame)
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
