"""The ports of superseding: what its rules read of a bank, and what a bank asks of the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from retain.memory.model import (
    Claim,
    Contradiction,
    Fact,
    FactPair,
    Place,
    Reading,
    RivalClaims,
    StoredFact,
    Successor,
    Timing,
    Variant,
    Verdict,
)

Canonical = Callable[[str], str | None]
"""Looks up the canonical name of an alias; None where a bank does not know the name."""


class ClaimReads(Protocol):
    """Indexed reads of what the facts of one bank claim.

    What is read of many claims is asked for at once, since a store may be reached over a network.
    Places in sources are those of the sources as they are: a store that keeps offsets from the
    start of a section adds them up as it reads.
    """

    def facts(self, fact_ids: Collection[str]) -> Mapping[str, StoredFact]:
        """Those of the facts that the bank holds, by id."""
        ...

    def of_subject(self, subject: str) -> Sequence[StoredFact]:
        """The facts of a comparable subject."""
        ...

    def claims(self, fact_id: str) -> Sequence[Claim]:
        """What a fact claims."""
        ...

    def series(self, prefixes: Collection[str]) -> Mapping[str, Collection[str]]:
        """The series whose names begin with each of `prefixes`; those of none may be absent."""
        ...

    def together(
        self, asked: Sequence[RivalClaims], *, correcting: bool
    ) -> Sequence[Sequence[Claim]]:
        """The rivals that the source of each claim makes at the same time, known or unknown.

        Args:
            asked: The claims; of all variants.
            correcting: Leave out those that may correct nothing.
        """
        ...

    def later(self, asked: Sequence[RivalClaims], limit: int) -> Sequence[Sequence[Claim]]:
        """The first rivals said after each older claim, in the order of their places.

        Only those whose `reach` is more than the `since` of the older one, and none of an assistant
        unless the older one is.

        Args:
            asked: The claims that may be superseded, said at known times, with the variants that
                are left out.
            limit: How many at most for each.
        """
        ...

    def is_undone(self, subject: str) -> bool:
        """Whether any fact undoes something of a subject."""
        ...

    def undoing(self, subject: str, words: Collection[str], older: Timing) -> Sequence[StoredFact]:
        """The facts that undo something of a subject and are kept under one of `words`.

        Those said later than `older`, or at the same time by its source.
        """
        ...

    def verdicts(self, fact_ids: Collection[str]) -> Sequence[Verdict]:
        """What a model sees of any of the facts, on the older side or the newer one."""
        ...


class EdgeReads(ClaimReads, Protocol):
    """Indexed reads of what supersedes what at present.

    A claim is open to `newer` if it was said earlier and its `since` is less than the `reach` of
    `newer`; if it is an assistant's, in case `newer` is; and if no rule sees its fact superseded,
    or the time and the source of the superseding fact are no less than those of `newer`.
    """

    def superseded_by(self, fact_ids: Collection[str]) -> Collection[str]:
        """The ids of the facts whose edges lead to one of these, which may be gone."""
        ...

    def successors(self, fact_ids: Collection[str]) -> Mapping[str, Place]:
        """The places of what supersedes the facts by rules; without those that have none."""
        ...

    def open_variants(self, asked: Sequence[RivalClaims]) -> Sequence[Collection[Variant]]:
        """The different variants among the rivals that are open to each newer claim."""
        ...

    def open_claims(self, asked: Sequence[RivalClaims]) -> Sequence[Sequence[Claim]]:
        """The rivals of the variants asked for that are open to each newer claim."""
        ...

    def stating(self, subject: str, words: Collection[str], newer: Timing) -> Sequence[StoredFact]:
        """The facts of a subject that may be undone and are kept under one of `words`.

        Those said earlier than `newer`, or at the same time by its source.
        """
        ...


class SupersedingRules(Protocol):
    """Rules for what supersedes what; they neither wait nor touch a store but by what they read.

    Each fact has one successor at most: the first that rules see, or else the first that a model
    does. Nothing but the facts, the canonical names and the verdicts decides it.
    """

    def read(self, source_id: str, fact: Fact, canonical: Canonical) -> Reading:
        """What to keep of a fact beside the fact itself.

        Args:
            source_id: Its source.
            fact: The fact, whole, with its place in the source.
            canonical: Looks up names.
        """
        ...

    def affected(self, changed: Mapping[str, Reading | None], bank: EdgeReads) -> set[str]:
        """The ids of the facts whose successor has to be found again after a change.

        Args:
            changed: What is read of the facts that came or changed, by id, and None of those that
                went. A fact changed too if a name in its `lookups` got another canonical name, or
                if the order of facts in its source did: see `moved`.
            bank: The bank with the new facts and claims, and the edges as they were.
        """
        ...

    def successors(
        self, facts: Collection[StoredFact], bank: ClaimReads
    ) -> Mapping[str, Successor]:
        """What supersedes each of the facts, by their ids; without those that nothing supersedes.

        What is read of the bank is read for all of them at once.
        """
        ...

    def contradictions(self, claims: Iterable[Claim], bank: ClaimReads) -> Sequence[Contradiction]:
        """What contradicts what while neither supersedes the other.

        Args:
            claims: All claims of facts that no rule sees superseded, sorted by series.
            bank: Where the facts are.
        """
        ...

    def doubtful(
        self, about: Collection[str], judged: Collection[tuple[str, str]], bank: ClaimReads
    ) -> Sequence[FactPair]:
        """Pairs of facts of which the newer may supersede the older, which rules leave open.

        Args:
            about: The ids of facts, one of which has to be in each pair.
            judged: ``(older, newer)`` ids of pairs that a model was asked of before.
            bank: Only facts of the subjects that `about` is of are read.

        Returns:
            The nearest first; a hundred at most.
        """
        ...
