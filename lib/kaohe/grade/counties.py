"""Counties: the county form's own score, called 实地核查得分; not a composite."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.places import parent_code
from kaohe.base.plan import Plan
from kaohe.grade.inputs import Tables, county_of, place_names, take
from kaohe.grade.ranks import TOLERANCE, ranks

WEAK = ("一般", "较差")


def county_list(clean: Tables, survey: Tables, plan: Plan) -> list[str]:
    """Counties of task cities with a field form or with sampled households, in code order."""
    task = {m for c in plan.classes.values() if c.form == "city14" for m in c.members}
    forms = take(clean, "forms")
    field = forms[forms["form"].isin([f.id for f in plan.forms.values() if f.kind == "field_form"])]
    response = take(survey, "response")
    sampled = response[(response["domain_type"] == "county") & (response["selected"] > 0)]
    found = {*field["county"], *sampled["domain"]} - {""}
    return sorted(c for c in found if parent_code(c, "city") in task)


def bottom(scores: pd.Series, share: float, tolerance: float = TOLERANCE) -> pd.Series:
    """Which scores stand at the bottom: the lowest `share` of all, rounded down, and those tied with them.

    Parameters
    ----------
    scores : Series
        NaN where there is none; never at the bottom.
    share : float
        Between 0 and 1.
    tolerance : float
        Scores within it are tied.
    """
    known = np.sort(scores.dropna().to_numpy())
    n = int(np.floor(share * len(known) + TOLERANCE))
    if n == 0:
        return pd.Series(False, index=scores.index)
    return (scores <= known[n - 1] + tolerance).fillna(False).astype(bool)


def counties_table(
    counties: list[str], forms: pd.DataFrame, grades: pd.DataFrame, clean: Tables, survey: Tables, plan: Plan
) -> pd.DataFrame:
    """The table `counties`.

    Parameters
    ----------
    counties : list of str
        `county_list`.
    forms : DataFrame
        `kaohe.grade.forms.form_scores`.
    grades : DataFrame
        `kaohe.grade.cross.item_grades`; weak items of the county form are counted.
    clean : tables
        `problems` and `facts` tell which counties have a prominent problem.
    survey : tables
        `response` gives the answering households.

    Notes
    -----
    The score is the mean of the county's own form or forms; a form with items not graded gives
    bounds only. Ranks run over all counties with a score.
    """
    out = pd.DataFrame({"county": counties}, dtype="object")
    out["city"] = [parent_code(c, "city") for c in counties]
    names = place_names(clean, plan)
    out["name"] = out["county"].map(lambda c: names.get(c, c)).astype("object")
    out["city_name"] = out["city"].map(lambda c: names.get(c, c)).astype("object")
    received = forms[forms["n_items"] > 0]
    for level in ("county", "town", "village"):
        n = received[received["form"] == level].groupby("county").size()
        out[f"n_{level}"] = out["county"].map(n).fillna(0).astype("int64")
    own = forms[forms["form"] == "county"]
    limit = float(plan.choices["missing"]["item_share"])
    whole = own.assign(score=own["score"].where(own["missing_share"] <= limit + 1e-12))
    mean = whole.groupby("county").agg(
        score=("score", lambda s: s.mean(skipna=False)), low=("low", "mean"), high=("high", "mean")
    )
    for column in ("score", "low", "high"):
        out[column] = out["county"].map(mean[column]).astype("float64")
    tolerance = float(plan.choices["ties"]["tolerance"])
    placed = ranks(out.set_index("county")["score"], tolerance)
    out["rank"], out["n_ranked"] = placed["rank"].to_numpy(), placed["n_ranked"].to_numpy()
    out["bottom"] = bottom(out["score"], float(plan.choices["county"]["bottom_share"]), tolerance)
    weak = grades[(grades["level"] == "county") & grades["grade"].isin(WEAK)].groupby("object").size()
    out["n_weak"] = out["county"].map(weak).fillna(0).astype("int64")
    out["prominent"] = out["county"].isin(_prominent(clean))
    response = take(survey, "response")
    n = response[response["domain_type"] == "county"].set_index("domain")["completed"]
    out["n_households"] = out["county"].map(n).fillna(0).astype("int64")
    return out


def _prominent(clean: Tables) -> set[str]:
    """Counties in which a recorded problem is marked prominent."""
    problems = take(clean, "problems")
    marked = problems[(problems["prominent"] == 1) & problems["place"].str.fullmatch(r"\d{12}")]
    return {county_of(p) for p in marked["place"] if not p.endswith("00000000")}
