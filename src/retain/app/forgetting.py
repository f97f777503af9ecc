"""Previews of what forgetting a source, or one fact, would delete and change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from retain.bank import BankStore
from retain.memory.context import RetainContext
from retain.memory.model import IMAGINED, CitedFact, Fact, NameCount, Page, Snapshot, Wiki
from retain.memory.ports import Extractor, NameFinder, PageWriter, SourceReader, Superseder
from retain.memory.redaction import redacted, redaction_of
from retain.states.render import refresh


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
    """Compares a bank with what it would be without a source or a fact.

    Args:
        store: The banks.
        writer: Renders pages.
        superseder: Decides which facts supersede which.
        finder: Decides which names mean the same.
    """

    def __init__(
        self, store: BankStore, writer: PageWriter, superseder: Superseder, finder: NameFinder
    ) -> None:
        self._store = store
        self._writer = writer
        self._superseder = superseder
        self._finder = finder

    async def of_source(self, bank_id: str, source_id: str) -> Forgetting:
        """What forgetting a source would delete and change."""
        now = await self._snapshot(bank_id)
        mentions = (await self._store.knowledge(bank_id, source_id)).mentions
        fewer = Counter((mention.name, mention.kind) for mention in mentions)
        names = (replace(n, times=n.times - fewer[n.name, n.kind]) for n in now.names)
        kept = [n for n, row in enumerate(now.sections) if row.source_id != source_id]
        then = replace(
            now,
            facts=tuple(one for one in now.facts if one.source_id != source_id),
            names=tuple(name for name in names if name.times > 0),
            sources=tuple(one for one in now.sources if one.source_id != source_id),
            sections=tuple(now.sections[n] for n in kept),
            vectors=tuple(now.vectors[n] for n in kept),
            named=tuple(one for one in now.named if one[0] != source_id),
        )
        told = await self._compared(now, then, source_id, None)
        entries = await self._store.log(bank_id, source_id)
        sections = len(now.sections) - len(then.sections)
        return replace(told, sections=sections, log_entries=len(entries))

    async def of_fact(self, bank_id: str, cited: CitedFact, left: Collection[str]) -> Forgetting:
        """What forgetting one fact would delete and change.

        Args:
            bank_id: The bank.
            cited: The fact.
            left: The ids of the facts that the source states without the fact's words.
        """
        now = await self._snapshot(bank_id)
        facts = (
            one for one in now.facts if one.source_id != cited.source_id or one.fact.fact_id in left
        )
        then = replace(now, facts=tuple(facts))
        return await self._compared(now, then, cited.source_id, cited.fact.fact_id)

    async def _snapshot(self, bank_id: str) -> Snapshot:
        await refresh(self._store, self._writer, bank_id)
        return await self._store.snapshot(bank_id) or Snapshot(bank_id, IMAGINED)

    async def _compared(
        self, now: Snapshot, then: Snapshot, source_id: str, fact_id: str | None
    ) -> Forgetting:
        then = self._related(then)
        written = await self._writer.write(replace(then, generation=IMAGINED))
        held = await self._store.wiki(now.bank_id)
        left = {one.fact.fact_id: one.fact for one in then.facts}
        return Forgetting(
            source_id=source_id,
            fact_id=fact_id,
            sections=0,
            facts=tuple(one.fact.text for one in now.facts if one.fact.fact_id not in left),
            entities=await self._gone(now.names, then),
            restored=tuple(
                one.fact.text
                for one in now.facts
                if one.fact.superseded_by
                and one.fact.fact_id in left
                and left[one.fact.fact_id].superseded_by is None
            ),
            pages_gone=_titles(held, {page.page_id for page in written.pages}),
            pages_changed=_changed(held, written),
            log_entries=0,
        )

    def _related(self, then: Snapshot) -> Snapshot:
        facts = [(one.source_id, one.fact) for one in then.facts]
        edges = self._superseder.relate(facts, then.names, then.corrections, then.verdicts)
        newer = {edge.older: edge.newer for edge in edges}
        replaced = (
            replace(one, fact=replace(one.fact, superseded_by=newer.get(one.fact.fact_id)))
            for one in then.facts
        )
        return replace(then, facts=tuple(replaced), edges=tuple(edges))

    async def _gone(self, names: tuple[NameCount, ...], then: Snapshot) -> tuple[str, ...]:
        before = await self._finder.normalise(names, then.corrections)
        after = await self._finder.normalise(then.names, then.corrections)
        left = {alias for entity in after for alias in entity.aliases}
        return tuple(sorted(entity.name for entity in before if left.isdisjoint(entity.aliases)))


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
    text = redacted(kept.md_text, [redaction_of(quote) for quote in quotes])
    document = await reader.parse(
        text, source_id=kept.source_id, reference_date=kept.reference_date
    )
    found = await extractor.extract(text, document.sections, among=document.sections)
    facts = (await extractor.dedupe(found.facts, kept.source_id)).facts
    return frozenset(fact.fact_id for fact in facts)


def standing_without(quotes: Iterable[str], text: str, facts: Iterable[Fact]) -> frozenset[str]:
    """The ids of the facts whose quotes are left in a source once some of its words are blanked.

    This is for facts that a model found: forgetting calls no model.

    Args:
        quotes: The words.
        text: The source.
        facts: Its facts.
    """
    left = redacted(text, [redaction_of(quote) for quote in quotes])
    return frozenset(f.fact_id for f in facts if left[f.start : f.end] == f.quote)


def _titles(held: Wiki, left: set[str]) -> tuple[str, ...]:
    return tuple(page.title for page in held.pages if page.page_id not in left)


def _changed(held: Wiki, written: Wiki) -> tuple[str, ...]:
    before: dict[str, Page] = {page.page_id: page for page in held.pages}
    return tuple(page.title for page in written.pages if before.get(page.page_id) != page)
