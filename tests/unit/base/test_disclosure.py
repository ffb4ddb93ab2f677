"""Floors of disclosure.toml and the override that two people sign."""

from __future__ import annotations

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
