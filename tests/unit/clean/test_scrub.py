"""Identity numbers by GB 11643-1999 and masks of free text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaohe.clean.scrub import account_fault, id_fault, is_personal_header, mask_text, phone_fault, shown

DAY = date(2020, 9, 30)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("11010519491231002X", ""), ("440524188001010014", ""),  # the standard's own examples
        ("11010519491231002x", ""), ("１１０１０５１９４９１２３１００２Ｘ", ""), (" 11010519491231002X\u200b", ""),
        ("110105194912310021", "K203"), ("110105491231002", "K204"), ("11010519491231002", "K204"),
        ("1101051949123100²X", "K204"), ("军字第1234567", "K204"), ("", "K204"),
        ("110105194902300029", "K205"), ("110105202101010025", "K205"), ("110105170001010024", "K205"),
        ("990105194912310029", "K206"), ("110005194912310029", "K206"), ("449901199003078230", "K206"),
    ],
)  # fmt: skip
def test_identity_numbers(number: str, code: str) -> None:
    assert id_fault(number, latest=DAY) == code


def test_the_unallocated_area_is_for_demonstrations_only() -> None:
    assert id_fault("449901199003078230", latest=DAY, synthetic=True) == ""
    assert id_fault("449901199003078231", latest=DAY, synthetic=True) == "K203"


@given(st.integers(0, 16), st.integers(1, 9))
def test_any_single_changed_digit_is_noticed(place: int, shift: int) -> None:
    number = "11010519491231002X"
    changed = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert id_fault(changed, latest=DAY) != ""


def test_telephones_and_accounts() -> None:
    assert [phone_fault(t) for t in ("13800138000", "+86 138-0013-8000", "0751-8881234", "8881234")] == [""] * 4
    assert [phone_fault(t) for t in ("1380013800", "23800138000", "无")] == ["K207"] * 3
    assert [account_fault(t) for t in ("6222021234567890128", "6222 0212 3456 7894", "622202123456")] == [""] * 3
    assert [account_fault(t) for t in ("62220212345", "6222X21234567890", "6222021234567890123")] == ["K207"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "440203100201", "2020年9月30日完成整改", "共12300元，涉及35户", "1234567890", "编号20201230", "H0001 与 H0002",
        "2019-2020年", "比例0.123456789012", "负责人已到位", "联系人不在家",
    ],
)  # fmt: skip
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert mask_text(text) == (text, 0)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("身份证110105194912310021。", "身份证〔证件号〕。"), ("卡号6222021234567890123", "卡号〔账号〕"),
        ("6222 0212 3456 7890", "〔账号〕"), ("13800138000转", "〔电话〕转"), ("0751-8881234", "〔电话〕"),
        ("负责人：陈示范，已谈话", "负责人：〔姓名〕，已谈话"), ("联系人:欧阳金丝雀 等", "联系人:〔姓名〕 等"),
        ("电话１３８００１３８０００", "电话〔电话〕"),
    ],
)  # fmt: skip
def test_persons_in_text_are_masked(text: str, masked: str) -> None:
    assert mask_text(text) == (masked, 1)


def test_headers_that_name_persons() -> None:
    assert all(is_personal_header(h) for h in ("户主姓名", "身份证号码", "联系电话", "家庭 住址", "开户银行", "户主"))
    assert not any(is_personal_header(h) for h in ("户类型", "村名", "户主为女性", "数值", "摘要"))


def test_values_shown_in_findings() -> None:
    assert shown("陈示范", "personal") == "（个人信息已遮盖，3 位）"
    assert shown("陈示范", "money") == "（文字，3 字）"
    assert shown("三千五", "money") == "（文字，3 字）"
    assert shown("约500", "money") == "约500"
    assert shown("陈村", "place") == "陈村"
    assert shown("没有", "int") == "没有"
