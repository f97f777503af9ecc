"""What a model's verdicts add to what rules see of what superseded what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from retain.memory.model import Fact, Verdict
from retain.providers.local.superseding.facts import Dated, Edge, place
from retain.providers.local.superseding.subjects import comparable


def with_verdicts(
    edges: Sequence[Edge],
    facts: Iterable[Dated],
    names: Mapping[str, str],
    verdicts: Iterable[Verdict],
) -> list[Edge]:
    """The edges, and those of facts that supersede one which rules know nothing to supersede.

    A verdict counts where both facts are there, still tell of the same subject, and the newer one
    was said later: of several newer ones, the one that was said first. So each fact has one
    successor at most, and nothing comes round to itself: along rules' edges times never go back,
    and along verdicts' they go on.

    Args:
        edges: What rules see among `facts`.
        facts: Of a bank, in any order.
        names: Alias to the canonical name of its entity.
        verdicts: What a model sees.

    Returns:
        Sorted by the id of the older fact.
    """
    known = {dated.fact.fact_id: dated for dated in facts}
    superseded = {edge.older for edge in edges}
    first: dict[str, Dated] = {}
    for one in verdicts:
        older, newer = known.get(one.older), known.get(one.newer)
        if one.verdict != "replaces" or one.older in superseded or older is None or newer is None:
            continue
        if _is_later(newer.fact, older.fact) and _tell_of_one(newer.fact, older.fact, names):
            first[one.older] = min(first.get(one.older, newer), newer, key=place)
    found = [
        Edge(newer.fact.fact_id, older, _reason(newer.fact, known[older].fact))
        for older, newer in first.items()
    ]
    return sorted([*edges, *found], key=lambda edge: edge.older)


def _is_later(newer: Fact, older: Fact) -> bool:
    before, after = older.mentioned_at, newer.mentioned_at
    return before is not None and after is not None and before < after


def _tell_of_one(newer: Fact, older: Fact, names: Mapping[str, str]) -> bool:
    subject = comparable(newer.subject, names)
    return subject is not None and subject == comparable(older.subject, names)


def _reason(newer: Fact, older: Fact) -> str:
    return f"a model: {_told(older, newer)} -> {_told(newer, older)}"


def _told(fact: Fact, other: Fact) -> str:
    """The value, where both tell one of the same slot; else the statement."""
    alike = fact.slot is not None and fact.slot == other.slot and other.value
    return " ".join((fact.value if alike and fact.value else fact.text).split())
