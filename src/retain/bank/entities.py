"""Who and what the names of a bank stand for, kept as names and facts come and go."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from retain.bank import totals
from retain.bank.names import NameTable
from retain.bank.rows import Row, entity_of
from retain.memory.model import CitedFact, Entity, EntityNote, NameCount
from retain.memory.naming import has_page, names_in, page_id
from retain.memory.ports.entities import EntityRules
from retain.memory.ports.store import Tx

Changed = Sequence[tuple[EntityNote | None, EntityNote | None]]
"""Entities that are others than before: as they were, and as they are."""


@dataclass(slots=True)
class _Kept:
    """An entity as it is kept.

    Args:
        entity: Who or what it is.
        times: How many mentions its aliases have.
        facts: How many facts name it.
        slotted: How many of these fill a slot.
        page_id: Its page; None where it has none.
    """

    entity: Entity
    times: int = 0
    facts: int = 0
    slotted: int = 0
    page_id: str | None = None

    @property
    def note(self) -> EntityNote:
        return EntityNote(self.entity, self.times, self.facts, self.page_id)


class EntityChanges:
    """What a write makes of a bank's entities.

    First names change, then facts; in the end everything is written at once.

    Args:
        tx: The transaction.
        rules: Which names mean the same.
        names: The names, which have changed.
    """

    def __init__(self, tx: Tx, rules: EntityRules, names: NameTable) -> None:
        self._tx = tx
        self._rules = rules
        self._names = names
        self._before: dict[str, _Kept | None] = {}
        self._after: dict[str, _Kept] = {}
        self._recount: set[str] = set()
        self.renamed: set[str] = set()

    def resolve(
        self, before: Mapping[str, Sequence[NameCount]], decided: Collection[str] = ()
    ) -> None:
        """Have names resolved again that changed.

        `renamed` are then the names with another canonical name than before.

        Args:
            before: See `EntityRules.resolve`.
            decided: See there.
        """
        table = self._names
        change = self._rules.resolve(table, before, decided)
        touched = {self._rules.fold(a) for e in (*change.gone, *change.came) for a in e.aliases}
        touched |= before.keys()
        rows = self._tx.dicts("entities_of", {"folded": sorted(touched)})
        stored = {row["entity_id"]: _kept(row) for row in rows}
        old = self._rules.canonical(one.entity for one in stored.values())
        standing = dict(stored)
        for entity in change.gone:
            standing.pop(entity.entity_id, None)
        for entity in change.came:
            known = stored.get(entity.entity_id)
            if known is not None and known.entity.aliases == entity.aliases:
                standing[entity.entity_id] = replace(known, entity=entity)
            else:
                standing[entity.entity_id] = _Kept(entity)
                self._recount.add(entity.entity_id)
        new = self._rules.canonical(one.entity for one in standing.values())
        self.renamed = {name for name in {*old, *new} if old.get(name) != new.get(name)}
        counts = _times(table, standing.values(), self._rules)
        for entity_id in stored.keys() | standing.keys():
            self._before[entity_id] = stored.get(entity_id)
            if entity_id in standing:
                self._after[entity_id] = replace(standing[entity_id], times=counts[entity_id])

    def count_facts(self, gone: Iterable[CitedFact], new: Iterable[CitedFact]) -> None:
        """Count the facts that name each entity, after the rows of `fact_name` have changed."""
        signed = [(-1, one.fact) for one in gone] + [(1, one.fact) for one in new]
        named = [names_in(fact) for _, fact in signed]
        entities = self._by_alias({name for names in named for name in names})
        for (sign, fact), names in zip(signed, named, strict=True):
            for kept in {id(one): one for name in names for one in entities[name]}.values():
                kept.facts += sign
                kept.slotted += sign * (fact.slot is not None)
        for entity_id in self._recount:
            kept = self._after[entity_id]
            names = sorted(kept.note.aliases)
            ((kept.facts, kept.slotted),) = self._tx.rows("count_facts_naming", {"names": names})

    def write(self) -> Changed:
        """Write what changed; entities that are others than before."""
        self._find_pages()
        pairs = [
            (entity_id, self._before.get(entity_id), self._after.get(entity_id))
            for entity_id in sorted(self._before.keys() | self._after.keys())
        ]
        pairs = [one for one in pairs if one[1] != one[2]]
        self._write(pairs)
        changed = [(before and before.note, after and after.note) for _, before, after in pairs]
        self._count(changed)
        return changed

    def _by_alias(self, names: Collection[str]) -> defaultdict[str, list[_Kept]]:
        """The entities by each of their aliases, without case; those of `names` are among them."""
        folded = sorted({self._rules.fold(name) for name in names} - {""})
        for row in self._tx.dicts("entities_of", {"folded": folded}):
            if row["entity_id"] not in self._before:
                self._before[row["entity_id"]] = _kept(row)
                self._after[row["entity_id"]] = _kept(row)
        found: defaultdict[str, list[_Kept]] = defaultdict(list)
        for one in self._after.values():
            for alias in one.note.aliases:
                found[alias].append(one)
        return found

    def _find_pages(self) -> None:
        """Give pages to those that are told enough of; names shared by several tell kinds apart."""
        names = {one.entity.name for one in self._after.values()}
        names |= {one.entity.name for one in self._before.values() if one is not None}
        for row in self._tx.dicts("entities_called", {"names": sorted(names)}):
            if row["entity_id"] not in self._before:
                self._before[row["entity_id"]] = _kept(row)
                self._after[row["entity_id"]] = _kept(row)
        paged = [one for one in self._after.values() if has_page(one.facts, one.slotted)]
        shared = Counter(one.entity.name for one in paged)
        for one in self._after.values():
            one.page_id = None
        for one in paged:
            alone = shared[one.entity.name] == 1
            one.page_id = page_id(one.entity.name, "entity" if alone else one.entity.kind)

    def _write(self, pairs: Sequence[tuple[str, _Kept | None, _Kept | None]]) -> None:
        tx = self._tx
        stale: list[Row] = []
        new: list[Row] = []
        for entity_id, before, after in pairs:
            had, has = self._folded(before), self._folded(after)
            stale += ({"entity_id": entity_id, "folded": one} for one in sorted(had - has))
            new += ({"entity_id": entity_id, "folded": one} for one in sorted(has - had))
        tx.run_many("drop_entity_alias", stale)
        tx.run_many("put_entity_alias", new)
        tx.run_many("drop_entity", ({"entity_id": key} for key, _, one in pairs if one is None))
        tx.run_many("put_entity", (_row(one) for _, _, one in pairs if one is not None))

    def _folded(self, kept: _Kept | None) -> set[str]:
        return set() if kept is None else {self._rules.fold(one) for one in kept.entity.aliases}

    def _count(self, changed: Changed) -> None:
        """Keep how many entities of each kind have a page, and how many have none."""
        deltas: Counter[str] = Counter()
        for before, after in changed:
            if before is not None:
                deltas[_total(before)] -= 1
            if after is not None:
                deltas[_total(after)] += 1
        totals.add(self._tx, deltas)


def ranked(tx: Tx, limit: int | None, after: EntityNote | None) -> list[EntityNote]:
    """The entities of the bank, the most named first; see `BankStore.entities`."""
    behind: Row = {"times": 2**62, "name": "", "entity_id": ""}
    if after is not None:
        entity = after.entity
        behind = {"times": after.times, "name": entity.name, "entity_id": entity.entity_id}
    rows = tx.dicts("entities_by_times", {**behind, "limit": -1 if limit is None else limit})
    return [note_of(row) for row in rows]


def note_of(row: Row) -> EntityNote:
    """The entity of a row with what is kept of it."""
    return EntityNote(entity_of(row), row["times"], row["facts"], _page_id(row))


def _kept(row: Row) -> _Kept:
    return _Kept(entity_of(row), row["times"], row["facts"], row["slotted"], _page_id(row))


def _page_id(row: Row) -> str | None:
    value = row["page_id"]
    if value is not None and not isinstance(value, str):
        raise TypeError(f"the id of a page is no text: {value!r}")
    return value


def _row(kept: _Kept) -> Row:
    entity = kept.entity
    return {
        "entity_id": entity.entity_id,
        "name": entity.name,
        "kind": entity.kind,
        "aliases": json.dumps(entity.aliases, ensure_ascii=False),
        "reasons": json.dumps(entity.reasons, ensure_ascii=False),
        "times": kept.times,
        "facts": kept.facts,
        "slotted": kept.slotted,
        "page_id": kept.page_id,
    }


def _times(table: NameTable, kept: Iterable[_Kept], rules: EntityRules) -> dict[str, int]:
    """How many mentions the aliases of each entity have."""
    entities = [one.entity for one in kept]
    folded = {rules.fold(alias) for entity in entities for alias in entity.aliases}
    times: Counter[str] = Counter()
    for counts in table.counts(folded).values():
        for one in counts:
            times[one.name] += one.times
    return {one.entity_id: sum(times[alias] for alias in one.aliases) for one in entities}


def _total(note: EntityNote) -> str:
    return f"{'unpaged' if note.page_id is None else 'paged'} {note.entity.kind}"
