"""Which facts of a bank supersede which, kept as facts come and go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from math import inf

from retain.bank import claims, names
from retain.bank.claims import ClaimTable
from retain.bank.rows import Row
from retain.memory.model import CitedFact, Edge, Reading, StoredFact, Successor
from retain.memory.ports.entities import EntityRules
from retain.memory.ports.store import Tx
from retain.memory.ports.superseding import SupersedingRules

_COLUMNS = ("newer", "older", "reason", "since", "ruled")
"""Of the statement that reads edges."""

EdgeChange = tuple[Edge | None, Edge | None]
"""What superseded a fact before, and what does now."""


class CanonicalNames:
    """Looks up the canonical names of aliases; each is read once.

    Args:
        tx: The transaction, with the entities as they are.
        rules: What folds names.
    """

    def __init__(self, tx: Tx, rules: EntityRules) -> None:
        self._tx = tx
        self._rules = rules
        self._known: dict[str, str | None] = {}

    def prepare(self, wanted: Collection[str]) -> None:
        """Read several at once."""
        missing = {name for name in wanted if name not in self._known}
        if missing:
            found = names.canonical(self._tx, self._rules, missing)
            self._known.update({name: found.get(name) for name in missing})

    def __call__(self, name: str) -> str | None:
        """The canonical name; None where the bank does not know the name."""
        if name not in self._known:
            self.prepare([name])
        return self._known[name]


def change(
    tx: Tx,
    rules: SupersedingRules,
    canonical: CanonicalNames,
    gone: Collection[str],
    new: Mapping[str, CitedFact],
    renamed: Collection[str] = (),
) -> list[EdgeChange]:
    """Bring claims and edges up to the facts that came, changed or went.

    Args:
        tx: The transaction, with the facts as they are.
        rules: What supersedes what.
        canonical: The canonical names.
        gone: The ids of the facts that the bank does not hold any more.
        new: The facts that came, changed, or stand in another order, by id.
        renamed: Names with another canonical name than before.

    Returns:
        How edges changed.
    """
    table = ClaimTable(tx)
    loose = {one.older for one in of_facts(tx, gone)} if gone else set[str]()
    changed: dict[str, Reading | None] = dict.fromkeys(gone)
    reread = {fact_id: StoredFact(one.source_id, one.fact, None) for fact_id, one in new.items()}
    if renamed:
        rows = tx.rows("facts_looking_up", {"names": sorted(renamed)})
        reread = {**ClaimTable(tx).facts([row[0] for row in rows]), **reread}
    undated = [fact_id for fact_id, one in reread.items() if one.fact.mentioned_at is None]
    reread.update(ClaimTable(tx).facts(undated))  # when they came in is known by now
    canonical.prepare({one.fact.subject for one in reread.values() if one.fact.subject})
    bases = _bases(tx, reread.values())
    claims.drop(tx, [*gone, *reread])
    read = {
        fact_id: rules.read(one.source_id, replace(one.fact, superseded_by=None), canonical)
        for fact_id, one in reread.items()
    }
    claims.put(tx, read, bases)
    changed.update(read)
    return find(tx, rules, {*rules.affected(changed, table), *loose}, table)


def find(
    tx: Tx, rules: SupersedingRules, fact_ids: Iterable[str], table: ClaimTable | None = None
) -> list[EdgeChange]:
    """Find again what supersedes each of the facts; how edges changed."""
    table = table or ClaimTable(tx)
    wanted = sorted(set(fact_ids))
    facts = table.facts(wanted)
    table.prepare(facts.values())
    successors = rules.successors(facts.values(), table)
    return _put(tx, table, {one: successors.get(one) for one in wanted})


def of_facts(tx: Tx, fact_ids: Collection[str]) -> list[Edge]:
    """The edges that lead from or to one of the facts."""
    rows = {*tx.rows("edges_of_facts", {"ids": list(fact_ids)})}
    return [Edge(newer, older, reason) for newer, older, reason in sorted(rows)]


def every(tx: Tx) -> list[Edge]:
    """What superseded what in the bank."""
    return [Edge(newer, older, reason) for newer, older, reason, _, _ in tx.rows("edges")]


def _put(tx: Tx, table: ClaimTable, found: Mapping[str, Successor | None]) -> list[EdgeChange]:
    """Have the edges that were found, and no others, lead from facts; how edges changed."""
    stored = tx.rows_each("edge_of", [{"older": older} for older in found])
    tx.run_many("end_claims", (_end(older, one) for older, one in found.items()))
    newer = table.facts({one.edge.newer for one in found.values() if one is not None})
    changes: list[EdgeChange] = []
    stale: list[Row] = []
    new: list[Row] = []
    for (older, one), rows in zip(found.items(), stored, strict=True):
        after = [] if one is None else [_row(one, newer[one.edge.newer])]
        if rows != after:
            before = Edge(*rows[0][:3]) if rows else None
            changes.append((before, None if one is None else one.edge))
            stale.extend({"older": older} for _ in rows)
            new.extend(dict(zip(_COLUMNS, row, strict=True)) for row in after)
    tx.run_many("drop_edges_of", stale)
    tx.run_many("put_edge", new)
    return changes


def _row(found: Successor, newer: StoredFact) -> tuple[object, ...]:
    edge, moment = found.edge, newer.fact.moment
    said = moment.isoformat() if moment else None
    return (edge.newer, edge.older, edge.reason, said, int(found.at is not None))


def _end(older: str, found: Successor | None) -> Row:
    """From when on rules see a fact superseded, as its claims note it."""
    said, source_id = (inf, "") if found is None or found.at is None else found.at
    return {"fact_id": older, "until_said": said, "until_source": source_id}


def _bases(tx: Tx, facts: Iterable[StoredFact]) -> dict[tuple[str, str], int]:
    """Where the sections of facts start in their sources."""
    keys = sorted({(one.source_id, one.fact.section_id) for one in facts})
    given = [{"source_id": source_id, "section_id": section_id} for source_id, section_id in keys]
    rows = tx.rows_each("section_start", given)
    return {key: found[0][0] for key, found in zip(keys, rows, strict=True)}
