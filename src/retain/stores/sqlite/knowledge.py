"""What a bank's sources say, and what was decided of its names."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from retain.memory.model import Corrections, Fact, Judgement, Knowledge, NameCount
from retain.memory.ports import CorrectionKind, Relate
from retain.stores.sqlite.part import Part
from retain.stores.sqlite.rows import key_of


class SQLiteKnowledge(Part):
    """The facts and names of a bank."""

    async def knowledge(self, bank_id: str, source_id: str) -> Knowledge:
        """What the source's visible version says; see `Store`.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id, source_id)
        return await self._database.read(lambda db: self._tables.knowledge.of_source(db, key))

    async def facts(self, bank_id: str, source_id: str | None = None) -> Sequence[tuple[str, Fact]]:
        """The facts of a bank, or of one source, each with its source's id, in their order.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id, source_id or "")
        return await self._database.read(
            lambda db: self._tables.knowledge.facts(db, bank_id, source_id)
        )

    async def names(self, bank_id: str) -> Sequence[NameCount]:
        """Every way in which the bank's sources write a name.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id)
        return await self._database.read(lambda db: self._tables.knowledge.names(db, bank_id))

    async def writers(self, bank_id: str, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the sources that write each of the names.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id)
        return await self._database.read(
            lambda db: self._tables.knowledge.writers(db, bank_id, names)
        )

    async def corrections(self, bank_id: str) -> Corrections:
        """What users, and a model, decided of the bank's names.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id)
        return await self._database.read(lambda db: self._tables.knowledge.corrections(db, bank_id))

    async def correct(
        self,
        bank_id: str,
        kind: CorrectionKind,
        name: str,
        other: str,
        *,
        relate: Relate | None = None,
    ) -> None:
        """Keep what a user decides of two names; see `Store`.

        Raises:
            InputError: An id or a name cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        for text in (bank_id, name, other):
            key_of(text)

        def correct(db: sqlite3.Connection) -> None:
            self._tables.knowledge.correct(db, bank_id, kind, name, other)
            if relate is not None:
                self._tables.lives.relate(db, bank_id, relate)
            self._tables.vectors.touch(db, bank_id, None)

        await self._database.write(correct)

    async def add_judgements(
        self, bank_id: str, judgements: Sequence[Judgement], *, relate: Relate | None = None
    ) -> None:
        """Keep what a model decided of names, all in one transaction; see `Store`.

        Raises:
            InputError: An id or a name cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        for text in (bank_id, *(name for one in judgements for name in (one.name, one.other))):
            key_of(text)
        merges = any(one.verdict == "same" for one in judgements)

        def add(db: sqlite3.Connection) -> None:
            self._tables.judgements.put(db, bank_id, judgements)
            self._tables.judgements.drop_lost(db, bank_id)
            if relate is not None and merges:
                self._tables.lives.relate(db, bank_id, relate)
            if merges:
                self._tables.vectors.touch(db, bank_id, None)

        await self._database.write(add)
