"""When a source or a message was written: dates and times in headings, fields and file names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import PurePosixPath
from typing import Any

from retain.dates.absolute import absolute
from retain.dates.calendar import month_number
from retain.memory.moments import aware

# The first that a front matter has is the date of its source.
_FIELDS = (
    "date", "created", "created_at", "date_created", "published", "published_at", "date_published",
    "pubdate", "updated", "updated_at", "date_updated", "modified", "last_modified", "lastmod",
)  # fmt: skip
_NAMED = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<mark>[-_.]?)(?P<month>\d\d)(?P=mark)(?P<day>\d\d)(?!\d)"
)
_FOLDERS = re.compile(
    r"(?:^|/)(?P<year>(?:19|20)\d\d)/(?:(?P<month>\d\d?)(?!\d)[^/]{0,20}"
    r"|(?P<named>[a-z]{3,9}))/(?P<day>\d\d?)(?!\d)[^/]{0,80}$",
    re.IGNORECASE,
)
_STAMP = re.compile(r"(?<![\w./-])[12]\d{3}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?")
_TIME = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})(?:"
    r"(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?\s*(?P<half>[ap])\.?m\b\.?"
    r"|:(?P<minute24>\d{2})(?::(?P<second24>\d{2})(?:[.,]\d+)?)?(?![\d:]))",
    re.IGNORECASE,
)
_ONLY_TIME = re.compile(
    r"\W*(?:at\s+)?(?P<time>\d[\d:]{0,12}(?:\s*[ap]\.?m\.?)?)\W*", re.IGNORECASE
)
_EPOCH = re.compile(r"\d{9,}(?:\.\d+)?")
# Smaller numbers are years, counters or seconds of a recording.
_SECONDS_FROM = 1e8
_MILLISECONDS_FROM = 1e11
_MAX_CHARS = 300


@dataclass(frozen=True, slots=True)
class Moment:
    """What a text says of when: a date, a time of day, or both, and the offset of its clock."""

    day: date | None = None
    clock: time | None = None
    zone: tzinfo = UTC


def at(day: date, clock: time | None, zone: tzinfo = UTC) -> datetime:
    """The moment, midnight where no time of day is known."""
    return datetime.combine(day, clock or time(), tzinfo=zone)


def find_moment(text: str) -> Moment:
    """The first day in a line of text and the time that stands with it.

    Where the line holds a time of day and nothing else, that alone.
    """
    text = text[:_MAX_CHARS]
    if not any("0" <= c <= "9" for c in text):
        return Moment()
    for stamp in _STAMP.finditer(text):
        if (moment := _from_iso(stamp[0])) is not None:
            return Moment(moment.date(), moment.time(), moment.tzinfo or UTC)
    for found in absolute(text, None, "past"):
        if (day := found.days.only) is not None:
            return Moment(day, _clock(f"{text[: found.start]} ; {text[found.end :]}"))
    only = _ONLY_TIME.fullmatch(text)
    return Moment(clock=_clock(only["time"])) if only else Moment()


def parse_moment(value: object) -> datetime | None:
    """The moment that a front matter or message field tells, at its offset; None if it tells none.

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
    return _from_iso(text) or (at(found.day, found.clock, found.zone) if found.day else None)


def written(meta: Mapping[str, Any], source_id: str) -> datetime | None:
    """When a source says that it was written: in its front matter, else in its name."""
    told = {key.casefold().replace("-", "_"): value for key, value in meta.items()}
    dated = (parse_moment(told[key]) for key in _FIELDS if key in told)
    return next((moment for moment in dated if moment), None) or date_of_name(source_id)


def date_of_name(source_id: str) -> datetime | None:
    """The day in the name of a file, or of the folders of daily notes that it lies in.

    ``2024-05-01.md``, ``2024-05-01 Standup.md``, ``call_20240501.txt``, ``2024/05/01.md``.
    """
    path = PurePosixPath(source_id.partition("#")[0])
    for match in _NAMED.finditer(path.stem):
        if (day := _day(match)) is not None:
            return at(day, None)
    if (day := find_moment(path.stem).day) is not None:
        return at(day, None)
    folders = _FOLDERS.search(str(path.with_suffix("")))
    day = _day(folders) if folders else None
    return None if day is None else at(day, None)


def _from_iso(text: str) -> datetime | None:
    try:
        return aware(datetime.fromisoformat(text))
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
    month = match["month"] or match["named"]
    try:
        return date(int(match["year"]), month_number(month), int(match["day"]))
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
