"""Floors of disclosure.toml and the override that two people sign."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kaohe.base.disclosure import FLOORS, check_disclosure
from kaohe.base.errors import InputRefused
from kaohe.base.files import sha256_file
from kaohe.base.plan import PLANS, load_plan, read_toml

GIVEN = read_toml(PLANS / "2020" / "disclosure.toml")


def message(values: dict[str, object], folder: Path) -> str:
    with pytest.raises(InputRefused) as refused:
        check_disclosure(values, folder)
    return refused.value.message()


def test_the_packaged_values_hold_and_cover_every_key(tmp_path: Path) -> None:
    check_disclosure(GIVEN, tmp_path)
    assert set(GIVEN) == {"schema", *FLOORS}
    assert load_plan().disclosure == GIVEN


@pytest.mark.parametrize(
    ("key", "value", "got", "expected"),
    [
        ("min_households", 9, "9", "10 or more"), ("min_cell", 2, "2", "3 or more"), ("small_group", 19, "19", "20 or more"),
        ("dominance_share", 0.91, "0.91", "0.9 or less"), ("suppress_cv", 0.6, "0.6", "0.5 or less"),
        ("protection", 2, "2", "3 or more"), ("min_households", 2, "2", "3 or more, whoever signs"),
        ("min_households", 10.5, "10.5", "a whole number"), ("protection_amount", True, "True", "a number"),
        ("suppress_cv", float("nan"), "nan", "a number"), ("min_villages", None, "missing", "3 or more"),
        ("min_housholds", 10, "min_housholds", "a known key, as min_households, min_psu, min_cell"),
    ],
)  # fmt: skip
def test_what_is_below_a_floor_is_refused(key: str, value: object, got: str, expected: str, tmp_path: Path) -> None:
    values = {k: v for k, v in {**GIVEN, key: value}.items() if v is not None}
    said = message(values, tmp_path)
    assert said == (
        f"K156 A disclosure threshold is below its floor\n  where     disclosure.toml › {key}\n"
        f"  got       {got}\n  expected  {expected}"
    )


# docs/privacy.md, Suppression and Below a floor, by hand: key, weakest value without an override, the next weaker one,
# weakest value at all, the next weaker one.
WEAKEST: list[tuple[str, float, float, float, float]] = [
    ("min_households", 10, 9, 3, 2),
    ("min_villages", 3, 2, 2, 1),
    ("min_psu", 2, 1, 2, 1),
    ("small_group", 20, 19, 10, 9),
    ("min_cell", 3, 2, 2, 1),
    ("dominance_n", 2, 1, 1, 0),
    ("dominance_share", 0.90, 0.91, 0.95, 0.96),
    ("protection", 3, 2, 2, 1),
    ("protection_amount", 0.10, 0.09, 0.05, 0.04),
    ("caution_cv", 0.30, 0.31, 0.50, 0.51),
    ("suppress_cv", 0.50, 0.51, 1.00, 1.01),
]


def test_the_table_of_the_weakest_values_is_whole() -> None:
    assert {key for key, *_ in WEAKEST} == {*GIVEN} - {"schema"}
    assert len(WEAKEST) == 11


@pytest.mark.parametrize(("key", "floor", "weaker", "least", "beyond"), WEAKEST)
def test_every_threshold_has_a_floor_and_a_least_that_nobody_can_sign_for(
    key: str, floor: float, weaker: float, least: float, beyond: float, tmp_path: Path
) -> None:
    check_disclosure({**GIVEN, key: floor}, tmp_path)
    side = "more" if weaker < floor else "less"
    tail = ", whoever signs" if floor == least else ""
    assert f"got       {weaker:g}\n  expected  {floor:g} or {side}{tail}" in message({**GIVEN, key: weaker}, tmp_path)

    text = (PLANS / "2020" / "disclosure.toml").read_text(encoding="utf-8")
    for value in (least, beyond):
        changed = re.sub(rf"(?m)^{key} = \S+", f"{key} = {value}", text)
        assert changed != text or GIVEN[key] == value
        (tmp_path / "disclosure.toml").write_text(changed, "utf-8")
        sign(tmp_path, "min_households", key)
        values = read_toml(tmp_path / "disclosure.toml")
        if value == least:
            check_disclosure(values, tmp_path)
        else:
            assert f"got       {value}\n  expected  {least:g} or {side}, whoever signs" in message(values, tmp_path)


SIGNED = (
    'reason = "内部研究"\napproved_by = "统计科负责人"\nreviewed_by = "保密审查人"\ndate = 2020-12-01\nkeys = ["min_households"]\n'
    'disclosure_sha256 = "{sha}"\n'
)


@pytest.fixture
def lowered(tmp_path: Path) -> tuple[dict[str, object], Path]:
    text = (PLANS / "2020" / "disclosure.toml").read_text(encoding="utf-8")
    (tmp_path / "disclosure.toml").write_text(text.replace("min_households = 10", "min_households = 5"), "utf-8")
    return read_toml(tmp_path / "disclosure.toml"), tmp_path


def sign(folder: Path, old: str = "", new: str = "") -> None:
    text = SIGNED.format(sha=sha256_file(folder / "disclosure.toml"))
    assert old in text
    (folder / "override.toml").write_text(text.replace(old, new) if old else text, "utf-8")


def test_an_override_signed_by_two_people_lowers_a_floor(lowered: tuple[dict[str, object], Path]) -> None:
    values, folder = lowered
    assert message(values, folder).startswith("K156")
    sign(folder)
    check_disclosure(values, folder)


@pytest.mark.parametrize(
    ("old", "new", "where", "got", "expected"),
    [
        ('reason = "内部研究"', 'reason = ""', "override.toml › reason", "missing",
         "reason, approved_by, reviewed_by, date, disclosure_sha256, keys"),
        ("保密审查人", "统计科负责人", "override.toml › reviewed_by", "统计科负责人", "another person than approved_by"),
        ("date = 2020-12-01", 'date = "today"', "override.toml › date", "'today'", "a date as 2020-12-01"),
        ('["min_households"]', '["min_cell"]', "override.toml › keys", "min_cell", "min_households among them"),
    ],
)  # fmt: skip
def test_an_override_that_does_not_hold_is_refused(
    lowered: tuple[dict[str, object], Path], old: str, new: str, where: str, got: str, expected: str
) -> None:
    values, folder = lowered
    sign(folder, old, new)
    assert message(values, folder) == (
        f"K379 The override of a disclosure threshold does not hold\n  where     {where}\n  got       {got}\n"
        f"  expected  {expected}\n"
        "  remedy    have it signed again for the disclosure.toml as it stands, or restore the floor"
    )


def test_an_override_of_another_file_is_refused(lowered: tuple[dict[str, object], Path]) -> None:
    values, folder = lowered
    sign(folder)
    path = folder / "disclosure.toml"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", "utf-8")
    assert "override.toml › disclosure_sha256" in message(values, folder)
    (folder / "override.toml").write_text("= 1", "utf-8")
    assert message(values, folder).startswith(
        "K379 The override of a disclosure threshold does not hold\n  where     override.toml\n"
    )
