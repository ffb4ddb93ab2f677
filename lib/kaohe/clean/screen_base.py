"""What the screens look at: field grades with their team, names, owners of findings, the plan's periods."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from kaohe.base.plan import Plan
from kaohe.clean.senders import Senders

TICKS = (
    ("no_tick", "没有选等次的指标", ("K292",)),
    ("two_ticks", "选了两个以上等次的指标", ("K293",)),
    ("unknown_grade", "等次写法不认识", ("K274", "K298")),
)
Clean = dict[str, pd.DataFrame]
Row = tuple[str, str, str, str, float, float, bool, str]


def given_grades(clean: Clean) -> pd.DataFrame:
    """The clean grades without items that do not apply."""
    return clean["grades"][clean["grades"]["grade"] != ""]


def field_grades(clean: Clean, plan: Plan) -> pd.DataFrame:
    """Grades of field forms with their scores and the form's team and city; 不适用 is no grade."""
    forms, given = clean["forms"], given_grades(clean)
    fields = [f.id for f in plan.forms.values() if f.kind == "field_form"]
    grades = given[given["form"].isin(fields)]
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
