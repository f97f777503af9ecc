"""Who and what a bank's facts speak of, and which of them have a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from retain.memory.model import BankView, CitedFact, Entity, Fact, Lead, Topic
from retain.wiki import dates
from retain.wiki.links import Linker
from retain.wiki.naming import page_id, topic_page_id

_ENOUGH_FACTS = 2


@dataclass(frozen=True, slots=True)
class Subject:
    """An entity that has a page.

    Args:
        entity: Who or what it is.
        page_id: Its page.
        times: How often the bank's sources name it.
        facts: Those that speak of it, by source and place.
    """

    entity: Entity
    page_id: str
    times: int
    facts: tuple[CitedFact, ...]

    @property
    def aliases(self) -> frozenset[str]:
        """Its names without case."""
        names = (self.entity.name, *self.entity.aliases)
        return frozenset(name.casefold() for name in names)


@dataclass(frozen=True, slots=True)
class Cast:
    """A bank's view, looked up.

    Args:
        facts: Every fact, by source and place.
        subjects: The entities that have a page, by page id.
        unpaged: The entities that have none.
        named: Canonical names without case -> the subjects that an alias of theirs means.
        newer: The id of a superseded fact -> what replaced it, None where that is gone.
        linker: Links names to pages.
        topics: The topics of each section, by topic id.
        leads: The first paragraphs that pages have had written, by page id.
    """

    facts: tuple[CitedFact, ...]
    subjects: tuple[Subject, ...]
    unpaged: tuple[Entity, ...]
    named: dict[str, tuple[Subject, ...]]
    newer: dict[str, CitedFact | None]
    linker: Linker
    topics: dict[tuple[str, str], tuple[Topic, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[Topic, ...]]
    )
    leads: dict[str, Lead] = field(default_factory=dict[str, Lead])

    def of(self, fact: Fact) -> tuple[Subject, ...]:
        """The subjects that the fact speaks of, by page id."""
        found = {one.page_id: one for name in names_in(fact) for one in self.meant(name)}
        return tuple(found[page_id] for page_id in sorted(found))

    def meant(self, name: str) -> tuple[Subject, ...]:
        """The subjects that the name stands for."""
        return self.named.get(name.casefold(), ())


def cast_of(view: BankView) -> Cast:
    """Look the bank up; the order of what the view holds does not matter."""
    facts = tuple(sorted(set(view.facts), key=lambda one: (place(one), repr(one))))
    speaking = _facts_by_name(facts)
    times = Counter[str]()
    for name, count in view.times:
        times[name] = max(times[name], count)
    entities = sorted(view.entities, key=lambda one: (one.name, one.kind, one.entity_id))
    told = [(entity, _facts_of(entity, speaking)) for entity in entities]
    paged = [(entity, found) for entity, found in told if _has_page(found)]
    shared = Counter(entity.name for entity, _ in paged)
    subjects = sorted(
        (
            Subject(
                entity,
                page_id(entity.name, "entity" if shared[entity.name] == 1 else entity.kind),
                times[entity.name],
                found,
            )
            for entity, found in paged
        ),
        key=lambda one: one.page_id,
    )
    return Cast(
        facts,
        tuple(subjects),
        tuple(entity for entity, found in told if not _has_page(found)),
        _by_alias(subjects),
        _replacements(view, facts),
        _linker(subjects),
        _topics_by_section(view.topics),
        {lead.page_id: lead for lead in view.leads},
    )


def place(cited: CitedFact) -> tuple[object, ...]:
    """Sorts facts by source and place."""
    fact = cited.fact
    return (cited.source_id, cited.line, fact.start, fact.end, fact.fact_id, fact.text)


def names_in(fact: Fact) -> set[str]:
    """The names that the fact gives of whom it speaks of."""
    return {*fact.entities, *([fact.subject] if fact.subject else [])}


def _facts_by_name(facts: Iterable[CitedFact]) -> dict[str, dict[int, CitedFact]]:
    found: defaultdict[str, dict[int, CitedFact]] = defaultdict(dict)
    for n, cited in enumerate(facts):
        for name in names_in(cited.fact):
            found[name.casefold()][n] = cited
    return found


def _facts_of(entity: Entity, speaking: dict[str, dict[int, CitedFact]]) -> tuple[CitedFact, ...]:
    found: dict[int, CitedFact] = {}
    for alias in {alias.casefold() for alias in (entity.name, *entity.aliases)}:
        found |= speaking.get(alias, {})
    return tuple(found[n] for n in sorted(found))


def _has_page(facts: tuple[CitedFact, ...]) -> bool:
    return len(facts) >= _ENOUGH_FACTS or any(one.fact.slot for one in facts)


def _by_alias(subjects: Iterable[Subject]) -> dict[str, tuple[Subject, ...]]:
    found: defaultdict[str, dict[str, Subject]] = defaultdict(dict)
    for one in subjects:
        for alias in (one.entity.name, *one.entity.aliases):
            found[alias.casefold()][one.page_id] = one
    return {alias: tuple(those[key] for key in sorted(those)) for alias, those in found.items()}


def _linker(subjects: Iterable[Subject]) -> Linker:
    """Of several subjects of one name, that with the most facts is linked."""
    ranked = sorted(subjects, key=lambda one: (-len(one.facts), one.page_id))
    return Linker(
        (alias, one.page_id)
        for one in ranked
        for alias in sorted({one.entity.name, *one.entity.aliases})
    )


def _replacements(view: BankView, facts: Iterable[CitedFact]) -> dict[str, CitedFact | None]:
    by_id: dict[str, CitedFact] = {}
    for one in facts:
        by_id.setdefault(one.fact.fact_id, one)
    newer: dict[str, CitedFact | None] = {}
    for older in by_id.values():
        if older.fact.superseded_by is not None:
            newer[older.fact.fact_id] = by_id.get(older.fact.superseded_by)
    for edge in sorted(view.edges, key=lambda one: (one.older, one.newer)):
        if newer.get(edge.older) is None and edge.older != edge.newer:
            newer[edge.older] = by_id.get(edge.newer)
    return newer


def _topics_by_section(topics: Iterable[Topic]) -> dict[tuple[str, str], tuple[Topic, ...]]:
    found: defaultdict[tuple[str, str], list[Topic]] = defaultdict(list)
    for topic in sorted(topics, key=lambda one: one.topic_id):
        for section in topic.sections:
            found[section].append(topic)
    return {section: tuple(those) for section, those in found.items()}


def topic_page(topic: Topic) -> str:
    """The page of a topic."""
    return topic_page_id(topic.topic_id)


def latest(facts: Iterable[CitedFact]) -> list[CitedFact]:
    """The facts, the newest first and the undated last."""
    dated = [one for one in facts if dates.moment(one.fact) is not None]
    dated.sort(key=lambda one: (dates.order(one.fact), place(one)), reverse=True)
    return dated + [one for one in facts if dates.moment(one.fact) is None]
