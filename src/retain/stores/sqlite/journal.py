"""The journal in a SQLite file of its own, so that damage to it never harms the bank."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from retain.db.sqlite import BUSY_TIMEOUT_S, Database, Durability
from retain.errors import DatabaseBusyError
from retain.memory.model import Call, CostLine, Spending
from retain.stores.sqlite.journalfile import JournalFile
from retain.stores.sqlite.rows import Row, checked, iso, key_of
from retain.stores.sqlite.tables.calls import Calls, Found

logger = logging.getLogger("retain.journal")


def journal_path(bank: Path) -> Path:
    """Where the journal of the banks in a file is: ``memory.journal.db`` beside ``memory.db``."""
    return bank.with_name(f"{bank.stem}.journal{bank.suffix}")


class SQLiteJournal:
    """Answered calls and the ledger of all, for any number of banks; see `Journal`.

    The first call that is kept or noted makes the file. One that is damaged is set aside, with a
    warning, and a new one begun: what it held is asked again.

    Args:
        path: The file; its folder must exist.
        durability: What a kept answer survives; see `Database`.
        busy_timeout_s: Seconds to wait for another process's transaction.
        now: The clock, timezone-aware.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        durability: Durability = "power",
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        def connect(path: Path) -> Database:
            database = Database(path, durability=durability, busy_timeout_s=busy_timeout_s)
            database.require("journal")
            return database

        self._calls = Calls()
        self._file = JournalFile(Path(path), connect, now)
        self._now = now

    @property
    def path(self) -> Path:
        """The file, whether it is there or not."""
        return self._file.path

    async def find(
        self, bank_id: str, keys: Sequence[str], sources: Sequence[str]
    ) -> Mapping[str, bytes]:
        """The answers that are kept for `keys`; see `Journal`.

        Only reads where they belong to `sources` already.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the file for too long.
            DatabaseError: The file cannot be read or written.
        """
        _check(bank_id, sources, keys)
        calls = self._calls
        found = await self._file.read(lambda db: calls.find(db, bank_id, keys, sources), Found())
        if not found.unused and not found.damaged:
            return found.answers
        found, removed = await self._file.change(
            lambda db: calls.mend(db, bank_id, found), (Found(), [])
        )
        for key in removed:
            logger.warning(
                "%s: the answer %s is damaged and was removed: it is asked again", self.path, key
            )
        return found.answers

    async def keep(self, call: Call, answers: Mapping[str, bytes], sources: Sequence[str]) -> None:
        """Keep a call and what it brought; when this returns, a crash cannot undo it.

        Raises:
            InputError: An id cannot be written as UTF-8, or the time has no zone.
            DatabaseBusyError: Another process holds the file for too long.
            DatabaseError: The file cannot be written; nothing of the call was kept.
        """
        row = _row(call)
        _check(call.payer.bank_id, sources, list(answers))
        await self._file.write(lambda db: self._calls.keep(db, row, answers, sources))

    async def reject(self, bank_id: str, keys: Sequence[str], reason: str) -> None:
        """Set answers aside that cannot be used; the calls that brought them count as failed.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the file for too long.
            DatabaseError: The file cannot be written.
        """
        _check(bank_id, (), keys)
        told = _told(reason)
        await self._file.change(lambda db: self._calls.reject(db, bank_id, keys, told), None)

    async def note(self, call: Call, sources: Sequence[str] = ()) -> None:
        """Put a call without an answer into the ledger; see `Journal`.

        Raises:
            InputError: An id cannot be written as UTF-8, or the time has no zone.
            DatabaseBusyError: Another process holds the file for too long.
            DatabaseError: The file cannot be written.
        """
        await self.keep(call, {}, sources)

    async def spent(self, bank_id: str, source_id: str) -> Spending:
        """What the source's runs have come to.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The file cannot be read.
        """
        key = key_of(bank_id, source_id)
        return await self._file.read(lambda db: self._calls.spent(db, key), Spending())

    async def costs(
        self, bank_id: str | None = None, *, since: datetime | None = None
    ) -> Sequence[CostLine]:
        """The ledger by run, state, purpose and model, in this order.

        Raises:
            InputError: The id cannot be written as UTF-8, or the time has no zone.
            DatabaseError: The file cannot be read.
        """
        checked(bank_id, "the bank id")
        first = None if since is None else iso(since, "the first time")
        return await self._file.read(lambda db: self._calls.costs(db, bank_id, first), [])

    async def forget(self, bank_id: str, source_id: str) -> None:
        """Remove the answers that belong to a source, and its name from the ledger.

        The file is rewritten, so that no byte of them is left, unless there are none. A forget
        that was cut off is finished by the next one, whatever source that is of.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseBusyError: Others use the file for too long; calling again goes on.
            DatabaseError: The file cannot be written.
        """
        key = key_of(bank_id, source_id)
        await self._file.change(lambda db: self._calls.forget(db, key), None)
        await self._fold()
        for aside in await self._file.set_aside():
            logger.warning(
                "%s was set aside when it was damaged, and may hold words of what is forgotten: "
                "delete it",
                aside,
            )

    async def prune(self, older_than: timedelta, bank_id: str | None = None) -> int:
        """Remove answers that are older, and give their room back; the ledger stays.

        Returns:
            How many.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the file for too long.
            DatabaseError: The file cannot be written.
        """
        checked(bank_id, "the bank id")
        try:
            before = iso(self._now() - older_than, "the clock's time")
        except OverflowError:  # before the first year
            return 0
        pruned = await self._file.change(lambda db: self._calls.prune(db, bank_id, before), 0)
        with suppress(DatabaseBusyError):  # the next one does it
            await self._fold()
        return pruned

    async def close(self) -> None:
        """Finish what was asked, and close the file."""
        await self._file.close()

    async def _fold(self) -> None:
        if await self._file.read(self._calls.is_unfolded, missing=False):
            await self._file.fold()
            await self._file.change(self._calls.folded, None)


def _row(call: Call) -> Row:
    return {
        **key_of(call.payer.bank_id, call.payer.source_id),
        "state": checked(call.payer.state, "the state"),
        "purpose": call.purpose,
        "model": checked(call.model, "the model's name"),
        "key": checked(call.key, "the key"),
        "at": iso(call.at, "the time of the call"),
        "latency_ms": call.latency_ms,
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cost": call.cost,
        "error": None if call.error is None else _told(call.error),
    }


def _check(bank_id: str, sources: Sequence[str], keys: Sequence[str]) -> None:
    """Have only ids that can be written.

    Raises:
        InputError: One cannot be written as UTF-8.
    """
    for source_id in sources or ("",):
        key_of(bank_id, source_id)
    for key in keys:
        checked(key, "the key")


def _told(reason: str) -> str:
    """A reason as text that can be written, whatever a model's words in it are."""
    return reason.encode(errors="backslashreplace").decode()
