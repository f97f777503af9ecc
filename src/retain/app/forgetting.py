"""Previews of what forgetting a source, or one fact, would delete and change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from retain.bank import BankStore, Derived
from retain.memory.context import RetainContext
from retain.memory.model import CitedFact, DirtyPages, EntityNote, Fact
from retain.memory.ports import Extractor, PageReads, SourceReader
from retain.memory.redaction import redaction_of


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What forgetting a source, or one fact of it, would delete and change.

    Args:
        source_id: The source.
        fact_id: The fact; None for the whole source.
        sections: How many sections would be deleted, with their vectors and index entries.
        facts: The facts that would be deleted.
        entities: The entities that no other source names.
        restored: The superseded facts that would become current again.
        pages_gone: The titles of the pages that would be deleted.
        pages_changed: The titles of the pages that would change.
        log_entries: How many entries of the log would be deleted.
    """

    source_id: str
    fact_id: str | None
    sections: int
    facts: tuple[str, ...]
    entities: tuple[str, ...]
    restored: tuple[str, ...]
    pages_gone: tuple[str, ...]
    pages_changed: tuple[str, ...]
    log_entries: int


class Preview:
    """Rehearses forgetting, and undoes it.

    Args:
        store: The banks.
    """

    def __init__(self, store: BankStore) -> None:
        self._store = store

    async def of_source(self, bank_id: str, source_id: str) -> Forgetting:
        """What would go with a source."""
        facts = await self._store.cited(bank_id, source_id)
        sections = await self._store.sections(bank_id, source_id)
        versions = await self._store.versions(bank_id, source_id)
        changed = await self._store.rehearse_delete(bank_id, source_id)
        found = await self._told(bank_id, source_id, None, facts, changed)
        return replace(found, sections=len(sections), log_entries=len(versions))

    async def of_fact(self, bank_id: str, cited: CitedFact, left: Collection[str]) -> Forgetting:
        """What forgetting one fact would delete and change.

        Args:
            bank_id: The bank.
            cited: The fact.
            left: The ids of the facts that the source states without the fact's words.
        """
        source_id = cited.source_id
        facts = await self._store.cited(bank_id, source_id)
        gone = [one for one in facts if one.fact.fact_id not in left]
        ids = [one.fact.fact_id for one in gone]
        changed = await self._store.rehearse_delete_facts(bank_id, source_id, ids)
        return await self._told(bank_id, source_id, cited.fact.fact_id, gone, changed)

    async def _told(
        self,
        bank_id: str,
        source_id: str,
        fact_id: str | None,
        gone: Sequence[CitedFact],
        changed: Derived,
    ) -> Forgetting:
        ids = {one.fact.fact_id for one in gone}
        freed = [old.older for old, new in changed.edges if old is not None and new is None]
        restored = await self._store.cited_by_id(bank_id, [one for one in freed if one not in ids])
        left = {name for _, new in changed.entities if new for name in new.entity.aliases}
        lost = [old for old, new in changed.entities if old is not None and new is None]
        paged = [(old, new) for old, new in changed.entities if old is not None and old.page_id]
        unpaged = [old for old, new in paged if new is None or new.page_id is None]
        after = {new.entity.entity_id: new for _, new in changed.entities if new is not None}
        titles = await self._store.read_pages(
            bank_id, lambda reads: _titles(changed.pages, after, unpaged, reads)
        )
        return Forgetting(
            source_id=source_id,
            fact_id=fact_id,
            sections=0,
            facts=tuple(one.fact.text for one in gone),
            entities=tuple(
                sorted(one.entity.name for one in lost if left.isdisjoint(one.entity.aliases))
            ),
            restored=tuple(one.fact.text for one in restored.values()),
            pages_gone=tuple(sorted(one.entity.name for one in unpaged)),
            pages_changed=titles,
            log_entries=0,
        )


def _titles(
    dirty: DirtyPages,
    after: Mapping[str, EntityNote],
    unpaged: Sequence[EntityNote],
    reads: PageReads,
) -> tuple[str, ...]:
    """The titles of the pages that are rendered again; `reads` is the bank as it is."""
    gone = {one.entity.entity_id for one in unpaged}
    notes = [after.get(one) or reads.entity(one) for one in sorted(dirty.entities - gone)]
    topics = [reads.topic(one) for one in sorted(dirty.topics)]
    titles = [note.entity.name for note in notes if note is not None and note.page_id is not None]
    return (*sorted(titles), *sorted(one.title for one in topics if one is not None))


async def stated_without(
    quotes: Iterable[str], kept: RetainContext, reader: SourceReader, extractor: Extractor
) -> frozenset[str]:
    """The ids of the facts that a source states once some of its words are blanked.

    A fact may need the words of another: "he lives here and works there" has one subject.

    Args:
        quotes: The words.
        kept: The run that retained the source.
        reader: Cuts the text into sections.
        extractor: Finds facts without a model.
    """
    text = await _without(quotes, kept, reader)
    document = await reader.parse(
        text,
        source_id=kept.source_id,
        reference_date=kept.reference_date,
        provenance=kept.provenance,
    )
    read = document.decoded or text
    found = await extractor.extract(read, document.sections, among=document.sections)
    facts = (await extractor.dedupe(found.facts, kept.source_id)).facts
    return frozenset(fact.fact_id for fact in facts)


async def standing_without(
    quotes: Iterable[str], kept: RetainContext, reader: SourceReader, facts: Iterable[Fact]
) -> frozenset[str]:
    """The ids of the facts whose quotes are left in a source once some of its words are blanked.

    This is for facts that a model found: forgetting calls no model.

    Args:
        quotes: The words.
        kept: The run that retained the source.
        reader: Knows where the words stand.
        facts: Its facts.
    """
    text, left = kept.md_text, await _without(quotes, kept, reader)
    return frozenset(f.fact_id for f in facts if left[f.start : f.end] == text[f.start : f.end])


async def _without(quotes: Iterable[str], kept: RetainContext, reader: SourceReader) -> str:
    """The text of a source with some of its words blanked."""
    return await reader.blanked(
        kept.md_text,
        [redaction_of(quote) for quote in quotes],
        source_id=kept.source_id,
        provenance=kept.provenance,
    )
