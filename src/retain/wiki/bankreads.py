"""A bank in memory, read page by page."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from retain.memory.model import (
    BankTotals,
    BankView,
    CitedFact,
    Entity,
    EntityKind,
    EntityNote,
    Lead,
    SectionKey,
    SourceNote,
    Topic,
    TopicNote,
    Touched,
)
from retain.memory.naming import has_page, names_in, page_id
from retain.wiki import dates
from retain.wiki.pagefacts import place


class BankReads:
    """`PageReads` of a bank that is in memory: filled by one pass, for whoever renders all of it.

    Args:
        view: The bank; the order of what it holds does not matter.
        notes: Its entities, where they are known by more than the view tells.
        writers: The sources that write each name.
    """

    def __init__(
        self,
        view: BankView,
        *,
        notes: Iterable[EntityNote] | None = None,
        writers: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._view = view
        self._writers = writers or {}
        self._facts = sorted(_with_replacements(view), key=place)
        self._by_id = {one.fact.fact_id: one for one in self._facts}
        self._by_name: defaultdict[str, list[int]] = defaultdict(list)
        for n, one in enumerate(self._facts):
            for name in names_in(one.fact):
                self._by_name[name].append(n)
        self._notes = {
            note.entity.entity_id: note for note in (self._noted() if notes is None else notes)
        }
        self._by_alias: defaultdict[str, list[EntityNote]] = defaultdict(list)
        for note in self._notes.values():
            for alias in note.aliases:
                self._by_alias[alias].append(note)
        self._topics: dict[str, Topic] = {}
        for topic in sorted(view.topics, key=repr):
            self._topics.setdefault(topic.topic_id, topic)
        self._leads = {lead.page_id: lead for lead in view.leads}

    @property
    def bank_id(self) -> str:
        """The bank."""
        return self._view.bank_id

    def entity(self, entity_id: str) -> EntityNote | None:
        """An entity, whether it has a page or not."""
        return self._notes.get(entity_id)

    def entity_of_page(self, page_id: str) -> EntityNote | None:
        """The entity whose page has an id."""
        return next((one for one in self._notes.values() if one.page_id == page_id), None)

    def entities_named(self, names: Collection[str]) -> Sequence[EntityNote]:
        """The entities one of whose aliases is among the names."""
        found = {
            note.entity.entity_id: note for name in names for note in self._by_alias.get(name, ())
        }
        return list(found.values())

    def facts(self, fact_ids: Collection[str]) -> Sequence[CitedFact]:
        """Those of the facts that the bank has."""
        return [self._by_id[one] for one in fact_ids if one in self._by_id]

    def facts_naming(self, names: Collection[str], most: int) -> Sequence[CitedFact]:
        """The newest facts that give one of the names; see `PageReads`."""
        return newest([self._facts[n] for n in self._naming(names)], most)

    def facts_in_topic(self, topic_id: str, most: int) -> Sequence[CitedFact]:
        """The newest facts of the topic's sections."""
        topic = self._topics.get(topic_id)
        keys = sorted(set(topic.sections)) if topic else ()
        return _newest([one for key in keys for one in self._by_section.get(key, ())], most)

    def touched(
        self,
        *,
        fact_ids: Collection[str] = (),
        names: Collection[str] = (),
        sections: Collection[SectionKey] = (),
    ) -> Touched:
        """Where facts stand, and where the facts stand that these replace directly."""
        found = {one.fact.fact_id: one for one in self.facts(fact_ids)}
        for one in (self._facts[n] for n in self._naming(names)):
            found[one.fact.fact_id] = one
        for one in (one for key in sections for one in self._by_section.get(key, ())):
            found[one.fact.fact_id] = one
        newer = {*fact_ids, *found}
        facts = [*found.values(), *(one for key in newer for one in self._replaced.get(key, ()))]
        return Touched(
            frozenset(name for one in facts for name in names_in(one.fact)),
            frozenset((one.source_id, one.fact.section_id) for one in facts),
        )

    def topic(self, topic_id: str) -> Topic | None:
        """A topic with its sections."""
        return self._topics.get(topic_id)

    def topics_of(
        self, sections: Collection[SectionKey]
    ) -> Mapping[SectionKey, Sequence[TopicNote]]:
        """The topics of each of the sections."""
        return {key: self._topics_of[key] for key in sections if key in self._topics_of}

    def lead(self, page_id: str) -> Lead | None:
        """The lead that was written last for a page."""
        return self._leads.get(page_id)

    def writers(self, name: str, among: Collection[str] | None = None) -> Sequence[str]:
        """The sources that write a name: of these sources, or of all."""
        writing = self._writers.get(name, ())
        return [one for one in writing if among is None or one in among]

    def totals(self) -> BankTotals:
        """How much there is."""
        paged: Counter[EntityKind] = Counter()
        unpaged: Counter[EntityKind] = Counter()
        for note in self._notes.values():
            (unpaged if note.page_id is None else paged)[note.entity.kind] += 1
        return BankTotals(
            len(set(self._view.sources)),
            len(self._facts),
            sum(one.fact.superseded_by is not None for one in self._facts),
            len(self._topics),
            paged,
            unpaged,
        )

    def ranked_entities(
        self, kind: EntityKind, most: int, after: EntityNote | None = None
    ) -> Sequence[EntityNote]:
        """The entities of a kind that have a page: by most facts, then by name and id."""
        ranked = self._ranked.get(kind, [])
        start = 0 if after is None else bisect_right(ranked, _rank(after), key=_rank)
        return ranked[start : start + most]

    def ranked_topics(self, most: int) -> Sequence[TopicNote]:
        """The topics by most sections, then by title and id."""
        notes = [_note(topic) for topic in self._topics.values()]
        return sorted(notes, key=lambda one: (-one.sections, one.title, one.topic_id))[:most]

    def ranked_sources(self, most: int) -> Sequence[SourceNote]:
        """The sources by most facts, then by id."""
        notes = set(self._view.sources)
        return sorted(notes, key=lambda one: (-one.facts, one.source_id, repr(one)))[:most]

    @cached_property
    def _by_section(self) -> Mapping[SectionKey, Sequence[CitedFact]]:
        found: defaultdict[SectionKey, list[CitedFact]] = defaultdict(list)
        for one in self._facts:
            found[one.source_id, one.fact.section_id].append(one)
        return found

    @cached_property
    def _replaced(self) -> Mapping[str, Sequence[CitedFact]]:
        """The facts that each fact replaces directly."""
        found: defaultdict[str, list[CitedFact]] = defaultdict(list)
        for one in self._facts:
            if one.fact.superseded_by is not None:
                found[one.fact.superseded_by].append(one)
        return found

    @cached_property
    def _topics_of(self) -> Mapping[SectionKey, Sequence[TopicNote]]:
        found: defaultdict[SectionKey, list[TopicNote]] = defaultdict(list)
        for topic in self._topics.values():
            note = _note(topic)
            for key in set(topic.sections):
                found[key].append(note)
        return found

    @cached_property
    def _ranked(self) -> Mapping[EntityKind, list[EntityNote]]:
        found: defaultdict[EntityKind, list[EntityNote]] = defaultdict(list)
        for note in sorted(self._notes.values(), key=_rank):
            if note.page_id is not None:
                found[note.entity.kind].append(note)
        return found

    def _naming(self, names: Iterable[str]) -> list[int]:
        """The facts that give one of the names, by source and place."""
        return sorted({n for name in names for n in self._by_name.get(name, ())})

    def _noted(self) -> list[EntityNote]:
        """The entities of the view, with how many facts speak of each, and their pages."""
        times = Counter[str]()
        for name, count in self._view.times:
            times[name] = max(times[name], count)
        told: list[tuple[Entity, int, bool]] = []
        for entity in self._view.entities:
            bare = EntityNote(entity, 0, 0, None)
            facts = self._naming(bare.aliases)
            slotted = sum(self._facts[n].fact.slot is not None for n in facts)
            told.append((entity, len(facts), has_page(len(facts), slotted)))
        shared = Counter(entity.name for entity, _, paged in told if paged)
        return [
            EntityNote(
                entity,
                times[entity.name],
                count,
                page_id(entity.name, "entity" if shared[entity.name] == 1 else entity.kind)
                if paged
                else None,
            )
            for entity, count, paged in told
        ]


def _with_replacements(view: BankView) -> Iterable[CitedFact]:
    """The facts, each with what replaces it as facts and edges tell."""
    ids = {one.fact.fact_id for one in view.facts}
    newer = {one.fact.fact_id: one.fact.superseded_by for one in view.facts}
    for edge in sorted(view.edges, key=lambda one: (one.older, one.newer)):
        if edge.older != edge.newer and newer.get(edge.older) not in ids:
            newer[edge.older] = edge.newer
    for one in view.facts:
        by = newer[one.fact.fact_id]
        same = by == one.fact.superseded_by
        yield one if same else replace(one, fact=replace(one.fact, superseded_by=by))


def newest(facts: Sequence[CitedFact], most: int) -> Sequence[CitedFact]:
    """The newest facts that fill a slot, and the newest that fill none; see `PageReads`."""
    if len(facts) <= most:
        return facts
    slotted = [one for one in facts if one.fact.slot is not None]
    others = [one for one in facts if one.fact.slot is None]
    return [*_newest(slotted, most), *_newest(others, most)]


def _newest(facts: Sequence[CitedFact], most: int) -> Sequence[CitedFact]:
    if len(facts) <= most:
        return facts
    ranked = sorted(facts, key=lambda one: one.fact.fact_id)
    dated = [one for one in ranked if dates.moment(one.fact) is not None]
    dated.sort(key=lambda one: dates.order(one.fact), reverse=True)
    undated = [one for one in ranked if dates.moment(one.fact) is None]
    return [*dated, *undated][:most]


def _rank(note: EntityNote) -> tuple[int, str, str]:
    return -note.facts, note.entity.name, note.entity.entity_id


def _note(topic: Topic) -> TopicNote:
    sources = {source_id for source_id, _ in topic.sections}
    return TopicNote(topic.topic_id, topic.title, len(topic.sections), len(sources))
