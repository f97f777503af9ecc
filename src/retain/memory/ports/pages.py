"""The port of what the pages of a bank are rendered from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

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


class PageReads(Protocol):
    """Indexed reads of one bank, all in one transaction.

    Each costs what it returns and no more, however large the bank is. Names are given without
    case, as `str.casefold` leaves them, and are looked up so. A fact *gives* a name if that is
    among its `entities` or is its `subject`. The `superseded_by` of a returned fact is what
    replaces it, which may be gone; `Fact.quote` and `Fact.named` may be left out.
    """

    @property
    def bank_id(self) -> str:
        """The bank."""
        ...

    def entity(self, entity_id: str) -> EntityNote | None:
        """An entity, whether it has a page or not."""
        ...

    def entity_of_page(self, page_id: str) -> EntityNote | None:
        """The entity whose page has an id."""
        ...

    def entities_named(self, names: Collection[str]) -> Sequence[EntityNote]:
        """The entities one of whose aliases is among the names, those without a page included."""
        ...

    def facts(self, fact_ids: Collection[str]) -> Sequence[CitedFact]:
        """Those of the facts that the bank has, in any order."""
        ...

    def facts_naming(self, names: Collection[str], most: int) -> Sequence[CitedFact]:
        """Facts that give one of the names, in any order.

        Args:
            names: The names.
            most: How many at most that fill a slot, and how many that fill none. The newest are
                returned: those that begin last, or end, or were said last, whichever of these
                times is the first that is known; the undated are the oldest of all. Of equal ones
                those come first whose `fact_id` sorts first.
        """
        ...

    def facts_in_topic(self, topic_id: str, most: int) -> Sequence[CitedFact]:
        """The newest facts of the topic's sections, `most` at most; see `facts_naming`."""
        ...

    def touched(
        self,
        *,
        fact_ids: Collection[str] = (),
        names: Collection[str] = (),
        sections: Collection[SectionKey] = (),
    ) -> Touched:
        """Where facts stand, and where the facts stand that these replace directly.

        Args:
            fact_ids: The facts with one of these ids; what those replaced that are gone, too,
            names: and those that give one of these names,
            sections: and those of one of these sections.
        """
        ...

    def topic(self, topic_id: str) -> Topic | None:
        """A topic with its sections."""
        ...

    def topics_of(
        self, sections: Collection[SectionKey]
    ) -> Mapping[SectionKey, Sequence[TopicNote]]:
        """The topics of each of the sections; a section of none may be left out."""
        ...

    def lead(self, page_id: str) -> Lead | None:
        """The lead that was written last for a page, whether it is of its present facts or not."""
        ...

    def writers(self, name: str, among: Collection[str] | None = None) -> Sequence[str]:
        """The sources that write a name, case and all: of these sources, or of all."""
        ...

    def totals(self) -> BankTotals:
        """How much there is. These numbers are kept, not counted."""
        ...

    def ranked_entities(
        self, kind: EntityKind, most: int, after: EntityNote | None = None
    ) -> Sequence[EntityNote]:
        """The entities of a kind that have a page: by most facts, then by name and id.

        Args:
            kind: The kind.
            most: How many at most.
            after: The last one that was returned before; None for the first.
        """
        ...

    def ranked_topics(self, most: int) -> Sequence[TopicNote]:
        """The topics by most sections, then by title and id; `most` at most."""
        ...

    def ranked_sources(self, most: int) -> Sequence[SourceNote]:
        """The sources by most facts, then by id; `most` at most."""
        ...
