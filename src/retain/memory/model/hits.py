"""What recall weighs and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from retain.memory.model.knowledge import Fact
from retain.memory.model.source import SectionRow


@dataclass(frozen=True, slots=True)
class FieldWeights:
    """What a word counts for, by where it stands; where it counts 0, it is not looked for.

    Args:
        speaker: The name of who says it.
        heading: The headings above it.
        said_on: The date of it.
        title: The title of the source.
        text: The section itself.
        previous: The turn before it, below the same headings.
        earlier: The turn before that.
        next: The turn after it.
        later: The turn after that.
    """

    speaker: float = 1.0
    heading: float = 1.0
    said_on: float = 1.0
    title: float = 1.0
    text: float = 1.0
    previous: float = 0.0
    earlier: float = 0.0
    next: float = 0.0
    later: float = 0.0


RELEVANT = 0.35
"""Where no hit is as relevant as this, the bank is taken to hold no answer."""

RELATED = 0.05
"""Where no hit is as relevant as this, `retain recall` tells that nothing was found.

It shows what may help a reader, so it takes less than `RELEVANT`, on which an answer rests.
"""

HitKind = Literal["section", "fact"]

Signal = Literal[
    "words",
    "neighbours",
    "fact",
    "speaker",
    "entity",
    "time",
    "question",
    "meaning",
    "session",
    "exact",
]
"""What may speak for a hit, or against it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a hit's score.

    Args:
        signal: What spoke for it: ``words`` its own words, headings, speaker and date;
            ``neighbours`` the turns around it; ``fact`` how well its best fact fits; ``speaker``
            that the query names who said it; ``entity`` that a fact of it speaks of somebody or
            something else that the query names; ``time`` that it tells the time that is asked
            for, or is of that time; ``question``
            that it is one itself, which speaks against it; ``meaning`` the likeness of its
            vector; ``session`` the conversation that it is part of; ``exact`` that it has an
            identifier of the query as it is written.
        score: What that added; the reasons of a hit add up to its score.
    """

    signal: Signal
    score: float


@dataclass(frozen=True, slots=True)
class Copy:
    """Where another source says what a hit says; see `Hit`."""

    source_id: str
    span: tuple[int, int]
    lines: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that recall found.

    Args:
        text: What was found.
        source_id: Where.
        span: ``(start, end)`` in characters of the source text as it was given.
        kind: ``section`` or ``fact``.
        fact_id: Set for a fact.
        section_id: The section that it is, or lies in.
        score: Higher is better; comparable within one answer only.
        mentioned_at: When it was said; None where the source does not say.
        occurred_start: When what it tells began.
        occurred_end: When what it tells ended.
        superseded_by: The fact that replaces it.
        path: The headings above it.
        lines: ``(first, last)`` line of the section, from 1.
        speaker: Who said it.
        why: What its score is made of, the largest part first.
        relevance: How likely it has to do with the query, 0 to 1; comparable across banks.
        came_in: When the bank got it, UTC: only where `mentioned_at` is None.
        copies: Where other sources say the same in the same words.
    """

    text: str
    source_id: str
    span: tuple[int, int]
    kind: HitKind
    fact_id: str | None
    section_id: str
    score: float
    mentioned_at: datetime | None = None
    occurred_start: datetime | None = None
    occurred_end: datetime | None = None
    superseded_by: str | None = None
    path: tuple[str, ...] = ()
    lines: tuple[int, int] = (1, 1)
    speaker: str | None = None
    why: tuple[Reason, ...] = ()
    relevance: float = 0.0
    came_in: datetime | None = None
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact as the bank holds it: the fact, and the section that it was made in."""

    row: SectionRow
    fact: Fact


@dataclass(frozen=True, slots=True)
class Replaced:
    """A fact that another one replaces.

    Args:
        source_id: Its source.
        section_id: The section that it was made in.
        fact_id: Its id.
        start: First character of its quote, counted from the start of its section.
        end: One past the last character of it.
        newer: The id of the fact that replaces it.
        since: When that one was said.
    """

    source_id: str
    section_id: str
    fact_id: str
    start: int
    end: int
    newer: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class VectorScores:
    """What a store finds among a bank's vectors, by the ids of its sections' rows.

    Args:
        best: The cosine similarities of the sections nearest to the query, best first.
        asked: Those of the sections that were asked for.
        mean: The mean over the bank.
        spread: The standard deviation over the bank.
        measured: How many sections the mean and the deviation are of.
    """

    best: Mapping[int, float]
    asked: Mapping[int, float]
    mean: float
    spread: float
    measured: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a search among a bank's vectors gives.

    Args:
        best: The sections most like the query, best first, with their cosine similarity.
        asked: The similarity of those sections that were asked for, by source and section id.
        mean: Of the similarities of all vectors of the bank.
        spread: Their standard deviation.
        measured: How many similarities these two are of.
        near: How many are in `best`, or would be but for the least similarity that was asked for.
    """

    best: tuple[tuple[SectionRow, float], ...] = ()
    asked: Mapping[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    mean: float = 0.0
    spread: float = 0.0
    measured: int = 0
    near: int = 0
