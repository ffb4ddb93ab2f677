"""Conclusions of a unit on its own form and on those of the villages it helps, against hand-written sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from kaohe.plot import words
from support.built_frames import make_context
from support.fake_report import FakeReport, frame

UNIT = make_context("unit")
OWN = UNIT.plan.forms["unit235"].items
VILLAGE = UNIT.plan.forms["village"].items


def own(grade: str = "好") -> list[dict[str, Any]]:
    return [
        {"object": UNIT.object, "class_id": "unit235", "level": "unit", "concept": i.concept, "item": i.no, "name": i.name, "grade": grade,
         "n_graded": 1, "n_ordinary": int(grade == "一般")}
        for i in OWN
    ]  # fmt: skip


def village(*bad: int, of: int = 1) -> list[dict[str, Any]]:
    """The village form; of the first items so many places are 一般."""
    weak = [*bad, *[0] * (len(VILLAGE) - len(bad))]
    return [
        {"object": UNIT.object, "class_id": "unit235", "level": "village", "concept": i.concept, "item": i.no, "name": i.name, "grade": "好",
         "n_graded": of, "n_ordinary": n}
        for i, n in zip(VILLAGE, weak, strict=True)
    ]  # fmt: skip


def said(rows: list[dict[str, Any]], **more: pd.DataFrame) -> list[str]:
    return [
        n.text for n in words.conclusions_unit(FakeReport(UNIT, item_grades=frame("item_grades", *rows), **more)).items
    ]


ONE, TWO, THREE = (UNIT.plan.concepts[i.concept] for i in VILLAGE[:3])


@pytest.mark.parametrize(
    ("rows", "tail"),
    [
        ([], ""),
        (village(), "；定点扶贫村考评表也没有评为“一般”及以下的"),
        (village(1), f"；定点扶贫村考评表评为“一般”及以下的有{ONE}"),
        (village(1, 1), f"；定点扶贫村考评表评为“一般”及以下的有{ONE}、{TWO}"),
        (village(*[1] * 6), "等6项"),
        (village(2, 2, of=3), f"；定点扶贫村考评表评为“一般”及以下的有{ONE}、{TWO}（各3处中2处）"),
        (village(1, 2, of=3), f"；定点扶贫村考评表中“一般”及以下最多的是{TWO}（3处中2处）"),
    ],
)
def test_one_form_has_no_most(rows: list[dict[str, Any]], tail: str) -> None:
    text = said(own() + rows)[1]
    assert text.startswith("定点扶贫考核指标表15项指标全部为“好”")
    assert text.endswith(f"{tail}。")
    assert ("最多" in text) == ("最多" in tail)


def test_weak_items_of_the_village_are_said_whatever_the_unit_is_weak_in() -> None:
    assert said(own("较差") + village(1, 1))[1] == (
        f"定点扶贫考核指标表15项指标全部为“较差”；定点扶贫村考评表评为“一般”及以下的有{ONE}、{TWO}。"
    )
    assert said(own("一般") + village())[1].endswith("全部为“一般”；定点扶贫村考评表没有评为“一般”及以下的。")


def test_items_graded_in_fewer_villages_have_their_own_share() -> None:
    rows = village(2, 2, 1, of=3)
    rows[1]["n_graded"] = 2
    assert said(own() + rows)[1].endswith(f"“一般”及以下最多的是{ONE}（3处中2处）、{TWO}（2处中2处）。")


def evidence(gap: float) -> pd.DataFrame:
    value = 25.0 if gap < 0 else 100.0
    return frame("evidence", {
        "object": UNIT.object, "class_id": "unit235", "concept": "party", "item": 11, "label": "党建", "index_grade": "较差" if gap < 0 else "好",
        "index_value": value, "evidence": value - gap, "gap": gap, "flagged": abs(gap) >= 25,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("gap", "text"),
    [
        (-75.0, "可对照的1项指标中，相差一档以上的有1项：党建（指标表“较差”，实地核查100.0分、合“好”），指标表偏低。"),
        (50.0, "可对照的1项指标中，相差一档以上的有1项：党建（指标表“好”，实地核查50.0分、合“一般”），指标表偏高。"),
        (10.0, "可对照的1项指标，指标表分值与实地核查得分相差不到一档（25分）。"),
    ],
)
def test_the_index_against_the_villages_is_a_conclusion_both_ways(gap: float, text: str) -> None:
    assert text in said(own(), evidence=evidence(gap))


def test_a_unit_without_a_visited_village_says_nothing_of_evidence() -> None:
    assert not any("对照" in t for t in said(own()))
