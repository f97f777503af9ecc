"""Sources and their sections, as they are read and as a bank holds them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from retain.memory.places import Place

SectionKind = Literal["text", "turn"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a source: what a heading covers up to the next one, or one turn of a dialogue.

    Spans are half-open. Characters count code points of the text that was read: that of the source
    as it was given, or what was decoded from it, see `place`.

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
        place: Where it stands in the source, if its text was decoded. A section as the bank holds
            it has none: its span is that in the source.
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
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What reading a source gives.

    Args:
        title: From the front matter, else the first heading of level 1, else None.
        meta: The front matter, as JSON values.
        sections: Every section, in the order of the source.
        passed_over: What of the source is in no section: a number for each reason.
        decoded: The text that the spans of the sections count, where the source writes it
            otherwise; empty where that is the source itself.
    """

    title: str | None
    meta: dict[str, Any]
    sections: tuple[Section, ...]
    passed_over: dict[str, int] = field(default_factory=dict[str, int])
    decoded: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """How the text of a source came about.

    Args:
        format: The format to read it as; None: its content and its suffix decide.
        names: The names of people by the ids that the text uses for them.
        passed_over: What of a file is not in the text: a number for each reason.
        encoding: The encoding of a file, where it had to be guessed.
        author: Who wrote it, by whoever gives it; empty: nobody says so. Front matter comes first.
        meta: Properties that whoever gives it adds to those of its front matter.
    """

    format: str | None = None
    names: dict[str, str] = field(default_factory=dict[str, str])
    passed_over: dict[str, int] = field(default_factory=dict[str, int])
    encoding: str = ""
    author: str = ""
    meta: dict[str, str] = field(default_factory=dict[str, str])

    def given_as(self, given: Provenance) -> Provenance:
        """The same with the author and the properties of another one."""
        return replace(self, author=given.author, meta=given.meta)


@dataclass(frozen=True, slots=True)
class LoadedText:
    """The text of a file, and how it came about."""

    text: str
    provenance: Provenance = field(default_factory=Provenance)


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a source, to which a run adds: where the text of the run begins in the source.

    Args:
        content_hash: Names the content that the run adds to.
        characters: The characters of the source before the text of the run.
        lines: The lines before it.
        sections: The sections before it.
        known: How many sections at the beginning of the text of the run the source has already:
            they are read again, so that what follows them is understood.
    """

    content_hash: str
    characters: int
    lines: int
    sections: int
    known: int


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
        retained_at: When the call that brought this version began, UTC.
        facts: How many facts it states.
        reference_date: When its text was written, where that was said as it came in.
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
    facts: int = 0
    reference_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section as the bank holds it: the section, its source and its text.

    Args:
        source_id: Its source.
        section: The section.
        text: Its text.
        came_in: When the bank got it, UTC; None where the source says when it was said.
    """

    source_id: str
    section: Section
    text: str
    came_in: datetime | None = None


@dataclass(frozen=True, slots=True)
class Vectors:
    """Embeddings of sections, made by one model.

    Args:
        model: Its name.
        dimensions: d.
        section_ids: The section of each of the n; of a long one, the whole comes first, then its
            passages.
        data: (n, d) float16, little-endian, L2-normalised: n times 2 d bytes.
    """

    model: str
    dimensions: int
    section_ids: tuple[str, ...]
    data: bytes


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
        convert_memory: The memory that the conversion of a file may take, in bytes.
        convert_seconds: The seconds of a processor that it may take.
    """

    max_bytes: int = 64 * 1024 * 1024
    max_sections: int = 100_000
    convert_memory: int = 768 * 1024 * 1024
    convert_seconds: float = 25.0
