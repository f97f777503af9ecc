"""When things happened, as people write it and as lists are sorted by it."""

from __future__ import annotations

from datetime import datetime, timedelta

from retain.memory.model import Fact
from retain.memory.moments import as_written

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_INSTANT = timedelta(microseconds=1)


def day(moment: datetime) -> str:
    """The day as people write it: ``7 May 2023``."""
    moment = as_written(moment)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def label(fact: Fact) -> str:
    """When what the fact tells was, or else when it was said; empty where neither is known."""
    start, end = fact.occurred_start, fact.occurred_end
    if start is not None and end is not None:
        return _span(as_written(start), as_written(end))
    if start is not None:
        start = as_written(start)
        return f"since {day(start).removeprefix('1 ') if start.day == 1 else day(start)}"
    if end is not None:
        return f"until {day(_last(as_written(end)))}"
    return "" if fact.mentioned_at is None else day(fact.mentioned_at)


def moment(fact: Fact) -> datetime | None:
    """The one moment that the fact is sorted by, where it was written."""
    found = fact.occurred_start or fact.occurred_end or fact.mentioned_at
    return None if found is None else as_written(found)


def order(fact: Fact) -> tuple[bool, str]:
    """Sorts facts by time, the undated last."""
    when = moment(fact)
    return (when is None, "" if when is None else when.isoformat())


def _span(start: datetime, end: datetime) -> str:
    """A half-open span of time, as whole years, whole months or days."""
    last = max(_last(end), start)
    first, final = day(start).split(), day(last).split()
    if last > start and _opens_month(start) and _opens_month(end):
        first, final = first[1:], final[1:]
        if start.month == 1 and end.month == 1:
            first, final = first[1:], final[1:]
    if first == final:
        return " ".join(final)
    while len(first) > 1 and first[-1] == final[len(first) - 1]:
        first = first[:-1]
    return f"{' '.join(first)} to {' '.join(final)}"


def _opens_month(moment: datetime) -> bool:
    return moment.day == 1 and moment.hour == moment.minute == moment.second == 0


def _last(end: datetime) -> datetime:
    """The last instant before `end`."""
    try:
        return end - _INSTANT
    except OverflowError:
        return end
