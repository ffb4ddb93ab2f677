"""Screens of the data's truth: hints for a person, never a verdict.

Each says what was counted, against which threshold, and why it may be innocent. Team and city
are confounded (one team, one city).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from kaohe.base.places import parent_code
from kaohe.base.plan import Plan
from kaohe.clean.agreement import weighted_kappa
from kaohe.clean.screen_base import Clean, Row, field_grades, names_of, outside, owner_of, periods, tick_groups
from kaohe.clean.screens_against import (
    index_against_field,
    self_against_field,
    self_against_index,
    survey_against_cross,
)
from kaohe.clean.senders import UNKNOWN

CONFOUNDED = "一组只考一市，组与市的差别分不开"
SCREEN_COLUMNS = ("screen", "label", "object", "name", "value", "threshold", "flagged", "note")


def build_screens(clean: Clean, plan: Plan) -> pd.DataFrame:
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


def good_by_team(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Share of the best grade by team against the share over all teams."""
    field = field_grades(clean, plan)
    if field.empty:
        return
    best = plan.grades[0]
    overall = float((field["grade"] == best).mean())
    bound = float(plan.choices["screens"]["good_share_spread"])
    threshold = overall + bound
    for team, part in field.groupby("team", sort=True):
        share = float((part["grade"] == best).mean())
        city = names_of(plan, clean).get(str(part["city"].iloc[0]), "")
        flagged = abs(share - overall) > bound
        note = f"考核{city}，共 {len(part)} 项；全部组为 {overall:.1%}。{CONFOUNDED}"
        yield ("good_by_team", "各组评“好”的比例", str(team), str(team), share, threshold, flagged, note)


def straight_forms(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Share of a team's field forms that hold one grade only."""
    field = field_grades(clean, plan)
    if field.empty:
        return
    single = field.groupby(["team", "form_key"])["grade"].nunique().eq(1).groupby("team").agg(["mean", "size"])
    bound = float(plan.choices["screens"]["straight_forms"])
    for team, share, n in single.itertuples():
        flagged = share > bound
        note = f"共 {n} 张表。{CONFOUNDED}"
        yield (
            "straight_forms",
            "整张表同一等次的比例",
            str(team),
            str(team),
            float(share),
            bound,
            flagged,
            note,
        )


def identical_forms(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Share of a team's field forms that equal another of its forms of the same kind, item by item."""
    field = field_grades(clean, plan)
    if field.empty:
        return
    ordered = field.sort_values(["form_key", "item"])
    sheets = ordered.groupby(["team", "form", "form_key"])["grade"].agg("|".join).reset_index(name="all")
    sheets["same"] = sheets.duplicated(["team", "form", "all"], keep=False)
    bound = float(plan.choices["screens"]["identical_forms"])
    for team, part in sheets.groupby("team", sort=True):
        share = float(part["same"].mean())
        note = f"{int(part['same'].sum())} 张与同组另一张逐项相同，共 {len(part)} 张。{CONFOUNDED}"
        yield (
            "identical_forms", "与另一张逐项相同的表", str(team), str(team), share, bound,
            share > bound, note,
        )  # fmt: skip


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
    bound = float(plan.choices["screens"]["straight_households"])
    least = int(plan.choices["screens"]["least_households"])
    for who, share, n in groups.itertuples():
        if not who or n < least:
            continue
        county = households.loc[households["enumerator"] == who, "county"].mode().iloc[0]
        name = f"{plan.gazetteer.name(parent_code(county, 'city'))}{plan.gazetteer.name(county)} {who}"
        note = f"共 {n} 户，{n_scales} 道满意度题"
        yield (
            "straight_households", "满意度各题答案全同的户", str(who), name, float(share), bound,
            bool(share > bound), note,
        )  # fmt: skip


def double_graded(clean: Clean, plan: Plan) -> Iterable[Row]:
    """Weighted kappa (quadratic weights) of forms that were graded twice, by city."""
    doubles = clean.get("doubles")
    if doubles is None or doubles.empty:
        return
    names = names_of(plan, clean)
    bound = float(plan.choices["screens"]["double_kappa"])
    for city, part in doubles.groupby("city", sort=True):
        found = weighted_kappa(part["grade"].tolist(), part["other_grade"].tolist(), plan.grades)
        said = f"{part['form_key'].nunique()} 处双评，{found.n} 项，等次相同 {found.same:.1%}；二次权"
        flagged = bool(found.kappa < bound)
        yield (
            "double_graded",
            "双评的加权κ",
            str(city),
            names.get(str(city), ""),
            found.kappa,
            bound,
            flagged,
            said,
        )


Screen = Callable[[Clean, Plan], Iterable[Row]]
SCREENS: tuple[Screen, ...] = (
    good_by_team, straight_forms, identical_forms, straight_households, dates_outside, tick_faults,
    index_against_field, self_against_index, self_against_field, survey_against_cross, double_graded,
)  # fmt: skip
