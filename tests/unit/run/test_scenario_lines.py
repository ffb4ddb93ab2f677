from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from kaohe.base.plan import load_plan
from kaohe.base.scenario import Change
from kaohe.grade.compare import compare, compare_summary
from kaohe.run import scenario as scenarios
from kaohe.run.scenario import choices_table, shown
from kaohe.run.scenario_lines import pad, scenario_lines, width

PLAN = load_plan()


def tried(base: list[tuple[str, float, float, str]], new: list[tuple[str, float, float, str]]) -> Any:
    frames = [
        pd.DataFrame(rows, columns=["object", "composite", "rank", "grade_final"]).assign(
            class_id="city6", name=lambda f: f["object"], low=1.0, high=2.0
        )
        for rows in (base, new)
    ]
    rows = compare(frames[0], frames[1], frames[0], frames[1], PLAN)
    changes = (
        Change("choices.scale.cuts.好", 87.5, 90.0, law=False),
        Change("what_if.stream_weights.city6.survey", 0.3, 0.4, law=True),
    )
    return SimpleNamespace(
        scenario=SimpleNamespace(name="x", title="试", note=""), choices=choices_table(changes), compare=rows,
        summary=compare_summary(rows, PLAN),
    )  # fmt: skip


def test_a_change_is_shown_in_a_table_of_equal_columns() -> None:
    made = tried(
        [("甲市", 90.0, 1.0, "好"), ("乙市", 89.5, 2.0, "好")],
        [("甲市", 89.0, 2.0, "较好"), ("乙市", 90.25, 1.0, "好")],
    )
    lines = scenario_lines(made, PLAN)
    assert lines[:3] == [
        "scenario x: 试", "  choices.scale.cuts.好: 87.5 → 90",
        "  what_if.stream_weights.city6.survey: 0.3 → 0.4（方案规定，只作假设）",
    ]  # fmt: skip
    at = lines.index("承担对口帮扶任务的6个市：1个降等；2个名次变动，平均1.00位，最多1位")
    table = lines[at + 1 : at + 4]
    assert [line.split() for line in table] == [
        ["对象", "基准得分", "情形得分", "变化", "基准名次", "情形名次", "升降", "基准等次", "情形等次"],
        ["乙市", "89.50", "90.25", "+0.75", "2", "1", "+1", "好", "好"],
        ["甲市", "90.00", "89.00", "-1.00", "1", "2", "-1", "好", "较好"],
    ]
    assert len({width(line) for line in table}) == 1
    assert "有脱贫攻坚任务的14个市：没有对象" in lines


def test_what_does_not_change_is_one_line() -> None:
    same = [("甲市", 90.0, 1.0, "好")]
    lines = scenario_lines(tried(same, same), PLAN)
    assert lines[lines.index("承担对口帮扶任务的6个市：等次不变；名次不变") + 1] == ""


def test_values_in_a_line() -> None:
    assert [shown(v) for v in (None, True, 0.25, ["V1", "V2"], [], [{"name": "甲"}], "文")] == [
        "（无）", "是", "0.25", "V1、V2", "（无）", "甲", "文",
    ]  # fmt: skip
    assert (pad("市", 4), pad("市", 4, right=True), width("a市")) == ("市  ", "  市", 3)


def test_the_time_of_a_scenario_is_in_utc_as_that_of_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same = [("甲市", 90.0, 1.0, "好")]
    made = SimpleNamespace(**vars(tried(same, same)), tables={}, origin="demo")
    monkeypatch.setattr(scenarios, "try_scenario", lambda *_, **__: made)
    what_if: Any = SimpleNamespace(name="x", title="试", note="", changes=(), plan=PLAN)
    evening = datetime(2021, 1, 1, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    home, _ = scenarios.build_scenario(tmp_path, PLAN, what_if, now=evening)
    assert json.loads((home / "scenario.json").read_text(encoding="utf-8"))["built_at"] == "2020-12-31T16:05:00+00:00"
