"""What superseded what among the facts of a bank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from retain.memory.model import Contradiction
from retain.providers.local.superseding.chains import chained
from retain.providers.local.superseding.claims import claimed
from retain.providers.local.superseding.contradictions import open_contradictions
from retain.providers.local.superseding.facts import Dated, Edge, place
from retain.providers.local.superseding.plans import undone

__all__ = ["Dated", "Edge", "contradictions", "edges"]


def edges(facts: Iterable[Dated], names: Mapping[str, str]) -> list[Edge]:
    """Which facts supersede which: same subject and slot, another value, a later time.

    Each older fact is superseded by the next later one only, so that of what Ana told of Lisbon,
    Porto and Lisbon again, the first is superseded by the second, and the second by the third.

    Args:
        facts: All facts of a bank, in any order.
        names: Alias to the canonical name of its entity.

    Returns:
        At most one edge for each older fact, sorted by its id.
    """
    facts = list(facts)
    by_id = {dated.fact.fact_id: dated for dated in facts}
    found: dict[str, Edge] = {}
    for edge in (*chained(claimed(facts, names)), *undone(facts, names)):
        known = found.get(edge.older)
        if known is None or _order(edge, by_id) < _order(known, by_id):
            found[edge.older] = edge
    return [found[older] for older in sorted(found)]


def contradictions(facts: Iterable[Dated], names: Mapping[str, str]) -> list[Contradiction]:
    """Which facts contradict each other while neither supersedes the other.

    Args:
        facts: All facts of a bank, in any order.
        names: Alias to the canonical name of its entity.
    """
    facts = list(facts)
    replaced = {edge.older for edge in edges(facts, names)}
    return open_contradictions(facts, names, replaced)


def _order(edge: Edge, by_id: Mapping[str, Dated]) -> tuple[tuple[float, str, int, int, str], str]:
    return place(by_id[edge.newer]), edge.reason
