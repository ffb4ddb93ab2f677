"""Times as files hold them, in UTC, and as the office reads them, in Beijing time."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone

_BEIJING = timezone(timedelta(hours=8))


def stamp(now: datetime) -> str:
    """The moment `now` in UTC, in ISO form to the second.

    Examples
    --------
    >>> stamp(datetime(2020, 12, 28, 10, 5, tzinfo=timezone(timedelta(hours=8))))
    '2020-12-28T02:05:00+00:00'
    """
    return now.astimezone(UTC).isoformat(timespec="seconds")


def office_day(now: datetime) -> date:
    """The day in Guangdong at the moment `now`."""
    return now.astimezone(_BEIJING).date()


def beijing_time(stamp: str) -> str:
    """The ISO time `stamp` as 2020年12月28日 10:05 in Beijing time; empty stays 未注明."""
    if not stamp:
        return "未注明"
    moment = datetime.fromisoformat(stamp).astimezone(_BEIJING)
    return f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}"


def months_later(day: date, months: int) -> date:
    """The day some `months` (a count) after `day`: of the same number, or the last one of its month.

    Examples
    --------
    >>> months_later(date(2020, 12, 31), 2)
    datetime.date(2021, 2, 28)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
