"""The values that a memory is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

SectionKind = Literal["text", "turn"]
FactType = Literal["world", "experience", "preference", "plan", "opinion", "assistant_statement"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a source: what a heading covers up to the next one, or one turn of a dialogue.

    Spans are half-open. Characters count code points of the source text as it was given.

    Args:
        section_id: Stable while the section's text and place in the heading tree stay the same.
        ordinal: Its place in the source, from 0.
        kind: ``text``, or ``turn`` for what one speaker said.
        level: The depth of its heading, 1 to 6; 0 where there is none.
        path: The headings above it, outermost first, its own last.
        start: First character.
        end: One past the last character.
        line_start: First line, from 1.
        line_end: Last line, from 1.
        speaker: Who said it.
        said_at: When it was said, where the source says so.
    """

    section_id: str
    ordinal: int
    kind: SectionKind
    level: int
    path: tuple[str, ...]
    start: int
    end: int
    line_start: int
    line_end: int
    speaker: str | None = None
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One atomic statement, with where it was made.

    Args:
        fact_id: Stable while the statement stays the same; empty until it is deduplicated.
        section_id: The section that it was made in.
        type: What kind of statement it is.
        text: The statement.
        quote: The words of the source, verbatim.
        start: First character of the quote in the source.
        end: One past the last character of the quote.
        entities: The names it speaks of.
        mentioned_at: When it was said.
        occurred_start: When what it tells began.
        occurred_end: When what it tells ended.
        superseded_by: The fact that replaces it.
        subject: Whom or what it is about; the speaker where he speaks of himself.
        slot: What of the subject it tells, where a rule knows that: ``lives in``, ``works at``.
        value: What the slot holds: ``Lisbon``.
        confidence: How sure the extractor is, 0 to 1.
    """

    fact_id: str
    section_id: str
    type: FactType
    text: str
    quote: str
    start: int
    end: int
    entities: tuple[str, ...] = ()
    mentioned_at: datetime | None = None
    occurred_start: datetime | None = None
    occurred_end: datetime | None = None
    superseded_by: str | None = None
    subject: str | None = None
    slot: str | None = None
    value: str | None = None
    confidence: float = 1.0


EntityKind = Literal["person", "place", "organisation", "thing", "unknown"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A name where it stands in a source.

    Args:
        name: As it is written.
        kind: What it seems to name.
        section_id: Where.
        start: First character in the source.
        end: One past the last character.
    """

    name: str
    kind: EntityKind
    section_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something that sources speak of, under one or several names.

    Args:
        entity_id: Stable while its canonical name stays the same.
        name: The canonical name.
        kind: What it is.
        aliases: Every way its name is written, the canonical one included, sorted.
        reasons: Why names other than the canonical one are taken for it, one line each.
    """

    entity_id: str
    name: str
    kind: EntityKind
    aliases: tuple[str, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MergedFact:
    """A statement that was made before.

    Args:
        fact: As it was extracted here; its `fact_id` is that of the fact it was taken for.
        reason: Why it was taken for that.
    """

    fact: Fact
    reason: str


OutcomeKind = Literal["facts", "no facts", "failed", "truncated"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a section of a run ended.

    Args:
        section_id: The section.
        kind: Whether it gave facts.
        facts: How many statements it gave, repeated ones included.
        said_at: When the section was said: what its words for time were taken against.
        detail: What else there is to tell, such as why it failed.
        reused: Whether nothing was done, since the section was extracted before.
    """

    section_id: str
    kind: OutcomeKind
    facts: int
    said_at: datetime | None = None
    detail: str | None = None
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a source says.

    Args:
        extractor: The name and version of the rules that found it.
        facts: Its facts, in the order of the source.
        merged: Statements that repeat one of them.
        mentions: The names in it.
        outcomes: One for each section.
    """

    extractor: str = ""
    facts: tuple[Fact, ...] = ()
    merged: tuple[MergedFact, ...] = ()
    mentions: tuple[Mention, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class NameCount:
    """A way to write a name, and how often a bank's sources write it so."""

    name: str
    kind: EntityKind
    times: int


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an extractor made of sections.

    Args:
        facts: Those whose quote stands in the text where they say, in its order.
        quarantined: Those whose quote does not.
    """

    facts: tuple[Fact, ...] = ()
    quarantined: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """Facts with their ids, and what was merged into them.

    Args:
        facts: In the order of the source.
        merged: Statements that repeat one of them.
    """

    facts: tuple[Fact, ...] = ()
    merged: tuple[MergedFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Corrections:
    """What users decided of names, for good; a split is stronger than a merge.

    Args:
        merges: Pairs of names that mean the same.
        splits: Pairs of names that do not.
    """

    merges: frozenset[tuple[str, str]] = frozenset()
    splits: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Document:
    """What reading a source gives.

    Args:
        title: From the front matter, else the first heading of level 1, else None.
        meta: The front matter, as JSON values.
        sections: Every section, in the order of the source.
    """

    title: str | None
    meta: dict[str, Any]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A source as the bank holds it.

    Args:
        bank_id: Whose memory it is in.
        source_id: Its name there.
        version: 1 for the first, and one more with every change.
        content_hash: What `Memory` compares to know an unchanged source.
        title: See `Document`.
        meta: See `Document`.
        characters: The length of its text.
        sections: How many sections it has.
        retained_at: When this version became visible, UTC.
    """

    bank_id: str
    source_id: str
    version: int
    content_hash: str
    title: str | None
    meta: dict[str, Any]
    characters: int
    sections: int
    retained_at: datetime


@dataclass(frozen=True, slots=True)
class Vectors:
    """Embeddings of sections, made by one model.

    Args:
        model: Its name.
        dimensions: d.
        section_ids: The n sections.
        data: (n, d) float16, little-endian, L2-normalised: n times 2 d bytes.
    """

    model: str
    dimensions: int
    section_ids: tuple[str, ...]
    data: bytes


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


Signal = Literal["words", "neighbours", "speaker", "time", "question", "meaning", "session"]
"""What may speak for a hit, or against it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a hit's score.

    Args:
        signal: What spoke for it: ``words`` its own words, headings, speaker and date;
            ``neighbours`` the turns around it; ``speaker`` that the query names who said it;
            ``time`` that it tells the time that is asked for, or is of that time; ``question``
            that it is one itself, which speaks against it; ``meaning`` the likeness of its
            vector; ``session`` the conversation that it is part of.
        score: What that added; the reasons of a hit add up to its score.
    """

    signal: Signal
    score: float


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
        mentioned_at: When it was said.
        occurred_start: When what it tells began.
        occurred_end: When what it tells ended.
        superseded_by: The fact that replaces it.
        path: The headings above it.
        lines: ``(first, last)`` line of the section, from 1.
        speaker: Who said it.
        why: What its score is made of, the largest part first.
    """

    text: str
    source_id: str
    span: tuple[int, int]
    kind: Literal["section", "fact"]
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


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section as the bank holds it: the section, its source and its text."""

    source_id: str
    section: Section
    text: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a search among a bank's vectors gives.

    Args:
        best: The sections most like the query, best first, with their cosine similarity.
        asked: The similarity of those sections that were asked for, by source and section id.
        mean: Of the similarities of all vectors of the bank.
        spread: Their standard deviation.
    """

    best: tuple[tuple[SectionRow, float], ...] = ()
    asked: Mapping[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    mean: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """How the run of a source stands.

    Args:
        bank_id: Whose memory it goes into.
        source_id: Its name there.
        status: ``running``, ``completed``, ``failed``, ``suspended`` or ``interrupted``.
        last_state: The state that runs next, or ran last.
        errors: Why its latest attempt failed.
        started_at: UTC.
        completed_at: UTC, or None.
        duration_ms: The milliseconds that its steps took in all.
        unchanged: Whether the bank held this very content before, so that nothing was done.
    """

    bank_id: str
    source_id: str
    status: str
    last_state: str
    errors: tuple[str, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_ms: float = 0.0
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a bank holds."""

    sources: int = 0
    sections: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one source may be; larger ones are refused with a clear error.

    Args:
        max_bytes: The size of a file or text, in bytes.
        max_sections: The number of sections in one source.
    """

    max_bytes: int = 64 * 1024 * 1024
    max_sections: int = 100_000
