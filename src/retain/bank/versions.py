"""The versions of a bank's sources: what brings a new one, and what removes a source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from retain.bank import edges, facts, history, judgements, leads, log, pages, sections, sources
from retain.bank.edges import Relate
from retain.bank.indexing import section_words
from retain.bank.rows import Row, by_id, iso, prepare
from retain.bank.sections import NewSections
from retain.errors import InputError
from retain.memory.model import Document, Knowledge, Section, Vectors, Version
from retain.memory.ports.store import Tx
from retain.memory.redaction import Redaction


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A new version of a source, checked and ready to be written.

    Args:
        source: The source's row.
        sections: What becomes of its sections.
        parsed: Its sections as they were read.
        knowledge: What they say.
        retained_at: When it becomes visible, UTC.
    """

    source: Row
    sections: NewSections
    parsed: Sequence[Section]
    knowledge: Knowledge
    retained_at: datetime


def prepared(
    source_id: str,
    content_hash: str,
    text: str,
    document: Document,
    vectors: Vectors | None,
    knowledge: Knowledge,
    retained_at: datetime,
) -> NewVersion:
    """Make a document ready to be written.

    Raises:
        InputError: Something in it cannot be kept.
    """
    source, rows = prepare(source_id, content_hash, text, document)
    source["retained_at"] = iso(retained_at, "the clock's time")
    vectors_by_section = {} if vectors is None else by_id(vectors)
    if not vectors_by_section.keys() <= {row["section_id"] for row in rows}:
        raise InputError(f"{source_id!r}: a vector is of no section")
    model = None if vectors is None else vectors.model
    new = NewSections(rows, section_words(rows, document.title), vectors_by_section, model)
    return NewVersion(source, new, document.sections, knowledge, retained_at)


def replace(tx: Tx, new: NewVersion, relate: Relate) -> int:
    """Make a version the visible one; the number of the version that is visible afterwards."""
    source_id: str = new.source["source_id"]
    visible = sources.find(tx, source_id)
    if visible is not None and visible.content_hash == new.source["content_hash"]:
        return visible.version
    sections.check_model(tx, new.sections.model)
    number = 1 if visible is None else visible.version + 1
    before = [] if visible is None else facts.cited(tx, source_id)
    indexed = {} if visible is None else facts.indexed_words(tx, source_id)
    sources.put(tx, new.source, number)
    sections.replace(tx, source_id, new.sections, None if visible is None else visible.title)
    facts.put(tx, source_id, new.knowledge, new.parsed)
    facts.reindex(tx, indexed, facts.indexed_words(tx, source_id))
    version = Version(source_id, number, new.retained_at, len(new.parsed))
    gone = history.follow(tx, version, before)
    history.forget_redacted_past(tx, source_id)
    judgements.drop_of(tx, gone)
    judgements.put(tx, new.knowledge.judgements)
    judgements.drop_lost(tx)
    edges.derive(tx, relate)
    if visible is not None:
        leads.drop_unfounded(tx)
    sections.touch(tx, new.sections.model)
    return number


def remove(tx: Tx, source_id: str, relate: Relate) -> bool:
    """Remove every trace of the source; False if there was none."""
    tx.run("unfold")
    found = sources.find(tx, source_id)
    if found is None:
        return False
    facts.reindex(tx, facts.indexed_words(tx, source_id), {})
    facts.clear(tx, source_id)
    history.forget(tx, source_id)
    log.forget_source(tx, source_id)
    sections.remove(tx, source_id, found.title)
    sections.touch(tx)
    sources.remove(tx, source_id)
    judgements.drop_lost(tx)
    edges.derive(tx, relate)
    leads.drop_unfounded(tx)
    pages.clear(tx)  # pages may quote it; they are rendered again
    tx.erase_indexes()
    return True


def redact(tx: Tx, source_id: str, fact_id: str, redactions: Iterable[Redaction]) -> None:
    """Forget what is kept of a fact beside its source, which comes in again without it."""
    tx.run("unfold")
    history.redact(tx, source_id, redactions)
    judgements.drop_of(tx, [fact_id])
    history.forget_redacted_past(tx, source_id)
    log.forget_fact(tx, fact_id)
    pages.clear(tx)
