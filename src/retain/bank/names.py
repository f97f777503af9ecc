"""The names that a bank's sources write, and the keys by which near ones are found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from retain.bank.rows import Row, entity_of
from retain.memory.model import Corrections, Entity, EntityKind, Judgement, Mention, NameCount
from retain.memory.ports.entities import EntityRules
from retain.memory.ports.store import Tx

Mentions = Counter[tuple[str, EntityKind]]
"""How often each name is written as what."""


NEAR = 64
"""So many names that share a key are looked at."""


class NameTable:
    """A `NameIndex` over a transaction, in which names do not change while it is used.

    Args:
        tx: The transaction.
    """

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._counts: dict[str, list[NameCount]] = {}

    def counts(self, folded: Collection[str]) -> dict[str, list[NameCount]]:
        """Every way in which the bank writes each folded name; each is read once."""
        unread = [form for form in folded if form not in self._counts]
        if unread:
            self._counts.update((form, []) for form in unread)
            for form, *row in self._tx.rows("names_of", {"folded": unread}):
                self._counts[form].append(NameCount(*row))
        return {form: counts for form in folded if (counts := self._counts[form])}

    def sharing(self, keys: Collection[int], limit: int) -> dict[int, list[str]]:
        """The folded names that have each key, `limit` at most."""
        rows = self._tx.rows("names_sharing", {"keys": list(keys), "limit": limit})
        found = ((key, json.loads(names)) for key, names in rows)
        return {key: names for key, names in found if names}

    def near(self, rules: EntityRules, names: Sequence[NameCount]) -> set[str]:
        """The names of the bank that share a key with one of `names`."""
        keys = frozenset[int]().union(*(rules.keys([one]) for one in names))
        folded = {one for those in self.sharing(keys, NEAR).values() for one in those}
        return {one.name for those in self.counts(folded).values() for one in those}

    def corrections(self, folded: Collection[str]) -> Corrections:
        """All pairs that were decided, one of whose names folds to one of `folded`."""
        given = {"folded": list(folded)}
        rows = self._tx.rows("corrections_about", given)
        by_users = Corrections(
            frozenset((name, other) for kind, name, other in rows if kind == "merge"),
            frozenset((name, other) for kind, name, other in rows if kind == "split"),
        )
        judged = self._tx.rows("judgements_about", given)
        return by_users.with_judgements(Judgement(*row) for row in judged)

    def entities(self, folded: Collection[str]) -> list[Entity]:
        """The stored entities with an alias that folds to one of `folded`, each once."""
        rows = self._tx.dicts("entities_of", {"folded": list(folded)})
        return [entity_of(row) for row in rows]


def change(
    tx: Tx, rules: EntityRules, fewer: Mentions, more: Mentions
) -> dict[str, Sequence[NameCount]]:
    """Take mentions away and add others.

    Args:
        tx: The transaction.
        rules: What folds names and keys them.
        fewer: The mentions that are gone.
        more: The mentions that are new.

    Returns:
        The folded names that are written otherwise or in other numbers than before, with how they
        were written.
    """
    deltas = Counter(more)
    deltas.subtract(fewer)
    rows: list[Row] = [
        {"folded": folded, "name": name, "kind": kind, "times": times}
        for (name, kind), times in sorted(deltas.items())
        if times and (folded := rules.fold(name))
    ]
    changed: list[str] = sorted({row["folded"] for row in rows})
    if not changed:
        return {}
    before = NameTable(tx).counts(changed)
    tx.run_many("count_name", rows)
    fewer_times = {row["folded"] for row in rows if row["times"] < 0}
    tx.run_many("drop_unwritten", ({"folded": folded} for folded in sorted(fewer_times)))
    after = NameTable(tx).counts(changed)
    stale: list[Row] = []
    new: list[Row] = []
    for folded in changed:
        old_keys, new_keys = _keys(rules, before.get(folded, ()), after.get(folded, ()))
        stale += ({"key": key, "folded": folded} for key in old_keys - new_keys)
        new += ({"key": key, "folded": folded} for key in new_keys - old_keys)
    tx.run_many("drop_name_key", stale)
    tx.run_many("put_name_key", new)
    return {folded: before.get(folded, ()) for folded in changed}


def unwritten(table: NameTable, before: Mapping[str, Sequence[NameCount]]) -> dict[str, set[str]]:
    """The names that no source writes any more, by their folded form."""
    after = table.counts(before.keys())
    found: dict[str, set[str]] = {}
    for folded, counts in before.items():
        gone = {one.name for one in counts} - {one.name for one in after.get(folded, ())}
        if gone:
            found[folded] = gone
    return found


def canonical(tx: Tx, rules: EntityRules, names: Iterable[str]) -> Mapping[str, str]:
    """The canonical name of each of the names that is an alias of an entity."""
    folded = {rules.fold(name) for name in names}
    entities = NameTable(tx).entities(folded - {""})
    return rules.canonical(entities)


def of_source(tx: Tx, source_id: str) -> Mentions:
    """How often a source writes each name as what."""
    rows: list[tuple[str, EntityKind, int]] = tx.rows("mentions_by_name", {"source_id": source_id})
    return Mentions({(name, kind): times for name, kind, times in rows})


def counted(mentions: Iterable[Mention]) -> Mentions:
    """How often mentions write each name as what."""
    return Counter((one.name, one.kind) for one in mentions)


def _keys(
    rules: EntityRules, before: Sequence[NameCount], after: Sequence[NameCount]
) -> tuple[frozenset[int], frozenset[int]]:
    """The keys of a folded name before and after; none where they stay the same.

    They do not depend on how often a name is written.
    """
    if {(one.name, one.kind) for one in before} == {(one.name, one.kind) for one in after}:
        return frozenset(), frozenset()
    return _keys_of(rules, before), _keys_of(rules, after)


def _keys_of(rules: EntityRules, names: Sequence[NameCount]) -> frozenset[int]:
    return rules.keys(names) | rules.doubt_keys(names) if names else frozenset()
