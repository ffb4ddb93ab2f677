"""Which tables readers get as workbooks, and in which workbook: by class, by city, by matter."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaohe.base.built import BUILT
from kaohe.base.plan import Plan
from kaohe.publish.reports import report_slug

if TYPE_CHECKING:
    import pandas as pd

Rows = Callable[["pd.DataFrame"], "pd.DataFrame"]
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)


@dataclass(frozen=True)
class Page:
    """One sheet: its name, the built table, and which of its rows."""

    name: str
    table: str
    rows: Rows


@dataclass(frozen=True)
class Book:
    """One workbook: file name without ending, title, code of its target (empty: none), sheets."""

    slug: str
    title: str
    target: str
    pages: tuple[Page, ...]

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.slug):
            raise ValueError(f"a workbook's file name is of a-z, 0-9 and -: {self.slug!r}")

    @property
    def tables(self) -> tuple[str, ...]:
        """The built tables it reads."""
        return tuple(dict.fromkeys(p.table for p in self.pages))


PROVINCE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("overview", "全省总览", ("composite", "class_summary", "rank_intervals", "streams", "counties", "talk_list", "decisions_log")),
    ("survey", "专项调查估计", ("estimates", "income", "key_survey", "survey_items", "response", "village_profile")),
    ("sample-design", "抽样与加权", ("response", "nonresponse", "calibration", "weight_diagnostics")),
    ("counties", "县（市、区）实地核查", ("counties",)),
    ("talk-list", "谈话提醒对象", ("talk_list",)),
    ("rectification", "问题与整改", ("rectify",)),
    ("data-quality", "考核数据质量",
     ("intake", "findings_summary", "set_aside", "data_quality", "screens", "screen_records", "completeness")),
)  # fmt: skip
OF_CLASS = (
    "composite", "rank_intervals", "rank_probabilities", "streams", "item_grades", "daily_sources", "caps", "talk_list",
    "sensitivity_summary", "effective_weights", "completeness", "self_status", "self_compare", "grade_probabilities",
    "way_up", "swap_weights", "consistency", "profiles", "group_scores", "decisions_log", "evidence", "lost_points",
    "daily_items", "rectify",
)  # fmt: skip
OF_CITY = (
    "composite", "rank_intervals", "streams", "item_grades", "evidence", "form_scores", "survey_items", "estimates",
    "key_survey", "daily_items", "caps", "decisions_log", "rectify", "self_compare", "counties", "completeness", "response",
    "lost_points", "group_scores", "way_up", "village_profile",
)  # fmt: skip
# Of these a city's workbook holds its counties' rows as well.
OF_COUNTY = ("item_grades", "form_scores", "rectify")
LISTS = tuple(dict.fromkeys([t for _, _, tables in PROVINCE for t in tables] + [*OF_CLASS, *OF_CITY]))


def books_of(targets: pd.DataFrame, plan: Plan) -> list[Book]:
    """All workbooks, in the order of the index.

    Parameters
    ----------
    targets : DataFrame
        The built table ``targets``.
    plan : Plan
    """
    year = plan.meta["year"]
    books = [
        Book(slug, f"{year}年{title}", "", tuple(_page(t, whole) for t in tables)) for slug, title, tables in PROVINCE
    ]
    units = {cls: set(part["object"]) for cls, part in targets[targets["kind"] != "class"].groupby("class_id")}
    for cls in plan.classes.values():
        members = units.get(cls.id, set())
        pages = tuple(_page(t, of_class(t, cls.id, members)) for t in OF_CLASS)
        books.append(Book(report_slug("60_ranking", cls.id), f"{year}年{cls.label}综合排序", cls.id, pages))
    cities = targets[targets["kind"] == "city"].drop_duplicates("object")
    for code, name in zip(cities["object"], cities["name"], strict=True):
        pages = tuple(_page(t, of_city(t, str(code))) for t in OF_CITY)
        books.append(Book(report_slug("40_city", str(code)), f"{year}年{name}考核数据", str(code), pages))
    return books


def _page(table: str, rows: Rows) -> Page:
    return Page(sheet_name(table), table, rows)


def sheet_name(table: str) -> str:
    """What the sheet of a built table is called."""
    return BUILT[table].label.replace("（", "").replace("）", "").replace("、", "")[:31]


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    """All rows."""
    return frame


def of_class(table: str, class_id: str, members: set[str]) -> Rows:
    """Rows of one class: by its id, otherwise by its members."""
    if "class_id" in BUILT[table].columns:
        return lambda frame: frame[frame["class_id"] == class_id]
    return lambda frame: frame[frame["object"].isin(members)]


def of_city(table: str, city: str) -> Rows:
    """Rows about one city and what lies in it."""
    columns = BUILT[table].columns
    if "domain" in columns:
        inside = city[:4]
        return lambda frame: frame[frame["domain"].str.startswith(inside)]
    if "helper_city" in columns:
        return lambda frame: frame[(frame["city"] == city) | (frame["helper_city"] == city)]
    if table in OF_COUNTY:
        return lambda frame: frame[frame["object"].str.startswith(city[:4])]
    own = "object" if "object" in columns else "city"
    return lambda frame: frame[frame[own] == city]
