"""What superseded what among the facts of a bank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from retain.memory.model import Contradiction, Edge, Verdict
from retain.providers.local.superseding.contradictions import open_contradictions
from retain.providers.local.superseding.memory import Dated, InMemoryClaims
from retain.providers.local.superseding.successors import successors

__all__ = ["Dated", "Edge", "contradictions", "edges"]


def edges(
    facts: Iterable[Dated], names: Mapping[str, str], verdicts: Iterable[Verdict] = ()
) -> list[Edge]:
    """Which facts supersede which: same subject and slot, another value, a later time.

    Each older fact is superseded by the next later one only, so that of what Ana told of Lisbon,
    Porto and Lisbon again, the first is superseded by the second, and the second by the third.

    Args:
        facts: All facts of a bank, in any order.
        names: Alias to the canonical name of its entity.
        verdicts: What a model sees; it counts for facts that no rule sees superseded.

    Returns:
        At most one edge for each older fact, sorted by its id.
    """
    bank = InMemoryClaims(facts, names, verdicts)
    found = successors(bank.known.values(), bank)
    return [found[fact_id].edge for fact_id in sorted(found)]


def contradictions(facts: Iterable[Dated], names: Mapping[str, str]) -> list[Contradiction]:
    """Which facts contradict each other while no rule sees that one supersedes the other.

    Args:
        facts: All facts of a bank, in any order.
        names: Alias to the canonical name of its entity.
    """
    bank = InMemoryClaims(facts, names)
    replaced = successors(bank.known.values(), bank)
    claims = (one for one in bank.sorted_claims() if one.when.fact_id not in replaced)
    return open_contradictions(claims, bank)
