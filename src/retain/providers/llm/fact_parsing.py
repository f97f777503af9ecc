"""What a model says of a section, as facts: each quote is looked up, each value checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from retain.memory.model import EntityKind, Fact, Section
from retain.providers.llm.answers import FactAnswer
from retain.providers.llm.quotes import located

_MAX_TEXT, _MAX_SLOT, _MAX_VALUE, _MAX_NAME, _MAX_NAMES = 2_000, 60, 300, 200, 30
_DAY = timedelta(days=1)
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:[T ]|\Z)")
_UNSURE = 0.5


@dataclass(frozen=True, slots=True)
class Read:
    """The statements of a section.

    Args:
        facts: Those whose quote stands in it.
        quarantined: Those whose quote does not.
        malformed: How many others could not be read.
    """

    facts: tuple[Fact, ...] = ()
    quarantined: tuple[Fact, ...] = ()
    malformed: int = 0

    def with_(self, other: Read) -> Read:
        """These, and those of another part."""
        return Read(
            (*self.facts, *other.facts),
            (*self.quarantined, *other.quarantined),
            self.malformed + other.malformed,
        )


def read_facts(text: str, start: int, section: Section, answers: tuple[FactAnswer, ...]) -> Read:
    """The facts of a section, or of a part of it.

    Args:
        text: Its words.
        start: Their place in the source.
        section: The section.
        answers: What the model says of it.
    """
    good: list[Fact] = []
    doubtful: list[Fact] = []
    for answer in answers:
        span = located(text, answer.quote)
        told = _clean(answer.text)[:_MAX_TEXT]
        if span is None or not told:
            doubtful.append(_fact(answer, told, answer.quote, start, start, section))
            continue
        quote = text[slice(*span)]
        good.append(_fact(answer, told, quote, start + span[0], start + span[1], section))
    return Read(tuple(good), tuple(doubtful))


def read_turns(
    turns: Sequence[tuple[Section, str]], answers: Sequence[FactAnswer]
) -> list[tuple[Section, Read]]:
    """The facts of turns that were asked about together, each of the turn that has its quote.

    Where several have it, it is the next one, since models go through a conversation in order.

    Args:
        turns: The turns with their words.
        answers: What the model says of them.
    """
    by_turn: list[list[FactAnswer]] = [[] for _ in turns]
    last = 0
    for answer in answers:
        having = [n for n, (_, text) in enumerate(turns) if located(text, answer.quote)]
        if having:
            last = next((n for n in having if n >= last), having[0])
        by_turn[last].append(answer)
    return [
        (section, read_facts(text, section.start, section, tuple(said)))
        for (section, text), said in zip(turns, by_turn, strict=True)
    ]


def _fact(
    answer: FactAnswer, told: str, quote: str, start: int, end: int, section: Section
) -> Fact:
    began, ended = _bounds(answer.first_day, answer.last_day)
    slot, value = _clean(answer.slot or "").lower(), _clean(answer.value or "")
    filled = bool(slot and value and len(slot) <= _MAX_SLOT and len(value) <= _MAX_VALUE)
    return Fact(
        fact_id="",
        section_id=section.section_id,
        type=answer.type,
        text=told.rstrip(".").rstrip(),
        quote=quote,
        start=start,
        end=end,
        mentioned_at=section.said_at,
        occurred_start=began,
        occurred_end=ended,
        subject=_clean(answer.subject or "")[:_MAX_NAME] or None,
        slot=slot if filled else None,
        value=value if filled else None,
        confidence=_share(answer.confidence),
        named=_named(answer, quote),
    )


def _named(answer: FactAnswer, quote: str) -> tuple[tuple[str, EntityKind], ...]:
    """The names that stand in the quote, each once."""
    found: dict[str, EntityKind] = {}
    for one in answer.names[:_MAX_NAMES]:
        name = one.name.strip()
        if name and len(name) <= _MAX_NAME and name in quote:
            found.setdefault(name, one.kind)
    return tuple(found.items())


def _bounds(first: str | None, last: str | None) -> tuple[datetime | None, datetime | None]:
    """The midnights at which the days begin and end; none if they are no days, or in disorder."""
    days, until = _days(first), _days(last)
    began = days[0] if days else None
    ended = until[1] if until else (days[1] if days else None)
    if began is not None and ended is not None and ended <= began:
        return None, None
    return began, ended


def _days(text: str | None) -> tuple[datetime, datetime] | None:
    """The day, or the month, that is written, from its first midnight to the one after it."""
    match = _DATE.match(text.strip()) if text else None
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    try:
        if match[3]:
            day = date(year, month, int(match[3]))
            return _midnight(day), _midnight(day + _DAY)
        after = date(year + month // 12, month % 12 + 1, 1)
        return _midnight(date(year, month, 1)), _midnight(after)
    except (ValueError, OverflowError):
        return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _share(number: float) -> float:
    return min(1.0, max(0.0, number)) if number == number else _UNSURE


def _clean(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split())
