"""The overview's first sentences: grades by class, who is weak, and whose grade a rule or a decision changed."""

from __future__ import annotations

from typing import Any

from kaohe.plot import words
from support.built_frames import make_context, members
from support.fake_report import FakeReport, frame

CITIES = members("city14")
PROVINCE = make_context("province")


def city(n: int, grade: str, by_score: str = "", **change: Any) -> dict[str, Any]:
    row = {
        "object": CITIES[n],
        "name": PROVINCE.name_of(CITIES[n]),
        "class_id": "city14",
        "composite": 70.0 + n,
        "n_ranked": 14,
    }
    return {**row, "grade_final": grade, "grade_score": by_score or grade, **change}


def first(*rows: dict[str, Any], caps: tuple[int, ...] = (), decided: tuple[int, ...] = ()) -> str:
    frames = {
        "composite": frame("composite", *rows),
        "caps": frame("caps", *(
            {"object": CITIES[n], "rule": "V1", "fired": True, "before": "较好", "after": "一般"} for n in caps
        )),
        "decisions_log": frame("decisions_log", *(
            {"object": CITIES[n], "decision": f"D{n}", "applied": True, "to_grade": "一般"} for n in decided
        )),
    }  # fmt: skip
    return (
        words.conclusions_overview(FakeReport(PROVINCE, **frames))
        .items[0]
        .text.removeprefix("有脱贫攻坚任务的14个市：")
    )


def test_nobody_weak_and_nobody_changed() -> None:
    assert first(city(0, "好"), city(1, "较好")) == "“好”1个、“较好”1个。"


def test_weak_ones_are_named_and_so_is_what_changed_their_grade() -> None:
    assert first(city(0, "一般"), city(1, "好")) == "“好”1个、“一般”1个（汕头市）。"
    capped = first(city(0, "一般", "较好"), city(1, "一般", "好"), city(2, "一般"), caps=(0,), decided=(1,))
    assert capped == "“一般”3个（汕头市按限制规则，韶关市按人工决定，河源市按得分）。"
    both = first(city(0, "一般", "较好"), caps=(0,), decided=(0,))
    assert both == "“一般”1个（汕头市按限制规则和人工决定）。"
    raised = first(city(0, "较好", "好"), city(1, "较好"), decided=(0,))
    assert raised == "“较好”2个（汕头市按人工决定）。"


def test_many_weak_ones_are_counted_beside_those_that_a_rule_changed() -> None:
    text = first(*(city(n, "一般") for n in range(3)), city(3, "一般", "较好"), caps=(3,))
    assert text == "“一般”4个（梅州市按限制规则，其余3个按得分）。"
    assert first(*(city(n, "一般") for n in range(5))) == "“一般”5个（汕头市、韶关市、河源市、梅州市等）。"


def test_open_and_missing_grades_are_named_after_the_others() -> None:
    text = first(city(0, "好"), city(1, "待核", "较好"), city(2, "缺数据", "", composite=None))
    assert text == "“好”1个；待核1个（韶关市）；因缺数据不定等次1个（河源市）。"
