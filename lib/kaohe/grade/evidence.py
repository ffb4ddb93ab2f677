"""What the field forms say about each concept, and where an index grade lies a step away from it.

A task city is seen through every field form of its villages, towns and counties; a helper city and a
unit through the village forms of the villages paired with them, at village level only; a county
through the forms within it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.forms import FIELD_LEVELS
from kaohe.grade.inputs import Tables, take

TOLERANCE = 1e-9
PATHS = {"county": ["county"], "town": ["county", "town"], "village": ["county", "town", "village"]}


def field_reach(clean: Tables, plan: Plan, rows: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Which item rows of field forms speak about which target or county.

    Parameters
    ----------
    clean : tables
        `pairing` (village → helper city, unit).
    rows : DataFrame
        `kaohe.grade.forms.item_rows`.
    people : DataFrame
        `kaohe.grade.inputs.roster`.

    Returns
    -------
    DataFrame
        The item rows of field forms with `about`: a city, unit or county code.
    """
    field = rows[rows["level"].isin(FIELD_LEVELS)].drop(columns="object")
    task = {m for c in plan.classes.values() if c.form == "city14" for m in c.members}
    cities = field[field["city"].isin(task)].assign(about=lambda f: f["city"])
    counties = field[field["county"].ne("")].assign(about=lambda f: f["county"])
    pairing = take(clean, "pairing")
    targets = set(people["object"])
    villages = field[field["level"] == "village"]
    paired = []
    for column in ("helper_city", "unit"):
        links = pairing.loc[pairing[column].isin(targets), ["village", column]].drop_duplicates()
        paired.append(villages.merge(links.rename(columns={column: "about"}), on="village", how="inner"))
    return pd.concat([cities, counties, *paired], ignore_index=True)


def grade_shares(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Item rows that are graded, with one indicator column a grade (g0 best, g1, …)."""
    graded = rows[rows["state"] == "graded"].copy()
    for code, grade in enumerate(plan.scale.order):
        graded[f"g{code}"] = (graded["grade"] == grade).astype("float64")
    return graded


def nested_means(rows: pd.DataFrame, plan: Plan, level: str) -> pd.DataFrame:
    """Means of one level's forms: forms within a place, then places within towns, towns within counties.

    Parameters
    ----------
    rows : DataFrame
        `field_reach` with the columns of `grade_shares`.
    plan : Plan
        Gives the number of grades.
    level : {"county", "town", "village"}

    Returns
    -------
    DataFrame
        Indexed by about, concept: g0, g1, … (mean share of each grade) and n (places).
    """
    shares = [f"g{c}" for c in range(len(plan.grades))]
    part = rows[rows["level"] == level]
    keys = ["about", "concept"]
    means = part.groupby([*keys, *PATHS[level]], sort=True)[shares].mean()
    counts = means.groupby(level=keys).size().rename("n")
    for depth in range(len(PATHS[level]) - 1, -1, -1):
        means = means.groupby(level=[*keys, *PATHS[level][:depth]]).mean()
    return means.join(counts)


def field_evidence(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Evidence E by target and concept: Σ λ_l m_l / Σ λ_l over the levels that have the concept.

    Parameters
    ----------
    rows : DataFrame
        `field_reach` with the columns of `grade_shares`.
    plan : Plan
        Level weights λ and the scale.

    Returns
    -------
    DataFrame
        One row a target and concept: about, concept, m_county, m_town, m_village (0 to 100),
        n_county, n_town, n_village, evidence, and e0, e1, … (share of each grade behind it).
    """
    weights = plan.choices["levels"]["weights"]
    values = np.array([plan.scale.values[g] for g in plan.scale.order])
    shares = [f"g{c}" for c in range(len(values))]
    index = rows[["about", "concept"]].drop_duplicates().sort_values(["about", "concept"])
    out = index.set_index(["about", "concept"])
    top = np.zeros((len(out), len(values)))
    bottom = np.zeros(len(out))
    for level in FIELD_LEVELS:
        means = nested_means(rows, plan, level).reindex(out.index)
        block = means[shares].to_numpy(dtype="float64")
        seen = ~np.isnan(block).any(axis=1)
        out[f"m_{level}"] = block @ values
        out[f"n_{level}"] = means["n"].fillna(0).astype("int64")
        top[seen] += weights[level] * block[seen]
        bottom[seen] += weights[level]
    with np.errstate(invalid="ignore"):
        behind = top / np.where(bottom > 0, bottom, np.nan)[:, None]
    out["evidence"] = behind @ values
    for code in range(len(values)):
        out[f"e{code}"] = behind[:, code]
    return out.reset_index()


def evidence_table(index: pd.DataFrame, evidence: pd.DataFrame, designated: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `evidence`: index grade beside field evidence for every concept of every target's table.

    Parameters
    ----------
    index : DataFrame
        One row a target and index item (object, class_id, concept, item, name, grade, value).
    evidence, designated : DataFrame
        `field_evidence` of all villages, and of villages that the province designated where the
        item follows local criteria elsewhere.
    """
    found = evidence.rename(columns={"about": "object"})
    columns = ["object", "concept", "evidence", *(f"{k}_{lv}" for k in "mn" for lv in FIELD_LEVELS)]
    out = index.merge(found[columns], on=["object", "concept"], how="left", validate="1:1")
    only = designated.rename(columns={"about": "object", "evidence": "evidence_designated"})
    out = out.merge(
        only[["object", "concept", "evidence_designated"]], on=["object", "concept"], how="left", validate="1:1"
    )
    for level in FIELD_LEVELS:
        out[f"n_{level}"] = out[f"n_{level}"].fillna(0).astype("int64")
    out["label"] = out["concept"].map(plan.concepts)
    out = out.rename(columns={"grade": "index_grade", "value": "index_value"})
    out["gap"] = out["index_value"] - out["evidence"]
    step = float(plan.choices["levels"]["one_step"])
    out["flagged"] = (out["gap"].abs() >= step - TOLERANCE).fillna(False).astype(bool)
    return out


def county_evidence(evidence: pd.DataFrame, designated: pd.DataFrame, counties: list[str], plan: Plan) -> pd.DataFrame:
    """Rows of the table `evidence` for counties: no index table, the forms within the county."""
    form = plan.forms["county"]
    rows = pd.DataFrame(
        [
            {"object": c, "class_id": "", "concept": i.concept, "item": i.no, "name": i.name, "grade": "", "value": np.nan}
            for c in counties
            for i in form.items
        ],
        columns=["object", "class_id", "concept", "item", "name", "grade", "value"],
    )  # fmt: skip
    return evidence_table(rows, evidence, designated, plan)
