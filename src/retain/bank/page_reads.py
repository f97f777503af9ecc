"""What the pages of a bank are rendered from, in indexed reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any, get_args

from retain.bank.entities import note_of
from retain.bank.facts import cited_of
from retain.bank.leads import lead_of
from retain.memory.model import (
    BankTotals,
    CitedFact,
    EntityKind,
    EntityNote,
    Lead,
    SectionKey,
    SourceNote,
    Topic,
    TopicNote,
    Touched,
)
from retain.memory.ports.store import Tx

_KINDS: tuple[EntityKind, ...] = get_args(EntityKind)
_FIRST = {"facts": 2**62, "name": "", "entity_id": ""}


class BankPages:
    """The `PageReads` of a bank.

    Args:
        tx: The transaction.
        fold: The form by which names are kept; see `EntityRules`.
    """

    def __init__(self, tx: Tx, fold: Callable[[str], str]) -> None:
        self._tx = tx
        self._fold = fold

    @property
    def bank_id(self) -> str:
        """The bank."""
        return self._tx.bank_id

    def entity(self, entity_id: str) -> EntityNote | None:
        """An entity, whether it has a page or not."""
        rows = self._tx.dicts("entity", {"entity_id": entity_id})
        return note_of(rows[0]) if rows else None

    def entity_of_page(self, page_id: str) -> EntityNote | None:
        """The entity whose page has an id."""
        rows = self._tx.dicts("entity_of_page", {"page_id": page_id})
        return note_of(rows[0]) if rows else None

    def entities_named(self, names: Collection[str]) -> Sequence[EntityNote]:
        """The entities one of whose aliases is among the names, which are given without case."""
        folded = sorted({self._fold(name) for name in names} - {""})
        if not folded:
            return ()
        notes = [note_of(row) for row in self._tx.dicts("entities_of", {"folded": folded})]
        return [note for note in notes if not note.aliases.isdisjoint(names)]

    def facts(self, fact_ids: Collection[str]) -> Sequence[CitedFact]:
        """Those of the facts that the bank has."""
        return [cited_of(row) for row in self._tx.dicts("cited_facts", {"ids": list(fact_ids)})]

    def facts_naming(self, names: Collection[str], most: int) -> Sequence[CitedFact]:
        """The newest facts that give one of the names; see `PageReads`."""
        found = {fact_id for slotted in (0, 1) for fact_id in self._newest(names, slotted, most)}
        return self.facts(found)

    def facts_in_topic(self, topic_id: str, most: int) -> Sequence[CitedFact]:
        """The newest facts of the topic's sections, `most` at most."""
        rows = self._tx.rows("newest_in_topic", {"topic_id": topic_id, "limit": most})
        return self.facts([row[0] for row in rows])

    def touched(
        self,
        *,
        fact_ids: Collection[str] = (),
        names: Collection[str] = (),
        sections: Collection[SectionKey] = (),
    ) -> Touched:
        """Where facts stand, and where the facts stand that these replace directly."""
        wanted = set(fact_ids)
        if names:
            wanted.update(self._ids("facts_naming", names=sorted(names)))
        for source_id, section_id in sections:
            wanted.update(self._ids("facts_of_section", source_id=source_id, section_id=section_id))
        if not wanted:
            return Touched()
        wanted.update(self._ids("superseded_by", ids=sorted(wanted)))
        given: set[str] = set()
        places: set[SectionKey] = set()
        for entities, subject, *place in self._tx.rows("given_names", {"ids": sorted(wanted)}):
            given.update(name.casefold() for name in json.loads(entities))
            given.update({subject.casefold()} if subject else ())
            places.add((place[0], place[1]))
        return Touched(frozenset(given), frozenset(places))

    def topic(self, topic_id: str) -> Topic | None:
        """A topic with its sections."""
        rows = self._tx.rows("topic", {"topic_id": topic_id})
        if not rows:
            return None
        ((title, terms),) = rows
        sections = self._tx.rows("topic_sections", {"topic_id": topic_id})
        keys = tuple((row[0], row[1]) for row in sections)
        return Topic(topic_id, title, tuple(json.loads(terms)), keys)

    def topics_of(
        self, sections: Collection[SectionKey]
    ) -> Mapping[SectionKey, Sequence[TopicNote]]:
        """The topics of each of the sections."""
        keys = list(sections)
        found: dict[SectionKey, list[TopicNote]] = {}
        for n, *topic in self._tx.rows("topics_of_sections", {"sections": keys}):
            found.setdefault(keys[int(n)], []).append(TopicNote(*topic))
        return found

    def lead(self, page_id: str) -> Lead | None:
        """The lead that was written last for a page."""
        return lead_of(self._tx, page_id)

    def writers(self, name: str, among: Collection[str] | None = None) -> Sequence[str]:
        """The sources that write a name: of these sources, or of all."""
        if among is None:
            return self._ids("writers_of", name=name)
        return self._ids("writers_among", name=name, sources=sorted(among))

    def totals(self) -> BankTotals:
        """How much there is."""
        counts = Counter(dict(self._tx.rows("totals")))
        return BankTotals(
            counts["sources"],
            counts["facts"],
            counts["replaced"],
            counts["topics"],
            {kind: n for kind in _KINDS if (n := counts[f"paged {kind}"])},
            {kind: n for kind in _KINDS if (n := counts[f"unpaged {kind}"])},
        )

    def ranked_entities(
        self, kind: EntityKind, most: int, after: EntityNote | None = None
    ) -> Sequence[EntityNote]:
        """The entities of a kind that have a page: by most facts, then by name and id."""
        behind: Mapping[str, Any] = _FIRST
        if after is not None:
            entity = after.entity
            behind = {"facts": after.facts, "name": entity.name, "entity_id": entity.entity_id}
        rows = self._tx.dicts("entities_by_facts", {**behind, "kind": kind, "limit": most})
        return [note_of(row) for row in rows]

    def ranked_topics(self, most: int) -> Sequence[TopicNote]:
        """The topics by most sections, then by title and id."""
        return self._topics("ranked_topics", {"limit": most})

    def ranked_sources(self, most: int) -> Sequence[SourceNote]:
        """The sources by most facts, then by id."""
        return [SourceNote(*row) for row in self._tx.rows("ranked_sources", {"limit": most})]

    def _newest(self, names: Iterable[str], slotted: int, most: int) -> Iterable[str]:
        """The ids of the newest facts of some names, each once."""
        given = {"slotted": slotted, "limit": most}
        groups = [self._tx.rows("newest_naming", {**given, "name": name}) for name in names]
        return islice(dict.fromkeys(fact_id for _, fact_id in merge(*groups)), most)

    def _topics(self, name: str, given: Mapping[str, Any]) -> list[TopicNote]:
        return [TopicNote(*row) for row in self._tx.rows(name, given)]

    def _ids(self, statement: str, **given: Any) -> list[str]:
        return [row[0] for row in self._tx.rows(statement, given)]
