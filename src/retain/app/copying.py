"""Copies all banks and runs of one database into another, which may be of another kind."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from retain.app.rendering import Renderer
from retain.bank import BankStore
from retain.checkpoints.base import BaseCheckpoint
from retain.errors import DatabaseError, InputError
from retain.memory.context import RetainContext
from retain.memory.model.transfer import Record
from retain.memory.transfer import NAMES, encode

PAGE = 100
"""How many runs are listed at once."""


@dataclass(frozen=True, slots=True)
class Side:
    """A database that is copied from or to.

    Args:
        location: Where it is, for people.
        store: Its banks.
        checkpoint: Its runs.
        renderer: Draws topics again and renders pages.
    """

    location: str
    store: BankStore
    checkpoint: BaseCheckpoint[RetainContext]
    renderer: Renderer


@dataclass(frozen=True, slots=True)
class CopiedBank:
    """A bank that is in both databases, record by record.

    Args:
        bank_id: The bank.
        records: How many records of each kind it has.
        sha256: The checksum of the records, which was computed in both databases.
        existed: Whether an earlier call had copied it.
    """

    bank_id: str
    records: Mapping[str, int]
    sha256: str
    existed: bool


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy came to.

    Args:
        banks: The banks.
        runs: How many runs were copied.
        runs_existed: How many runs the other database had already.
    """

    banks: tuple[CopiedBank, ...]
    runs: int
    runs_existed: int


class _Seal:
    """Counts records and computes their checksum while they pass."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._digest = hashlib.sha256()

    async def over(self, records: AsyncIterable[Record]) -> AsyncIterator[Record]:
        """The records themselves."""
        async for record in records:
            self.counts[NAMES[type(record)]] += 1
            self._digest.update(encode(record) + b"\n")
            yield record

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


async def copy(
    source: Side, target: Side, progress: Callable[[CopiedBank], None] | None = None
) -> Copied:
    """Copy every bank and every run; what an earlier call has copied is verified and skipped.

    Args:
        source: The database to copy; it is only read.
        target: The database to copy to.
        progress: Called with each bank that is there and verified.

    Raises:
        InputError: The other database has another bank of the same id.
        DatabaseError: A database cannot be used, or the copy differs.
    """
    there = set(await target.store.banks())
    banks: list[CopiedBank] = []
    for bank_id in await source.store.banks():
        banks.append(await _copy_bank(source, target, bank_id, existed=bank_id in there))
        if progress is not None:
            progress(banks[-1])
    copied = existed = 0
    async for key in _keys(source.checkpoint):
        if await target.checkpoint.load(*key) is not None:
            existed += 1
        elif (ctx := await source.checkpoint.load(*key)) is not None:
            await target.checkpoint.save(ctx)
            copied += 1
    return Copied(tuple(banks), copied, existed)


async def _copy_bank(source: Side, target: Side, bank_id: str, *, existed: bool) -> CopiedBank:
    given = _Seal()
    records = given.over(source.store.dump(bank_id, texts=True))
    if existed:
        await _drain(records)
    else:
        await target.store.load(bank_id, records)
        await target.renderer.render({bank_id})
    kept = _Seal()
    await _drain(kept.over(target.store.dump(bank_id, texts=True)))
    if kept.sha256 != given.sha256:
        if existed:
            raise InputError(
                f"{target.location} has another bank {bank_id!r}: forget its sources there, or "
                "copy into another database"
            )
        raise DatabaseError(
            f"the copy of bank {bank_id!r} in {target.location} differs from the original "
            f"({dict(kept.counts)} records, not {dict(given.counts)}): forget the bank there, then "
            "copy again; if it differs again, report it"
        )
    return CopiedBank(bank_id, dict(kept.counts), kept.sha256, existed)


async def _drain(records: AsyncIterable[Record]) -> None:
    async for _ in records:
        pass


async def _keys(checkpoint: BaseCheckpoint[RetainContext]) -> AsyncIterator[tuple[str, ...]]:
    after: str | None = None
    while True:
        page = await checkpoint.list(limit=PAGE, after=after)
        for run in page:
            yield run.run_key
        after = page.following
        if after is None:
            return
