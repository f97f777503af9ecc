"""What a write makes of all that is derived from a bank's sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from retain.bank import edges, judgements, leads, names, pages, totals
from retain.bank.edges import CanonicalNames, EdgeChange
from retain.bank.entities import Changed, EntityChanges
from retain.bank.names import Mentions, NameTable
from retain.bank.page_reads import BankPages
from retain.bank.rows import Row
from retain.memory.model import BankChanges, CitedFact, DirtyPages, Edge, Judgement
from retain.memory.naming import names_in
from retain.memory.ports.entities import EntityRules
from retain.memory.ports.pages import PageReads
from retain.memory.ports.store import Tx
from retain.memory.ports.superseding import SupersedingRules


class PageRules(Protocol):
    """Tells which pages a write concerns."""

    def __call__(self, changes: BankChanges, reads: PageReads) -> DirtyPages:
        """The pages that say something else after a write."""
        ...


@dataclass(frozen=True, slots=True)
class BankRules:
    """The rules by which a bank derives.

    Args:
        names: Which names mean the same.
        facts: Which facts supersede which.
        pages: Which pages a write concerns.
    """

    names: EntityRules
    facts: SupersedingRules
    pages: PageRules


@dataclass(frozen=True, slots=True)
class Derived:
    """What a write changed of what is derived.

    Args:
        entities: Entities that are others than before, as they were and as they are.
        edges: What superseded facts, as it was and as it is.
        pages: The pages that say something else by now.
    """

    entities: Changed = ()
    edges: Sequence[EdgeChange] = ()
    pages: DirtyPages = DirtyPages()  # noqa: RUF009 - it is frozen

    @property
    def changed_edges(self) -> list[Edge]:
        """The edges that came or went."""
        return [edge for pair in self.edges for edge in pair if edge is not None]


@dataclass(frozen=True, slots=True)
class SourceChange:
    """How a source's facts and mentions differ from before.

    Args:
        before: The facts as they were, by id.
        after: The facts as they are, by id.
        fewer: The mentions that are gone.
        more: The mentions that are new.
    """

    before: Mapping[str, CitedFact] = field(default_factory=dict[str, CitedFact])
    after: Mapping[str, CitedFact] = field(default_factory=dict[str, CitedFact])
    fewer: Mentions = field(default_factory=Counter)
    more: Mentions = field(default_factory=Counter)

    @property
    def gone(self) -> list[CitedFact]:
        """The facts that are not there any more, or others than before, as they were."""
        return [
            one for key, one in self.before.items() if not _states_same(self.after.get(key), one)
        ]

    @property
    def new(self) -> list[CitedFact]:
        """The facts that were not there, or were others, as they are."""
        return [
            one for key, one in self.after.items() if not _states_same(self.before.get(key), one)
        ]

    @property
    def moved(self) -> list[CitedFact]:
        """The facts that stand on another line, or elsewhere among the others."""
        return [
            one
            for key, one in self.after.items()
            if (old := self.before.get(key)) is not None
            and (old.line, old.fact.start) != (one.line, one.fact.start)
        ]

    @property
    def reordered(self) -> bool:
        """Whether facts that stay stand in another order than before."""
        stay = [key for key in self.before if key in self.after]
        return stay != [key for key in self.after if key in self.before]


def follow(
    tx: Tx,
    rules: BankRules,
    change: SourceChange,
    judged: Sequence[Judgement] = (),
    *,
    topics: Collection[str] = (),
    forgets: bool = False,
) -> Derived:
    """Bring names, entities, edges and the marks of pages up to a change of a source.

    Args:
        tx: The transaction, with the source's sections and facts as they are.
        rules: How to derive.
        change: What is different.
        judged: What a model decided of names in the source.
        topics: The ids of topics that have lost sections.
        forgets: Whether users' decisions on names that only this source wrote go with it.
    """
    gone, new = change.gone, change.new
    tx.run_many("drop_fact_name", (row for one in gone for row in _name_rows(one)))
    tx.run_many("put_fact_name", (row for one in new for row in _name_rows(one)))
    before = names.change(tx, rules.names, change.fewer, change.more)
    table = NameTable(tx)
    lost = names.unwritten(table, before)
    decided = judgements.drop_named(tx, rules.names, lost, corrections=forgets)
    decided |= judgements.add(tx, rules.names, judged)
    leads.drop_titled(tx, (name for those in lost.values() for name in those))
    entities = EntityChanges(tx, rules.names, table)
    if before or decided:
        entities.resolve(before, decided)
    entities.count_facts(gone, new)
    changed_entities = entities.write()
    reread = {one.fact.fact_id: one for one in (change.after.values() if change.reordered else new)}
    lost_facts = [key for key in change.before if key not in change.after]
    canonical = CanonicalNames(tx, rules.names)
    changed_edges = edges.change(tx, rules.facts, canonical, lost_facts, reread, entities.renamed)
    totals.add(tx, {"facts": len(change.after) - len(change.before)})
    facts = [*gone, *new, *change.moved]
    changes = BankChanges(facts, counted(tx, changed_edges), changed_entities, topics)
    return Derived(changed_entities, changed_edges, mark(tx, rules, changes))


def decide(tx: Tx, rules: BankRules, decided: Collection[str]) -> Derived:
    """Bring entities and edges up to decisions on names, which are given folded."""
    entities = EntityChanges(tx, rules.names, NameTable(tx))
    entities.resolve({}, decided)
    entities.count_facts((), ())
    changed_entities = entities.write()
    canonical = CanonicalNames(tx, rules.names)
    changed_edges = edges.change(tx, rules.facts, canonical, (), {}, entities.renamed)
    dirty = mark(tx, rules, BankChanges((), counted(tx, changed_edges), changed_entities))
    return Derived(changed_entities, changed_edges, dirty)


def reconsider(tx: Tx, rules: BankRules, fact_ids: Collection[str]) -> Derived:
    """Find again what supersedes facts, after a model's verdicts on them."""
    changed_edges = edges.find(tx, rules.facts, fact_ids)
    dirty = mark(tx, rules, BankChanges((), counted(tx, changed_edges)))
    return Derived((), changed_edges, dirty)


def counted(tx: Tx, changed: Iterable[EdgeChange]) -> list[Edge]:
    """Count the superseded facts; the edges that came or went."""
    pairs = list(changed)
    totals.add(tx, {"replaced": sum((new is not None) - (old is not None) for old, new in pairs)})
    return [edge for pair in pairs for edge in pair if edge is not None]


def mark(tx: Tx, rules: BankRules, changes: BankChanges) -> DirtyPages:
    """Mark the pages that say something else by now; which they are."""
    dirty = rules.pages(changes, BankPages(tx, rules.names.fold))
    pages.mark(tx, dirty)
    return dirty


def _name_rows(one: CitedFact) -> Iterable[Row]:
    fact = one.fact
    moment = fact.occurred_start or fact.occurred_end or fact.mentioned_at
    age = float("inf") if moment is None else -moment.timestamp()
    key = {"slotted": int(fact.slot is not None), "age": age, "fact_id": fact.fact_id}
    return ({**key, "name": name} for name in sorted(names_in(fact)))


def _states_same(one: CitedFact | None, other: CitedFact) -> bool:
    """Whether two facts of one id state the same, wherever they stand in their section's source."""
    if one is None:
        return False
    mine, yours = one.fact, other.fact
    return (
        mine.section_id == yours.section_id
        and mine.type == yours.type
        and mine.text == yours.text
        and mine.quote == yours.quote
        and mine.entities == yours.entities
        and mine.subject == yours.subject
        and mine.slot == yours.slot
        and mine.value == yours.value
        and mine.mentioned_at == yours.mentioned_at
        and mine.occurred_start == yours.occurred_start
        and mine.occurred_end == yours.occurred_end
        and mine.confidence == yours.confidence
    )
