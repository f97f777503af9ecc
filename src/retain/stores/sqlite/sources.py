"""Sources and their sections: what is visible, and what brings a new version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from retain.memory.computing import computed
from retain.memory.model import Counts, Document, Knowledge, SectionRow, StoredSource, Vectors
from retain.memory.ports import Relate
from retain.memory.redaction import Tombstone
from retain.stores.sqlite.part import Part
from retain.stores.sqlite.rows import iso, key_of, prepare


class SQLiteSources(Part):
    """The sources of a bank."""

    async def source(self, bank_id: str, source_id: str) -> StoredSource | None:
        """The source, or None.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id, source_id)
        return await self._database.read(lambda db: self._tables.sources.one(db, key))

    async def sources(self, bank_id: str) -> Sequence[StoredSource]:
        """Every source of the bank, by id.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        return await self._database.read(lambda db: self._tables.sources.all(db, key))

    async def sections(self, bank_id: str, source_id: str) -> Sequence[SectionRow]:
        """The sections of a source in order; empty if there is no such source.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id, source_id)
        return await self._database.read(lambda db: self._tables.sections.of_source(db, key))

    async def replace_source(
        self,
        bank_id: str,
        source_id: str,
        *,
        content_hash: str,
        text: str,
        document: Document,
        vectors: Vectors | None = None,
        knowledge: Knowledge | None = None,
        relate: Relate | None = None,
    ) -> int:
        """Make `document` the source's visible version, in one transaction; see `Store`.

        Raises:
            InputError: Something in it cannot be kept, or the bank's vectors are of another
                model; the message says what.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written; the old version stays visible.
        """
        key = key_of(bank_id, source_id)
        change = await computed(prepare, key, content_hash, text, document, vectors)
        change.source["retained_at"] = iso(self._now(), "the clock's time")
        said = knowledge or Knowledge()
        return await self._database.write(
            lambda db: self._tables.replace(db, change, document, said, relate)
        )

    async def delete_source(
        self, bank_id: str, source_id: str, *, relate: Relate | None = None
    ) -> bool:
        """Remove every trace of the source; False if there was none.

        Unused bytes of the file may hold copies until `fold`.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        key = key_of(bank_id, source_id)
        return await self._database.write(lambda db: self._tables.delete(db, key, relate))

    async def buried(
        self, bank_id: str, source_id: str | None = None
    ) -> Mapping[str, tuple[Tombstone, ...]]:
        """What is left of forgotten statements of the bank, or of one source, by source."""
        key_of(bank_id, source_id)
        return await self._database.read(
            lambda db: self._tables.lives.buried(db, bank_id, source_id)
        )

    async def bury(
        self, bank_id: str, source_id: str, fact_id: str, graves: Sequence[Tombstone]
    ) -> None:
        """Forget what stands of a fact beside its source; see `Store`.

        Raises:
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        key = key_of(bank_id, source_id)
        await self._database.write(lambda db: self._tables.bury(db, key, fact_id, graves))

    async def fold(self) -> None:
        """Leave nothing of what was deleted in unused bytes of the file.

        Raises:
            DatabaseBusyError: Others use the database for too long; the next call does it.
        """
        sql = self._tables.pages.sql
        left = await self._database.read(lambda db: db.execute(sql["unfolded"]).fetchone())
        if left is not None:
            await self._database.fold()
            await self._database.write(lambda db: db.execute(sql["folded"]))

    async def counts(self, bank_id: str) -> Counts:
        """How much the bank holds.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        return await self._database.read(lambda db: self._tables.sources.counts(db, key))

    async def banks(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted.

        Raises:
            DatabaseError: The database cannot be read.
        """
        return await self._database.read(self._tables.sources.banks)
