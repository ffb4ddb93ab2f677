"""Sentences and cards of a county's page: what is compared and what is not, shared places, problems that are rectified."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from kaohe.plot import words
from kaohe.plot.words_common import problems, talk
from support.built_frames import counties, make_context
from support.fake_report import PROVINCE, FakeReport, frame

SHAOGUAN = "440200000000"
HERE, THERE, _ = counties(SHAOGUAN)
COUNTY = make_context("county", object_=HERE)


def county(code: str = HERE, **change: Any) -> dict[str, Any]:
    row = {
        "county": code, "name": "武江区", "city": SHAOGUAN, "n_county": 1, "n_town": 2, "n_village": 4, "score": 80.0, "low": 80.0,
        "high": 80.0, "rank": 2.0, "n_ranked": 3, "n_weak": 1, "n_households": 73,
    }  # fmt: skip
    return {**row, **change}


SAME, WORSE, BETTER = (0.9, 0.8, 0.95), (0.7, 0.6, 0.8), (0.97, 0.95, 0.99)


def estimates(*own: tuple[str, tuple[float, float, float], dict[str, Any]]) -> pd.DataFrame:
    rows = []
    for indicator, (value, low, high), change in own:
        common = {
            "unit": "household",
            "indicator": indicator,
            "label": indicator,
            "is_share": True,
            "quality": "ok",
            "n": 70,
        }
        common["direction"] = COUNTY.plan.questions[indicator].direction
        rows.append(
            {
                **common,
                "domain_type": "county",
                "domain": HERE,
                "estimate": value,
                "ci_low": low,
                "ci_high": high,
                **change,
            }
        )
        rows.append(
            {**common, "domain_type": "province", "domain": PROVINCE, "estimate": 0.9, "ci_low": 0.89, "ci_high": 0.91}
        )
    return frame("estimates", *rows)


def survey(*own: tuple[str, tuple[float, float, float], dict[str, Any]]) -> tuple[str, str]:
    job = FakeReport(COUNTY, city=SHAOGUAN, counties=frame("counties", county(n_county=0)), estimates=estimates(*own))
    note = next(n for n in words.conclusions_county(job).items if n.text.startswith("专项调查"))
    return note.text, note.ref


ROUGH = ("water_safe", SAME, {"quality": "caution"})
NEUTRAL = ("public_job", SAME, {})


@pytest.mark.parametrize(
    ("own", "text", "ref"),
    [
        ([("job_info", SAME, {})], "只有1项（job_info），没有明显差别。", "t-estimates"),
        ([("job_info", WORSE, {}), ROUGH], "只有1项（job_info），明显较差；另有1项误差较大或户数太少、不作结论。", "t-differ"),
        ([("job_info", SAME, {}), ("know_policy", SAME, {}), NEUTRAL],
         "2项都没有明显差别；另有1项不分好坏、不作比较。", "t-estimates"),
        ([("job_info", WORSE, {}), ("know_policy", SAME, {}), ("know_person", BETTER, {}), NEUTRAL, ROUGH],
         "3项中，明显较差的1项（job_info），明显较好的1项（know_person），其余1项没有明显差别；"
         "另有1项不分好坏、不作比较，1项误差较大或户数太少、不作结论。", "t-differ"),
        ([("know_policy", SAME, {}), ("know_person", BETTER, {}), ("visits", SAME, {"n": 49}), ("dibao", SAME, {"quality": "suppressed"})],
         "2项中，没有明显较差的，明显较好的1项（know_person），其余1项没有明显差别；另有2项误差较大或户数太少、不作结论。", "t-differ"),
        ([("house_safe", WORSE, {}), ("house_grade", WORSE, {})], "只有1项（house_safe），明显较差。", "t-differ"),
    ],
)  # fmt: skip
def test_the_survey_says_what_is_compared_what_has_no_better_and_what_is_too_uncertain(
    own: list[tuple[str, tuple[float, float, float], dict[str, Any]]], text: str, ref: str
) -> None:
    assert survey(*own) == (f"专项调查完成样本户73户，可与全省比较的{text}", ref)


def test_the_survey_without_anything_to_compare() -> None:
    assert survey(NEUTRAL, ("visits", SAME, {"n": 49}))[0] == (
        "专项调查完成样本户73户，没有可与全省比较的：1项不分好坏、不作比较，1项误差较大或户数太少、不作结论。"
    )


def test_a_shared_place_is_said_so_in_sentence_and_card() -> None:
    for rank, word, value in ((2.0, "并列第2位", "并列2"), (3.0, "列第2位", "2")):
        table = frame("counties", county(), county(THERE, rank=rank))
        job = FakeReport(COUNTY, city=SHAOGUAN, counties=table)
        assert word in words.conclusions_county(job).items[0].text
        assert words.cards_county(job).items[1].value == value


def problem(name: str, *, prominent: bool, state: str = "已完成", label: str = "住房保障") -> dict[str, Any]:
    return {"problem": name, "object": SHAOGUAN, "place": HERE, "prominent": prominent, "state": state, "label": label}


def talk_list(*reasons: str) -> pd.DataFrame:
    return frame("talk_list", *({"object": HERE, "kind": "county", "reason": r} for r in reasons))


def test_a_county_whose_prominent_problems_are_rectified_is_told_why_it_is_on_the_list() -> None:
    found = frame("rectify", problem("A", prominent=True), problem("B", prominent=False, label="贫困退出"))
    extra = talk(talk_list("存在突出问题", "实地核查得分靠后"), found)
    assert problems(found, COUNTY, ref="x", extra=extra).text == (
        "登记问题2个，其中突出问题1个（涉及住房保障），全部完成整改；按方案“六、（五）结果审定及运用”列入谈话提醒对象，"
        "理由是存在突出问题（整改完成后仍计入）、实地核查得分靠后。"
    )
    still = frame("rectify", problem("A", prominent=True, state="整改中"), problem("B", prominent=True))
    assert talk(talk_list("存在突出问题"), still).endswith("理由是存在突出问题")
    assert talk(talk_list("实地核查得分靠后"), found).endswith("理由是实地核查得分靠后")
    assert talk(talk_list(), found) == ""
    one = problems(frame("rectify", problem("A", prominent=True)), COUNTY, ref="x").text
    assert one == "登记突出问题1个（涉及住房保障），已完成整改。"


def test_the_verdict_leaves_prominent_problems_to_the_sentence_on_problems() -> None:
    job = FakeReport(COUNTY, city=SHAOGUAN, counties=frame("counties", county(prominent=True, bottom=True)))
    assert "突出问题" not in words.conclusions_county(job).items[0].text
