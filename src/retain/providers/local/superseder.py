"""The local superseder: rules for what replaced what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from retain.memory.computing import computed
from retain.memory.model import (
    Contradiction,
    Corrections,
    Edge,
    Fact,
    FactPair,
    NameCount,
    Verdict,
)


class LocalSuperseder:
    """Sees by rules, and by a model's verdicts, which facts replace which.

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
        from retain.providers.local.superseding.verdicts import with_verdicts

        if not facts:
            return ()
        dated = [Dated(source_id, fact) for source_id, fact in facts]
        canonical = _canonical(names, corrections)
        found = with_verdicts(edges(dated, canonical), dated, canonical, verdicts)
        return [Edge(edge.newer, edge.older, edge.reason) for edge in found]

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

    dated = [Dated(source_id, fact) for source_id, fact in facts]
    return doubtful_pairs(dated, _canonical(names, corrections), about, judged)
