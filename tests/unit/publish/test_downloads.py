"""The files beside the tables of a page: which there are, and that nothing is withheld on a page but told in a file."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import kaohe.plot
from kaohe.base.built import BUILT
from kaohe.base.plan import Plan
from kaohe.publish.audit import scan
from kaohe.publish.downloads import BEHIND, downloads, linked_files
from kaohe.publish.html import KaoheExporter
from kaohe.publish.table_books import LISTS, books_of
from kaohe.publish.table_cells import HIDDEN, Names, cells
from support.built_frames import the_plan
from support.publishing import PAGE_ONLY, executed, frames, seal, table


@pytest.fixture
def plan() -> Plan:
    return the_plan()


def test_every_table_of_the_reports_has_its_files_or_is_said_to_have_none() -> None:
    folder = Path(kaohe.plot.__file__).parent
    ids = {i for p in folder.glob("*.py") for i in re.findall(r"\"(t-[a-z-]+)\"", p.read_text(encoding="utf-8"))}
    assert len(ids) > 35
    assert {i for i in ids if i not in BEHIND and i not in PAGE_ONLY} == set()
    assert not set(BEHIND) & PAGE_ONLY
    assert set(BEHIND.values()) <= set(LISTS) <= set(BUILT)


@pytest.mark.parametrize(
    ("notebook", "target", "id", "hrefs"),
    [
        ("60_ranking", "city14", "t-ranking", ["../tables/ranking-city14.xlsx", "../tables/composite.csv"]),
        ("40_city", "440200000000", "t-streams", ["../tables/city-440200.xlsx", "../tables/streams.csv"]),
        ("30_survey", "440200000000", "t-county-3", ["../tables/city-440200.xlsx", "../tables/estimates.csv"]),
        ("45_county", "440222000000", "t-estimates", ["../tables/city-440200.xlsx", "../tables/estimates.csv"]),
        ("45_county", "440222000000", "t-forms", ["../tables/city-440200.xlsx", "../tables/form-scores.csv"]),
        ("50_unit", "DW001", "t-caps", ["../tables/ranking-unit235.xlsx", "../tables/caps.csv"]),
        ("70_overview", "province", "t-talk", ["../tables/overview.xlsx", "../tables/talk-list.csv"]),
        ("70_overview", "province", "t-problems", ["../tables/rectification.xlsx", "../tables/rectify.csv"]),
        ("10_data_quality", "province", "t-intake", ["../tables/data-quality.xlsx", "../tables/intake.csv"]),
        ("40_city", "440100000000", "t-villages", ["../tables/city-440100.xlsx", "../tables/village-profile.csv"]),
        ("45_county", "440222000000", "t-villages", ["../tables/city-440200.xlsx", "../tables/village-profile.csv"]),
        ("50_unit", "DW001", "t-problems", ["../tables/ranking-unit235.xlsx", "../tables/rectify.csv"]),
        ("40_city", "440200000000", "t-choices", []),
    ],
)  # fmt: skip
def test_where_a_table_is_found(notebook: str, target: str, id: str, hrefs: list[str]) -> None:
    assert [f["href"] for f in downloads(notebook, target, id)] == hrefs


def test_every_workbook_named_has_the_sheet_that_is_named(plan: Plan) -> None:
    books = {b.slug: {p.name for p in b.pages} for b in books_of(frames()["targets"], plan)}
    targets = frames()["targets"]
    for row in targets.to_dict("records"):
        for id in BEHIND:
            for file in downloads(str(row["notebook"]), str(row["object"]), id):
                name = file["href"].removeprefix("../tables/")
                if name.endswith(".xlsx"):
                    sheet = re.fullmatch(r"Excel（工作表“(.+)”）", file["text"])
                    assert sheet is not None
                    assert sheet[1] in books[name.removesuffix(".xlsx")], (row["notebook"], id)


def test_a_citys_workbook_holds_what_the_pages_of_the_city_and_its_counties_show(plan: Plan) -> None:
    made = {b.slug: {p.table: p.rows for p in b.pages} for b in books_of(frames()["targets"], plan)}
    own = made["city-440200"]["item_grades"](frames()["item_grades"])
    counties = set(frames()["item_grades"]["object"]) & set(frames()["counties"]["county"])
    assert set(own["object"]) == {"440200000000", *(c for c in counties if c.startswith("4402"))}
    assert len(set(own["object"])) > 1
    villages = frames()["village_profile"]
    helped = made["city-440100"]["village_profile"](villages)
    assert sorted(helped["village"]) == sorted(villages.loc[villages["helper_city"] == "440100000000", "village"]) != []
    held = made["city-440200"]["village_profile"](villages)
    assert sorted(held["village"]) == sorted(villages.loc[villages["city"] == "440200000000", "village"]) != []


def test_a_page_names_its_files_and_the_audit_lets_them_pass() -> None:
    made = executed(table("t-streams"), end=seal())
    text = KaoheExporter(embed_font=False).from_notebook_node(made)[0]
    assert linked_files([text]) == {"city-440200.xlsx", "streams.csv"}
    assert scan(text) == []
    assert [f.what for f in scan(text.replace("../tables/", "../../tables/"))] == ["a reference out of the page"] * 2


def test_few_respondents_are_withheld_in_the_files_too(plan: Plan) -> None:
    base = {"city": "440200000000", "margin": "hh_kind", "level_name": "甲", "target": 900.0, "before": 880.0, "after": 900.0,
            "g_min": 0.9, "g_max": 1.1, "iterations": 4}  # fmt: skip
    frame = pd.DataFrame([{**base, "level": k, "n": n} for k, n in (("a", 4), ("b", 30), ("c", 12), ("d", 60))])
    heads, rows = cells("calibration", frame, Names({}, plan))
    at = {h.label: i for i, h in enumerate(heads)}
    for label in ("样本户数", "校准前", "最小校准因子", "最大校准因子"):
        assert [row[at[label]] == HIDDEN for row in rows] == [True, False, True, False], label
    assert [row[at["登记户数"]] for row in rows] == [900.0] * 4
