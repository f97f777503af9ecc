"""Full-text search."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from retain.memory.model import FactRow, FieldWeights, Replaced, SectionRow
from retain.stores.sqlite.part import Part
from retain.stores.sqlite.rows import key_of

T = TypeVar("T")


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
            DatabaseBusyError: Another process holds the database while old sources are indexed.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        sections = self._tables.sections
        return await self._indexed(lambda db: sections.search(db, key, terms, weights, limit))

    async def search_facts(
        self, bank_id: str, terms: Sequence[str], limit: int
    ) -> Sequence[tuple[FactRow, float]]:
        """The facts that hold any of the words `terms`, best first; see `Store`.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database while old sources are indexed.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        return await self._indexed(lambda db: self._tables.index.search(db, key, terms, limit))

    async def _indexed(self, search: Callable[[sqlite3.Connection], T]) -> T:
        """Run `search` on an index that holds every source."""
        index = self._tables.index

        def work(db: sqlite3.Connection) -> tuple[T] | None:
            return None if index.behind(db) else (search(db),)

        while (found := await self._database.read(work)) is None:
            await self._database.write(index.catch_up)
        return found[0]

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
