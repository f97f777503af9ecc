"""Moments with the offset at which they were written: a local date stays what it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone


def aware(moment: datetime) -> datetime:
    """The moment with its offset from UTC; one without a zone is taken to be in UTC."""
    offset = moment.utcoffset()
    # An offset of seconds, as of a zone before 1900, stands in no ISO 8601 that all can read.
    if not offset or offset.seconds % 60 or offset.microseconds:
        return moment.replace(tzinfo=UTC) if offset is None else moment.astimezone(UTC)
    return moment.replace(tzinfo=timezone(offset), fold=0)


def as_written(moment: datetime) -> datetime:
    """The date and time of day where it was written, as if they were UTC.

    Days that a text tells of are kept as midnights in UTC, so this is what they compare with.
    """
    return moment.replace(tzinfo=UTC)


def offset_of(moment: datetime) -> timedelta:
    """How far the clock that wrote it is ahead of UTC."""
    return moment.utcoffset() or timedelta()


def shown(moment: datetime) -> str:
    """The moment as it was written: ``2024-05-10``, or ``2024-05-10 22:15 -07:00``."""
    offset = offset_of(moment)
    if not offset and not (moment.hour or moment.minute or moment.second):
        return f"{moment:%Y-%m-%d}"
    zone = f" {moment.isoformat()[-6:]}" if offset else ""
    return f"{moment:%Y-%m-%d %H:%M}{zone}"
