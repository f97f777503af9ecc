"""Facts of a bank as superseding sees them, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass

from retain.memory.model import Fact


@dataclass(frozen=True, slots=True)
class Dated:
    """A fact with where it is from.

    Args:
        source_id: The source that it is of.
        fact: The fact, its `fact_id` unique in the bank.
    """

    source_id: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Edge:
    """One fact supersedes another.

    Args:
        newer: The id of the fact that holds.
        older: The id of the fact that no longer does.
        reason: Why, in one line: ``lives in: Lisbon -> Porto``.
    """

    newer: str
    older: str
    reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a fact says that only one value can be true of at a time, or denies.

    Args:
        dated: The fact.
        subject: Of whom or what, comparable.
        slot: What of it.
        value: What it is, as it was written.
        denied: Whether the fact says that it is not so.
        weak: Whether another may supersede it, but it supersedes none.
        many: Whether several values can be true at once, so that only a denial supersedes.
    """

    dated: Dated
    subject: str
    slot: str
    value: str
    denied: bool = False
    weak: bool = False
    many: bool = False


def place(dated: Dated) -> tuple[float, str, int, int, str]:
    """What puts the facts of a bank into an order: the time first, places in sources last."""
    fact = dated.fact
    said = fact.mentioned_at.timestamp() if fact.mentioned_at else float("-inf")
    return (said, dated.source_id, fact.start, fact.end, fact.fact_id)
