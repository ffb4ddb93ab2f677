"""One source against another: index against field, self against both, survey against cross-assessment."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kaohe.base.few import too_few
from kaohe.base.plan import Plan
from kaohe.clean.screen_base import Clean, Row, field_grades, given_grades, names_of

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


def beside_field(graded: pd.DataFrame, clean: Clean, plan: Plan) -> pd.DataFrame:
    """Graded items beside the field: `seen`, the mean of the field grades (missing where there are none), and `above`.

    An item is above when its grade is worth a step or more than what was seen. No rows when there are no field grades.
    """
    means = field_means(clean, plan)
    keys = zip(graded["object"], graded["concept"], strict=True)
    seen = pd.Series([means.get((str(o), str(c)), np.nan) for o, c in keys], index=graded.index, dtype="float64")
    values = graded["grade"].map(plan.scale.values).astype("float64")
    step = float(plan.choices["levels"]["one_step"])
    out = graded.assign(seen=seen, above=values - seen >= step)
    return out if means else out.iloc[:0]


def index_beside_field(clean: Clean, plan: Plan) -> pd.DataFrame:
    """Items of the task cities' index tables beside the field (see `beside_field`)."""
    given = given_grades(clean)
    return beside_field(given[given["form"] == plan.classes["city14"].form], clean, plan)


def self_beside_field(clean: Clean, plan: Plan) -> pd.DataFrame:
    """Self-graded items beside the field (see `beside_field`)."""
    return beside_field(self_graded(clean, plan), clean, plan)


def self_beside_index(clean: Clean, plan: Plan) -> pd.DataFrame:
    """Items that both a target (`own`) and the assessment (`grade`) graded; `better` where the target's is worth more."""
    own = clean["self_grades"][["object", "item", "grade"]].rename(columns={"grade": "own"})
    given = given_grades(clean)
    index = given[given["form"].isin([c.form for c in plan.classes.values()])]
    both = index.merge(own.assign(item=own["item"].astype("int64")), on=["object", "item"], validate="one_to_one")
    mine, assessed = (both[c].map(plan.scale.values).astype("float64") for c in ("own", "grade"))
    return both.assign(better=mine > assessed)


def _over_field(screen: str, label: str, beside: pd.DataFrame, names: dict[str, str]) -> Iterable[Row]:
    for target, part in beside.groupby("object", sort=True):
        known, above = int(part["seen"].notna().sum()), int(part["above"].sum())
        note = f"可比指标 {known} 项；差一档以上计"
        yield screen, label, str(target), names.get(str(target), ""), float(above), 0.0, above > 0, note


def self_against_field(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Items that a target graded a step or more above the mean of the field grades."""
    beside = self_beside_field(clean, plan)
    comparable = beside[beside["seen"].notna()]
    yield from _over_field("self_over_field", "自评高于实地核查的指标", comparable, names_of(plan, clean))


def index_against_field(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Concepts where a city's index grade is a step or more above the mean of its field grades."""
    beside = index_beside_field(clean, plan)
    yield from _over_field("index_over_field", "指标表高于实地核查的指标", beside, names_of(plan, clean))


def self_against_index(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Share of items that a target graded itself better than the assessment did."""
    names, bound = names_of(plan, clean), float(plan.choices["screens"]["self_better"])
    for target, part in self_beside_index(clean, plan).groupby("object", sort=True):
        share = float(part["better"].mean())
        note = f"共比对 {len(part)} 项"
        yield (
            "self_over_index", "自评高于考核的指标比例", str(target), names.get(str(target), ""), share, bound,
            share > bound, note,
        )  # fmt: skip


def survey_against_cross(clean: Clean, plan: Plan) -> Iterable[Row]:
    """High field grades on a guarantee beside a low share of sampled households that have it, unweighted.

    Nothing is said where so few households answered, or so few of them differ, that `kaohe.base.few.too_few`
    withholds the share.
    """
    field = field_grades(clean, plan)
    if field.empty or clean["households"].empty:
        return
    names, bound = names_of(plan, clean), float(plan.choices["screens"]["survey_share"])
    high = plan.scale.cuts[plan.grades[0]]
    means = field.groupby(["city", "concept"])["value"].mean()
    shares = _survey_shares(clean["households"])
    for row in shares[~too_few(shares, plan.disclosure)].itertuples():
        grade = float(means.get((row.city, row.concept), np.nan))
        flagged = bool(grade >= high and row.share < bound)
        label = f"实地核查评“好”而调查偏低：{plan.concepts[row.concept]}"
        asked = f"{row.households} 户" + (f"，其中 {row.n} 户作答" if row.n < row.households else "")
        seen = f"实地核查平均 {grade:.1f} 分；样本户 {asked}，不加权"
        yield (
            f"survey_cross_{row.concept}", label, row.city, names.get(row.city, ""), row.share, bound, flagged,
            "无实地核查" if np.isnan(grade) else seen,
        )  # fmt: skip


def _survey_shares(households: pd.DataFrame) -> pd.DataFrame:
    """City, concept, share with the guarantee, households, and what `too_few` looks at: n answers, the fewer of yes and no."""
    rows = []
    for city, part in households.groupby("city", sort=True):
        for concept, question in SURVEY_PAIRS.items():
            if question in part.columns:
                answers = part[question].dropna().astype("float64")
                fewer = min(int((answers > 0).sum()), int((answers < 1).sum()))
                rows.append(
                    (str(city), concept, float(answers.mean()), len(part), "household", len(answers), True, fewer)
                )
    columns = ["city", "concept", "share", "households", "unit", "n", "is_share", "n_least"]
    return pd.DataFrame(rows, columns=columns)
