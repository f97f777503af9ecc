"""Banks on their way out and in."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from functools import cached_property

from retain.errors import InputError, RecordError
from retain.memory.model.transfer import Record
from retain.memory.ports import Relate
from retain.stores.checking import Checker
from retain.stores.spool import Spool
from retain.stores.sqlite.part import Part
from retain.stores.sqlite.rows import key_of
from retain.stores.sqlite.tables.dumping import Dump
from retain.stores.sqlite.tables.loading import Load


class SQLiteTransfer(Part):
    """What takes banks out and in, whole. Both wait in a file: no lock is held meanwhile."""

    async def dump(self, bank_id: str) -> AsyncIterator[Record]:
        """Everything of a bank as it is at one instant; see `TransferStore`.

        Raises:
            InputError: The id cannot be written as UTF-8, or a record is too large for a line.
            NotFoundError: There is no such bank.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id)
        spool = await asyncio.to_thread(Spool, self._database.path.absolute().parent)
        try:
            # Where this is cancelled, closing the file is what ends the reader's work.
            await self._database.read(lambda db: spool.write(self._dump.records(db, bank_id)))
            await asyncio.to_thread(spool.rewind)
            while batch := await asyncio.to_thread(spool.batch):
                for record in batch:
                    yield record
        finally:
            spool.close()

    async def load(
        self, bank_id: str, records: AsyncIterable[Record], relate: Relate
    ) -> Mapping[str, int]:
        """Make records a bank, all of them in one transaction or none; see `TransferStore`.

        Raises:
            InputError: The id cannot be written as UTF-8, or the bank is not empty.
            RecordError: A record cannot be, where it stands.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        key_of(bank_id)
        await self._database.read(lambda db: self._refuse_filled(db, bank_id))
        spool = await asyncio.to_thread(Spool, self._database.path.absolute().parent)
        try:
            checker = await _spooled(records, spool)
            await asyncio.to_thread(spool.rewind)

            def load(db: sqlite3.Connection) -> None:
                self._refuse_filled(db, bank_id)
                spool.rewind()  # a transaction that is shared with others may begin twice
                self._load.bank(db, bank_id, spool.read(), relate)

            await self._database.write(load)
        finally:
            spool.close()
        return checker.counts

    def _refuse_filled(self, db: sqlite3.Connection, bank_id: str) -> None:
        if self._dump.filled(db, bank_id):
            raise InputError(
                f"bank {bank_id!r} is not empty: name another bank with --bank, "
                "or forget its sources first"
            )

    @cached_property
    def _dump(self) -> Dump:
        return Dump(self._tables)

    @cached_property
    def _load(self) -> Load:
        return Load(self._tables)


async def _spooled(records: AsyncIterable[Record], spool: Spool) -> Checker:
    """Put records into the spool, each after a look at it."""
    checker = Checker()
    async for record in records:
        checker.check(record)
        try:
            due = spool.add(record)
        except InputError as exc:
            raise RecordError(checker.number, str(exc)) from exc
        if due:
            await asyncio.to_thread(spool.flush)
    await asyncio.to_thread(spool.flush)
    checker.end()
    return checker
