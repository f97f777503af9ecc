"""What a model's verdicts add to what rules see of what superseded what."""

from __future__ import annotations

from retain.memory.model import Edge, Fact, StoredFact
from retain.memory.ports import ClaimReads
from retain.providers.local.superseding.order import timing


def judged(older: StoredFact, bank: ClaimReads) -> Edge | None:
    """The edge from a fact that a model or a user sees to supersede another.

    A verdict counts where both facts are there, and the newer one was said later. A model's counts
    only where both tell of the same subject. Of several newer facts, the one said first counts. So
    nothing comes round to itself: along rules' edges times never go back, and along verdicts' they
    go on.

    Args:
        older: A fact that no rule sees superseded.
        bank: The bank.
    """
    fact_id = older.fact.fact_id
    said = {one.newer: one.verdict for one in bank.verdicts([fact_id]) if one.older == fact_id}
    newer = {one for one, verdict in said.items() if verdict in ("replaces", "corrects")}
    found = [
        one
        for one in (bank.facts(newer).values() if newer else ())
        if _is_later(one, older)
        and (said[one.fact.fact_id] == "corrects" or _is_of_same(one, older))
    ]
    if not found:
        return None
    first = min(found, key=lambda one: timing(one.source_id, one.fact).place).fact
    who = "a user" if said[first.fact_id] == "corrects" else "a model"
    return Edge(first.fact_id, fact_id, _reason(who, first, older.fact))


def _is_later(newer: StoredFact, older: StoredFact) -> bool:
    before, after = older.fact.moment, newer.fact.moment
    return before is not None and after is not None and before < after


def _is_of_same(newer: StoredFact, older: StoredFact) -> bool:
    return newer.subject is not None and newer.subject == older.subject


def _reason(who: str, newer: Fact, older: Fact) -> str:
    return f"{who}: {_told(older, newer)} -> {_told(newer, older)}"


def _told(fact: Fact, other: Fact) -> str:
    """The value, where both tell one of the same slot; else the statement."""
    alike = fact.slot is not None and fact.slot == other.slot and other.value
    return " ".join((fact.value if alike and fact.value else fact.text).split())
