"""Absolute dates and times, as headings, front matter and chat messages write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})(?!\d)"
_DATES = (
    re.compile(r"(?<![\d./-])(?P<year>[12]\d{3})([-/])(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?!\d)"),
    re.compile(rf"(?<![\w.]){_DAY}(?:\s+of)?[\s-]+{_MONTH},?[\s-]*{_YEAR}", re.IGNORECASE),
    re.compile(rf"(?<!\w){_MONTH}\s*{_DAY},?\s+{_YEAR}", re.IGNORECASE),
)
_STAMP = re.compile(r"(?<![\w./-])[12]\d{3}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?")
_TIME = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})(?:"
    r"(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?\s*(?P<half>[ap])\.?m\b\.?"
    r"|:(?P<minute24>\d{2})(?::(?P<second24>\d{2})(?:[.,]\d+)?)?(?![\d:]))",
    re.IGNORECASE,
)
_ONLY_TIME = re.compile(r"\W*(?:at\s+)?(?P<time>\d[\d:]*\s*(?:[ap]\.?m\.?)?)\W*", re.IGNORECASE)
_EPOCH = re.compile(r"\d{9,}(?:\.\d+)?")
# Smaller numbers are years, counters or seconds of a recording.
_SECONDS_FROM = 1e8
_MILLISECONDS_FROM = 1e11
_MAX_CHARS = 300


@dataclass(frozen=True, slots=True)
class Moment:
    """What a text says of when: a date, a time of day, or both."""

    day: date | None = None
    clock: time | None = None


def as_utc(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is taken to be in UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def at(day: date, clock: time | None) -> datetime:
    """The moment in UTC, midnight where no time of day is known."""
    return datetime.combine(day, clock or time(), tzinfo=UTC)


def find_moment(text: str) -> Moment:
    """The first absolute date in a line of text and the time that stands with it.

    Where the line holds a time of day and nothing else, that alone. Numbers whose order is
    anyone's guess, such as 05/08/2023, are no date.
    """
    text = text[:_MAX_CHARS]
    if not any("0" <= c <= "9" for c in text):
        return Moment()
    for stamp in _STAMP.finditer(text):
        if (moment := _from_iso(stamp[0])) is not None:
            return Moment(moment.date(), moment.time())
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if (day := _day(match)) is not None:
                return Moment(day, _clock(f"{text[: match.start()]} ; {text[match.end() :]}"))
    only = _ONLY_TIME.fullmatch(text)
    return Moment(clock=_clock(only["time"])) if only else Moment()


def parse_moment(value: object) -> datetime | None:
    """The moment that a front matter or message field tells, in UTC; None if it tells none.

    Args:
        value: An ISO string, a date in words, or seconds or milliseconds since 1970.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_epoch(value)
    if not isinstance(value, str):
        return None
    text = value[:_MAX_CHARS].strip()
    if _EPOCH.fullmatch(text):
        return _from_epoch(float(text))
    found = find_moment(text)
    return _from_iso(text) or (at(found.day, found.clock) if found.day else None)


def _from_iso(text: str) -> datetime | None:
    try:
        return as_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _from_epoch(number: float) -> datetime | None:
    if not number >= _SECONDS_FROM:
        return None
    try:
        seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _day(match: re.Match[str]) -> date | None:
    month = match["month"]
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    try:
        return date(int(match["year"]), number, int(match["day"]))
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    for match in _TIME.finditer(text):
        hour = int(match["hour"])
        if match["half"]:
            if not 1 <= hour <= 12:
                continue
            hour = hour % 12 + (12 if match["half"] in "pP" else 0)
        minute = match["minute"] or match["minute24"] or 0
        second = match["second"] or match["second24"] or 0
        try:
            return time(hour, int(minute), int(second))
        except ValueError:
            continue
    return None
