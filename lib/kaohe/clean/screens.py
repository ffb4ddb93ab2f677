"""Screens of the data's truth: hints for a person, never a verdict.

Each says what was counted, against which threshold, and why it may be innocent. Team and city
are confounded (one team, one city).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.places import parent_code
from kaohe.base.plan import Plan
from kaohe.clean.agreement import weighted_kappa
from kaohe.clean.senders import UNKNOWN, Senders

GOOD_SHARE_SPREAD = 0.30
STRAIGHT_FORMS = 0.10
STRAIGHT_HOUSEHOLDS = 0.60
IDENTICAL_SHARE = 0.20
SELF_STEPS = 0.60
SURVEY_FLOOR = 0.90
FIELD_HIGH = 87.5
KAPPA_FLOOR = 0.60
CONFOUNDED = "一组只考一市，组与市的差别分不开"
SURVEY_PAIRS = {"housing": "house_safe", "water": "water_safe", "medical": "serious_insured"}
TICKS = (
    ("no_tick", "没有选等次的指标", ("K292",)),
    ("two_ticks", "选了两个以上等次的指标", ("K293",)),
    ("unknown_grade", "等次写法不认识", ("K274", "K298")),
)
Clean = dict[str, pd.DataFrame]
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


def field_grades(clean: dict[str, pd.DataFrame], plan: Plan) -> pd.DataFrame:
    """Grades of field forms with their scores and the form's team and city."""
    forms = clean["forms"]
    fields = [f.id for f in plan.forms.values() if f.kind == "field_form"]
    grades = clean["grades"][clean["grades"]["form"].isin(fields)]
    merged = grades.merge(forms[["form_key", "team", "city"]], on="form_key", validate="many_to_one")
    merged["value"] = merged["grade"].map(plan.scale.values).astype("float64")
    return merged


def names_of(plan: Plan, clean: Clean) -> dict[str, str]:
    """Names of divisions, places of the register and targets by code."""
    objects, places = clean["objects"], clean.get("places")
    names = {p.code: p.name for p in plan.divisions}
    if places is not None:
        names |= dict(zip(places["place"], places["name"], strict=True))
    return names | dict(zip(objects["object"], objects["name"], strict=True))


def good_by_team(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Share of the best grade by team against the share over all teams."""
    field = field_grades(clean, plan)
    if field.empty:
        return
    best = plan.grades[0]
    overall = float((field["grade"] == best).mean())
    threshold = overall + GOOD_SHARE_SPREAD
    for team, part in field.groupby("team", sort=True):
        share = float((part["grade"] == best).mean())
        city = names_of(plan, clean).get(str(part["city"].iloc[0]), "")
        flagged = abs(share - overall) > GOOD_SHARE_SPREAD
        note = f"考核{city}，共 {len(part)} 项；全部组为 {overall:.1%}。{CONFOUNDED}"
        yield ("good_by_team", "各组评“好”的比例", str(team), str(team), share, threshold, flagged, note)


def straight_forms(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Share of a team's field forms that hold one grade only."""
    field = field_grades(clean, plan)
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
    field = field_grades(clean, plan)
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


def periods(plan: Plan) -> tuple[tuple[str, str, str, date, date], ...]:
    """Screen, label, table, first and last day of the visits: the cross-assessment is done in December."""
    year = int(plan.meta["year"])
    return (
        ("late_cross", "交叉考核日期不在规定期间的表", "forms", date(year, 12, 1), plan.dates["cross_due"]),
        ("late_survey", "专项调查日期不在规定期间的户", "households", date(year, 1, 1), plan.dates["survey_due"]),
    )


def outside(frame: pd.DataFrame, start: date, due: date) -> pd.Series:
    """Rows dated before the first or after the last day; rows without a date are no matter of this screen."""
    return (frame["visit_date"] > pd.Timestamp(due)) | (frame["visit_date"] < pd.Timestamp(start))


def dates_outside(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Visits outside the plan's period: cross-assessment and survey, by city."""
    names = names_of(plan, clean)
    for key, label, table, start, due in periods(plan):
        frame = clean[table]
        frame = frame[frame["city"].fillna("") != ""]
        for city, part in frame.groupby("city", sort=True):
            n = int(outside(part, start, due).sum())
            note = f"共 {len(part)}，期间 {start.isoformat()} 至 {due.isoformat()}"
            yield (key, label, str(city), names.get(str(city), str(city)), float(n), 0.0, n > 0, note)


def tick_groups(clean: Clean) -> Iterable[tuple[str, str, pd.DataFrame]]:
    """Screen, label and findings of items without one clear tick."""
    found = clean["findings"]
    found = found[found["table"] == "cross"]
    for key, label, codes in TICKS:
        yield key, label, found[found["code"].isin(codes)]


def owner_of(clean: Clean, plan: Plan) -> Callable[[Mapping[Hashable, Any]], str]:
    """Whose form a finding is about: its sheet's form, its workbook's, or whom the path names; the path itself if none."""
    forms = clean["forms"]
    by_sheet = dict(zip(zip(forms["src_file"], forms["src_sheet"], strict=True), forms["object"], strict=True))
    by_file = dict(zip(forms["src_file"], forms["object"], strict=True))
    objects = clean["objects"]
    senders = Senders(plan, dict(zip(objects["object"], objects["name"], strict=True)))

    def owner(row: Mapping[Hashable, Any]) -> str:
        file = str(row["file"])
        known = by_sheet.get((file, str(row["sheet"]))) or by_file.get(file) or senders.code(file)
        return str(known) or file

    return owner


def tick_faults(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Items with no tick, several ticks, or a sign or grade nobody knows, by city or unit.

    Workbooks from which no form was accepted count too: for whom their path names, otherwise
    under the path itself.
    """
    names, owner = names_of(plan, clean), owner_of(clean, plan)
    for key, label, part in tick_groups(clean):
        targets = pd.Series([owner(r) for r in part.to_dict("records")], dtype="str")
        for target, n in targets.value_counts(sort=False).sort_index().items():
            name = names.get(str(target), UNKNOWN if "/" in str(target) else str(target))
            yield (key, label, str(target), name, float(n), 0.0, True, "该项不计，等待补正")


def index_against_field(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Concepts where a city's index grade is a step or more above the mean of its field grades."""
    field = field_grades(clean, plan)
    if field.empty:
        return
    step = float(plan.choices["levels"]["one_step"])
    evidence = field.groupby(["object", "concept"])["value"].mean()
    index = clean["grades"][clean["grades"]["form"] == plan.classes["city14"].form]
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


def self_against_index(clean: dict[str, pd.DataFrame], plan: Plan) -> Iterable[Row]:
    """Share of items that a target graded itself better than the assessment did."""
    own = clean["self_grades"][["object", "item", "grade"]]
    index_forms = [c.form for c in plan.classes.values()]
    index = clean["grades"][clean["grades"]["form"].isin(index_forms)][["object", "item", "grade"]]
    both = own.assign(item=own["item"].astype("int64")).merge(
        index, on=["object", "item"], suffixes=("_self", "_index"), validate="one_to_one"
    )
    names = names_of(plan, clean)
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
    field = field_grades(clean, plan)
    households = clean["households"]
    if field.empty or households.empty:
        return
    names = names_of(plan, clean)
    means = field.groupby(["city", "concept"])["value"].mean()
    for city, part in households.groupby("city", sort=True):
        for concept, question in SURVEY_PAIRS.items():
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


def straight_answers(clean: Clean, plan: Plan) -> tuple[pd.Series, int]:
    """Which households answer every question on a scale alike, and how many questions that are (0: too few to tell)."""
    households = clean["households"]
    scales = [q.id for q in plan.table_questions("household", asked=True) if q.type == "scale"]
    scales = [q for q in scales if q in households.columns]
    if households.empty or len(scales) < 3:
        return pd.Series(False, index=households.index), 0
    answers = households[scales]
    return (answers.nunique(axis=1) == 1) & answers.notna().all(axis=1), len(scales)


def straight_households(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Share of an enumerator's households whose answers on one scale are all the same."""
    households = clean["households"]
    same, n_scales = straight_answers(clean, plan)
    if not n_scales:
        return
    groups = same.groupby(households["enumerator"].fillna("")).agg(["mean", "size"])
    for who, share, n in groups.itertuples():
        if not who or n < 20:
            continue
        county = households.loc[households["enumerator"] == who, "county"].mode().iloc[0]
        name = f"{plan.gazetteer.name(parent_code(county, 'city'))}{plan.gazetteer.name(county)} {who}"
        note = f"共 {n} 户，{n_scales} 道满意度题"
        yield (
            "straight_households", "满意度各题答案全同的户", str(who), name, float(share), STRAIGHT_HOUSEHOLDS,
            bool(share > STRAIGHT_HOUSEHOLDS), note,
        )  # fmt: skip


def double_graded(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Weighted kappa (quadratic weights) of forms that were graded twice, by city."""
    doubles = clean.get("doubles")
    if doubles is None or doubles.empty:
        return
    names = names_of(plan, clean)
    for city, part in doubles.groupby("city", sort=True):
        found = weighted_kappa(part["grade"].tolist(), part["other_grade"].tolist(), plan.grades)
        said = f"{part['form_key'].nunique()} 处双评，{found.n} 项，等次相同 {found.same:.1%}；二次权"
        flagged = bool(found.kappa < KAPPA_FLOOR)
        yield (
            "double_graded",
            "双评的加权κ",
            str(city),
            names.get(str(city), ""),
            found.kappa,
            KAPPA_FLOOR,
            flagged,
            said,
        )


Screen = Callable[[dict[str, pd.DataFrame], Plan], Iterable[Row]]
SCREENS: tuple[Screen, ...] = (
    good_by_team, straight_forms, identical_forms, straight_households, dates_outside, tick_faults,
    index_against_field, self_against_index, survey_against_cross, double_graded,
)  # fmt: skip
