"""Absolute dates in a text: days, months, seasons, years and decades."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from retain.dates.calendar import (
    Days,
    month_number,
    months,
    one_day,
    season,
    years,
)

Tense = Literal["past", "future"]

_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})(?![\d%])(?!-\d)"
_BEFORE_MONTH = (
    r"(?:in|during|since|by|until|till|from|of|between|early|late|mid|for|to|last|next|this)"
)
# Numbers whose order is anyone's guess, such as 05/08/2023, are no date.
_NUMBERS = r"(?<![\d./-])(?P<year>[12]\d{3})([-/])(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?!-?\d)"
_NAMED, _NUMBERED = re.compile("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"), re.compile(r"\d")
_BOTH = (_NAMED, _NUMBERED)
# Each with what stands in whatever the pattern matches, the name of a month or a digit.
_PATTERNS = tuple(
    (cues, re.compile(pattern))
    for cues, pattern in (
        ((_NUMBERED,), _NUMBERS),
        (
            (_NUMBERED,),
            rf"(?i:(?<![\w.,]){_DAY}(?:\s?of)?[\s-]{{1,3}}{_MONTH},?[\s-]{{0,3}}{_YEAR})",
        ),
        ((_NUMBERED,), rf"(?i:\b{_MONTH}\s{{0,3}}{_DAY},?\s{{1,3}}{_YEAR})"),
        (_BOTH, rf"(?<![\w.,-]){_DAY}(?: of)? {_MONTH}"),
        (_BOTH, rf"\b{_MONTH} {_DAY}(?![\d:.%]|,\d)"),
        (_BOTH, rf"\b{_MONTH},? (?:of )?{_YEAR}"),
        ((_NUMBERED,), rf"(?i:\b(?P<season>spring|summer|autumn|fall|winter)) (?:of )?{_YEAR}"),
        ((_NAMED,), rf"(?i:\b{_BEFORE_MONTH}) (?i:early |late |mid-?)?(?P<only>){_MONTH}"),
        ((_NUMBERED,), r"\bthe (?:early |late |mid-?)?(?P<decade>1[89]\d0|20\d0)s\b"),
        (
            (_NUMBERED,),
            (
                rf"(?i:\b(?:in|during|since|by|until|till|from|between|back in|year|early|late"
                rf")) {_YEAR}"
            ),
        ),
    )
)
_LOOSE = tuple(
    ((_NUMBERED,), re.compile(pattern, re.IGNORECASE))
    for pattern in (
        r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)(?![\d-])",
        rf"\b{_MONTH},? (?:of )?{_YEAR}",
        r"\bof (?P<year>(?:19|20)\d\d)\b",
    )
)
_JOINED_YEAR = re.compile(rf" ?(?:and|to|until|till|-|\u2013) ?{_YEAR}")


@dataclass(frozen=True, slots=True)
class Found:
    """Days, and where the sentence tells them."""

    start: int
    end: int
    days: Days


def absolute(text: str, said: date | None, tense: Tense, *, loose: bool = False) -> list[Found]:
    """The absolute dates of a text in their order, those that others contain left out.

    Args:
        text: The text.
        said: When it was said: what dates without a year are reckoned from.
        tense: Whether such a date lies before or after.
        loose: Whether what people type into a search field counts: ``may 2023``, ``2023-12``.
    """
    taken: list[Found] = []
    impossible: list[tuple[int, int]] = []
    present = {cue for cue in _BOTH if cue.search(text)}
    for cues, pattern in (*_PATTERNS, *_LOOSE) if loose else _PATTERNS:
        for match in pattern.finditer(text) if present.issuperset(cues) else ():
            start, end = match.span()
            spans = [*((one.start, one.end) for one in taken), *impossible]
            if any(first < end and start < last for first, last in spans):
                continue
            try:
                days = _days(match, said, tense)
            except (ValueError, OverflowError):  # the 31st of February
                impossible.append((start, end))
                continue
            if days is not None:
                taken.append(Found(start, end, days))
    taken.extend(_joined(text, taken))
    return sorted(taken, key=lambda found: found.start)


def _joined(text: str, taken: list[Found]) -> Iterator[Found]:
    """The second year of ``between 2015 and 2018``."""
    for found in list(taken):
        match = _JOINED_YEAR.match(text, found.end)
        if match and not any(one.start < match.end() and found.end < one.end for one in taken):
            yield Found(match.start("year"), match.end(), years(int(match["year"])))


def _days(match: re.Match[str], said: date | None, tense: Tense) -> Days | None:
    told = {key: value for key, value in match.groupdict().items() if value}
    if "decade" in told:
        return years(int(told["decade"]), 10)
    if "season" in told:
        return season(told["season"].lower(), int(told["year"]))
    if "month" not in told:
        return years(int(told["year"]))
    month = month_number(told["month"])
    year = int(told["year"]) if "year" in told else _year_of(month, told, said, tense)
    if year is None:
        return None
    if "day" in told:
        return one_day(date(year, month, int(told["day"])))
    return months(year, month)


def _year_of(month: int, told: dict[str, str], said: date | None, tense: Tense) -> int | None:
    """The nearest year before or after in which the month or day lies."""
    if said is None:
        return None
    there = (month, int(told.get("day", said.day if month == said.month else 1)))
    here = (said.month, said.day)
    if tense == "past":
        return said.year if there <= here else said.year - 1
    return said.year if there >= here else said.year + 1


def last_season(name: str, said: date, shift: int) -> Days:
    """The season before the one that holds the day, the coming one, or this year's.

    Args:
        name: Spring, summer, autumn, fall or winter.
        said: The day.
        shift: -1 for the last one, 1 for the next, 0 for this year's.
    """
    candidates = [season(name, said.year + n) for n in range(-2, 3)]
    if shift < 0:
        return [one for one in candidates if one.end is not None and one.end <= said][-1]
    if shift > 0:
        return next(one for one in candidates if one.start is not None and one.start > said)
    return season(name, said.year)
