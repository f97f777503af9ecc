"""The records that a bank is taken out of one store and into another as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from retain.kinds import OutcomeKind
from retain.memory.model.knowledge import EntityKind, Fact, FactType, Judgement
from retain.memory.model.pages import Lead, LogEntry, Verdict, Version
from retain.memory.model.source import SectionKind


@dataclass(frozen=True, slots=True)
class BankRecord:
    """The bank itself, always the first record.

    Args:
        bank: Its id where it came from.
        model: The model of its vectors.
    """

    bank: str
    model: str | None


@dataclass(frozen=True, slots=True)
class CorrectionRecord:
    """What a user decided of two names, which are sorted."""

    kind: Literal["merge", "split"]
    name: str
    other: str


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source; all records up to the next one are of it. See `StoredSource`."""

    source_id: str
    version: int
    content_hash: str
    title: str | None
    meta: dict[str, Any]
    characters: int
    sections: int
    retained_at: datetime
    reference_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class TextRecord:
    """A piece of a source's text, which a copy has and an export has not.

    Args:
        source_id: The source.
        n: The part of the text, in the order in which its parts came in.
        piece: The piece of the part.
        body: UTF-8, compressed by zlib once the pieces of the part are joined.
    """

    source_id: str
    n: int
    piece: int
    body: bytes


@dataclass(frozen=True, slots=True)
class SectionRecord:
    """A section with its text, and the `steps` of its place. See `Section` and `Place`."""

    source_id: str
    section_id: str
    ordinal: int
    kind: SectionKind
    level: int
    path: tuple[str, ...]
    start: int
    end: int
    line_start: int
    line_end: int
    speaker: str | None
    said_at: datetime | None
    text: str
    steps: bytes = b""
    came_in: datetime | None = None


@dataclass(frozen=True, slots=True)
class StatementRecord:
    """A statement as it was extracted; one that was made before says in `merged` why.

    Offsets count from the start of the section, here and in `MentionRecord`. `n` is its place
    among the section's statements. See `Fact`.
    """

    source_id: str
    section_id: str
    n: int
    fact_id: str
    merged: str | None
    type: FactType
    text: str
    quote: str
    start: int
    end: int
    entities: tuple[str, ...]
    subject: str | None
    slot: str | None
    value: str | None
    mentioned_at: datetime | None
    occurred_start: datetime | None
    occurred_end: datetime | None
    confidence: float
    named: tuple[tuple[str, EntityKind], ...] = ()


@dataclass(frozen=True, slots=True)
class MentionRecord:
    """A name where it stands in a section. See `Mention`."""

    source_id: str
    section_id: str
    start: int
    end: int
    name: str
    kind: EntityKind


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """How a section ended, and by which rules. See `Outcome`."""

    source_id: str
    section_id: str
    extractor: str
    said_at: datetime | None
    kind: OutcomeKind
    facts: int
    detail: str | None


@dataclass(frozen=True, slots=True)
class VectorRecord:
    """A section's vectors by a model: float16, little-endian, each L2-normalised.

    Args:
        source_id: Its source.
        section_id: The section.
        model: What made them.
        vector: That of the whole section, then those of its passages, one behind the other.
        passages: How many there are.
    """

    source_id: str
    section_id: str
    model: str
    vector: bytes
    passages: int = 1


@dataclass(frozen=True, slots=True)
class LifeRecord:
    """The version of its source that a visible fact came with."""

    source_id: str
    fact_id: str
    since: int


@dataclass(frozen=True, slots=True)
class PastRecord:
    """A fact that a later version of its source, `until`, does not state. See `FactLifetime`."""

    source_id: str
    since: int
    until: int
    line: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class RedactionRecord:
    """What is left of words of a source that were forgotten. See `Redaction`.

    `rolling` is a number of 64 bits, in decimal digits: not every reader of JSON keeps such whole.
    """

    source_id: str
    digest: str
    length: int
    rolling: str


OfSource = (
    TextRecord
    | SectionRecord
    | StatementRecord
    | MentionRecord
    | OutcomeRecord
    | VectorRecord
    | Version
    | LifeRecord
    | PastRecord
    | RedactionRecord
    | LogEntry
)
"""What follows a source's record, the kinds in this order and each kind sorted by its key."""

Record = BankRecord | CorrectionRecord | Judgement | Verdict | Lead | SourceRecord | OfSource
"""A bank is its record, the corrections, what a model decided of names and then of facts, the leads
of pages, and then source after source with what is of it.

Nothing that can be made from these is among them: no index, no page, and not what replaced what.
"""
