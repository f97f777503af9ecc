"""What a query asks for beyond its words: whom it names, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from retain.dates.queries import Period, period
from retain.memory.model import Fact, SectionRow
from retain.memory.moments import as_written
from retain.memory.unicode import composed
from retain.recall.asked import slots_of
from retain.recall.identifiers import identifiers, stands_in
from retain.recall.query import MAX_CHARACTERS, STOP_WORDS, stems, terms, words

_WHEN = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:day|date|month|year|week|time)\b|\bhow long\b", re.IGNORECASE
)
_TIME = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|ago|weekend|(?:last|next|this|past|few|couple of) "
    r"(?:night|days?|weeks?|months?|years?|summer|winter|spring|autumn|fall)|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|"
    r"september|october|november|december|(?:in|of|\d) may|may \d|(?:19|20)\d\d|since|recently)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
AFTERWARDS = timedelta(days=7)
"""How long people still speak of what happened on a day."""

LONGER = 4
"""How many times longer than a period something may last that is taken to be in it."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query, understood as far as rules go.

    Args:
        text: As it was given, cut at `MAX_CHARACTERS`.
        terms: The words to look for.
        words: All of its words, in lower case.
        stems: Its terms without their endings.
        asks_when: Whether it asks for a time.
        period: The time that it speaks of.
        identifiers: What is looked for as it is written, in lower case.
        slots: What it asks of somebody, by the names of slots.
    """

    text: str
    terms: tuple[str, ...]
    words: frozenset[str]
    stems: frozenset[str]
    asks_when: bool
    period: Period | None
    identifiers: tuple[str, ...] = ()
    slots: frozenset[str] = frozenset()


def understood(text: str, as_of: datetime | None) -> Query:
    """What a query asks for."""
    cut = composed(text[:MAX_CHARACTERS])
    wanted = tuple(terms(cut))
    return Query(
        cut,
        wanted,
        frozenset(word.casefold() for word in words(cut)),
        stems(" ".join(wanted)),
        _WHEN.search(cut) is not None,
        period(cut, as_of),
        identifiers(cut),
        slots_of(cut),
    )


def exactly_had(query: Query, row: SectionRow) -> int:
    """How many of the query's identifiers stand in a section, or in the names above it."""
    if not query.identifiers:
        return 0
    text = "\n".join((row.text, *row.section.path, row.source_id)).casefold()
    return sum(stands_in(identifier, text) for identifier in query.identifiers)


def names(query: Query, speaker: str | None) -> bool:
    """Whether the query names the speaker, by any part of the name that tells who it is."""
    return speaker is not None and bool(_named_by(query, speaker))


def mentions(query: Query, name: str) -> bool:
    """Whether the query has every word of the name, which is one: it begins with a capital."""
    return name[:1].isupper() and query.words.issuperset(_WORD.findall(name.casefold()))


def tells_time(row: SectionRow, facts: Iterable[Fact] = ()) -> bool:
    """Whether a turn has a word for a time in it, or a fact is known to have had one."""
    if any(fact.occurred_start is not None for fact in facts):
        return True
    return row.section.kind == "turn" and has_time(row.text)


def has_time(text: str) -> bool:
    """Whether there is a word for a time in a text."""
    return _TIME.search(text) is not None


def is_question(row: SectionRow) -> bool:
    """Whether a turn ends in a question."""
    return row.section.kind == "turn" and row.text.rstrip(" \n\"'*_").endswith("?")


def nearness(query: Query, row: SectionRow, facts: Iterable[Fact] = ()) -> float:
    """How near what is said, or what its facts tell, is to the time of the query, 0 to 1."""
    if query.period is None:
        return 0.0
    start, end = query.period
    if any(_occurred_in(fact, start, end) for fact in facts):
        return 1.0
    said_at = row.section.said_at
    if said_at is None:
        return 0.0
    said_at = as_written(said_at)
    if start <= said_at < end:
        return 1.0
    return 0.5 if timedelta() <= said_at - end < AFTERWARDS else 0.0


def _occurred_in(fact: Fact, start: datetime, end: datetime) -> bool:
    """Whether the fact tells of the period, and not of a much longer one around it."""
    began = fact.occurred_start
    if began is None:
        return False
    ended = fact.occurred_end or began + timedelta(days=1)
    return began < end and start < ended and ended - began <= LONGER * (end - start)


def in_first_person(query: Query, speakers: Iterable[str]) -> str:
    """The query as the speakers whom it names would put it: ``I`` and ``my`` for their names.

    A turn says "I", so a name in the query would draw its vector away from what is said.
    """
    text = query.text
    for speaker in speakers:
        parts = _named_by(query, speaker)
        whole = [speaker] if parts and speaker not in _parts(speaker) else []
        for name in (*whole, *parts):
            if len(name) > 1:
                any_case = re.IGNORECASE if name in whole or _tells(name) else re.NOFLAG
                own = re.compile(rf"\b{re.escape(name)}(['\u2019]s)?(?!\w)", any_case)
                text = own.sub(lambda found: "my" if found[1] else "I", text)
    return text


def _named_by(query: Query, speaker: str) -> list[str]:
    """The parts of a speaker's name by which the query names them.

    A part that is a word of every text, as in "The Doctor" or "Will", has to stand there with its
    capital, behind another word.
    """
    return [
        part
        for part in _parts(speaker)
        if part.casefold() in query.words and (_tells(part) or _stands(part, query.text))
    ]


@lru_cache(maxsize=4096)
def _parts(speaker: str) -> tuple[str, ...]:
    return tuple(words(speaker))


def _tells(part: str) -> bool:
    return part.casefold() not in STOP_WORDS and not part.isdecimal()


def _stands(name: str, text: str) -> bool:
    capital = name[:1].isupper()
    return capital and re.search(rf"[^\s.!?]\s+{re.escape(name)}\b", text) is not None
