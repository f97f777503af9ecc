"""`memory.entities`: the people, places and things that a bank's sources name."""

from __future__ import annotations

from dataclasses import dataclass

from retain.bank import BankStore, CorrectionKind
from retain.errors import EntityNotFoundError, InputError
from retain.memory.model import Entity


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

    def __init__(self, store: BankStore) -> None:
        self._store = store

    async def __call__(self, *, bank_id: str = "default") -> list[KnownEntity]:
        """List the bank's entities, the most often named first.

        They depend on the names in the bank and on users' corrections alone, not on the order in
        which sources were retained.

        Args:
            bank_id: The bank; one that does not exist has no entities.
        """
        notes = await self._store.entities(bank_id)
        return [KnownEntity(one.entity, one.times) for one in notes]

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

    async def _correct(self, bank_id: str, kind: CorrectionKind, name: str, other: str) -> None:
        if name == other:
            raise InputError(f"{name!r} is one name: give two different names")
        writers = await self._store.writers(bank_id, [name, other])
        for given in (name, other):
            if given not in writers:
                raise EntityNotFoundError(bank_id, given)
        await self._store.correct(bank_id, kind, name, other)
