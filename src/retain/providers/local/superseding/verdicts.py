"""What a model's verdicts add to what rules see of what superseded what."""

from __future__ import annotations

from retain.memory.model import Edge, Fact, StoredFact
from retain.memory.ports import ClaimReads
from retain.providers.local.superseding.order import timing


def judged(older: StoredFact, bank: ClaimReads) -> Edge | None:
    """The edge from a fact that a model sees to supersede another.

    A verdict counts where both facts are there, tell of the same subject, and the newer one was
    said later: of several newer ones, the one that was said first. So nothing comes round to
    itself: along rules' edges times never go back, and along verdicts' they go on.

    Args:
        older: A fact that no rule sees superseded.
        bank: The bank.
    """
    fact_id = older.fact.fact_id
    newer = {
        one.newer
        for one in bank.verdicts([fact_id])
        if one.older == fact_id and one.verdict == "replaces"
    }
    found = [one for one in bank.facts(newer).values() if _may_count(one, older)] if newer else []
    if not found:
        return None
    first = min(found, key=lambda one: timing(one.source_id, one.fact).place).fact
    return Edge(first.fact_id, fact_id, _reason(first, older.fact))


def _may_count(newer: StoredFact, older: StoredFact) -> bool:
    before, after = older.fact.moment, newer.fact.moment
    later = before is not None and after is not None and before < after
    return later and newer.subject is not None and newer.subject == older.subject


def _reason(newer: Fact, older: Fact) -> str:
    return f"a model: {_told(older, newer)} -> {_told(newer, older)}"


def _told(fact: Fact, other: Fact) -> str:
    """The value, where both tell one of the same slot; else the statement."""
    alike = fact.slot is not None and fact.slot == other.slot and other.value
    return " ".join((fact.value if alike and fact.value else fact.text).split())
