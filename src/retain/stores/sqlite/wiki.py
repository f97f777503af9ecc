"""The pages and the log of a bank, and what its facts were over time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from retain.memory.model import (
    CitedFact,
    Edge,
    Flaw,
    Freshness,
    Lead,
    Lived,
    LogEntry,
    Page,
    Snapshot,
    Version,
    Wiki,
)
from retain.memory.ports import Relate
from retain.stores.sqlite.part import Part
from retain.stores.sqlite.rows import key_of


class SQLiteWiki(Part):
    """What people read of a bank, and what it is made from.

    Every method raises `InputError` for an id that cannot be written as UTF-8, and
    `DatabaseError` where the database cannot be used.
    """

    async def cited(self, bank_id: str, source_id: str | None = None) -> Sequence[CitedFact]:
        """The facts of a bank, or of one source, with their lines and what replaced them."""
        key_of(bank_id, source_id)
        return await self._database.read(
            lambda db: self._tables.lives.cited(db, bank_id, source_id)
        )

    async def cited_by_id(self, bank_id: str, fact_ids: Sequence[str]) -> Mapping[str, CitedFact]:
        """Those of the facts that the bank holds, by id."""
        key_of(bank_id)
        return await self._database.read(lambda db: self._tables.lives.by_id(db, bank_id, fact_ids))

    async def lived(self, bank_id: str, source_id: str | None = None) -> Sequence[Lived]:
        """The facts of every version of the bank's sources, or of one of them."""
        key_of(bank_id, source_id)
        return await self._database.read(
            lambda db: self._tables.lives.lived(db, bank_id, source_id)
        )

    async def versions(self, bank_id: str, source_id: str | None = None) -> Sequence[Version]:
        """The versions of the bank's sources, or of one of them, in the order they came in."""
        key_of(bank_id, source_id)
        return await self._database.read(
            lambda db: self._tables.lives.versions(db, bank_id, source_id)
        )

    async def edges(self, bank_id: str) -> Sequence[Edge]:
        """What replaced what, by the ids of the facts."""
        key_of(bank_id)
        return await self._database.read(lambda db: self._tables.lives.edges(db, bank_id))

    async def freshness(self, bank_id: str) -> Freshness | None:
        """How far behind the bank its pages are; None where there is no such bank."""
        key_of(bank_id)
        return await self._database.read(lambda db: self._tables.pages.freshness(db, bank_id))

    async def snapshot(self, bank_id: str) -> Snapshot | None:
        """All that the bank's pages are made from; None where there is no such bank."""
        key_of(bank_id)
        return await self._database.read(lambda db: self._tables.snapshot(db, bank_id))

    async def wiki(self, bank_id: str) -> Wiki:
        """The pages and the index as they stand, stale or not."""
        key_of(bank_id)
        return await self._database.read(lambda db: self._tables.pages.wiki(db, bank_id))

    async def put_pages(self, bank_id: str, generation: int, pages: Sequence[Page]) -> bool:
        """Keep pages that were rendered from `generation`; False if the bank has changed since."""
        key_of(bank_id)

        def put(db: sqlite3.Connection) -> bool:
            now = self._tables.pages.freshness(db, bank_id)
            if now is None or now.generation != generation:
                return False
            self._tables.pages.put(db, bank_id, pages)
            return True

        return await self._database.write(put)

    async def put_wiki(self, bank_id: str, generation: int, wiki: Wiki) -> bool:
        """Make `wiki` all there is to read; False if the bank has changed since `generation`.

        The leads of pages that are not among `wiki.led` are removed.
        """
        key_of(bank_id)

        def put(db: sqlite3.Connection) -> bool:
            now = self._tables.pages.freshness(db, bank_id)
            if now is None or now.generation != generation:
                return False
            self._tables.pages.put_wiki(db, bank_id, wiki, now)
            self._tables.leads.keep(db, bank_id, wiki.led)
            return True

        return await self._database.write(put)

    async def put_leads(self, bank_id: str, generation: int, leads: Sequence[Lead]) -> bool:
        """Keep leads of pages, which are stale then; see `WikiStore`.

        Raises:
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        key_of(bank_id)

        def put(db: sqlite3.Connection) -> bool:
            now = self._tables.pages.freshness(db, bank_id)
            if now is None or now.generation != generation:
                return False
            if leads:
                self._tables.leads.put(db, bank_id, leads)
                self._tables.leads.settle(db, bank_id)
                self._tables.vectors.touch(db, bank_id, None)
            return True

        return await self._database.write(put)

    async def log(self, bank_id: str, source_id: str | None = None) -> Sequence[LogEntry]:
        """The log, or what it has of one source, oldest entry first."""
        key_of(bank_id, source_id)
        return await self._database.read(lambda db: self._tables.pages.log(db, bank_id, source_id))

    async def add_to_log(self, bank_id: str, entries: Sequence[LogEntry]) -> None:
        """Add entries; one of the same source and version stays as it is."""
        key_of(bank_id)

        def add(db: sqlite3.Connection) -> None:
            for entry in entries:
                self._tables.pages.add_to_log(db, bank_id, entry)

        await self._database.write(add)

    async def flaws(self, bank_id: str) -> Sequence[Flaw]:
        """What the bank holds and should not, or should hold and does not."""
        key_of(bank_id)
        return await self._database.read(lambda db: list(self._tables.audit.flaws(db, bank_id)))

    async def mend(self, bank_id: str, relate: Relate) -> None:
        """Remove what only points to what is gone, and have the rest derived anew."""
        key_of(bank_id)
        await self._database.write(lambda db: self._tables.mend(db, bank_id, relate))
