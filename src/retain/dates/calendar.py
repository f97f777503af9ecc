"""Spans of days: half-open, aware, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

MONTHS: list[str] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
WEEKDAYS: list[str] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Days:
    """From one day up to, and without, another; either end may be open."""

    start: date | None
    end: date | None

    @property
    def only(self) -> date | None:
        """The day, if it is a single one."""
        return self.start if self.start and self.end == self.start + _DAY else None

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """The same as midnights in UTC."""
        return _midnight(self.start), _midnight(self.end)


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def one_day(day: date) -> Days:
    """That day."""
    return Days(day, day + _DAY)


def week_of(day: date) -> Days:
    """The week from Monday to Sunday that holds the day."""
    monday = day - day.weekday() * _DAY
    return Days(monday, monday + _WEEK)


def weekend_of(day: date) -> Days:
    """Saturday and Sunday of the day's week."""
    monday = day - day.weekday() * _DAY
    return Days(monday + 5 * _DAY, monday + _WEEK)


def month_number(month: str) -> int:
    """1 to 12, for a number or the beginning of a name.

    Raises:
        ValueError: There is no such month.
    """
    names = [str(n) if month.isdigit() else MONTHS[n - 1][:3] for n in range(1, 13)]
    return names.index(month.lstrip("0") if month.isdigit() else month[:3].lower()) + 1


def months(year: int, month: int, count: int = 1) -> Days:
    """So many months from that one on; `month` may lie outside 1 to 12."""
    return Days(_first(year, month), _first(year, month + count))


def years(year: int, count: int = 1) -> Days:
    """So many years from that one on."""
    return Days(date(year, 1, 1), date(year + count, 1, 1))


def season(name: str, year: int) -> Days:
    """Three whole months; winter begins in December of its year."""
    return months(year, SEASONS[name], 3)


def around(unit: str, day: date) -> Days:
    """The day, week, weekend, month or year that holds the day."""
    match unit:
        case "day":
            return one_day(day)
        case "week":
            return week_of(day)
        case "weekend":
            return weekend_of(day)
        case "month":
            return months(day.year, day.month)
        case _:
            return years(day.year)


def moved(unit: str, day: date, count: int) -> date:
    """The day so many units later; earlier where `count` is negative.

    Raises:
        OverflowError: It lies outside of the calendar.
        ValueError: The same.
    """
    if unit == "day":
        return day + count * _DAY
    if unit in ("week", "weekend"):
        return day + count * _WEEK
    step = count if unit == "month" else 12 * count
    first = _first(day.year, day.month + step)
    following = _first(first.year, first.month + 1)
    return min(first + (day.day - 1) * _DAY, following - _DAY)


def weekday_before(day: date, weekday: int) -> date:
    """The latest such weekday before the day."""
    return day - ((day.weekday() - weekday - 1) % 7 + 1) * _DAY


def weekday_after(day: date, weekday: int) -> date:
    """The first such weekday after the day."""
    return day + ((weekday - day.weekday() - 1) % 7 + 1) * _DAY


def _first(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
