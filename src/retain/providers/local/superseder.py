"""The local superseder: rules for what replaced what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from retain.memory.computing import computed
from retain.memory.model import (
    Claim,
    Contradiction,
    Corrections,
    Edge,
    Fact,
    FactPair,
    NameCount,
    Reading,
    StoredFact,
    Successor,
    Verdict,
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

    def successor(self, fact: StoredFact, bank: ClaimReads) -> Successor | None:
        """What supersedes the fact; see `SupersedingRules`."""
        from retain.providers.local.superseding.successors import successor

        return successor(fact, bank)

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


class LocalSuperseder:
    """Sees by rules, and by a model's verdicts, which of all facts of a bank replace which.

    The rules are loaded when they are first needed.
    """

    def relate(
        self,
        facts: Sequence[tuple[str, Fact]],
        names: Sequence[NameCount],
        corrections: Corrections,
        verdicts: Sequence[Verdict] = (),
    ) -> Sequence[Edge]:
        """What replaced what; see `Superseder`."""
        from retain.providers.local.superseding import Dated, edges

        if not facts:
            return ()
        dated = [Dated(source_id, fact) for source_id, fact in facts]
        return edges(dated, _canonical(names, corrections), verdicts)

    def contradictions(
        self,
        facts: Sequence[tuple[str, Fact]],
        names: Sequence[NameCount],
        corrections: Corrections,
    ) -> Sequence[Contradiction]:
        """What contradicts what; see `Superseder`."""
        from retain.providers.local.superseding import Dated, contradictions

        if not facts:
            return ()
        dated = [Dated(source_id, fact) for source_id, fact in facts]
        return contradictions(dated, _canonical(names, corrections))

    async def doubtful(
        self,
        facts: Sequence[tuple[str, Fact]],
        names: Sequence[NameCount],
        corrections: Corrections,
        *,
        about: Collection[str],
        judged: Collection[tuple[str, str]],
    ) -> Sequence[FactPair]:
        """Pairs of facts that rules leave open, off the event loop; see `Superseder`."""
        found = frozenset(about)
        return await computed(_doubtful, facts, names, corrections, found, judged)


def _canonical(names: Sequence[NameCount], corrections: Corrections) -> Mapping[str, str]:
    """Alias to the canonical name of its entity."""
    from retain.providers.local.entities.clusters import Name
    from retain.providers.local.entities.normalise import normalise_names

    entities = normalise_names([Name(n.name, n.kind, n.times) for n in names], corrections)
    return {alias: entity.name for entity in entities for alias in entity.aliases}


def _doubtful(
    facts: Sequence[tuple[str, Fact]],
    names: Sequence[NameCount],
    corrections: Corrections,
    about: frozenset[str],
    judged: Collection[tuple[str, str]],
) -> Sequence[FactPair]:
    from retain.providers.local.superseding import Dated
    from retain.providers.local.superseding.candidates import doubtful_pairs
    from retain.providers.local.superseding.memory import InMemoryClaims

    dated = [Dated(source_id, fact) for source_id, fact in facts]
    return doubtful_pairs(about, judged, InMemoryClaims(dated, _canonical(names, corrections)))
