"""Codes, levels, names as people write them, and what is ambiguous."""

from __future__ import annotations

from pathlib import Path

import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.places import Gazetteer, Place, level_of, parent_code, read_divisions, short_name
from kaohe.base.plan import load_plan


@pytest.mark.parametrize(
    ("code", "level", "county"),
    [
        ("440000000000", "province", "440000000000"),
        ("440200000000", "city", "440200000000"),
        ("440222000000", "county", "440222000000"),
        ("440222101000", "town", "440222000000"),
        ("440222101203", "village", "440222000000"),
    ],
)
def test_levels_and_parents(code: str, level: str, county: str) -> None:
    assert level_of(code) == level
    assert parent_code(code, "county") == county


def test_short_forms() -> None:
    assert short_name("韶关市", "city") == "韶关"
    assert short_name("乳源瑶族自治县", "county") == "乳源"
    assert short_name("连山壮族瑶族自治县", "county") == "连山"
    assert short_name("城区", "county") == "城区"  # 汕尾: never stripped to 城


def test_names_resolve_within_their_parent() -> None:
    gazetteer = load_plan().gazetteer
    assert gazetteer.candidates("梅县", "county") == ["441403000000"]
    assert gazetteer.candidates("城区", "county") == ["441502000000"]
    assert gazetteer.candidates("曲江区", "county", "440200000000") == ["440205000000"]
    assert gazetteer.candidates("曲江区", "county", "440500000000") == []
    assert gazetteer.candidates("韶 关\u3000", "city") == ["440200000000"]
    assert len(gazetteer.at_level("city")) == 21


@pytest.mark.parametrize("typed", ["新墟村（老区）", "新墟村(老区)", "新墟村 （老区）", "新墟村（老区）\u200e"])
def test_a_registered_name_is_found_however_its_brackets_and_blanks_are_typed(typed: str) -> None:
    for registered in ("新墟村（老区）", "新墟村(老区)", "新墟村 （老区）"):
        gazetteer = Gazetteer([Place("440222101203", registered, "village", "440222101000")])
        assert gazetteer.candidates(typed, "village", "440222101000") == ["440222101203"]
        assert gazetteer.name("440222101203") == registered


def test_ambiguous_name_gives_all_candidates() -> None:
    places = [
        Place("440222101000", "太平镇", "town", "440222000000"),
        Place("440224101000", "太平镇", "town", "440224000000"),
    ]
    gazetteer = Gazetteer(places)
    assert len(gazetteer.candidates("太平", "town")) == 2
    assert gazetteer.candidates("太平", "town", "440224000000") == ["440224101000"]


@pytest.mark.parametrize("code", ["450100", "44020", "4402000", "４４０２００", ""])
def test_a_division_of_another_province_is_refused(code: str, tmp_path: Path) -> None:
    path = tmp_path / "divisions.csv"
    path.write_text(f"code,city,county,kind\n440200,韶关市,,市\n{code},南宁市,,市\n", encoding="utf-8")
    with pytest.raises(InputRefused) as caught:
        read_divisions(path)
    assert (caught.value.code, caught.value.where) == ("K120", "divisions.csv line 3")
    assert caught.value.expected == "code of six digits beginning with 44, city, county, kind"
