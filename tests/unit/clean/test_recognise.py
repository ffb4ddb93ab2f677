"""Personal data in free text: what is found, what is left alone, and where recognition stops."""

from __future__ import annotations

import random

import pytest

from kaohe.clean.recognise import find_personal, id_check, luhn, number_kind, old_id
from kaohe.clean.scrub import mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("户主陈示范已搬走", "户主〔姓名〕已搬走"),
        ("由王小明负责跟进", "由〔姓名〕负责跟进"),
        ("联系人：欧阳金丝雀", "联系人：〔姓名〕"),
        ("姓名 司徒美玲，女", "姓名 〔姓名〕，女"),
        ("成员：阿不都·热合曼", "成员：〔姓名〕"),
        ("王强同志反映", "〔姓名〕同志反映"),
        ("村支书李明反映", "村支书〔姓名〕反映"),
        ("贫困户李四、王五和赵六未到场", "贫困户〔姓名〕、〔姓名〕和〔姓名〕未到场"),
        ("户名：䶮金雀", "户名：〔姓名〕"),
        ("住大塘村12号", "〔地址〕"),
        ("沙洲尾路12号3栋501室", "〔地址〕"),
        ("村民小组3组12号", "〔地址〕"),
        ("发至a.b@example.com。", "发至〔邮箱〕。"),
        ("电话 1 3 8 0 0 1 3 8 0 0 0", "电话 〔电话〕"),
        ("+86-138-0013-8000", "〔电话〕"),
        ("0086 13800138000", "〔电话〕"),
        ("138.0013.8000", "〔电话〕"),
        ("(0751)8881234", "〔电话〕"),
        ("0751 8881234", "〔电话〕"),
        ("０７５１－８８８１２３４", "〔电话〕"),
        ("证号110105194912310021", "证号〔证件号〕"),
        ("110105 19491231 002X", "〔证件号〕"),
        ("110105-19491231-002x", "〔证件号〕"),
        ("1101.0519.4912.3100.2X", "〔证件号〕"),
        ("１１０１０５１９４９１２３１００２Ｘ", "〔证件号〕"),
        ("老证440203490307823", "老证〔证件号〕"),
        ("6222-0212-3456-7890-123", "〔账号〕"),
        ("6222021234567890123", "〔账号〕"),
    ],
)  # fmt: skip
def test_what_is_masked(text: str, masked: str) -> None:
    assert mask_text(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "户主已搬走", "联系人不在家", "负责人未到位", "由村委会负责", "由市里统筹", "组长单位：深圳市", "负责处室", "主任科员", "户主何时搬走不清楚",
        "第3号", "大塘村委会12号文件", "440203100201", "440203100201220", "440203H0001", "2020-09-30 2020-10-12",
        "2020.9.30-2020.10.12", "2020年9月30日", "13500000000元", "全村36户，村民满意", "粤农扶组〔2020〕34号", "0.1380013800012345",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "1609459200", "武江区12个村", "1,234,567.89",
    ],
)  # fmt: skip
def test_what_is_left_alone(text: str) -> None:
    assert find_personal(text) == []


@pytest.mark.parametrize("text", ["陈示范反映房屋漏水", "老李家", "东头第二家"])
def test_where_recognition_stops(text: str) -> None:
    """A name without anything beside it that says so is not recognised: docs/privacy.md says it."""
    assert mask_text(text) == (text, 0)


def test_checks_of_numbers() -> None:
    assert id_check("11010519491231002X")
    assert not id_check("110105194912310021")
    assert luhn("6222021234567890128") != luhn("6222021234567890127")
    assert old_id("440203490307823")
    assert not old_id("440203491307823")  # no thirteenth month
    assert not old_id("990203490307823")
    assert number_kind("449901199003078230") == "证件号"


def test_every_split_of_an_identity_number_is_found() -> None:
    rng = random.Random(3)
    number = "11010519491231002X"
    for _ in range(200):
        cuts = sorted(rng.sample(range(1, 18), rng.randint(0, 5)))
        separator = rng.choice([" ", "-", ".", "_"])
        parts = [number[a:b] for a, b in zip([0, *cuts], [*cuts, 18], strict=True)]
        assert mask_text(f"号{separator.join(parts)}。") == ("号〔证件号〕。", 1)
