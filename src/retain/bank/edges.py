"""Which facts of a bank supersede which, kept as facts come and go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from math import inf

from retain.bank import claims, names
from retain.bank.claims import ClaimTable
from retain.memory.model import CitedFact, Edge, Reading, StoredFact, Successor
from retain.memory.ports.entities import EntityRules
from retain.memory.ports.store import Tx
from retain.memory.ports.superseding import SupersedingRules

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
    for fact_id in gone:
        claims.drop(tx, fact_id)
    for fact_id, one in reread.items():
        claims.drop(tx, fact_id)
        whole = replace(one.fact, superseded_by=None)
        changed[fact_id] = reading = rules.read(one.source_id, whole, canonical)
        claims.put(tx, reading, bases[one.source_id, one.fact.section_id])
    return find(tx, rules, {*rules.affected(changed, table), *loose}, table)


def find(
    tx: Tx, rules: SupersedingRules, fact_ids: Iterable[str], table: ClaimTable | None = None
) -> list[EdgeChange]:
    """Find again what supersedes each of the facts; how edges changed."""
    table = table or ClaimTable(tx)
    wanted = sorted(set(fact_ids))
    facts = table.facts(wanted)
    changes: list[EdgeChange] = []
    for fact_id in wanted:
        fact = facts.get(fact_id)
        found = None if fact is None else rules.successor(fact, table)
        change = _put(tx, table, fact_id, found)
        changes += [] if change is None else [change]
    return changes


def of_facts(tx: Tx, fact_ids: Collection[str]) -> list[Edge]:
    """The edges that lead from or to one of the facts."""
    rows = {*tx.rows("edges_of_facts", {"ids": list(fact_ids)})}
    return [Edge(newer, older, reason) for newer, older, reason in sorted(rows)]


def every(tx: Tx) -> list[Edge]:
    """What superseded what in the bank."""
    return [Edge(newer, older, reason) for newer, older, reason, _, _ in tx.rows("edges")]


def _put(tx: Tx, table: ClaimTable, older: str, found: Successor | None) -> EdgeChange | None:
    rows = tx.rows("edge_of", {"older": older})
    before = Edge(*rows[0][:3]) if rows else None
    _end(tx, older, found)
    if found is None:
        tx.run("drop_edges_of", {"older": older})
        return None if before is None else (before, None)
    newer = table.facts([found.edge.newer])[found.edge.newer].fact
    said = newer.moment.isoformat() if newer.moment else None
    edge, ruled = found.edge, int(found.at is not None)
    if rows == [(edge.newer, older, edge.reason, said, ruled)]:
        return None
    tx.run("drop_edges_of", {"older": older})
    given = {"newer": edge.newer, "reason": edge.reason, "since": said, "ruled": ruled}
    tx.run("put_edge", {**given, "older": older})
    return before, edge


def _end(tx: Tx, older: str, found: Successor | None) -> None:
    """Note on the claims of a fact from when on rules see it superseded."""
    said, source_id = (inf, "") if found is None or found.at is None else found.at
    tx.run("end_claims", {"fact_id": older, "until_said": said, "until_source": source_id})


def _bases(tx: Tx, facts: Iterable[StoredFact]) -> dict[tuple[str, str], int]:
    """Where the sections of facts start in their sources."""
    found: dict[tuple[str, str], int] = {}
    for one in facts:
        key = (one.source_id, one.fact.section_id)
        if key not in found:
            given = {"source_id": key[0], "section_id": key[1]}
            found[key] = tx.rows("section_start", given)[0][0]
    return found
