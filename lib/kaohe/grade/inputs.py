"""What the grading reads: clean tables by name, and the roster of all targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kaohe.base.errors import KaoheError
from kaohe.base.places import parent_code
from kaohe.base.plan import Plan

Tables = Mapping[str, pd.DataFrame]

COLUMNS: dict[str, tuple[str, ...]] = {
    "objects": ("object", "name", "class_id"),
    "places": ("place", "name", "level", "parent", "designated"),
    "pairing": ("village", "helper_city", "unit"),
    "forms": ("form_key", "form", "object", "place", "city", "county", "town", "village", "team", "visit_date"),
    "grades": ("form_key", "item", "grade", "remark"),
    "daily": ("record", "object", "source", "date", "kind", "severity", "measure", "value", "note"),
    "facts": ("object", "field", "value", "evidence", "date"),
    "decisions": (
        "decision", "object", "kind", "from_grade", "to_grade", "stream", "reason", "by_role", "date",
    ),
    "self_reports": ("object", "date", "grade"),
    "self_grades": ("object", "item", "grade"),
    "problems": (
        "problem", "object", "place", "source", "date", "item", "prominent", "note", "state", "done_date",
    ),
    "estimates": (
        "domain_type", "domain", "indicator", "is_share", "estimate", "se", "n", "n_psu", "deff", "quality",
    ),
    "estimate_cov": ("domain_type", "domain", "a", "b", "cov"),
    "estimate_cov_between": ("domain_type", "domain", "other", "a", "b", "cov"),
    "response": ("domain_type", "domain", "selected", "completed", "vacant"),
}  # fmt: skip
DATES = frozenset({"date", "done_date", "visit_date"})
NUMBERS = frozenset(
    {"designated", "item", "value", "prominent", "estimate", "se", "n", "n_psu", "deff", "cov", "selected", "completed",
     "vacant", "is_share"}
)  # fmt: skip


def take(tables: Tables, name: str) -> pd.DataFrame:
    """The columns the grading needs of a table, an empty frame where the table did not come in.

    Parameters
    ----------
    tables : mapping of table name to DataFrame
    name : str
        A key of `COLUMNS`.

    Returns
    -------
    DataFrame
        Text columns hold "" where nothing was given, dates are datetime64, numbers float64.

    Raises
    ------
    KaoheError
        K601 when a table lacks a column.
    """
    columns = list(COLUMNS[name])
    frame = tables.get(name)
    if frame is None:
        frame = pd.DataFrame({c: pd.Series(dtype="object") for c in columns})
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise KaoheError(
            "K601", "A table that the grading reads lacks a column", where=name, got=", ".join(missing),
            expected=", ".join(columns), remedy="run `kaohe clean` again",
        )  # fmt: skip
    out = {}
    for column in columns:
        series = frame[column]
        if column in DATES:
            out[column] = pd.to_datetime(series).astype("datetime64[us]")
        elif column in NUMBERS and not (name == "facts" and column == "value"):
            out[column] = series.astype("float64")
        else:
            out[column] = text(series)
    return pd.DataFrame(out).reset_index(drop=True)


def text(series: pd.Series) -> pd.Series:
    """A series of text with "" for what is missing."""
    return series.astype("object").where(series.notna(), "").astype(str).astype("object")


def roster(clean: Tables, plan: Plan) -> pd.DataFrame:
    """All targets of the plan, in class and code order, whether or not any data came in.

    Cities come from the plan, units from the register.

    Returns
    -------
    DataFrame
        One row a target: object, name, class_id, kind (city or unit).

    Raises
    ------
    KaoheError
        K602 when a unit is registered twice.
    """
    register = take(clean, "objects")
    names = dict(zip(register["object"], register["name"], strict=True))
    rows = []
    for cls in plan.classes.values():
        registered = register.loc[register["class_id"] == cls.id, "object"]
        members = sorted(cls.members or registered)
        for code in members:
            name = names.get(code) or plan.gazetteer.name(code)
            rows.append({"object": code, "name": name, "class_id": cls.id, "kind": cls.kind})
    out = pd.DataFrame(rows, columns=["object", "name", "class_id", "kind"], dtype="object")
    twice = out.loc[out["object"].duplicated(), "object"]
    if len(twice):
        raise KaoheError(
            "K602", "A target is registered twice", where="objects", got=", ".join(sorted(set(twice))[:5]),
            expected="each code once", remedy="mend the register and run `kaohe clean` again",
        )  # fmt: skip
    return out


def place_names(clean: Tables, plan: Plan) -> dict[str, str]:
    """Name of each place: the register's, else the division list's."""
    names = {p.code: p.name for p in plan.divisions}
    places = take(clean, "places")
    names.update({c: n for c, n in zip(places["place"], places["name"], strict=True) if n})
    return names


def worded(keys: pd.Series, words: Mapping[Any, str]) -> pd.Series:
    """The word of each key, "" where there is none."""
    return pd.Series([words.get(k, "") for k in keys], index=keys.index, dtype="object")


def by_id(known: Mapping[str, str], series: pd.Series) -> pd.Series:
    """Ids of values that are given as ids or as official names; unknown values become ""."""
    back = {name: key for key, name in known.items()}
    return worded(series, back | {key: key for key in known})


def county_of(code: str) -> str:
    """County of a county, town or village code."""
    return parent_code(code, "county")
