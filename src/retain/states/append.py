"""APPEND: read what is added to a source, with the end of what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retain.engine import Failed, StateResult
from retain.errors import SourceError
from retain.memory.context import RetainContext, content_hash, joined
from retain.memory.model import Document, Section, SectionRow, StoredSource, Tail
from retain.memory.redaction import named_without
from retain.states.read import UNDERSTAND
from retain.states.services import RetainServices

KNOWN = 8
"""So many turns before those that are added are read again, to understand these."""

_ALIKE = 8


async def append(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Put the text to add behind the source, and read it with the last turns before it.

    Where a source is no chat with a message a line, its parts depend on each other: it is read as a
    whole.
    """
    store, reader = services.store_for("APPEND"), services.reader_for("APPEND")
    end = await store.end_of(ctx.bank_id, ctx.source_id, KNOWN)
    before, redactions = ("", ()) if end is None else (end.text, end.redactions)
    if before is None:
        return Failed(
            "its text is not kept, since it was imported or retained by an older release: retain "
            "the whole text instead"
        )
    added = ctx.added
    if redactions:
        added = await reader.blanked(
            added, redactions, source_id=ctx.source_id, provenance=ctx.provenance
        )
    ctx.given_hash = content_hash(joined(before, ctx.added), ctx.reference_date, ctx.provenance)
    ctx.content_hash = named_without(ctx.given_hash, redactions)
    ctx.md_text = joined(before, added)
    if end is None or not end.sections or not reader.is_message_a_line(before, ctx.source_id):
        return "READ"
    source, rows = end.source, end.sections
    begins = before.rfind("\n", 0, rows[0].section.start) + 1
    text = ctx.md_text[begins:]
    try:
        document = await reader.parse(
            text,
            source_id=ctx.source_id,
            reference_date=ctx.reference_date,
            provenance=ctx.provenance,
        )
    except SourceError:  # READ tells the line of the whole text
        return "READ"
    if not _begins_with(document, text, rows):
        return "READ"
    ctx.md_text, ctx.tail = text, _tail(source, begins, rows, document)
    ctx.title, ctx.meta = source.title, dict(source.meta)
    ctx.passed_over, ctx.decoded = dict(document.passed_over), document.decoded
    ctx.sections = await _named(ctx, services, rows, document)
    return UNDERSTAND


def _begins_with(document: Document, text: str, rows: Sequence[SectionRow]) -> bool:
    """Whether a text was cut into the sections that the source has, and others behind them."""
    known, words = document.sections[: len(rows)], document.decoded or text
    return len(document.sections) > len(rows) and all(
        (words[one.start : one.end], one.speaker) == (row.text, row.section.speaker)
        for one, row in zip(known, rows, strict=True)
    )


def _tail(
    source: StoredSource, begins: int, rows: Sequence[SectionRow], document: Document
) -> Tail:
    first, parsed = rows[0].section, document.sections[0]
    lines = first.line_start - parsed.line_start
    return Tail(source.content_hash, begins, lines, first.ordinal, len(rows))


async def _named(
    ctx: RetainContext,
    services: RetainServices,
    rows: Sequence[SectionRow],
    document: Document,
) -> list[Section]:
    """The sections of the text, by the ids that they have in the whole source.

    An id counts how often the source has said the same before.
    """
    store, reader = services.store_for("APPEND"), services.reader_for("APPEND")
    sections = [
        replace(section, section_id=row.section.section_id)
        for section, row in zip(document.sections[: len(rows)], rows, strict=True)
    ]
    taken: set[str] = set()
    for section in document.sections[len(rows) :]:
        text = ctx.text[section.start : section.end]
        first, number = 1, _ALIKE
        while True:
            ids = [reader.section_id(section, text, n) for n in range(first, first + number)]
            there = await store.section_ids(ctx.bank_id, ctx.source_id, ids)
            free = next((one for one in ids if one not in there and one not in taken), None)
            if free is not None:
                break
            first, number = first + number, 2 * number
        taken.add(free)
        sections.append(replace(section, section_id=free))
    return sections
