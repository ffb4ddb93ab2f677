"""The samples of a build: drawn records with weights and answers, and their designs."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from kaohe.base.plan import Plan
from kaohe.design.build import calibration_record
from kaohe.design.weights import drawn_by_counts, village_factors
from kaohe.estimate.survey import Design

LONELY = "adjust"


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
    record = replace(record, margins=tuple("register_hh_kind" if m == "hh_kind" else m for m in record.margins))
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
    """Drawn villages whose form came in, with village weights and answers.

    Parameters
    ----------
    sample_villages : DataFrame
        The clean table.
    forms : DataFrame
        Village forms that came in, with asked and derived questions: village and one column a question.
    helper : dict of village to helper city
        Of paired villages.

    Returns
    -------
    DataFrame
        One row a village: village, town, county, city, stratum, psu, the sizes of the stages, f_county, f_town, f_village,
        weight (their product), the columns of `forms`, helper_city (empty: none). Empty where nothing came in.

    Notes
    -----
    As `kaohe.design.weights.village_factors`.
    """
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
    """The design of the sample `villages` (as from `village_sample`): towns, then villages, with sizes.

    Notes
    -----
    Without usable sizes, or with unequal chances, first-stage units count as drawn with replacement.
    """
    if (villages["psu"] == villages["town"]).all() and drawn_by_counts(villages):
        return Design(
            villages, weight="weight", strata="stratum", psu=["town", "village"],
            fpc=[("n_towns", "m_towns"), ("n_villages", "m_villages")], lonely=LONELY,
        )  # fmt: skip
    return Design(villages, weight="weight", strata="stratum", psu=["psu"], lonely=LONELY)
