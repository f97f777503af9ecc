"""Entities that are resolved around each change are those of all names at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from retain.memory.model import Corrections, Entity, EntityKind, NameCount
from retain.memory.ports import EntityRules, NameIndex
from retain.providers.local.entities import normalise_names
from retain.providers.local.resolver import LocalEntities

RULES_OF_NAMES: EntityRules = LocalEntities()
CHANGES = settings(derandomize=True, max_examples=150, deadline=None)
KINDS: Sequence[EntityKind] = ("person", "place", "organisation", "thing", "unknown")
NAMES = (
    "Priya Patel", "Dr. Priya Patel", "Mrs. Priya Patel", "Prof. Patel", "Professor Patel",
    "Dr. Patel", "Mr Patel", "Mrs Patel", "Patel", "Priya", "P. Patel", "P. R. Patel",
    "Priya R. Patel", "Priya Rani Patel", "Patel Jr.", "Priya Patel Jr.", "Aunt Priya",
    "Peter Patel", "Pr. Patel", "PRIYA PATEL", "Bob Patel", "Robert Patel", "Bob", "Robert",
    "Jonas", "Jonas Aldering", "J. Aldering", "Mira Aldering", "Aldering", "Jonas Patel",
    "Jonas Keller", "Keller", "J. Keller", "J. P. Keller", "J. Paul Keller", "John Paul Keller",
    "Anne-Marie Dupont", "Anne Marie Dupont", "Anne Dupont", "Anne-Marie", "Anne Marie", "Dupont",
    "Margerite Thole", "Marguerite Thole", "Margurite Thole", "Thole", "Margerite", "Marguerite",
    "Castellan", "Castelan", "Castlelan", "Castellan Ltd", "Castellan Limited", "Castellan GmbH",
    "Northwind", "Northwind Ltd", "Northwind Co Ltd", "Northwind Co", "Nortwhind Ltd",
    "St. Jonas", "Saint Jonas", "Keller St", "Keller Street", "Keller Rd", "Keller Road",
    "Jonas Church", "Vincent van Gogh", "van Gogh", "V. van Gogh", "Gogh", "José", "Jose",
    "José Patel", "Jose Patel", "Room 101", "Room 102", "C++", "C#", "ABC", "A.B.C.",
    "American Broadcasting Company", "Lisbon", "George Lisbon", "東京", "李 明", "...", "-- Patel",
)  # fmt: skip
LETTERS = "abcdefghijklmnopqrst"
SERIES = (
    *(f"Jonas {letter.upper()}atel" for letter in LETTERS),
    *(f"J{letter}nas Keller" for letter in LETTERS),
    *(f"Priya {letter.upper()}. Patel" for letter in LETTERS),
    *(f"{one} {other} Priya Patel" for one in ("Dr", "Prof") for other in (
        "Captain", "Sir", "Rev", "Judge", "Rabbi", "Duke", "Lord", "Fr", "Imam", "Coach")),
    *(f"Northwind {form}" for form in (
        "ltd", "inc", "gmbh", "ag", "corp", "limited", "co", "plc", "llc", "kg")),
    *(f"{title} Keller" for title in (
        "Dr", "Prof", "Judge", "Rev", "Sir", "Lord", "Duke", "Imam", "Rabbi", "Fr")),
    *(f"Marg{letter}erite Thole" for letter in LETTERS),
    *(f"Castellan{letter}orp" for letter in LETTERS),
)  # fmt: skip


class Bank(NameIndex):
    """A bank in memory: names by their keys, and entities as they were last resolved."""

    def __init__(self) -> None:
        self.names: dict[str, dict[tuple[str, EntityKind], int]] = {}
        self.decided: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.stored: dict[str, Entity] = {}
        self.reads = 0
        self._keys: dict[str, frozenset[int]] = {}
        self._sharing: defaultdict[int, dict[str, None]] = defaultdict(dict)
        self._decided: defaultdict[str, set[tuple[str, tuple[str, str]]]] = defaultdict(set)
        self._entities: defaultdict[str, set[str]] = defaultdict(set)

    def change(
        self,
        names: Iterable[tuple[str, EntityKind, int]] = (),
        decisions: Iterable[tuple[str, str, str]] = (),
    ) -> None:
        """Add to the counts of names, turn decisions on or off, and resolve what is concerned."""
        before: dict[str, Sequence[NameCount]] = {}
        for name, kind, more in names:
            if folded := RULES_OF_NAMES.fold(name):
                written = self.names.setdefault(folded, {})
                before.setdefault(folded, self._written(folded))
                written[name, kind] = max(written.get((name, kind), 0) + more, 0)
                self._index(folded)
        pairs = [self._decide(kind, (one, other)) for kind, one, other in decisions]
        made = RULES_OF_NAMES.resolve(self, before, {folded for pair in pairs for folded in pair})
        for entity in made.gone:
            assert self.stored.pop(entity.entity_id) == entity
            for alias in entity.aliases:
                self._entities[RULES_OF_NAMES.fold(alias)].discard(entity.entity_id)
        for entity in made.came:
            assert entity.entity_id not in self.stored
            self.stored[entity.entity_id] = entity
            for alias in entity.aliases:
                self._entities[RULES_OF_NAMES.fold(alias)].add(entity.entity_id)

    def _index(self, folded: str) -> None:
        keys = RULES_OF_NAMES.keys(self._written(folded))
        keys |= RULES_OF_NAMES.doubt_keys(self._written(folded))
        for key in self._keys.get(folded, frozenset[int]()) - keys:
            del self._sharing[key][folded]
        for key in keys:
            self._sharing[key][folded] = None
        self._keys[folded] = keys

    def _decide(self, kind: str, pair: tuple[str, str]) -> set[str]:
        self.decided[kind] ^= {pair}
        folded = {RULES_OF_NAMES.fold(name) for name in pair}
        for name in folded:
            self._decided[name] ^= {(kind, pair)}
        return folded

    def _written(self, folded: str) -> list[NameCount]:
        written = self.names.get(folded, {})
        return [NameCount(name, kind, times) for (name, kind), times in written.items() if times]

    def counts(self, folded: Collection[str]) -> Mapping[str, Sequence[NameCount]]:
        self.reads += len(folded)
        return {name: written for name in folded if (written := self._written(name))}

    def sharing(self, keys: Collection[int], limit: int) -> Mapping[int, Sequence[str]]:
        self.reads += len(keys)
        return {key: [*islice(self._sharing[key], limit)] for key in keys if key in self._sharing}

    def corrections(self, folded: Collection[str]) -> Corrections:
        found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        for name in folded:
            for kind, pair in self._decided.get(name, ()):
                found[kind].add(pair)
        return Corrections(**{kind: frozenset(pairs) for kind, pairs in found.items()})

    def entities(self, folded: Collection[str]) -> Sequence[Entity]:
        found = {one for name in folded for one in self._entities.get(name, ())}
        return [self.stored[one] for one in found]

    def all_names(self) -> list[NameCount]:
        return [one for folded in self.names for one in self._written(folded)]

    def all_corrections(self) -> Corrections:
        return Corrections(**{kind: frozenset(pairs) for kind, pairs in self.decided.items()})

    def check(self) -> None:
        """The stored entities are those of all names at once."""
        expected = normalise_names(self.all_names(), self.all_corrections())
        assert len({one.entity_id for one in expected}) == len(expected)
        assert self.stored == {one.entity_id: one for one in expected}
        canonical = {alias: one.name for one in expected for alias in one.aliases}
        assert RULES_OF_NAMES.canonical(self.stored.values()) == canonical


mentions = st.tuples(st.sampled_from(NAMES), st.sampled_from(KINDS), st.sampled_from((-9, 1, 1, 3)))
people = st.tuples(st.sampled_from(NAMES), st.just("person"), st.sampled_from((-9, 1, 1, 3)))
series = st.builds(
    lambda at, size, times: [(name, "person", times) for name in SERIES[at * 20 :][:size]],
    st.integers(0, len(SERIES) // 20 - 1),
    st.integers(10, 20),
    st.sampled_from((-9, 1)),
)
single_names = st.lists(mentions | people, max_size=12)
decisions = st.lists(
    st.tuples(
        st.sampled_from(("merges", "splits", "judged", "asked")),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
    ),
    max_size=3,
)
histories = st.lists(
    st.tuples(single_names | series | single_names, decisions | st.just([])), max_size=12
)


@CHANGES
@given(histories)
def test_entities_resolved_around_each_change_are_those_of_all_names(history):
    bank = Bank()
    for names, decided in history:
        bank.change(names, decided)
        bank.check()
