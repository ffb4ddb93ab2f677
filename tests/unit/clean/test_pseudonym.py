"""Pseudonyms: stable under one key, unlinkable under two, against an independent HMAC, and what they are used for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

import kaohe
from kaohe.base.plan import Plan, load_plan
from kaohe.base.tables import PSEUDONYMS
from kaohe.clean.pseudonym import normal, pseudonyms
from kaohe.clean.run import clean_all
from support.raw_office import RawOffice

NUMBERS = ["449901199003078230", "449901199003078257"]
KEYS = [name for name, _, _ in PSEUDONYMS["households"]]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


def hmac_by_hand(key: bytes, message: bytes) -> str:
    """HMAC-SHA256 as RFC 2104 writes it: H(K xor opad, H(K xor ipad, text))."""
    block = key.ljust(64, b"\x00")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + message).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).hexdigest()


def test_a_pseudonym_is_the_hmac_of_kind_and_value() -> None:
    secret = bytes(range(32))
    (got,) = pseudonyms("id_number", NUMBERS[:1], secret)
    assert got == hmac_by_hand(secret, b"kaohe id_number\x00" + NUMBERS[0].encode())[:32].translate(
        str.maketrans("0123456789abcdef", "abcdefghijklmnop")
    )


def test_same_value_same_pseudonym_and_another_kind_or_key_another() -> None:
    one = pseudonyms("id_number", [*NUMBERS, NUMBERS[0], ""], b"a" * 32)
    assert one[0] == one[2] != one[1]
    assert one[3] == ""
    assert not set(one[:3]) & set(pseudonyms("account", NUMBERS, b"a" * 32))
    assert not set(one[:3]) & set(pseudonyms("id_number", NUMBERS, b"b" * 32))


def test_writings_of_one_value_are_one() -> None:
    assert {
        normal("id_number", t)
        for t in ("11010519491231002x", " １１０１０５１９４９１２３１００２Ｘ", "110105-19491231-002X")
    } == {"11010519491231002X"}
    assert {normal("phone", t) for t in ("+86 138-0013-8000", "13800138000")} == {"13800138000"}
    assert normal("account", None) == ""


def office(plan: Plan, *, synthetic: bool = True) -> RawOffice:
    made = RawOffice(plan)
    if synthetic:
        made.raw["origin.toml"] = b"synthetic = true\nseed = 1\n"
    return made


def test_clean_households_carry_pseudonyms_and_no_value(plan: Plan, tmp_path: Path) -> None:
    made = office(plan)
    for number, row in enumerate(made.households):
        row |= {
            "户主姓名": "陈金丝雀",
            "身份证号": NUMBERS[number % 2] if number < 2 else "",
            "联系电话": "19912345678",
            "银行账号": "",
        }
    result = made.clean(tmp_path)
    table = pd.read_parquet(result.folder / "households.parquet")
    assert list(table.columns[-8:-4]) == KEYS
    assert table["person_key"].notna().sum() == 2
    assert table["person_key"].dropna().str.fullmatch("[a-p]{32}").all()
    assert table["account_key"].isna().all()
    assert table["phone_key"].nunique() == 1
    assert table["head_key"].nunique() == table["village"].nunique()  # a name alone tells nothing beyond its village
    intake = json.loads((result.folder / "intake.json").read_text(encoding="utf-8"))
    assert intake["key"]["kind"] == "demonstration"
    assert len(intake["key"]["id"]) == 12


def test_a_person_or_account_in_two_households_is_noted(plan: Plan, tmp_path: Path) -> None:
    made = office(plan)
    for row in made.households:
        row |= {"身份证号": "", "银行账号": ""}
    for row, number, account in zip(
        made.households, [NUMBERS[0], NUMBERS[0], NUMBERS[1]], ["6222021234567890"] * 3, strict=False
    ):
        row |= {"身份证号": number, "银行账号": account}
    result = made.clean(tmp_path)
    found = pd.read_parquet(result.folder / "findings.parquet")
    assert found[found["code"] == "K863"]["row"].tolist() == [2, 3]
    assert len(found[found["code"] == "K864"]) == 3
    first = found[found["code"] == "K863"].iloc[0]
    assert (first["action"], first["rule"]) == ("note", "同一身份证号出现在不止一户")
    assert NUMBERS[0] not in found.to_csv()
    assert result.rows["households"] == 18


def test_an_offices_key_is_made_once_and_ties_two_rounds(plan: Plan, tmp_path: Path) -> None:
    made = office(plan, synthetic=False)
    for row in made.households:
        row["身份证号"] = "11010519491231002X"
    key = tmp_path / "key" / "k"
    raw = made.write(tmp_path / "raw")
    first = clean_all(raw, tmp_path / "one", plan, key_file=key)
    assert first.new_key == key
    second = clean_all(raw, tmp_path / "two", plan, key_file=key)
    assert second.new_key is None
    one, two = (pd.read_parquet(r.folder / "households.parquet")["person_key"] for r in (first, second))
    pd.testing.assert_series_equal(one, two)
    other = clean_all(raw, tmp_path / "three", plan, key_file=tmp_path / "key" / "other")
    assert not set(one) & set(pd.read_parquet(other.folder / "households.parquet")["person_key"])


def test_processed_tables_are_for_their_owner_only(plan: Plan, tmp_path: Path) -> None:
    result = office(plan).clean(tmp_path)
    assert result.folder.stat().st_mode & 0o777 == 0o700
    assert (result.folder / "households.parquet").stat().st_mode & 0o777 == 0o600


def test_peek_shows_masked_rows_of_a_new_frame() -> None:
    frame = pd.DataFrame({
        "head_name": ["陈金丝雀", None], "person_key": ["0123456789abcdef" * 2, None], "note": ["户主陈金雀", "无"],
        "income_wage": [23456.0, float("nan")], "hh_size": [4, 3],
    })  # fmt: skip
    shown = kaohe.peek(frame)
    assert shown["head_name"].iloc[0] == "（个人信息已遮盖，4 位）"
    assert shown["person_key"].iloc[0] == "012345…"
    assert shown["note"].tolist() == ["户主〔姓名〕", "无"]
    assert shown["income_wage"].iloc[0] == 23000.0
    assert shown["hh_size"].tolist() == [4, 3]
    assert frame["head_name"].iloc[0] == "陈金丝雀"
    assert len(kaohe.peek(frame, 1)) == 1
