"""The local superseder: rules for what replaced what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from retain.memory.model import (
    Claim,
    Contradiction,
    Fact,
    FactPair,
    Reading,
    StoredFact,
    Successor,
)
from retain.memory.ports import Canonical, ClaimReads, EdgeReads


class LocalSupersedingRules:
    """Sees by rules which fact replaces another from indexed reads of a bank.

    The rules are loaded when they are first needed.
    """

    def read(self, source_id: str, fact: Fact, canonical: Canonical) -> Reading:
        """What to keep of a fact beside the fact itself; see `SupersedingRules`."""
        from retain.providers.local.superseding.successors import reading

        return reading(source_id, fact, canonical)

    def affected(self, changed: Mapping[str, Reading | None], bank: EdgeReads) -> set[str]:
        """Whose successor has to be found again after a change; see `SupersedingRules`."""
        from retain.providers.local.superseding.successors import affected

        return affected(changed, bank)

    def successors(
        self, facts: Collection[StoredFact], bank: ClaimReads
    ) -> Mapping[str, Successor]:
        """What supersedes each of the facts; see `SupersedingRules`."""
        from retain.providers.local.superseding.successors import successors

        return successors(facts, bank)

    def contradictions(self, claims: Iterable[Claim], bank: ClaimReads) -> Sequence[Contradiction]:
        """What contradicts what; see `SupersedingRules`."""
        from retain.providers.local.superseding.contradictions import open_contradictions

        return open_contradictions(claims, bank)

    def doubtful(
        self, about: Collection[str], judged: Collection[tuple[str, str]], bank: ClaimReads
    ) -> Sequence[FactPair]:
        """Pairs of facts that rules leave open; see `SupersedingRules`."""
        from retain.providers.local.superseding.candidates import doubtful_pairs

        return doubtful_pairs(about, judged, bank)
