"""Each clause of what makes a report stale, by itself, with digests made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kaohe.base.files import sha256_text
from kaohe.publish import freshness as fresh
from kaohe.publish.built import BuildInfo
from kaohe.publish.manifest import DONE, FAILED, Entry, Manifest

CITY = "440200000000"
OWN = f"[object={CITY}]"
CLASS = "[class_id=city14]"


def entry(notebook: str = "40_city", target: str = CITY, **parts: str) -> Entry:
    """A report that read these parts (``table`` stands for its own rows) when their digest was "1"."""
    inputs = {"notebook": "n", "library": "l", "plan": "p", "parameters": "q"}
    return Entry("x", notebook, target, "", DONE, inputs, parts=parts)


INPUTS = {"notebook": "n", "library": "l", "plan": "p", "parameters": "q"}


@pytest.mark.parametrize(
    ("inputs", "changed"),
    [
        (INPUTS, ()),
        ({**INPUTS, "plan": "other"}, ("plan",)),
        ({**INPUTS, "new": "here"}, ("new",)),
        ({k: v for k, v in INPUTS.items() if k != "plan"}, ("plan",)),
        ({}, ("library", "notebook", "parameters", "plan")),
    ],
)
def test_an_input_that_changed_came_or_vanished(inputs: dict[str, str], changed: tuple[str, ...]) -> None:
    assert fresh.change_of(entry(), inputs, {}) == fresh.Change(inputs=changed)


def test_a_table_of_which_own_rows_and_others_changed_is_named_once_as_own() -> None:
    read = entry(**{f"streams{OWN}": "1", f"streams{CLASS}": "1", f"item_grades{CLASS}": "1", f"daily_items{OWN}": "1"})
    now = {f"streams{OWN}": "2", f"streams{CLASS}": "2", f"item_grades{CLASS}": "2", f"daily_items{OWN}": "1"}
    found = fresh.change_of(read, INPUTS, now)
    assert (found.own, found.others) == (("streams",), ("item_grades",))
    assert not found.only_others
    assert found.text() == "own data: streams; compared with: item_grades"
    only = fresh.change_of(read, INPUTS, {**now, f"streams{OWN}": "1"})
    assert (only.own, only.others, only.only_others) == ((), ("item_grades", "streams"), True)


@pytest.mark.parametrize(
    ("notebook", "own"),
    [
        ("10_data_quality", True), ("20_sample_design", True), ("60_ranking", True), ("70_overview", True),
        ("30_survey", False), ("40_city", False), ("45_county", False), ("50_unit", False),
    ],
)  # fmt: skip
def test_all_rows_are_the_own_ones_of_reports_on_a_class_or_the_province(notebook: str, own: bool) -> None:
    assert fresh.is_own(f"item_grades{CLASS}", entry(notebook)) is own
    assert fresh.is_own(f"composite{OWN}", entry(notebook)) is own


# What depends on the others of its class although the row is a target's own: places, chances, what-ifs, distances.
BY_THE_OTHERS = {
    "composite", "rank_intervals", "rank_probabilities", "grade_probabilities", "pair_probabilities", "sensitivity",
    "contributions", "swap_weights", "consistency", "profiles", "counties",
}  # fmt: skip
BY_ITSELF = {
    "streams", "item_grades", "form_scores", "evidence", "survey_items", "daily_items", "daily_sources", "caps",
    "decisions_log", "lost_points", "way_up", "completeness", "self_compare", "self_status", "rectify", "group_scores",
}  # fmt: skip


def test_rows_that_tell_a_place_among_others_are_not_the_own_ones() -> None:
    for table in BY_THE_OTHERS:
        assert not fresh.is_own(f"{table}{OWN}", entry()), table
    for table in BY_ITSELF:
        assert fresh.is_own(f"{table}{OWN}", entry()), table


def test_state_by_state(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html/x.html").write_text("page")
    done = replace(entry(**{f"streams{OWN}": "1"}), outputs={"html/x.html": sha256_text("page")})
    now = {f"streams{OWN}": "1"}
    assert fresh.state_of(done, INPUTS, now, tmp_path) == "fresh"
    assert fresh.state_of(replace(done, outputs={}), INPUTS, now, tmp_path) == "missing"
    assert fresh.state_of(replace(done, state=FAILED), INPUTS, now, tmp_path) == "failed"
    assert fresh.state_of(done, {}, now, tmp_path) == "stale"
    assert fresh.state_of(done, INPUTS, {f"streams{OWN}": "2"}, tmp_path) == "stale"
    half = replace(done, outputs={**done.outputs, "pdf/x.pdf": "0"})
    assert fresh.state_of(half, INPUTS, now, tmp_path) == "missing"


def test_lists_follow_all_that_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = BuildInfo(tmp_path, "demo", "data", "plan", "build", "2021-01-01T00:00:00", {"streams": "1"})
    made = Manifest({"x": entry()})

    def digest(info: BuildInfo = info, states: str = "fresh", plan: str = "p", made: Manifest = made) -> str:
        return fresh.lists_digest(made, {"x": states}, info, plan)

    found = [
        digest(),
        digest(replace(info, tables={"streams": "2"})),
        digest(replace(info, data_hash="other")),
        digest(replace(info, time="2021-01-02T00:00:00")),
        digest(replace(info, origin="office")),
        digest(states="stale"),
        digest(plan="other"),
        digest(made=Manifest({"x": replace(entry(), seconds=2.0)})),
    ]
    monkeypatch.setattr(fresh, "library_hash", lambda: "other")
    found.append(digest())
    assert len(set(found)) == 9
    monkeypatch.undo()
    assert digest() == found[0]


def test_what_another_library_found_out_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = fresh.Known({"streams": "1"}, {f"streams{OWN}": "2"}, {"index.html": "3"})
    fresh.write_known(tmp_path, known)
    assert fresh.read_known(tmp_path) == known
    monkeypatch.setattr(fresh, "library_hash", lambda: "other")
    assert fresh.read_known(tmp_path) == fresh.Known()
