"""The one thing in a build that time alone changes: whether rectification is overdue."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from kaohe.base.plan import load_plan
from kaohe.run.build import past_due

PLAN = load_plan()


@pytest.mark.parametrize(
    ("notified", "day", "late"),
    [
        (None, date(2030, 1, 1), False),
        (date(2021, 2, 26), date(2021, 4, 26), False),
        (date(2021, 2, 26), date(2021, 4, 27), True),
        (date(2020, 12, 31), date(2021, 3, 1), True),
    ],
)
def test_overdue_begins_the_day_after_the_due_day(notified: date | None, day: date, late: bool) -> None:
    choices = {**PLAN.choices, **({"rectification": {"notified": notified}} if notified else {})}
    assert past_due(dataclasses.replace(PLAN, choices=choices), day) is late
