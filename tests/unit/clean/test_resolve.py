"""Places and targets as people write them: resolved, repaired with a finding, or set aside with choices."""

from __future__ import annotations

import pytest

from kaohe.base.places import Place
from kaohe.base.plan import Plan
from kaohe.clean.resolve import Register

SHAOGUAN, QINGYUAN, SHANWEI, MEIZHOU = "440200000000", "441800000000", "441500000000", "441400000000"


@pytest.fixture(scope="module")
def register(plan: Plan) -> Register:
    towns = [
        Place("440203100000", "云溪镇", "town", "440203000000"), Place("440204100000", "云溪镇", "town", "440204000000"),
    ]  # fmt: skip
    objects = {
        SHAOGUAN: ("韶关市", "city14"), QINGYUAN: ("清远市", "city14"), "440100000000": ("广州市", "city6"),
        "DW001": ("单位001", "unit235"),
    }  # fmt: skip
    return Register.build(plan, towns, objects)


@pytest.mark.parametrize(
    ("text", "level", "parent", "code", "finding"),
    [
        ("韶关市", "city", "", SHAOGUAN, ""), ("440200000000", "city", "", SHAOGUAN, ""), ("韶关", "city", "", SHAOGUAN, "K285"),
        ("韶关市 ", "city", "", SHAOGUAN, "K285"), ("韶\u200b关市", "city", "", SHAOGUAN, "K285"),
        ("韶关市\u200e", "city", "", SHAOGUAN, "K285"), ("\u202b韶关市\u202c", "city", "", SHAOGUAN, "K285"), ("韶\u2060关\u00ad市", "city", "", SHAOGUAN, "K285"),
        ("440200", "city", "", SHAOGUAN, "K285"), (440200000000.0, "city", "", SHAOGUAN, ""),
        ("曲江县", "county", SHAOGUAN, "440205000000", "K285"), ("乳源", "county", SHAOGUAN, "440232000000", "K285"),
        ("乳源瑶族自治县", "county", SHAOGUAN, "440232000000", ""), ("城区", "county", SHANWEI, "441502000000", ""),
        ("梅县", "county", MEIZHOU, "441403000000", "K285"), ("云溪镇", "town", "440203000000", "440203100000", ""),
        ("云溪", "town", "440204000000", "440204100000", "K285"),
        ("Shaoguan", "city", "", SHAOGUAN, "K285"), ("SHAOGUAN CITY", "city", "", SHAOGUAN, "K285"),
        ("广东省韶关市", "city", "", SHAOGUAN, "K285"), ("韶关市武江区", "county", "", "440203000000", "K285"),
        ("广东省韶关市武江区", "county", SHAOGUAN, "440203000000", "K285"), ("大亚湾区", "county", "", "441303000000", "K351"),
        ("惠州市仲恺高新区", "county", "441300000000", "441302000000", "K351"), ("番禺市", "county", "", "440113000000", "K285"),
    ],
)  # fmt: skip
def test_places(register: Register, text: object, level: str, parent: str, code: str, finding: str) -> None:
    outcome = register.place(text, level, parent)  # type: ignore[arg-type]
    assert (outcome.value, outcome.code) == (code, finding)


def test_what_cannot_be_resolved_says_what_it_may_be(register: Register) -> None:
    ambiguous = register.place("云溪镇", "town")
    assert (ambiguous.value, ambiguous.code) == (None, "K276")
    assert ambiguous.expected == "可能是：韶关市武江区云溪镇（440203100000）、韶关市浈江区云溪镇（440204100000）"
    elsewhere = register.place("清城区", "county", SHAOGUAN)
    assert elsewhere.code == "K277"
    assert elsewhere.expected == "韶关市之内；名册中是：清远市清城区（441802000000）"
    unknown = register.place("韶光市", "city")
    assert unknown.code == "K275"
    assert unknown.expected.startswith("市名称或 12 位代码，如 韶关市")
    assert register.place("滨海新区", "county").code == "K275"
    assert register.place(None, "city").value is None


@pytest.mark.parametrize(
    ("text", "code", "finding"),
    [
        ("韶关市", SHAOGUAN, ""), (SHAOGUAN, SHAOGUAN, ""), ("韶关", SHAOGUAN, "K285"), ("单位001", "DW001", ""),
        ("DW001", "DW001", ""), ("单位００１", "DW001", "K285"), ("ＤＷ001", "DW001", "K285"), ("江门市", None, "K288"),
        ("江门", None, "K288"), ("单位999", None, "K275"), ("深圳市", None, "K275"),
    ],
)  # fmt: skip
def test_targets(register: Register, text: str, code: str | None, finding: str) -> None:
    outcome = register.target(text)
    assert (outcome.value, outcome.code) == (code, finding)


def test_codes_keep_their_zeros(register: Register) -> None:
    levels = ("town",)
    assert register.code("440203100000", levels).value == "440203100000"
    assert register.code("４４０２０３１０００００", levels).code == "K282"
    assert register.code("44020310000", levels).code == "K279"
    assert register.code("440203100001", levels).code == "K281"
    assert register.code(SHAOGUAN, levels).code == "K281"
