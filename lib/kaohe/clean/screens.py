"""Screens of the data's truth: hints for a person, never a verdict.

Each says what was counted, against which threshold, and why it may be innocent. Team and city
are confounded (one team, one city).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from kaohe.base.places import parent_code
from kaohe.base.plan import Plan

GOOD_SHARE_SPREAD = 0.30
STRAIGHT_FORMS = 0.10
STRAIGHT_HOUSEHOLDS = 0.60
IDENTICAL_SHARE = 0.20
SELF_STEPS = 0.60
SURVEY_FLOOR = 0.90
FIELD_HIGH = 87.5
CONFOUNDED = "一组只考一市，组与市的差别分不开"
Row = tuple[str, str, str, str, float, float, bool, str]
SCREEN_COLUMNS = ("screen", "label", "object", "name", "value", "threshold", "flagged", "note")


def build_screens(clean: dict[str, pd.DataFrame], plan: Plan) -> pd.DataFrame:
    """All screens of the data's truth, one row a screen and object.

    Returns
    -------
    DataFrame
        The columns of the built table ``screens``; `value` and `threshold` in the unit the
        label names (shares 0 to 1, counts).
    """
    rows: list[Row] = []
    for make in SCREENS:
        rows.extend(make(clean, plan))
    return pd.DataFrame(rows, columns=list(SCREEN_COLUMNS))


def _field(clean: dict[str, pd.DataFrame], plan: Plan) -> pd.DataFrame:
    """Grades of field forms with their scores and the form's team and city; 不适用 is no grade."""
    forms = clean["forms"]
    fields = [f.id for f in plan.forms.values() if f.kind == "field_form"]
    grades = clean["grades"][clean["grades"]["form"].isin(fields) & clean["grades"]["grade"].ne("")]
    merged = grades.merge(forms[["form_key", "team", "city"]], on="form_key", validate="many_to_one")
    merged["value"] = merged["grade"].map(plan.scale.values).astype("float64")
    return merged


def _names(plan: Plan, clean: dict[str, pd.DataFrame]) -> dict[str, str]:
    objects = clean["objects"]
    return {p.code: p.name for p in plan.divisions} | dict(zip(objects["object"], objects["name"], strict=True))


def good_by_team(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Share of the best grade by team against the share over all teams."""
    field = _field(clean, plan)
    if field.empty:
        return
    best = plan.grades[0]
    overall = float((field["grade"] == best).mean())
    threshold = overall + GOOD_SHARE_SPREAD
    for team, part in field.groupby("team", sort=True):
        share = float((part["grade"] == best).mean())
        city = _names(plan, clean).get(str(part["city"].iloc[0]), "")
        flagged = abs(share - overall) > GOOD_SHARE_SPREAD
        note = f"考核{city}，共 {len(part)} 项；全部组为 {overall:.1%}。{CONFOUNDED}"
        yield ("good_by_team", "各组评“好”的比例", str(team), str(team), share, threshold, flagged, note)


def straight_forms(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Share of a team's field forms that hold one grade only."""
    field = _field(clean, plan)
    if field.empty:
        return
    single = field.groupby(["team", "form_key"])["grade"].nunique().eq(1).groupby("team").agg(["mean", "size"])
    for team, share, n in single.itertuples():
        flagged = share > STRAIGHT_FORMS
        note = f"共 {n} 张表"
        yield (
            "straight_forms",
            "整张表同一等次的比例",
            str(team),
            str(team),
            float(share),
            STRAIGHT_FORMS,
            flagged,
            note,
        )


def identical_forms(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Share of a team's field forms that equal another of its forms of the same kind, item by item."""
    field = _field(clean, plan)
    if field.empty:
        return
    ordered = field.sort_values(["form_key", "item"])
    sheets = ordered.groupby(["team", "form", "form_key"])["grade"].agg("|".join).reset_index(name="all")
    sheets["same"] = sheets.duplicated(["team", "form", "all"], keep=False)
    for team, part in sheets.groupby("team", sort=True):
        share = float(part["same"].mean())
        note = f"{int(part['same'].sum())} 张与同组另一张逐项相同，共 {len(part)} 张"
        yield (
            "identical_forms", "与另一张逐项相同的表", str(team), str(team), share, IDENTICAL_SHARE,
            share > IDENTICAL_SHARE, note,
        )  # fmt: skip


def dates_outside(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Visits after the plan's due date: cross-assessment and survey, by city."""
    names = _names(plan, clean)
    for key, label, table, due in (
        ("late_cross", "交叉考核晚于期限的表", "forms", plan.dates["cross_due"]),
        ("late_survey", "专项调查晚于期限的户", "households", plan.dates["survey_due"]),
    ):
        frame = clean[table]
        frame = frame[frame["city"].fillna("") != ""]
        for city, part in frame.groupby("city", sort=True):
            late = int((part["visit_date"] > pd.Timestamp(due)).sum())
            note = f"共 {len(part)}，期限 {due.isoformat()}"
            yield (key, label, str(city), names.get(str(city), str(city)), float(late), 0.0, late > 0, note)


def tick_faults(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Items with no tick, several ticks, or a sign or grade nobody knows, by city or unit."""
    found = clean["findings"]
    names = _names(plan, clean)
    groups = (
        ("no_tick", "没有选等次的指标", ("K292",)),
        ("two_ticks", "选了两个以上等次的指标", ("K293",)),
        ("unknown_grade", "等次写法不认识", ("K274", "K298")),
    )
    forms = clean["forms"]
    owner = dict(zip(forms["src_file"], forms["object"], strict=True))
    for key, label, codes in groups:
        part = found[found["code"].isin(codes) & (found["table"] == "cross")]
        for target, n in part["file"].map(owner).dropna().value_counts(sort=False).sort_index().items():
            note = "该项不计，等待补正"
            yield (key, label, str(target), names.get(str(target), str(target)), float(n), 0.0, True, note)


def index_against_field(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Concepts where a city's index grade is a step or more above the mean of its field grades."""
    field = _field(clean, plan)
    if field.empty:
        return
    step = float(plan.choices["levels"]["one_step"])
    evidence = field.groupby(["object", "concept"])["value"].mean()
    given = clean["grades"][clean["grades"]["grade"] != ""]
    index = given[given["form"] == plan.classes["city14"].form]
    names = _names(plan, clean)
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


def self_against_index(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Share of items that a target graded itself better than the assessment did."""
    own = clean["self_grades"][["object", "item", "grade"]]
    index_forms = [c.form for c in plan.classes.values()]
    given = clean["grades"][clean["grades"]["grade"] != ""]
    index = given[given["form"].isin(index_forms)][["object", "item", "grade"]]
    both = own.assign(item=own["item"].astype("int64")).merge(
        index, on=["object", "item"], suffixes=("_self", "_index"), validate="one_to_one"
    )
    names = _names(plan, clean)
    for target, part in both.groupby("object", sort=True):
        mine = part["grade_self"].map(plan.scale.values).astype("float64")
        given = part["grade_index"].map(plan.scale.values).astype("float64")
        share = float((mine > given).mean())
        note = f"共比对 {len(part)} 项"
        yield (
            "self_over_index", "自评高于考核的指标比例", str(target), names.get(str(target), ""), share, SELF_STEPS,
            share > SELF_STEPS, note,
        )  # fmt: skip


def survey_against_cross(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """High field grades on a guarantee beside a low share of sampled households that have it, unweighted."""
    field = _field(clean, plan)
    households = clean["households"]
    if field.empty or households.empty:
        return
    names = _names(plan, clean)
    pairs = {"housing": "house_safe", "water": "water_safe", "medical": "serious_insured"}
    means = field.groupby(["city", "concept"])["value"].mean()
    for city, part in households.groupby("city", sort=True):
        for concept, question in pairs.items():
            if question not in part.columns:
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


def straight_households(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Share of an enumerator's households whose answers on one scale are all the same."""
    households = clean["households"]
    scales = [q for q in plan.table_questions("household", asked=True) if q.type == "scale"]
    if households.empty or len(scales) < 3:
        return
    answers = households[[q.id for q in scales]]
    same = (answers.nunique(axis=1) == 1) & answers.notna().all(axis=1)
    groups = same.groupby(households["enumerator"].fillna("")).agg(["mean", "size"])
    for who, share, n in groups.itertuples():
        if not who or n < 20:
            continue
        county = households.loc[households["enumerator"] == who, "county"].mode().iloc[0]
        name = f"{plan.gazetteer.name(parent_code(county, 'city'))}{plan.gazetteer.name(county)} {who}"
        flagged = bool(share > STRAIGHT_HOUSEHOLDS)
        note = f"共 {n} 户，{len(scales)} 道满意度题"
        yield (
            "straight_households",
            "满意度各题答案全同的户",
            str(who),
            name,
            float(share),
            STRAIGHT_HOUSEHOLDS,
            flagged,
            note,
        )


Screen = Callable[[dict[str, pd.DataFrame], Plan], Iterable[Row]]
SCREENS: tuple[Screen, ...] = (
    good_by_team, straight_forms, identical_forms, straight_households, dates_outside, tick_faults,
    index_against_field, self_against_index, survey_against_cross,
)  # fmt: skip
