"""Values of the domain as rows of tables, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from retain.errors import InputError
from retain.memory.model import Document, Entity, Section, SectionRow, StoredSource, Vectors
from retain.memory.moments import aware
from retain.memory.nul import holds_nul
from retain.memory.places import Place

Row = dict[str, Any]

FACT_BITS = 20
"""The id of a fact in the index is that of its section's row times 2^20, plus its place there."""

_NO_NUL = "which a database cannot keep in a text: remove that character, or replace it"
_PATH = msgspec.json.Decoder(tuple[str, ...])


def prepare(
    source_id: str, content_hash: str, text: str, document: Document
) -> tuple[Row, list[Row]]:
    """The row of a document's source and those of its sections, checked.

    Raises:
        InputError: Something in it cannot be kept.
    """
    key: Row = {"source_id": source_id}
    sections: list[Row] = []
    seen: set[str] = set()
    checked(text, f"the text of {source_id!r}")
    read = document.decoded or text
    for section in document.sections:
        if section.section_id in seen:
            raise InputError(f"{source_id!r}: two sections have the id {section.section_id!r}")
        if not 0 <= section.start <= section.end <= len(read):
            raise InputError(
                f"{source_id!r}: section {section.section_id!r} lies outside of the text"
            )
        seen.add(section.section_id)
        sections.append(_section_values(key, section, read))
    try:
        meta = _json(document.meta, f"the meta data of {source_id!r}")
    except (TypeError, ValueError) as exc:
        if isinstance(exc, InputError):
            raise
        raise InputError(f"{source_id!r}: its meta data cannot be kept as JSON: {exc}") from exc
    source: Row = {
        **key,
        "content_hash": checked(content_hash, "the content hash"),
        "title": checked(document.title, f"the title of {source_id!r}"),
        "meta": meta,
        "characters": len(text),
        "sections": len(sections),
    }
    return source, sections


def by_id(vectors: Vectors) -> dict[str, list[bytes]]:
    """The bytes of the vectors by their section's id.

    Raises:
        InputError: There are more or fewer bytes than the vectors should have.
    """
    size = 2 * vectors.dimensions
    if len(vectors.data) != size * len(vectors.section_ids):
        raise InputError(
            f"{len(vectors.section_ids)} vectors of {vectors.dimensions} dimensions in "
            f"{len(vectors.data)} bytes"
        )
    found: dict[str, list[bytes]] = {}
    for n, section_id in enumerate(vectors.section_ids):
        found.setdefault(section_id, []).append(vectors.data[n * size : (n + 1) * size])
    return found


def _section_values(key: Row, section: Section, text: str) -> Row:
    what = f"a section of {key['source_id']!r}"
    said_at = section.said_at
    place = section.place or Place(section.start, section.end)
    return {
        **key,
        "section_id": checked(section.section_id, f"the id of {what}"),
        "ordinal": section.ordinal,
        "kind": section.kind,
        "level": section.level,
        "path": _json(section.path, f"a heading of {what}"),
        "char_start": place.start,
        "char_end": place.end,
        "line_start": section.line_start,
        "line_end": section.line_end,
        "speaker": checked(section.speaker, f"the speaker of {what}"),
        "said_at": None if said_at is None else iso(said_at, f"the time of {what}"),
        "text": text[section.start : section.end],
        "steps": place.steps or None,
    }


def source_of(row: Sequence[Any]) -> StoredSource:
    """The source of a row."""
    return StoredSource(
        bank_id=row[0],
        source_id=row[1],
        version=row[2],
        content_hash=row[3],
        title=row[4],
        meta=json.loads(row[5]),
        characters=row[6],
        sections=row[7],
        retained_at=datetime.fromisoformat(row[8]),
        facts=row[9],
        reference_date=None if row[10] is None else datetime.fromisoformat(row[10]),
    )


def section_of(row: Sequence[Any]) -> SectionRow:
    """The section of a row, whose first column is the row's id."""
    section = Section(
        section_id=row[2],
        ordinal=row[3],
        kind=row[4],
        level=row[5],
        path=_PATH.decode(row[6]),
        start=row[7],
        end=row[8],
        line_start=row[9],
        line_end=row[10],
        speaker=row[11],
        said_at=None if row[12] is None else datetime.fromisoformat(row[12]),
    )
    came_in = None if row[15] is None else datetime.fromisoformat(row[15])
    return SectionRow(source_id=row[1], section=section, text=row[13], came_in=came_in)


def entity_of(row: Row) -> Entity:
    """The entity of a row."""
    return Entity(
        row["entity_id"],
        row["name"],
        row["kind"],
        tuple(json.loads(row["aliases"])),
        tuple(json.loads(row["reasons"])),
    )


def check_ids(bank_id: str, *others: str) -> None:
    """Refuse ids and names that no store can write.

    Raises:
        InputError: One cannot be written as UTF-8, or holds NUL.
    """
    checked(bank_id, "the bank id")
    for other in others:
        checked(other, f"the id or name {other[:200]!r}")


def checked(text: str | None, what: str) -> str | None:
    """The text itself, if every store can write it: as UTF-8, and without NUL.

    Raises:
        InputError: It cannot be written; `what` names it.
    """
    if text is not None and "\0" in text:
        raise InputError(f"{what} holds NUL (U+0000) at character {text.index(chr(0))}, {_NO_NUL}")
    try:
        (text or "").encode()
    except UnicodeEncodeError as exc:
        raise InputError(
            f"{what} has half of a surrogate pair at character {exc.start}, which no file can "
            "hold: decode it anew, or replace that character"
        ) from exc
    return text


def _json(value: Any, what: str) -> str:
    """The value as JSON, if every store can write it; see `checked`."""
    text = json.dumps(value, ensure_ascii=False)
    if holds_nul(text):
        raise InputError(f"{what} holds NUL (U+0000), {_NO_NUL}")
    checked(text, what)
    return text


def iso(moment: datetime, what: str) -> str:
    """The moment in ISO 8601, with its offset from UTC.

    Raises:
        InputError: It has no time zone; `what` names it.
    """
    if moment.tzinfo is None:
        raise InputError(f"{what} has no time zone: {moment.isoformat()}")
    return aware(moment).isoformat(timespec="microseconds")


def utc_iso(moment: datetime, what: str) -> str:
    """The moment in ISO 8601 as UTC, so that texts of moments compare as the moments do.

    Raises:
        InputError: As `iso` does.
    """
    return datetime.fromisoformat(iso(moment, what)).astimezone(UTC).isoformat("T", "microseconds")
