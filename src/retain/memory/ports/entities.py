"""The ports of entities: what rules read of a bank's names, and the rules that a bank calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from retain.memory.model import Corrections, Entity, EntityChange, NameCount, NamePair


class NameIndex(Protocol):
    """A bank's names by their folded form (`EntityRules.fold`) and by their keys.

    It is read inside a store's transaction, and each answer costs what it holds, not what the bank
    does. Sequences may come in any order.
    """

    def counts(self, folded: Collection[str]) -> Mapping[str, Sequence[NameCount]]:
        """Every way in which the bank writes each folded name; names that it lacks may be absent.

        Args:
            folded: Folded names, among them some that the bank has never seen.
        """
        ...

    def sharing(self, keys: Collection[int], limit: int) -> Mapping[int, Sequence[str]]:
        """The folded names that have each key; keys that no name has may be absent.

        Args:
            keys: Keys, as `EntityRules.keys` gives them.
            limit: How many names of a key are given at most, whichever they are.
        """
        ...

    def corrections(self, folded: Collection[str]) -> Corrections:
        """All pairs that were decided, one of whose names folds to one of `folded`."""
        ...

    def entities(self, folded: Collection[str]) -> Sequence[Entity]:
        """The stored entities with an alias that folds to one of `folded`, each once."""
        ...


class EntityRules(Protocol):
    """Decides which names mean the same; it neither waits nor touches a store."""

    def fold(self, name: str) -> str:
        """The form by which names are kept; empty where there is no name."""
        ...

    def keys(self, names: Sequence[NameCount]) -> frozenset[int]:
        """The keys under which a folded name is kept for `resolve`.

        They depend on how the name is written and on its kinds, and not on how often.

        Args:
            names: Every way in which the bank writes the folded name.
        """
        ...

    def doubt_keys(self, names: Sequence[NameCount]) -> frozenset[int]:
        """The keys under which a folded name is kept for `doubtful`; see `keys`."""
        ...

    def resolve(
        self,
        names: NameIndex,
        before: Mapping[str, Sequence[NameCount]],
        decided: Collection[str] = (),
    ) -> EntityChange:
        """What becomes of the entities that a change concerns; no other entity changes.

        The stored entities and this make what the rules give for all names of the bank at once.

        Args:
            names: The bank after the change, with the entities from before it.
            before: Every folded name that is written otherwise, more often or less often than
                before, with how it was written; empty where it is new.
            decided: The folded names of pairs that were decided, or are no longer.
        """
        ...

    def canonical(self, entities: Iterable[Entity]) -> Mapping[str, str]:
        """The canonical name of each alias; of two entities with one alias, the later by name.

        Args:
            entities: All that have one of the names in question, in any order.
        """
        ...

    def doubtful(self, names: NameIndex, about: Collection[str]) -> Sequence[NamePair]:
        """Pairs of names that are near to each other, which rules leave open.

        Whether a pair is among them depends on its names alone, and not on what else the bank
        holds: so whoever asks as sources come in, asks the same in whatever order they come. A
        pair that was decided or asked of before is left out.

        Args:
            names: The bank, with the keys of `doubt_keys`.
            about: Names as they are written, one of which has to be in each pair.

        Returns:
            The most frequent names first; some dozens at most.
        """
        ...
