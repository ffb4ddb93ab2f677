"""Which reports a change in one city's data makes stale: those that show it, and no other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kaohe.publish import freshness as fresh
from kaohe.publish.built import build_info
from kaohe.publish.manifest import DONE, Entry, Manifest
from kaohe.publish.part_digests import PartDigests
from kaohe.publish.reports import ReportId, reports_of, targets_of
from support.built_frames import counties, members, the_plan
from support.publishing import frames, write_build
from support.reading import parts_of

CITY, OTHER, HELPER = members("city14")[1], members("city14")[0], members("city6")[0]
COUNTY, ELSEWHERE = counties(CITY)[0], counties(OTHER)[0]
SOME = {CITY, OTHER, HELPER, COUNTY, ELSEWHERE, "DW003", "city14", "city6", "unit235", "province"}
PROVINCE = {"10_data_quality", "20_sample_design", "70_overview"}


def reports() -> list[ReportId]:
    return [r for r in reports_of(frames()["targets"], the_plan()) if r.target.object in SOME]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Entry]:
    """Entries of some reports of every kind, as a run leaves them."""
    processed = write_build(tmp_path_factory.mktemp("processed"))
    return {
        r.slug: Entry(r.slug, r.notebook.stem, r.target.object, r.target.name, DONE, {}, parts=parts_of(r, processed))
        for r in reports()
    }


def stale(made: dict[str, Entry], folder: Path, **changed: pd.DataFrame) -> dict[str, fresh.Change]:
    """Reports that are stale when these tables take the place of the others, and why."""
    build = write_build(folder, {**frames(), **changed}) / "build"
    digests = PartDigests(build, targets_of(reports_of(frames()["targets"], the_plan())))
    found = {slug: fresh.change_of(entry, {}, digests) for slug, entry in made.items()}
    return {slug: change for slug, change in found.items() if change}


def with_change(table: str, rows: pd.Series, **values: object) -> pd.DataFrame:
    frame = frames()[table].copy()
    assert rows.any()
    for column, value in values.items():
        frame.loc[rows, column] = value
    return frame


def slugs(*places: str) -> set[str]:
    """Slugs of the reports of some targets, and of some notebooks of the province."""
    return {r.slug for r in reports() if r.target.object in places or r.notebook.stem in places}


def test_nothing_changed_is_nothing_stale(made: dict[str, Entry], tmp_path: Path) -> None:
    assert len(made) == 15
    assert stale(made, tmp_path) == {}


def test_a_problem_of_one_county(made: dict[str, Entry], tmp_path: Path) -> None:
    problems = frames()["rectify"].copy()
    at = problems.index[problems["object"] == CITY][0]
    problems.loc[at, ["place", "note"]] = [COUNTY, "改"]
    found = stale(made, tmp_path, rectify=problems)
    assert set(found) == {"overview", f"city-{CITY[:6]}", f"county-{COUNTY[:6]}"}


def test_a_form_of_a_village(made: dict[str, Entry], tmp_path: Path) -> None:
    items = frames()["item_grades"]
    rows = items["object"].isin([CITY, COUNTY]) & (items["level"] != "city")
    found = stale(made, tmp_path, item_grades=with_change("item_grades", rows, value=12.5))
    own = {"overview", "ranking-city14", f"city-{CITY[:6]}", f"survey-{CITY[:6]}", f"county-{COUNTY[:6]}"}
    assert set(found) == own
    assert not any(change.only_others for change in found.values())


def test_a_daily_record_reaches_the_pages_that_show_the_citys_place(made: dict[str, Entry], tmp_path: Path) -> None:
    daily, composite = frames()["daily_items"], frames()["composite"]
    found = stale(
        made, tmp_path,
        daily_items=with_change("daily_items", daily["object"] == CITY, note="改"),
        composite=with_change("composite", composite["object"] == CITY, composite=61.25),
    )  # fmt: skip
    own = {slug for slug, change in found.items() if not change.only_others}
    assert own == {"overview", "data-quality", "ranking-city14", f"city-{CITY[:6]}"}
    assert set(found) - own == {f"city-{OTHER[:6]}"}
    assert found[f"city-{OTHER[:6]}"].text() == "compared with: composite"
    assert found[f"city-{CITY[:6]}"].own == ("daily_items",)


def test_a_survey_answer_counts_elsewhere_only_when_a_printed_value_moves(
    made: dict[str, Entry], tmp_path: Path
) -> None:
    estimates = frames()["estimates"]
    shares = (
        estimates["is_share"]
        & (estimates["unit"] == "household")
        & ~estimates["indicator"].isin(["sat_work", "guarantees"])
    )
    indicator = estimates.loc[shares & (estimates["domain_type"] == "province"), "indicator"].iloc[0]
    mine = (estimates["domain"] == CITY) & (estimates["indicator"] == indicator)
    whole = (estimates["domain_type"] == "province") & (estimates["indicator"] == indicator)

    def changed(to: float) -> pd.DataFrame:
        frame = with_change("estimates", mine, estimate=0.5123)
        frame.loc[whole, ["estimate", "se"]] = [to, 0.0456]
        return frame

    at = round(float(estimates.loc[whole, "estimate"].iloc[0]), 3)
    own = {"overview", "sample-design", f"city-{CITY[:6]}", f"survey-{CITY[:6]}"}
    base = changed(at)
    first = stale(made, tmp_path / "a", estimates=base)
    assert set(first) == own
    moved = stale(made, tmp_path / "b", estimates=changed(at + (0.002 if at < 0.5 else -0.002)))
    others = slugs(OTHER, HELPER, COUNTY, ELSEWHERE)
    assert set(moved) == own | others
    assert {s for s, c in moved.items() if c.only_others} == others


def test_known_digests_are_used_for_the_same_bytes_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = build_info(write_build(tmp_path / "processed") / "build")
    targets = targets_of(reports_of(frames()["targets"], the_plan()))
    part = f"streams[object={CITY}]"
    right = PartDigests(info.folder, targets)[part]
    entry = Entry("city", "40_city", CITY, "", DONE, {}, parts={part: right})
    first = fresh.KnownDigests(info, targets, fresh.Known())
    assert first[part] == right
    tables, parts = first.known([entry])
    assert (tables, parts) == (info.tables, {part: right})
    monkeypatch.setattr("kaohe.publish.part_digests.PartDigests", None)  # nothing is read
    assert fresh.KnownDigests(info, targets, fresh.Known(tables, parts))[part] == right
    monkeypatch.undo()
    for table in ("streams", "targets"):
        other = fresh.KnownDigests(info, targets, fresh.Known({**tables, table: "0" * 64}, {part: "wrong"}))
        assert other[part] == right


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"library": "of another", "tables": {"a": "1"}, "parts": {"a": "2"}, "lists": {"x": "3"}}'],
)
def test_a_damaged_or_foreign_record_counts_as_none(tmp_path: Path, content: str) -> None:
    fresh.write_known(tmp_path, fresh.Known({"a": "1"}, {"a": "2"}, {"x": "3"}))
    assert fresh.read_known(tmp_path) == fresh.Known({"a": "1"}, {"a": "2"}, {"x": "3"})
    (tmp_path / ".kaohe.known.json").write_text(content)
    assert fresh.read_known(tmp_path) == fresh.Known()


def test_lists_stand_until_what_they_show_or_their_bytes_change(tmp_path: Path) -> None:
    info = build_info(write_build(tmp_path / "processed") / "build")
    entry = Entry("city", "40_city", CITY, "", DONE, {})
    digest = fresh.lists_digest(Manifest({"city": entry}), {"city": "fresh"}, info, "plan")
    assert digest != fresh.lists_digest(Manifest({"city": entry}), {"city": "stale"}, info, "plan")
    assert digest != fresh.lists_digest(Manifest(), {"city": "fresh"}, info, "plan")
    page = tmp_path / "index.html"
    page.write_text("page")
    from kaohe.base.files import sha256_file

    known = fresh.Known(lists={"made from": digest, "index.html": sha256_file(page)})
    assert fresh.lists_stand(tmp_path, known, digest)
    assert not fresh.lists_stand(tmp_path, known, "another")
    page.write_text("pagé")
    assert not fresh.lists_stand(tmp_path, known, digest)
