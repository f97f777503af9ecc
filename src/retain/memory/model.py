"""The values that a memory is made of."""

from __future__ import annotations

from dataclasses import dataclass
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
        fact_id: Stable while the statement stays the same.
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


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section as the bank holds it: the section, its source and its text."""

    source_id: str
    section: Section
    text: str


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
