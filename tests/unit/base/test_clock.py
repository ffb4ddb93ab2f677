"""Times in files are UTC whatever clock made them; the office's day and hour are Beijing's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from kaohe.base.clock import beijing_time, office_day, stamp

NIGHT = datetime(2020, 12, 31, 16, 5, 7, 999, tzinfo=UTC)


@pytest.mark.parametrize("hours", [0, 8, -5])
def test_a_moment_is_one_stamp_on_every_clock(hours: int) -> None:
    moment = NIGHT.astimezone(timezone(timedelta(hours=hours)))
    assert stamp(moment) == "2020-12-31T16:05:07+00:00"
    assert office_day(moment) == date(2021, 1, 1)
    assert beijing_time(moment.isoformat()) == "2021年1月1日 00:05"


def test_the_day_is_that_of_guangdong() -> None:
    assert office_day(datetime(2021, 4, 26, 15, 59, tzinfo=UTC)) == date(2021, 4, 26)
    assert office_day(datetime(2021, 4, 26, 16, 0, tzinfo=UTC)) == date(2021, 4, 27)


def test_no_stamp_is_said() -> None:
    assert beijing_time("") == "未注明"
