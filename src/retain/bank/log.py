"""The log of a bank: what each version of each source brought."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from retain.bank import edges, facts, history
from retain.memory.model import CitedFact, Edge, LogEntry, LogFact, Version
from retain.memory.ports.store import Tx

MOST_NAMES = 12
"""How many names of what it is about an entry has."""


def entries(tx: Tx, source_id: str | None = None) -> list[LogEntry]:
    """The log, or what it has of one source, oldest entry first.

    It is read from the versions, the facts and the edges as they are, so nothing is left in it of
    what is forgotten. What supersedes what stands with whichever of the two facts came later.
    """
    versions = history.versions(tx, source_id)
    came: defaultdict[tuple[str, int], list[CitedFact]] = defaultdict(list)
    went: defaultdict[tuple[str, int], list[CitedFact]] = defaultdict(list)
    for one in history.lifetimes(tx, source_id):
        came[one.cited.source_id, one.since].append(one.cited)
        if one.until is not None:
            went[one.cited.source_id, one.until].append(one.cited)
    pairs = _Pairs(tx, source_id)
    return [
        _entry(version, came[_key(version)], went[_key(version)], pairs.of(version))
        for version in versions
    ]


class _Pairs:
    """What superseded what, by the version that brought the later of the two facts.

    Args:
        tx: The transaction.
        source_id: The source whose entries are wanted; None: all.
    """

    def __init__(self, tx: Tx, source_id: str | None) -> None:
        self._found: defaultdict[tuple[str, int], list[tuple[LogFact, LogFact]]]
        self._found = defaultdict(list)
        found = self._edges(tx, source_id)
        ends = {fact_id for edge in found for fact_id in (edge.newer, edge.older)}
        cited = facts.cited_by_id(tx, ends)
        arrival = _arrivals(tx, cited.values(), None if source_id is None else ends)
        for edge in found:
            newer, older = cited.get(edge.newer), cited.get(edge.older)
            if newer is not None and older is not None:
                at = max(arrival[edge.newer], arrival[edge.older])
                self._found[at[1:]].append((_quoted(newer), _quoted(older)))

    def of(self, version: Version) -> Sequence[tuple[LogFact, LogFact]]:
        return self._found.get(_key(version), ())

    def _edges(self, tx: Tx, source_id: str | None) -> Sequence[Edge]:
        if source_id is None:
            return edges.every(tx)
        return edges.of_facts(tx, [one.fact.fact_id for one in facts.cited(tx, source_id)])


def _arrivals(
    tx: Tx, cited: Collection[CitedFact], among: Iterable[str] | None
) -> Mapping[str, tuple[str, str, int]]:
    """When each fact came, by its id: the time, the source and the version."""
    sources = {one.source_id for one in cited} if among is not None else {None}
    times: dict[tuple[str, int], str] = {}
    since = {one.fact.fact_id: (one.source_id, history.FIRST) for one in cited}
    for source_id in sources:
        for version in history.versions(tx, source_id):
            times[_key(version)] = version.retained_at.isoformat()
        for owner, fact_id, version in tx.rows("lives", {"source_id": source_id}):
            since[fact_id] = (owner, version)
    return {fact_id: (times.get(key, ""), *key) for fact_id, key in since.items()}


def _entry(
    version: Version,
    came: Sequence[CitedFact],
    went: Sequence[CitedFact],
    pairs: Sequence[tuple[LogFact, LogFact]],
) -> LogEntry:
    return LogEntry(
        at=version.retained_at,
        action="ingest" if version.version == 1 else "update",
        source_id=version.source_id,
        version=version.version,
        sections=version.sections,
        came=tuple(map(_quoted, came)),
        went=tuple(map(_quoted, went)),
        superseded=tuple(pairs),
        pages=_named([*came, *went]),
    )


def _key(version: Version) -> tuple[str, int]:
    return version.source_id, version.version


def _quoted(one: CitedFact) -> LogFact:
    return LogFact(one.source_id, one.fact.fact_id, one.fact.text)


def _named(cited: Sequence[CitedFact]) -> tuple[str, ...]:
    """The names that facts give most, sorted."""
    times = Counter(name for one in cited for name in one.fact.entities)
    most = sorted(times, key=lambda name: (-times[name], name))[:MOST_NAMES]
    return tuple(sorted(most))
