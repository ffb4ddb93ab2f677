"""One source against another: index against field, self against both, survey against cross-assessment."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.clean.screen_base import Clean, Row, field_grades, given_grades, names_of

SELF_STEPS = 0.60
SURVEY_FLOOR = 0.90
FIELD_HIGH = 87.5
SURVEY_PAIRS = {"housing": "house_safe", "water": "water_safe", "medical": "serious_insured"}


def field_means(clean: Clean, plan: Plan) -> dict[tuple[str, str], float]:
    """Mean value of the field grades by target and concept."""
    field = field_grades(clean, plan)
    means = field.groupby(["object", "concept"])["value"].mean()
    return {(str(o), str(c)): float(v) for (o, c), v in means.items()}


def self_graded(clean: Clean, plan: Plan) -> pd.DataFrame:
    """Self-grades with the concept of their item on the target's index table."""
    own = clean["self_grades"].assign(item=clean["self_grades"]["item"].astype("int64"))
    classes = dict(zip(clean["objects"]["object"], clean["objects"]["class_id"], strict=True))
    concepts = {(c.id, i.no): i.concept for c in plan.classes.values() for i in plan.forms[c.form].items}
    keys = zip(own["object"].map(classes), own["item"], strict=True)
    return own.assign(concept=[concepts.get((str(c), int(n)), "") for c, n in keys])


def self_against_field(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Items that a target graded a step or more above the mean of the field grades."""
    means = field_means(clean, plan)
    if not means:
        return
    step = float(plan.choices["levels"]["one_step"])
    names = names_of(plan, clean)
    for target, part in self_graded(clean, plan).groupby("object", sort=True):
        pairs = [
            (plan.scale.values[g], means.get((str(target), str(c))))
            for g, c in zip(part["grade"], part["concept"], strict=True)
        ]
        known = [(mine, seen) for mine, seen in pairs if seen is not None]
        if known:
            above = sum(mine - seen >= step for mine, seen in known)
            note = f"可比指标 {len(known)} 项；差一档以上计"
            yield (
                "self_over_field",
                "自评高于实地核查的指标",
                str(target),
                names.get(str(target), ""),
                float(above),
                0.0,
                above > 0,
                note,
            )


def index_against_field(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Concepts where a city's index grade is a step or more above the mean of its field grades."""
    field = field_grades(clean, plan)
    if field.empty:
        return
    step = float(plan.choices["levels"]["one_step"])
    evidence = field.groupby(["object", "concept"])["value"].mean()
    given = given_grades(clean)
    index = given[given["form"] == plan.classes["city14"].form]
    names = names_of(plan, clean)
    for city, part in index.groupby("object", sort=True):
        values = part["grade"].map(plan.scale.values).astype("float64").to_numpy()
        seen = np.array([evidence.get((city, c), np.nan) for c in part["concept"]], dtype=float)
        known = ~np.isnan(seen)
        above = int((values[known] - seen[known] >= step).sum())
        note = f"可比指标 {int(known.sum())} 项；差一档以上计"
        yield (
            "index_over_field",
            "指标表高于实地核查的指标",
            str(city),
            names.get(str(city), ""),
            float(above),
            0.0,
            above > 0,
            note,
        )


def self_against_index(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Share of items that a target graded itself better than the assessment did."""
    own = clean["self_grades"][["object", "item", "grade"]]
    index_forms = [c.form for c in plan.classes.values()]
    given = given_grades(clean)
    index = given[given["form"].isin(index_forms)][["object", "item", "grade"]]
    both = own.assign(item=own["item"].astype("int64")).merge(
        index, on=["object", "item"], suffixes=("_self", "_index"), validate="one_to_one"
    )
    names = names_of(plan, clean)
    for target, part in both.groupby("object", sort=True):
        mine = part["grade_self"].map(plan.scale.values).astype("float64")
        assessed = part["grade_index"].map(plan.scale.values).astype("float64")
        share = float((mine > assessed).mean())
        note = f"共比对 {len(part)} 项"
        yield (
            "self_over_index", "自评高于考核的指标比例", str(target), names.get(str(target), ""), share, SELF_STEPS,
            share > SELF_STEPS, note,
        )  # fmt: skip


def survey_against_cross(clean: Clean, plan: Plan) -> Iterable[Row]:
    """High field grades on a guarantee beside a low share of sampled households that have it, unweighted.

    Nothing is said where fewer households answered than the plan allows to show.
    """
    field = field_grades(clean, plan)
    households = clean["households"]
    if field.empty or households.empty:
        return
    names, floor = names_of(plan, clean), int(plan.disclosure["min_households"])
    means = field.groupby(["city", "concept"])["value"].mean()
    for city, part in households.groupby("city", sort=True):
        for concept, question in SURVEY_PAIRS.items():
            if question not in part.columns:
                continue
            if part[question].notna().sum() < floor:
                continue
            share = float(part[question].mean())
            grade = float(means.get((city, concept), np.nan))
            flagged = bool(grade >= FIELD_HIGH and share < SURVEY_FLOOR)
            label = f"实地核查评“好”而调查偏低：{plan.concepts[concept]}"
            note = (
                f"实地核查平均 {grade:.1f} 分；样本户 {len(part)} 户，不加权" if not np.isnan(grade) else "无实地核查"
            )
            yield (
                f"survey_cross_{concept}", label, str(city), names.get(str(city), ""), share, SURVEY_FLOOR, flagged, note,
            )  # fmt: skip
