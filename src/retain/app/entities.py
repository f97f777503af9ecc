"""`memory.entities`: the people, places and things that a bank's sources name."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from retain.bank import BankStore, CorrectionKind
from retain.errors import EntityNotFoundError, InputError
from retain.memory.model import CitedFact, Entity, NameCount
from retain.memory.ports import NameFinder


@dataclass(frozen=True, slots=True)
class KnownEntity:
    """An entity of a bank.

    Args:
        entity: The entity, with its aliases.
        times: How often the bank's sources name it.
    """

    entity: Entity
    times: int


class Entities:
    """The entities of banks. Call it to list those of a bank."""

    def __init__(self, store: BankStore, finder: NameFinder) -> None:
        self._store = store
        self._finder = finder

    async def __call__(self, *, bank_id: str = "default") -> list[KnownEntity]:
        """List the bank's entities, the most often named first.

        They depend on the names in the bank and on users' corrections alone, not on the order in
        which sources were retained.

        Args:
            bank_id: The bank; one that does not exist has no entities.
        """
        return _counted(await self._normalised(bank_id), await self._store.names(bank_id))

    async def merge(self, name: str, other: str, *, bank_id: str = "default") -> None:
        """Treat two names as one entity, in sources that are added later too.

        Args:
            name: A name, as the bank's sources write it.
            other: Another name.
            bank_id: The bank.

        Raises:
            EntityNotFoundError: None of the bank's sources writes one of the names.
            InputError: Both names are the same.
        """
        await self._correct(bank_id, "merge", name, other)

    async def split(self, name: str, other: str, *, bank_id: str = "default") -> None:
        """Treat two names as different entities, in sources that are added later too.

        Args:
            name: A name, as the bank's sources write it.
            other: Another name.
            bank_id: The bank.

        Raises:
            EntityNotFoundError: None of the bank's sources writes one of the names.
            InputError: Both names are the same.
        """
        await self._correct(bank_id, "split", name, other)

    async def select_about(
        self, facts: Sequence[CitedFact], name: str, bank_id: str
    ) -> list[CitedFact]:
        """Those of the facts that are about the entity that `name` is a name of."""
        names = {name.casefold()}
        for entity in await self._normalised(bank_id):
            aliases = {alias.casefold() for alias in entity.aliases}
            if name.casefold() in aliases:
                names |= aliases
        return [
            cited
            for cited in facts
            if any(n.casefold() in names for n in (*cited.fact.entities, cited.fact.subject or ""))
        ]

    async def _normalised(self, bank_id: str) -> Sequence[Entity]:
        names, corrections = await asyncio.gather(
            self._store.names(bank_id), self._store.corrections(bank_id)
        )
        return await self._finder.normalise(names, corrections)

    async def _correct(self, bank_id: str, kind: CorrectionKind, name: str, other: str) -> None:
        if name == other:
            raise InputError(f"{name!r} is one name: give two different names")
        known_names = {count.name for count in await self._store.names(bank_id)}
        for given in (name, other):
            if given not in known_names:
                raise EntityNotFoundError(bank_id, given)
        await self._store.correct(bank_id, kind, name, other)


def _counted(entities: Sequence[Entity], names: Sequence[NameCount]) -> list[KnownEntity]:
    """The entities with how often they are named, the most often named first."""
    owner = {alias: n for n, entity in enumerate(entities) for alias in entity.aliases}
    times = [0] * len(entities)
    for name in names:
        if name.name in owner:
            times[owner[name.name]] += name.times
    known = [KnownEntity(entity, n) for entity, n in zip(entities, times, strict=True)]
    return sorted(known, key=lambda k: (-k.times, k.entity.name, k.entity.kind))
