"""What pages are rendered from, key by key, and what a change of a bank touches of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from retain.memory.model.knowledge import Entity, EntityKind
from retain.memory.model.pages import CitedFact, Edge

SectionKey = tuple[str, str]
"""``(source_id, section_id)``."""


@dataclass(frozen=True, slots=True)
class EntityNote:
    """An entity with what a bank keeps of it.

    Args:
        entity: Who or what it is.
        times: How often the bank's sources name it.
        facts: How many facts speak of it.
        page_id: Its page; None where the bank tells too little of it for one.
    """

    entity: Entity
    times: int
    facts: int
    page_id: str | None

    @property
    def aliases(self) -> frozenset[str]:
        """Its names without case."""
        return frozenset(name.casefold() for name in (self.entity.name, *self.entity.aliases))


@dataclass(frozen=True, slots=True)
class TopicNote:
    """A topic as the index tells of it.

    Args:
        topic_id: The topic.
        title: Its title.
        sections: How many sections it has.
        sources: Of how many sources they are.
    """

    topic_id: str
    title: str
    sections: int
    sources: int


@dataclass(frozen=True, slots=True)
class BankTotals:
    """How much a bank holds for people to read.

    Args:
        sources: Its sources.
        facts: Its facts, superseded ones included.
        replaced: Its superseded facts.
        topics: Its topics.
        paged: The entities that have a page, by kind.
        unpaged: The entities that have none, by kind.
    """

    sources: int = 0
    facts: int = 0
    replaced: int = 0
    topics: int = 0
    paged: Mapping[EntityKind, int] = field(default_factory=dict[EntityKind, int])
    unpaged: Mapping[EntityKind, int] = field(default_factory=dict[EntityKind, int])


@dataclass(frozen=True, slots=True)
class Touched:
    """Where facts stand on pages.

    Args:
        names: The names that the facts give, without case: pages of what these stand for.
        sections: The sections that the facts are of: pages of the topics of these.
    """

    names: frozenset[str] = frozenset()
    sections: frozenset[SectionKey] = frozenset()


@dataclass(frozen=True, slots=True)
class BankChanges:
    """What a write changed of what pages are rendered from.

    Args:
        facts: The facts that came, went or are others than before, such as on another line: as
            they were and as they are.
        edges: The edges that came or went.
        entities: ``(before, after)`` of the entities that are others than before; None where there
            was or is none. Those of which only the number of facts is another, or only the id of
            the page since another of the same name has got or lost one, may be left out.
        topics: The ids of the topics that came, went, or have another title or other sections.
        sections: The sections that belong to another topic than before, or to one whose title is
            another.
    """

    facts: Sequence[CitedFact] = ()
    edges: Sequence[Edge] = ()
    entities: Sequence[tuple[EntityNote | None, EntityNote | None]] = ()
    topics: Collection[str] = ()
    sections: Collection[SectionKey] = ()


@dataclass(frozen=True, slots=True)
class DirtyPages:
    """The pages that are to be rendered again, or to be removed where nothing is left to render.

    Args:
        entities: The ids of their entities.
        topics: The ids of their topics.
    """

    entities: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
