"""Relative dates in a sentence, reckoned from the day on which it was said."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from retain.dates.absolute import Found, Tense, last_season
from retain.dates.calendar import (
    MONTHS,
    WEEKDAYS,
    Days,
    around,
    months,
    moved,
    one_day,
    weekday_after,
    weekday_before,
)
from retain.english.wordlists import word_set

_NUMBERS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
} | {"a": 1, "an": 1, "the other": 2, "couple": 2, "a couple": 2}
_COUNT = (
    r"(?P<count>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|(?:a )?couple|(?:a |the (?:past|last) )?few|several)(?: of)?"
)
_UNIT = r"(?P<unit>day|week|weekend|month|year)s?"
_WEEKDAY = (
    r"(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?-i:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)(?!\w))"
)
_FEW = (5, 2)
_WORD = re.compile(r"\w+")

_Rule = Callable[["re.Match[str]", date, Tense], "Days | None"]


def _ago(match: re.Match[str], said: date, tense: Tense) -> Days:
    return _away(match, said, -1)


def _ahead(match: re.Match[str], said: date, tense: Tense) -> Days:
    return _away(match, said, 1)


def _away(match: re.Match[str], said: date, sign: int) -> Days:
    """So many units away: the day, week, month or year that this leads to; for a few, 2 to 5."""
    unit, word = match["unit"].lower(), match["count"].lower()
    if "few" in word or word == "several":
        near, far = (around(unit, moved(unit, said, sign * n)) for n in (_FEW[1], _FEW[0]))
        first, last = (far, near) if sign < 0 else (near, far)
        return Days(first.start, last.end)
    count = int(word) if word.isdigit() else _NUMBERS[word]
    return around(unit, moved(unit, said, sign * count))


def _named_day(match: re.Match[str], said: date, tense: Tense) -> Days:
    word = match["named"].lower()
    if word in ("yesterday", "last night", "yesterday evening"):
        return one_day(moved("day", said, -1))
    if "before yesterday" in word:
        return one_day(moved("day", said, -2))
    if "after tomorrow" in word:
        return one_day(moved("day", said, 2))
    return one_day(moved("day", said, int(word.startswith("tomorrow"))))


def _unit(match: re.Match[str], said: date, tense: Tense) -> Days:
    shift = {"last": -1, "past": -1, "previous": -1, "next": 1}.get(match["which"].lower(), 0)
    unit = match["unit"].lower()
    if unit == "weekend" and match["which"].lower() in ("the", "the past") and tense == "past":
        shift = -1 if said.weekday() < 5 else 0
    return around(unit, moved(unit, said, shift))


def _weekday_number(name: str) -> int:
    return next(n for n, day in enumerate(WEEKDAYS) if day[:3] == name[:3].lower())


def _weekday(match: re.Match[str], said: date, tense: Tense) -> Days:
    which, number = match["which"].lower(), _weekday_number(match["weekday"])
    if which == "last":
        return one_day(weekday_before(said, number))
    if which == "next":
        monday = around("week", moved("week", said, 1)).start
        return one_day(moved("day", monday or said, number))
    if said.weekday() == number:
        return one_day(said)
    nearest = weekday_before if tense == "past" else weekday_after
    return one_day(nearest(said, number))


def _month(match: re.Match[str], said: date, tense: Tense) -> Days:
    number = MONTHS.index(match["month"].lower()) + 1
    if match["which"].lower() == "last":
        return months(said.year if number < said.month else said.year - 1, number)
    if match["which"].lower() == "next":
        return months(said.year if number > said.month else said.year + 1, number)
    return months(said.year, number)


def _season(match: re.Match[str], said: date, tense: Tense) -> Days:
    which = match["which"].lower()
    if which in ("in the", "in", "during the"):
        return last_season(match["season"].lower(), said, -1 if tense == "past" else 1)
    return last_season(match["season"].lower(), said, {"last": -1, "next": 1}.get(which, 0))


# Each with the words of which one stands in whatever the pattern matches.
_RULES: tuple[tuple[frozenset[str], re.Pattern[str], _Rule], ...] = tuple(
    (word_set(cues), re.compile(pattern, re.IGNORECASE), rule)
    for cues, pattern, rule in (
        ("ago back earlier", rf"\b{_COUNT} {_UNIT} (?:ago|back|earlier)\b", _ago),
        (
            "in within",
            rf"\b(?:in|within) {_COUNT} {_UNIT}(?:'s|'s|' time|' time)?\b(?! of)",
            _ahead,
        ),
        ("now", rf"\b{_COUNT} {_UNIT} from now\b", _ahead),
        (
            "yesterday tomorrow today tonight last this",
            (
                r"\b(?P<named>(?:the )?day before yesterday|(?:the )?day after tomorrow|yesterday"
                r"|tomorrow|today|tonight|last night|this (?:morning|afternoon|evening))\b"
            ),
            _named_day,
        ),
        (
            "last next this past previous",
            rf"\b(?P<which>last|next|this|past|previous) {_UNIT}\b(?!s)",
            _unit,
        ),
        (
            "weekend",
            r"\b(?:over|on|during|at) (?P<which>the past|the) (?P<unit>weekend)\b",
            _unit,
        ),
        ("last next this on", rf"\b(?P<which>last|next|this|on) {_WEEKDAY}\b", _weekday),
        (
            "by until till since before",
            rf"\b(?P<which>)(?:by|until|till|since|before) {_WEEKDAY}\b",
            _weekday,
        ),
        (
            "last next this",
            rf"\b(?P<which>last|next|this) (?P<month>{'|'.join(MONTHS)})\b",
            _month,
        ),
        (
            "spring summer autumn fall winter",
            (
                r"\b(?P<which>last|next|this|in the|during the) "
                r"(?P<season>spring|summer|autumn|fall|winter)\b(?! of)"
            ),
            _season,
        ),
    )
)


def relative(text: str, said: date, tense: Tense) -> list[Found]:
    """The relative dates of a sentence in their order.

    Args:
        text: The sentence.
        said: When it was said.
        tense: Which way "on Friday" points.
    """
    taken: list[Found] = []
    present = frozenset(_WORD.findall(text.lower()))
    for cues, pattern, rule in _RULES:
        for match in pattern.finditer(text) if cues & present else ():
            start, end = match.span()
            if any(one.start < end and start < one.end for one in taken):
                continue
            days = _apply(rule, match, said, tense)
            if days is not None:
                taken.append(Found(start, end, days))
    return sorted(taken, key=lambda found: found.start)


def _apply(rule: _Rule, match: re.Match[str], said: date, tense: Tense) -> Days | None:
    try:
        return rule(match, said, tense)
    except (ValueError, OverflowError, IndexError, StopIteration):
        return None
