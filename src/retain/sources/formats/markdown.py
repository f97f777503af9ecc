"""Markdown to sections: the heading tree, with exact spans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from retain.dates.sources import at, find_moment, written
from retain.errors import SourceError
from retain.sources.blocks import Blocks, Part
from retain.sources.drafts import Draft, Outline, check_count
from retain.sources.formats.base import Sample, SourceText
from retain.sources.frontmatter import author_of
from retain.sources.lines import Lines
from retain.sources.transcript import Opening, dialogues, names_role, speakers_of

OF_THE_FILE = frozenset(
    {
        *("title", "date", "created", "updated", "modified", "published", "tags", "tag", "id"),
        *("uid", "aliases", "alias", "cssclass", "cssclasses", "permalink", "layout", "slug"),
        *("publish", "draft", "lang", "language", "author", "authors", "status"),
    }
)
"""Properties that tell of a note as a file, and are no section alone."""


class Markdown:
    """Markdown and plain text, dialogues among them: whatever no other format knows."""

    name = "markdown"
    suffixes = frozenset({".md", ".markdown", ".txt"})

    def detect(self, sample: Sample) -> bool | None:
        return None

    def read(self, source: SourceText) -> Outline:
        return parse_markdown(
            source.text,
            source_id=source.source_id,
            reference_date=source.reference_date,
            max_sections=source.max_sections,
            author=source.author,
        )


class ConvertedDocument(Markdown):
    """The Markdown that a document was converted to."""

    name = "document"
    suffixes = frozenset[str]()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part stands.

    Args:
        level: The depth of its heading.
        path: The headings above it, its own last.
        day: The date that they tell.
        clock: The time of day that they tell.
        zone: The offset of the clock.
    """

    level: int
    path: tuple[str, ...] = ()
    day: date | None = None
    clock: time | None = None
    zone: tzinfo = UTC


def parse_markdown(
    text: str,
    *,
    source_id: str,
    reference_date: datetime | None,
    max_sections: int,
    author: str | None = None,
) -> Outline:
    """The sections of a Markdown text; what is no turn of a dialogue is said by its author.

    A section covers a heading and its own body. A heading with nothing of its own above its
    children is in their paths only. Where a body is a dialogue, its turns are the sections.

    Raises:
        SourceError: It has front matter only, or too many sections.
    """
    lines = Lines(text)

    def counted(leaves: int) -> None:
        # A text that is not far over the limit is read, so that its author is told the number.
        if leaves > 2 * max_sections:
            check_count(leaves, source_id, max_sections)

    blocks = Blocks(lines, counted)
    filled = _filled(blocks.parts, lines)
    check_count(sum(filled), source_id, max_sections)
    told = _says_something(blocks.meta, alone=not any(filled))
    if not any(filled) and not told:
        raise SourceError(source_id, "has front matter but no text: there is nothing to retain")
    places = list(_places(blocks, written(blocks.meta, source_id)))
    every = zip(blocks.parts, places, filled, strict=True)
    kept = [(part, place) for part, place, full in every if full]
    tells = blocks.meta.keys() & {"author", "authors"}
    said_by = author_of(blocks.meta) if tells else author
    drafts = list(_drafts(kept, lines, reference_date, said_by))
    title = _title(blocks.meta, places)
    if told:
        drafts.insert(
            0, _properties(blocks, lines, title or _name(source_id), places[0], reference_date)
        )
    check_count(len(drafts), source_id, max_sections)
    return Outline(title, blocks.meta, drafts, blocks.marks)


def _says_something(meta: dict[str, Any], *, alone: bool) -> bool:
    """Whether properties tell of more than the file: they are a section then.

    Args:
        meta: The properties.
        alone: Whether the note holds nothing else.
    """
    if "front_matter_error" in meta:
        return False
    least = {"title"} if alone else OF_THE_FILE
    return any(value not in (None, "", [], {}) for key, value in meta.items() if key not in least)


def _properties(
    blocks: Blocks, lines: Lines, name: str, place: _Place, reference_date: datetime | None
) -> Draft:
    first, last = lines.trimmed(lines.start(0), lines.start(blocks.parts[0].first))
    said_at = at(place.day, place.clock, place.zone) if place.day else reference_date
    return Draft(first, last, "text", 0, (name,), None, said_at)


def _name(source_id: str) -> str:
    return PurePath(source_id).stem or source_id


def _filled(parts: Sequence[Part], lines: Lines) -> list[bool]:
    """Which parts give sections: those with a body, and headings without children."""
    has_children = [below.level > part.level for part, below in pairwise(parts)]
    return [
        not lines.blank(lines.start(part.body), lines.start(part.end))
        or (part.level > 0 and not children)
        for part, children in zip(parts, [*has_children, False], strict=True)
    ]


def _places(blocks: Blocks, dated: datetime | None) -> Iterator[_Place]:
    """The place of every part; the date of the source holds where no heading has one."""
    top = _Place(0)
    if dated is not None:
        top = _Place(0, (), dated.date(), dated.time(), dated.tzinfo or UTC)
    above = [top]
    for part in blocks.parts:
        while part.level and above[-1].level >= part.level:
            above.pop()
        if part.level:
            above.append(_below(above[-1], part.level, blocks.plain(part.heading)))
        yield above[-1]


def _below(outer: _Place, level: int, heading: str) -> _Place:
    path = (*outer.path, heading) if heading else outer.path
    told = find_moment(heading)
    if told.day is not None:
        return _Place(level, path, told.day, told.clock, told.zone)
    return _Place(level, path, outer.day, told.clock or outer.clock, outer.zone)


def _drafts(
    kept: Sequence[tuple[Part, _Place]],
    lines: Lines,
    reference_date: datetime | None,
    author: str | None,
) -> Iterator[Draft]:
    talks = dialogues(lines, [part for part, _ in kept])
    spoken = speakers_of(
        [(part.level, place.path[-1] if place.path else "") for part, place in kept]
    )
    for (part, place), openings, speaker in zip(kept, talks, spoken, strict=True):
        said_at = at(place.day, place.clock, place.zone) if place.day else reference_date
        if speaker is not None and not lines.blank(lines.start(part.body), lines.start(part.end)):
            yield _said_below(part, place, said_at, lines, speaker)
        else:
            yield from _of_part(part, place, said_at, lines, openings, author)


def _said_below(
    part: Part, place: _Place, said_at: datetime | None, lines: Lines, speaker: str
) -> Draft:
    """What somebody says below a heading that names him."""
    first, last = lines.trimmed(lines.start(part.body), lines.start(part.end))
    path = tuple(one for one in place.path if not names_role(one))
    return Draft(first, last, "turn", len(path), path, speaker, said_at)


def _of_part(
    part: Part,
    place: _Place,
    said_at: datetime | None,
    lines: Lines,
    openings: Sequence[Opening],
    author: str | None,
) -> Iterator[Draft]:
    """One text section, or what leads up to a dialogue and then its turns."""
    end = lines.start(part.end)
    lead = openings[0].start if openings else end
    if not openings or not lines.blank(lines.start(part.body), lead):
        first, last = lines.trimmed(lines.start(part.first), lead)
        yield Draft(first, last, "text", place.level, place.path, author, said_at)
    bounds = [opening.start for opening in openings] + [end]
    for opening, after in zip(openings, bounds[1:], strict=True):
        start = opening.start if opening.said is None else opening.said
        if not lines.blank(start, after):
            _, last = lines.trimmed(start, after)
            yield Draft(start, last, "turn", place.level, place.path, opening.speaker, said_at)


def _title(meta: dict[str, Any], places: Sequence[_Place]) -> str | None:
    title = meta.get("title")
    if isinstance(title, str | int | float) and str(title).strip():
        return str(title).strip()
    return next((place.path[-1] for place in places if place.level == 1 and place.path), None)
