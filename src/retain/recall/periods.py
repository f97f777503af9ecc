"""The time that a query speaks of: ``in May 2023``, ``on 8 May 2023``, ``last week``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from retain.memory.moments import as_written

Period = tuple[datetime, datetime]
"""Half-open, UTC."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATES = tuple(
    re.compile(rf"\b{pattern}\b", re.IGNORECASE)
    for pattern in (
        rf"{_YEAR}-(?P<number>\d\d)(?:-(?P<day>\d\d))?",
        rf"{_DAY}(?: of)? {_MONTH},? {_YEAR}",
        rf"{_MONTH} {_DAY},? {_YEAR}",
        rf"{_MONTH},?(?: of)? {_YEAR}",
        rf"(?:in|during|of|since|year) {_YEAR}",
    )
)
_RELATIVE = re.compile(
    r"\b(?:(?P<day>today|yesterday|last night)|(?P<which>this|last|past) (?P<unit>week|month|year)"
    r"|(?P<number>\d{1,3}|a|an|one|two|three|four|five|six) "
    r"(?P<units>day|week|month|year)s? ago)\b",
    re.IGNORECASE,
)
_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


def period(query: str, as_of: datetime | None = None) -> Period | None:
    """The first time that the query speaks of, if it does.

    Args:
        query: What was asked.
        as_of: What "last week" is counted from; without it, such words mean nothing.
    """
    for pattern in _DATES:
        match = pattern.search(query)
        if match is not None:
            return _absolute(match.groupdict())
    match = _RELATIVE.search(query) if as_of is not None else None
    if match is None or as_of is None:
        return None
    return _relative(match.groupdict(), as_written(as_of))


def was_by(moment: datetime, as_of: datetime) -> bool:
    """Whether the moment lies before or at `as_of`, by its own clock or by the one of `as_of`.

    A day's last instant means that day wherever something was written on it.
    """
    return moment <= as_of or as_written(moment) <= as_written(as_of)


def _absolute(parts: dict[str, str | None]) -> Period | None:
    year = int(parts["year"] or 0)
    month = int(parts.get("number") or 0)
    if name := parts.get("month"):
        month = _MONTHS.index(name[:3].lower()) + 1
    day = int(parts.get("day") or 0)
    try:
        if day:
            start = datetime(year, month, day, tzinfo=UTC)
            return start, start + timedelta(days=1)
        if month:
            start = datetime(year, month, 1, tzinfo=UTC)
            return start, (start + timedelta(days=31)).replace(day=1)
        return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    except ValueError:  # the 31st of February
        return None


def _relative(parts: dict[str, str | None], now: datetime) -> Period | None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if day := parts["day"]:
        start = midnight - timedelta(days=day.lower() != "today")
        return start, start + timedelta(days=1)
    if unit := parts["unit"]:
        days = _DAYS[unit.lower()]
        # People are not exact: last week is any of the fourteen days before this one.
        back = 2 * days if (parts["which"] or "").lower() == "last" else days
        return midnight - timedelta(days=back), midnight + timedelta(days=1)
    number = (parts["number"] or "").lower()
    unit = (parts["units"] or "").lower()
    days = _DAYS[unit] * (_WORDS.get(number) or int(number))
    slack = _DAYS[unit] // 2 or 0
    try:
        start = midnight - timedelta(days=days + slack)
        return start, start + timedelta(days=1 + 2 * slack)
    except OverflowError:
        return None
