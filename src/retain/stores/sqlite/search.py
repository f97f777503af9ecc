"""Full-text search."""

from __future__ import annotations

from collections.abc import Sequence

from retain.memory.model import FactRow, FieldWeights, Replaced, SectionRow
from retain.stores.index import FACT_FIELDS, expression, searched
from retain.stores.sqlite.part import Part
from retain.stores.sqlite.rows import key_of


class SQLiteSearch(Part):
    """What finds a bank's content by its words."""

    async def search_sections(
        self,
        bank_id: str,
        terms: Sequence[str],
        limit: int,
        weights: FieldWeights = FieldWeights(),  # noqa: B008 - it is frozen
    ) -> Sequence[tuple[SectionRow, float]]:
        """The sections that hold any of the words `terms`, best first; see `Store`.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        wanted = expression(bank_id, terms, searched(weights))
        if wanted is None or limit < 1:
            return []
        return await self._database.read(
            lambda db: self._tables.sections.search(db, key, wanted, weights, limit)
        )

    async def search_facts(
        self, bank_id: str, terms: Sequence[str], limit: int
    ) -> Sequence[tuple[FactRow, float]]:
        """The facts that hold any of the words `terms`, best first; see `Store`.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database while old facts are indexed.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        wanted = expression(bank_id, terms, FACT_FIELDS)
        if wanted is None or limit < 1:
            return []
        if await self._database.read(self._tables.index.behind):
            await self._database.write(self._tables.index.catch_up)
        return await self._database.read(
            lambda db: self._tables.index.search(db, key, wanted, limit)
        )

    async def replaced(self, bank_id: str) -> Sequence[Replaced]:
        """The facts that others replace, by source and place.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id)
        return await self._database.read(lambda db: self._tables.lives.replaced(db, bank_id))
