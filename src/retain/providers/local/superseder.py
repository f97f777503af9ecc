"""The local superseder: rules for what replaced what."""

from __future__ import annotations

from collections.abc import Sequence

from retain.memory.model import Corrections, Edge, Fact, NameCount


class LocalSuperseder:
    """Sees by rules which facts replace which. The rules are loaded when they are first needed."""

    def relate(
        self,
        facts: Sequence[tuple[str, Fact]],
        names: Sequence[NameCount],
        corrections: Corrections,
    ) -> Sequence[Edge]:
        """What replaced what; see `Superseder`."""
        from retain.providers.local.entities.clusters import Name
        from retain.providers.local.entities.normalise import normalise_names
        from retain.providers.local.superseding import Dated, edges

        if not facts:
            return ()
        entities = normalise_names([Name(n.name, n.kind, n.times) for n in names], corrections)
        canonical = {alias: entity.name for entity in entities for alias in entity.aliases}
        found = edges([Dated(source_id, fact) for source_id, fact in facts], canonical)
        return [Edge(edge.newer, edge.older, edge.reason) for edge in found]
