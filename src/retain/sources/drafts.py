"""Sections in the making: what a format finds, before ids and line numbers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from retain.errors import SourceError
from retain.memory.model import Section, SectionKind
from retain.sources.decoded import DecodedText
from retain.sources.lines import Lines

Marks = Sequence[Sequence[int]]
"""Where blocks begin, outermost level first; the offsets of a level ascend."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A section without its id, its number and its lines; see `Section` for the fields."""

    start: int
    end: int
    kind: SectionKind = "text"
    level: int = 0
    path: tuple[str, ...] = ()
    speaker: str | None = None
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """What a format makes of a source; see `Document` for the title, the meta and `passed_over`.

    Args:
        title: See `Document`.
        meta: See `Document`.
        drafts: The sections.
        marks: Where long sections may be cut.
        passed_over: See `Document`.
        decoded: What the spans of the sections count; None: the source itself.
    """

    title: str | None
    meta: dict[str, Any]
    drafts: list[Draft]
    marks: Marks = ()
    passed_over: Mapping[str, int] = field(default_factory=dict[str, int])
    decoded: DecodedText | None = None


def to_sections(
    drafts: Iterable[Draft], lines: Lines, decoded: DecodedText | None = None, text: str = ""
) -> Iterator[Section]:
    """Number the drafts and give each an id that what happens elsewhere does not change.

    Args:
        drafts: The drafts.
        lines: The lines of the source.
        decoded: What the spans of the drafts count; None: the source itself.
        text: The text of `decoded`.
    """
    seen: Counter[bytes] = Counter()
    whole = lines.text if decoded is None else text
    for ordinal, draft in enumerate(drafts):
        text = whole[draft.start : draft.end]
        place = None if decoded is None else decoded.place(draft.start, draft.end)
        start, end = (draft.start, draft.end) if place is None else (place.start, place.end)
        alike = hashlib.sha256(_identity(draft, text)).digest()
        seen[alike] += 1
        yield Section(
            section_id=section_id(draft, text, seen[alike]),
            ordinal=ordinal,
            kind=draft.kind,
            level=draft.level,
            path=draft.path,
            start=draft.start,
            end=draft.end,
            line_start=lines.number(start),
            line_end=lines.number(max(start, end - 1)),
            speaker=draft.speaker,
            said_at=draft.said_at,
            place=place,
        )


def section_id(section: Draft | Section, text: str, occurrence: int) -> str:
    """The id of a section of that text, the `occurrence`-th of its source that says the same."""
    return hashlib.sha256(_identity(section, text) + str(occurrence).encode()).hexdigest()[:16]


def _identity(section: Draft | Section, text: str) -> bytes:
    return json.dumps([section.path, section.speaker, text]).encode()


def check_count(count: int, source_id: str, max_sections: int) -> None:
    """Refuse a source of too many sections.

    Raises:
        SourceError: It has more than the limit.
    """
    if count > max_sections:
        raise SourceError(
            source_id,
            f"has {count} sections, more than the limit of {max_sections}: split it, "
            "or raise the limit with RETAIN_MAX_SECTIONS",
        )
