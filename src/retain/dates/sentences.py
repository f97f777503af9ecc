"""When what a sentence tells took place, as far as its words say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from retain.dates.absolute import Found, Tense, absolute
from retain.dates.calendar import Days
from retain.dates.relative import relative
from retain.english.anycase import AnyCase

_MAX_CHARS = 1_000
# Sentences without any of these tell no date; most sentences have none.
_CUE = AnyCase(
    r"\b(?:(?:ago|back|earlier|now|yesterday|tomorrow|today|tonight|last|next|this|past|previous)\b"
    r"|(?:on|by|until|till|since|before) (?:mon|tue|wed|thu|fri|sat|sun)"
    r"|(?:in|within) \w+ (?:\w+ )?(?:day|week|month|year)"
    r"|(?:the|of|in|since|by|until|till|from|during|for|early|late|between|to) "
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|spring|summer|autumn|fall"
    r"|winter|past|week))"
)
_NUMBERED_CUE = AnyCase(
    r"\d(?:\d{3}|(?:st|nd|rd|th)?(?: of)? [jfmasond][a-z]{2})|[jfmasond][a-z]{2,8}\.? \d"
)
_DIGIT = re.compile(r"\d")
_RANGE_WORD = re.compile(r" ?(?:to|and|until|till|through|-|\u2013) ?(?:the )?", re.IGNORECASE)
_RANGE_OPENING = re.compile(r"\b(?:from|between)(?: the)? ?$", re.IGNORECASE)
_SHORT_RANGE = re.compile(
    r"\b(?P<day>\d{1,2})(?:st|nd|rd|th)? ?(?:to|and|until|-"
    r"|\u2013) ?(?=(?P<rest>\d{1,2}(?:st|nd|rd|th)? [A-Z]))"
)
_SINCE = re.compile(r"\b(?:since|starting|from)(?: the)?(?: early| late| mid)? ?$", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:until|till|through|valid to) ?$", re.IGNORECASE)


def when(text: str, said_at: datetime | None, tense: Tense) -> Days | None:
    """The days that a sentence tells first, None if it tells none.

    Args:
        text: The sentence.
        said_at: When it was said; without it only dates with a year are understood.
        tense: Which way dates that could be either point.
    """
    text = text[:_MAX_CHARS]
    if not (_CUE.search(text) or (_DIGIT.search(text) and _NUMBERED_CUE.search(text))):
        return None
    said = said_at.date() if said_at else None
    found = relative(text, said, tense) if said else []
    found += [
        one
        for one in absolute(text, said, tense)
        if not any(other.start < one.end and one.start < other.end for other in found)
    ]
    found.sort(key=lambda one: one.start)
    return told(text, found) if found else None


def told(text: str, found: Sequence[Found]) -> Days:
    """The days that the first dates of a text tell: one, a range, or all since or until one."""
    first = found[0]
    before, inside = text[: first.start], text[first.start : first.end].lower()
    if len(found) > 1:
        second = found[1]
        if _RANGE_WORD.fullmatch(text[first.end : second.start]) and (
            _RANGE_OPENING.search(before) or inside.startswith(("from", "between")) or "-" in text
        ):
            return Days(first.days.start, second.days.end)
    if (short := _SHORT_RANGE.search(text)) and short.end() == first.start and first.days.start:
        day = int(short["day"])
        if 0 < day < first.days.start.day:
            return Days(first.days.start.replace(day=day), first.days.end)
    if inside.startswith("since") or _SINCE.search(before):
        return Days(first.days.start, None)
    if inside.startswith(("until", "till")) or _UNTIL.search(before):
        return Days(None, first.days.end)
    return first.days
