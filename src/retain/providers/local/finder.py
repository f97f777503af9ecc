"""The local finder of names: rules, off the event loop."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from retain.concurrency import computed
from retain.memory.model import (
    Corrections,
    Entity,
    EntityKind,
    Mention,
    NameCount,
    NamePair,
    Section,
)


class LocalFinder:
    """Finds names by rules, which are loaded off the event loop when they are first needed."""

    async def mentions(
        self,
        text: str,
        sections: Sequence[Section],
        known: Mapping[str, EntityKind] = MappingProxyType({}),
    ) -> Sequence[Mention]:
        """The names in a source, with their places, in its order; see `NameFinder`."""
        return await computed(_mentions, text, sections, known)

    async def normalise(
        self, names: Sequence[NameCount], corrections: Corrections
    ) -> Sequence[Entity]:
        """The entities that names stand for; their order does not matter."""
        return await computed(_normalise, names, corrections)

    async def doubtful(
        self, names: Sequence[NameCount], corrections: Corrections, *, about: Collection[str]
    ) -> Sequence[NamePair]:
        """Pairs of names that rules leave open, which depend on the two names alone."""
        return await computed(_doubtful, names, corrections, about)


def _mentions(
    text: str, sections: Sequence[Section], known: Mapping[str, EntityKind]
) -> Sequence[Mention]:
    from retain.providers.local.entities.mentions import extract_mentions

    return extract_mentions(text, sections, known)


def _normalise(names: Sequence[NameCount], corrections: Corrections) -> Sequence[Entity]:
    from retain.providers.local.entities.normalise import normalise_names

    return normalise_names(names, corrections)


def _doubtful(
    names: Sequence[NameCount], corrections: Corrections, about: Collection[str]
) -> Sequence[NamePair]:
    from retain.providers.local.entities.doubtful import doubtful_pairs

    return doubtful_pairs(names, corrections, frozenset(about))
