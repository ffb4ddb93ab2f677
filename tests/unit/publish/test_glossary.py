"""The page of words: what depends on the plan is the plan's, under any plan."""

from __future__ import annotations

import shutil

import pytest

from kaohe.base.plan import Plan, load_plan
from kaohe.base.plan_files import DEFAULT_PLAN, PLANS
from kaohe.publish.glossary import groups, method


def words_of(plan: Plan) -> dict[str, str]:
    return {entry.term: entry.text for group in groups(plan) for entry in group.entries}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan with another confidence of the survey, other margins, classes of adjustment and nobody left out."""
    folder = tmp_path_factory.mktemp("plan") / "mine"
    shutil.copytree(PLANS / DEFAULT_PLAN, folder)
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    for old, new in (
        ("confidence = 0.95", "confidence = 0.90"),
        ('margins = ["county", "hh_kind", "size_group"]', 'margins = ["county", "hh_kind"]'),
        ('classes = ["hh_kind", "size_group"]', 'classes = ["hh_kind"]'),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    return load_plan(folder)


def test_the_units_of_the_first_stage_are_towns() -> None:
    assert "一个初级抽样单元（一个镇，必取的镇内为一个村）" in words_of(load_plan())["不可估"]


def test_words_of_the_plan_of_2020() -> None:
    said = words_of(load_plan())
    assert said["综合等次"].endswith("：好、较好、一般、较差。")
    assert said["来源"] == "综合得分的组成部分：专项调查、交叉考核、日常工作；单位没有专项调查。"
    assert "，不含对口帮扶的6个市和江门市。" in said["全省（专项调查中）"]
    assert "约95%的区间" in said["95%区间、置信区间"]
    assert "各县、各户类型、各家庭规模的" in said["校准"]


def test_another_plan_gives_other_words(other: Plan) -> None:
    said = words_of(other)
    assert "约90%的区间" in said["90%区间、置信区间"]
    assert "90%区间全部落在" in said["明显差于全省、明显好于全省"]
    assert "比例的90%区间" in dict(method(other))["专项调查"]
    assert "95%的把握" in said["名次区间"]  # of ranks: another choice, as it was
    assert "各县、各户类型的登记户数" in said["校准"]
    assert "家庭规模" not in said["校准"] + said["无应答调整"]
    assert "（户类型相同）" in said["无应答调整"]
