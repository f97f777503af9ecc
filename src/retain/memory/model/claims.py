"""What superseding compares: what facts claim, and when they were said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from retain.memory.model.knowledge import Fact
from retain.memory.model.pages import Edge

Place = tuple[float, str, int, int, str]
"""What orders the facts of a bank: time, source, first and last character, id."""

Variant = tuple[str, str]
"""The value and the detail of a claim: claims of one series conflict with the same variants."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When a fact was said and from when on it holds, in seconds since 1970.

    Args:
        fact_id: The fact.
        source_id: Its source.
        said: When it was said; minus infinity where that is unknown.
        start: First character of its quote in the source.
        end: One past the last character.
        reach: What was said earlier and began to hold before this time can be superseded: minus
            infinity where the fact supersedes nothing, infinity where its time does not matter.
        since: The earliest time from which the fact may hold; infinity where that is unknown.
        changed: When the change that the fact tells of was over; None if it tells of none.
        corrects: Whether the fact says of itself that it corrects what was said before.
    """

    fact_id: str
    source_id: str
    said: float
    start: int
    end: int
    reach: float
    since: float
    changed: float | None
    corrects: bool

    @property
    def place(self) -> Place:
        """The time first, the place in the source last."""
        return (self.said, self.source_id, self.start, self.end, self.fact_id)

    @property
    def may_correct(self) -> bool:
        """Whether the fact may supersede what its source says at the same time."""
        return self.corrects or self.changed is not None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a fact says of one slot of one subject.

    Args:
        when: The times of the fact.
        series: Names claims that are compared with others together, of one subject and slot.
            Sorted by it, all claims of a subject and slot follow each other.
        value: What the slot holds, as it was written.
        detail: What else decides whether claims conflict: the days of a date, whether somebody
            moves; else empty.
        assistant: Whether an assistant says so, who supersedes no other's statements.
    """

    when: Timing
    series: str
    value: str
    detail: str = ""
    assistant: bool = False

    @property
    def variant(self) -> Variant:
        """What decides which claims conflict with this one."""
        return (self.value, self.detail)


@dataclass(frozen=True, slots=True)
class RivalClaims:
    """Asks for the claims that may supersede a claim, or that it may supersede.

    Args:
        claim: The claim.
        series: The series that they are in.
        variants: What of these is left out, or alone wanted.
    """

    claim: Claim
    series: Sequence[str]
    variants: Collection[Variant] = ()


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A fact of a bank, whole, with its quote.

    Args:
        source_id: Its source.
        fact: The fact.
        subject: Its subject, comparable: the canonical name without case and article; None if it
            has none.
    """

    source_id: str
    fact: Fact
    subject: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a store keeps of a fact to find what supersedes it, and what it supersedes.

    Args:
        fact: The fact with its comparable subject.
        claims: What it claims; none where it tells of the past.
        undoes: The comparable subject of which the fact says that something is called off or no
            longer so, and a word that what is undone has; None if it says nothing of that kind.
        states: Words of its own subject, any of which an undoing fact may find it by.
        lookups: The names that were looked up: while their canonical names stay, so does this.
    """

    fact: StoredFact
    claims: tuple[Claim, ...] = ()
    undoes: tuple[str, str] | None = None
    states: tuple[str, ...] = ()
    lookups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Successor:
    """What supersedes a fact.

    Args:
        edge: By which fact, and why.
        at: The time and the source of the newer fact; None where only a model sees that it
            supersedes, which any fact that rules find comes before.
    """

    edge: Edge
    at: tuple[float, str] | None
