"""The local rules for which names mean the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from retain.memory.model import Entity, EntityChange, NameCount, NamePair
from retain.memory.ports import NameIndex


class LocalEntities:
    """Decides by rules which names mean the same; see `EntityRules`.

    The rules are loaded when they are first needed.
    """

    def fold(self, name: str) -> str:
        """The form by which names are kept."""
        from retain.providers.local.entities import fold

        return fold(name)

    def keys(self, names: Sequence[NameCount]) -> frozenset[int]:
        """The keys of a folded name for `resolve`."""
        from retain.providers.local.entities.keys import keys

        return keys(names)

    def doubt_keys(self, names: Sequence[NameCount]) -> frozenset[int]:
        """The keys of a folded name for `doubtful`."""
        from retain.providers.local.entities.nearness import doubt_keys

        return doubt_keys(names)

    def resolve(
        self,
        names: NameIndex,
        before: Mapping[str, Sequence[NameCount]],
        decided: Collection[str] = (),
    ) -> EntityChange:
        """What becomes of the entities that a change concerns."""
        from retain.providers.local.entities.around import resolve_around

        return resolve_around(names, before, decided)

    def canonical(self, entities: Iterable[Entity]) -> Mapping[str, str]:
        """The canonical name of each alias."""
        from retain.providers.local.entities.normalise import canonical_names

        return canonical_names(entities)

    def doubtful(self, names: NameIndex, about: Collection[str]) -> Sequence[NamePair]:
        """Pairs of names that rules leave open."""
        from retain.providers.local.entities.doubtful import doubtful_about

        return doubtful_about(names, about)
