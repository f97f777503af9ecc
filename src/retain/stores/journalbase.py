"""What journals in a database share: the order of their statements, which are SQL in files."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from retain.bank.rows import Row, check_ids, checked, utc_iso
from retain.db.transactions import Transaction
from retain.errors import DatabaseBusyError
from retain.memory.model import Call, ClaimOutcome, CostLine, RequestClaim, Spending
from retain.stores.calls import Calls, Found

DAY = timedelta(days=1)
"""How long it is known that a source was forgotten: no request is under way for longer."""

logger = logging.getLogger("retain.journal")

T = TypeVar("T")


class SQLJournal(ABC):
    """Answered calls, claims and the ledger, for any number of banks; see `Journal`.

    Args:
        calls: The tables.
        now: The clock, timezone-aware.
    """

    def __init__(self, calls: Calls, now: Callable[[], datetime]) -> None:
        self._calls = calls
        self._now = now

    @property
    @abstractmethod
    def location(self) -> object:
        """Where the journal is, for people."""

    @abstractmethod
    async def _read(self, work: Callable[[Transaction], T], missing: T) -> T:
        """Run `work` on a snapshot; `missing` where there is no journal."""

    @abstractmethod
    async def _change(self, work: Callable[[Transaction], T], missing: T) -> T:
        """Run `work` in a transaction; `missing` where there is no journal."""

    @abstractmethod
    async def _write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction, in a new journal if there is none."""

    @abstractmethod
    async def _forget(self, work: Callable[[Transaction], None]) -> None:
        """Run `work`, which forgets a source, in a transaction."""

    @abstractmethod
    async def _vacuum(self) -> None:
        """Leave as little of what was deleted as the database can."""

    async def find(
        self,
        bank_id: str,
        keys: Sequence[str],
        sources: Sequence[str],
        since: datetime | None = None,
    ) -> Mapping[str, bytes]:
        """The answers that are kept for `keys`; see `Journal`.

        Only reads where they belong to `sources` already.

        Raises:
            InputError: An id cannot be written as UTF-8, or the time has no zone.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be read or written.
        """
        _check(bank_id, sources, keys)
        calls, period = self._calls, self._period(since or self._now())
        found = await self._read(lambda db: calls.find(db, bank_id, keys, sources, period), Found())
        if not found.unused and not found.damaged:
            return found.answers
        found, removed = await self._change(
            lambda db: calls.mend(db, bank_id, found, period), (Found(), [])
        )
        for key in removed:
            logger.warning(
                "%s: the answer %s is damaged and was removed: it is asked again",
                self.location,
                key,
            )
        return found.answers

    async def claim(
        self, claim: RequestClaim, sources: Sequence[str], since: datetime | None = None
    ) -> ClaimOutcome:
        """Take a claim on all its keys, or on none of them; see `Journal`.

        A claim of a process on this machine that has died is taken over at once.

        Raises:
            InputError: An id cannot be written as UTF-8, or the time has no zone.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        _check(claim.bank_id, sources, claim.keys)
        period = self._period(since or self._now())
        return await self._write(lambda db: self._calls.claim(db, claim, sources, period))

    async def renew(self, claims: Collection[RequestClaim]) -> None:
        """Restart the lifetime of claims that are still recorded.

        Raises:
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        await self._change(lambda db: self._calls.renew(db, claims), None)

    async def release(self, claim: RequestClaim) -> None:
        """End a claim without an answer.

        Raises:
            DatabaseBusyError: Another process holds the database for too long; the claim expires.
            DatabaseError: The database cannot be written; the claim expires.
        """
        await self._change(lambda db: self._calls.release(db, claim), None)

    async def keep(self, call: Call, answers: Mapping[str, bytes], sources: Sequence[str]) -> None:
        """Keep a call and what it brought; when this returns, a crash cannot undo it.

        Raises:
            InputError: An id cannot be written as UTF-8, or the time has no zone.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written; nothing of the call was kept.
        """
        row = _row(call)
        _check(call.call_context.bank_id, sources, list(answers))
        period = self._period(call.call_context.since or call.at)
        await self._write(lambda db: self._calls.keep(db, row, answers, sources, period))

    async def reject(self, bank_id: str, keys: Sequence[str], reason: str) -> None:
        """Set answers aside that cannot be used; the calls that brought them count as failed.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        _check(bank_id, (), keys)
        told = _told(reason)
        await self._change(lambda db: self._calls.reject(db, bank_id, keys, told), None)

    async def note(self, call: Call, sources: Sequence[str] = ()) -> None:
        """Put a call without an answer into the ledger; see `Journal`.

        Raises:
            InputError: An id cannot be written as UTF-8, or the time has no zone.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        await self.keep(call, {}, sources)

    async def spent(self, bank_id: str, source_id: str, *, run: datetime | None = None) -> Spending:
        """What the source's runs have come to, or the one of them that was made at `run`.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = {**_key(bank_id, source_id), "run": None if run is None else _of_run(run)}
        return await self._read(lambda db: self._calls.spent(db, key), Spending())

    async def costs(
        self, bank_id: str | None = None, *, since: datetime | None = None
    ) -> Sequence[CostLine]:
        """The ledger by run, state, purpose and model, in this order.

        Raises:
            InputError: The id cannot be written as UTF-8, or the time has no zone.
            DatabaseError: The database cannot be read.
        """
        checked(bank_id, "the bank id")
        first = None if since is None else utc_iso(since, "the first time")
        return await self._read(lambda db: self._calls.costs(db, bank_id, first), [])

    async def forget(self, bank_id: str, source_id: str) -> None:
        """Remove the answers that belong to a source, and its name from the ledger.

        A forget that was cut off is finished by the next one, whatever source that is of. That the
        source is forgotten is known by a digest of its name, for a day and until another one is; so
        it is to other processes.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseBusyError: Others use the database for too long; calling again goes on.
            DatabaseError: The database cannot be written.
        """
        key, at = _key(bank_id, source_id), _around(self._now())
        await self._forget(lambda db: self._calls.forget(db, key, at))
        await self._fold()

    async def prune(self, older_than: timedelta, bank_id: str | None = None) -> int:
        """Remove answers that are older, and give their room back; the ledger stays.

        Returns:
            How many.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        checked(bank_id, "the bank id")
        try:
            now = self._now()
            before, at = utc_iso(now - older_than, "the clock's time"), _around(now)
        except OverflowError:  # before the first year
            return 0
        pruned = await self._change(lambda db: self._calls.prune(db, bank_id, before, at), 0)
        with suppress(DatabaseBusyError):  # the next one does it
            await self._fold()
        return pruned

    def _period(self, since: datetime) -> Row:
        """From a moment on; what seems to come long after this one is of a clock that was wrong."""
        first = utc_iso(since, "the time since when words are read")
        return {"since": first, "last": utc_iso(self._now() + DAY, "the clock's time")}

    async def _fold(self) -> None:
        if await self._read(self._calls.is_vacuum_due, missing=False):
            await self._vacuum()
            await self._change(self._calls.vacuumed, None)


def _row(call: Call) -> Row:
    return {
        **_key(call.call_context.bank_id, call.call_context.source_id),
        "state": checked(call.call_context.state, "the state"),
        "run": "" if call.call_context.run is None else _of_run(call.call_context.run),
        "purpose": call.purpose,
        "model": checked(call.model, "the model's name"),
        "key": checked(call.key, "the key"),
        "at": utc_iso(call.at, "the time of the call"),
        "latency_ms": call.latency_ms,
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cost": call.cost,
        "error": None if call.error is None else _told(call.error),
    }


def _of_run(made: datetime) -> str:
    return utc_iso(made, "the time of the run")


def _around(moment: datetime) -> Row:
    """A moment, and those that are a day away from it."""
    around = {"first": moment - DAY, "at": moment, "last": moment + DAY}
    return {name: utc_iso(one, "the clock's time") for name, one in around.items()}


def _check(bank_id: str, sources: Sequence[str], keys: Sequence[str]) -> None:
    """Have only ids that can be written.

    Raises:
        InputError: One cannot be written as UTF-8.
    """
    for source_id in sources or ("",):
        check_ids(bank_id, source_id)
    for key in keys:
        checked(key, "the key")


def _told(reason: str) -> str:
    """A reason as text that can be written, whatever a model's words in it are."""
    return reason.encode(errors="backslashreplace").decode().replace("\0", "\\0")


def _key(bank_id: str, source_id: str) -> Row:
    """The ids as parameters.

    Raises:
        InputError: One cannot be written as UTF-8.
    """
    check_ids(bank_id, source_id)
    return {"bank_id": bank_id, "source_id": source_id}
