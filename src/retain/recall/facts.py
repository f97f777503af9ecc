"""What the facts of a section bring to its place, and when one answers in its stead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from retain.memory.model import Fact, FactRow, SectionRow
from retain.memory.speech import spoken
from retain.recall.asked import fills
from retain.recall.cues import Query, has_time, mentions
from retain.recall.query import stems


@dataclass(frozen=True, slots=True)
class Match:
    """A fact that shares words with the query.

    Args:
        fact: The fact.
        fit: How well it fits, above 0; 1 for the fact that fits best of all.
    """

    fact: Fact
    fit: float


def matches(found: Sequence[tuple[FactRow, float]]) -> dict[tuple[str, str], list[Match]]:
    """The facts of each section, best first, by source and section id."""
    best = max((score for _, score in found), default=0.0)
    of_section: dict[tuple[str, str], list[Match]] = {}
    for one, score in found:
        key = one.row.source_id, one.row.section.section_id
        of_section.setdefault(key, []).append(Match(one.fact, score / best if best > 0 else 0.0))
    return of_section


def speaks_of_named(query: Query, row: SectionRow, facts: Iterable[Match]) -> bool:
    """Whether a fact speaks of an entity that the query names, other than who says it."""
    speaker = row.section.speaker
    return any(
        name != speaker and mentions(query, name) for match in facts for name in match.fact.entities
    )


def stands_for(query: Query, row: SectionRow, fact: Fact) -> bool:
    """Whether a fact answers the query as well as the section that it is a part of.

    It does where it says what the query asks of somebody, or has every word of the query. It tells
    a time if one is asked for, and the section has more to it than its headings and the fact. A
    fact that lacks a word may be all that shares one, but then the answer is as likely to stand
    beside it.
    """
    own = stems("\n".join((fact.text, fact.quote, *fact.entities)))
    told = "\n".join((fact.quote, *row.section.path))
    return (
        (query.stems <= own or fills(fact, query.slots, query.words))
        and (not query.asks_when or fact.occurred_start is not None or has_time(fact.quote))
        and bool(stems(spoken(row.section, row.text)) - stems(told))
    )
