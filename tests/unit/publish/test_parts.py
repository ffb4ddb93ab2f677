"""Which rows a report reads, and that their fingerprints change exactly when they do."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.files import write_parquet
from kaohe.publish.part_digests import PartDigests
from kaohe.publish.parts import Part, own_part, peers_part, read_part, rows_digest
from kaohe.publish.reports import Target, reports_of, targets_of
from support.built_frames import the_plan
from support.publishing import frames, write_build

CITY = Target("city", "440200000000", "韶关市", "city14", "440200000000")
COUNTY = Target("county", "440222000000", "始兴县", "", "440200000000")
UNIT = Target("unit", "DW003", "单位003", "unit235")
CLASS = Target("class", "city6", "承担对口帮扶任务的6个市", "city6")
PROVINCE = Target("province", "province", "全省")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("processed")) / "build"


def everyone() -> list[Target]:
    return targets_of(reports_of(frames()["targets"], the_plan()))


@pytest.mark.parametrize(
    ("target", "table", "part"),
    [
        (CITY, "streams", "streams[object=440200000000]"),
        (CITY, "estimates", "estimates[domain=440200000000]"),
        (CITY, "village_profile", "village_profile[city=440200000000]"),
        (CITY, "intake", "intake"),
        (COUNTY, "village_profile", "village_profile[county=440222000000]"),
        (COUNTY, "counties", "counties[county=440222000000]"),
        (COUNTY, "estimates", "estimates[domain=440222000000]"),
        (UNIT, "streams", "streams[object=DW003]"),
        (CLASS, "composite", "composite[class_id=city6]"),
        (CLASS, "caps", "caps[object of city6]"),
        (PROVINCE, "estimates", "estimates[domain_type=province]"),
        (PROVINCE, "composite", "composite"),
    ],
)
def test_own_rows(target: Target, table: str, part: str) -> None:
    assert str(own_part(table, target)) == part


@pytest.mark.parametrize(
    ("target", "table", "part"),
    [
        (CITY, "composite", "composite[class_id=city14]"),
        (CITY, "estimates", "estimates[domain of city14]"),
        (UNIT, "composite", "composite[class_id=unit235]"),
        (COUNTY, "counties", "counties[city=440200000000]"),
        (COUNTY, "estimates", "estimates[domain of 440200000000]"),
        (PROVINCE, "composite", "composite"),
    ],
)
def test_peers_rows(target: Target, table: str, part: str) -> None:
    assert str(peers_part(table, target)) == part


@pytest.mark.parametrize("text", ["composite", "streams[object=DW001]", "estimates[domain of city14]"])
def test_a_part_reads_back_from_its_written_form(text: str) -> None:
    assert str(Part.parse(text)) == text


def test_an_unreadable_part_is_refused() -> None:
    with pytest.raises(InputRefused, match="K803"):
        Part.parse("streams[object~x]; drop")


def test_an_unknown_table_gets_the_nearest_names() -> None:
    with pytest.raises(InputRefused, match="K802 There is no such table") as caught:
        own_part("stream", CITY)
    assert "streams" in caught.value.expected


def test_only_the_rows_asked_for_are_read(build: Path) -> None:
    own = read_part(build, own_part("streams", CITY), everyone())
    expected = frames()["streams"].query("object == '440200000000'").reset_index(drop=True)
    pd.testing.assert_frame_equal(own, expected)
    peers = read_part(build, peers_part("estimates", COUNTY), everyone())
    in_city = {t.object for t in everyone() if t.kind == "county" and t.city == "440200000000"}
    assert in_city
    assert set(peers["domain"]) == in_city & set(frames()["estimates"]["domain"])


@pytest.mark.parametrize(
    "text",
    [
        "composite",
        "streams[object=440200000000]",
        "estimates[domain of city14]",
        "caps[object of city6]",
        "streams[object=nobody]",
        "counties[city=440200000000]",
    ],
)
def test_digests_in_bulk_equal_those_of_single_reads(build: Path, text: str) -> None:
    single = rows_digest(read_part(build, Part.parse(text), everyone()))
    assert PartDigests(build, everyone())[text] == single


def test_a_change_in_one_city_changes_its_own_digest_and_its_classs_only(tmp_path: Path) -> None:
    build = write_build(tmp_path) / "build"
    before = PartDigests(build, everyone())
    parts = ["streams[object=440200000000]", "streams[object=440300000000]", "streams[class_id=city14]"]
    parts += ["streams[class_id=city6]", "streams"]
    old = [before[p] for p in parts]
    changed = frames()["streams"].copy()
    changed.loc[changed["object"] == "440200000000", "score"] += 0.5
    write_parquet(build / "streams.parquet", changed)
    after = PartDigests(build, everyone())
    assert [after[p] == o for p, o in zip(parts, old, strict=True)] == [False, True, False, True, False]


@pytest.mark.parametrize(("table", "column"), [("estimates", "is_share"), ("estimates", "n"), ("item_grades", "item")])
def test_rows_are_chosen_by_texts_only(table: str, column: str) -> None:
    """A number equals no text: rows from memory and from the file would not be the same."""
    with pytest.raises(InputRefused, match="K802 Rows are chosen by texts only") as caught:
        Part(table).narrowed({column: "1"})
    assert caught.value.got == column
    with pytest.raises(InputRefused, match="K802 There is no such column"):
        Part(table).narrowed({"itm": "1"})
