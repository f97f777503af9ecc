"""What a model's verdicts add to what rules see of what replaced what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from retain.memory.model import Edge, Fact, Verdict


def with_verdicts(
    edges: Sequence[Edge], facts: Iterable[Fact], verdicts: Iterable[Verdict]
) -> Sequence[Edge]:
    """The edges, and those of facts that replace one which rules know nothing to replace.

    A verdict counts where both facts are there and the newer one was said later: of several newer
    ones, the one that was said first. So each fact has one successor at most, and nothing comes
    round to itself: along rules' edges times never go back, and along verdicts' they go on.

    Args:
        edges: What rules see among `facts`.
        facts: Those that may replace others or be replaced.
        verdicts: What a model sees.
    """
    replacing = [one for one in verdicts if one.verdict == "replaces"]
    if not replacing:
        return edges
    said = {fact.fact_id: fact for fact in facts}
    replaced = {edge.older for edge in edges}
    first: dict[str, tuple[datetime, str]] = {}
    for one in replacing:
        older, newer = said.get(one.older), said.get(one.newer)
        if older is None or newer is None or one.older in replaced:
            continue
        before, after = older.mentioned_at, newer.mentioned_at
        if before is not None and after is not None and before < after:
            place = (after, one.newer)
            first[one.older] = min(first.get(one.older, place), place)
    found = [
        Edge(newer, older, _reason(said[newer], said[older])) for older, (_, newer) in first.items()
    ]
    return sorted([*edges, *found], key=lambda edge: edge.older)


def _reason(newer: Fact, older: Fact) -> str:
    return f"a model: {_told(older, newer)} -> {_told(newer, older)}"


def _told(fact: Fact, other: Fact) -> str:
    """The value, where both tell one of the same slot; else the statement."""
    alike = fact.slot is not None and fact.slot == other.slot and other.value
    return " ".join((fact.value if alike and fact.value else fact.text).split())
