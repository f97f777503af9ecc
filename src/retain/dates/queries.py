"""The time that a query speaks of: ``in May 2023``, ``on 8 May 2023``, ``last week``."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from retain.dates.absolute import absolute
from retain.dates.calendar import Days
from retain.dates.relative import relative
from retain.dates.sentences import told
from retain.memory.moments import as_written

Period = tuple[datetime, datetime]
"""Half-open, UTC."""

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def period(query: str, as_of: datetime | None = None) -> Period | None:
    """The first time that the query speaks of, if it does.

    Args:
        query: What was asked.
        as_of: What "last week" is counted from; without it, such words mean nothing.
    """
    today = None if as_of is None else as_written(as_of).date()
    if found := absolute(query, today, "past", loose=True):
        days = told(query, found)
    elif today is not None and (found := relative(query, today, "past")):
        days = _about(told(query, found))
    else:
        return None
    start, end = days.bounds()
    return start or _FIRST, end or _LAST


def was_by(moment: datetime, as_of: datetime) -> bool:
    """Whether the moment lies before or at `as_of`, by its own clock or by the one of `as_of`.

    A day's last instant means that day wherever something was written on it.
    """
    return moment <= as_of or as_written(moment) <= as_written(as_of)


def _about(days: Days) -> Days:
    """The days with half as many on either side: people who ask for last week are not exact."""
    if days.start is None or days.end is None:
        return days
    slack = (days.end - days.start) // 2
    slack = timedelta(days=slack.days)
    return Days(max(days.start, date.min + slack) - slack, min(days.end, date.max - slack) + slack)
