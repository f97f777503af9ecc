"""The local finder of names: rules, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from retain.memory.model import Corrections, Entity, Mention, NameCount, Section
from retain.providers.local.entities.clusters import Name
from retain.providers.local.entities.mentions import extract_mentions
from retain.providers.local.entities.normalise import normalise_names


class LocalFinder:
    """Finds names by rules."""

    async def mentions(self, text: str, sections: Sequence[Section]) -> Sequence[Mention]:
        """The names in a source, with their places, in its order."""
        return await asyncio.to_thread(extract_mentions, text, sections)

    async def normalise(
        self, names: Sequence[NameCount], corrections: Corrections
    ) -> Sequence[Entity]:
        """The entities that names stand for; their order does not matter."""
        counted = [Name(name.name, name.kind, name.times) for name in names]
        return await asyncio.to_thread(normalise_names, counted, corrections)
