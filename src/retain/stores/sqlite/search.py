"""Full-text search."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from retain.memory.model import FactRow, FieldWeights, Replaced, SectionRow
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
        return await self._database.read(
            lambda db: self._tables.sections.search(db, key, terms, weights, limit)
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
        index = self._tables.index

        def search(db: sqlite3.Connection) -> list[tuple[FactRow, float]] | None:
            return None if index.behind(db) else index.search(db, key, terms, limit)

        while (found := await self._database.read(search)) is None:
            await self._database.write(index.catch_up)
        return found

    async def speakers(self, bank_id: str) -> Sequence[str]:
        """The names of those who say anything in the bank, each once, by code point.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        return await self._database.read(lambda db: self._tables.sections.speakers(db, key))

    async def replaced(self, bank_id: str) -> Sequence[Replaced]:
        """The facts that others replace, by source and place.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id)
        return await self._database.read(lambda db: self._tables.lives.replaced(db, bank_id))
