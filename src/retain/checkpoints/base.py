"""What every checkpoint does alike: deltas in order, leases with heartbeat, statuses."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from retain.checkpoints.claim import Claim, Key, held_here
from retain.checkpoints.codec import Codec, Stored, decode_head
from retain.checkpoints.delta import INLINE_WEIGHT, Delta, Tracker
from retain.checkpoints.heartbeat import Heartbeat, HeldLease
from retain.concurrency import settled
from retain.engine.checkpoint import Lease, RunSummary
from retain.engine.context import EngineContext
from retain.errors import (
    CheckpointDamagedError,
    CheckpointError,
    InputError,
    LeaseHeldError,
    LeaseLostError,
    RetainError,
)
from retain.forks import watch_forks
from retain.holder import Holder, this_process
from retain.status import RunStatus

logger = logging.getLogger("retain.checkpoints")

C = TypeVar("C", bound=EngineContext)

_RELEASE_WITHIN_S = 10.0
"""How long the end of a lease waits for a disk that hangs; then the heartbeat's thread does."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kept run for `list`, with the time when its claim was read; see `BaseCheckpoint`."""

    bank_id: str
    source_id: str
    head: bytes
    claim: Claim | None
    now: float


class BaseCheckpoint(ABC, Generic[C]):
    """A `Checkpoint`, but for where the bytes go.

    A lease ends by one clock for all who share a backend: machines' own clocks may differ by
    hours. So each backend reads the time, `now` in seconds since the epoch, where leases are
    stored: a database asks its own clock in the transaction that reads them.

    One checkpoint serves event loops one after the other, and threads side by side.

    Args:
        context_type: The dataclass of the contexts.
        lease_ttl_s: Seconds that a lease lasts without a heartbeat; it beats three times as often.
        clock: Seconds since the epoch, for a backend that has no clock of its own.
        holder: Who holds the leases.
    """

    def __init__(
        self,
        context_type: type[C],
        *,
        lease_ttl_s: float = 30.0,
        clock: Callable[[], float] = time.time,
        holder: Callable[[], Holder] = this_process,
    ) -> None:
        if lease_ttl_s <= 0:
            raise ValueError(f"lease_ttl_s must be positive, not {lease_ttl_s}")
        self.codec = Codec(context_type)
        self.lease_ttl_s = lease_ttl_s
        self.clock = clock
        self.holder = holder
        self._held: dict[Key, HeldLease | None] = {}  # None: being asked for
        self._asking = threading.Lock()
        watch_forks(self)
        self._heartbeat = Heartbeat(lease_ttl_s / 3, self._renew, self._give_back)
        self._trackers: dict[int | Key, tuple[Callable[[], C | None], Tracker[C]]] = {}

    async def save(self, ctx: C, /) -> None:
        """Keep `ctx` as it is at the call.

        Raises:
            LeaseLostError: Another runner has taken the run over.
            LeaseHeldError: Another runner holds the run, and this one never did.
            CheckpointError: It could not be kept; what was kept before is unharmed.
        """
        tracker = self._tracker(ctx)
        async with tracker.lock:
            try:
                delta, pending = await tracker.delta(ctx)
                token = self._token((ctx.bank_id, ctx.source_id))
                if not await self._write(delta, token):
                    # Somebody else saved this run since; what is kept is replaced whole.
                    tracker.forget()
                    delta, pending = await tracker.delta(ctx)
                    await self._write(delta, token)
            except BaseException as exc:
                tracker.forget()
                self._let_slots_go(ctx)
                if isinstance(exc, RetainError) and not isinstance(exc, CheckpointError):
                    raise CheckpointError(f"could not keep {ctx.source_id!r}: {exc}") from exc
                raise
            tracker.kept(pending)
            if tracker.moved_from is not None:  # a state gave the run other ids; these are kept
                await self._remove(*tracker.moved_from, self._token(tracker.moved_from))
            tracker.running_as((delta.bank_id, delta.source_id) if _runs(ctx) else None)
            if not _runs(ctx):
                self._let_slots_go(ctx)

    def _let_slots_go(self, ctx: C) -> None:
        """Hold a context with slots no longer, which cannot say that it is gone.

        Its next save is a whole one.
        """
        if not type(ctx).__weakrefoffset__:
            self._trackers.pop((ctx.bank_id, ctx.source_id), None)

    async def save_new(self, contexts: Sequence[C]) -> list[LeaseHeldError | None]:
        """Keep runs that are about to begin; where the backend can, all of them or none.

        Returns:
            For each context None, or why it was left out: another runner holds its run.

        Raises:
            CheckpointError: They could not be kept.
        """
        deltas = [(await Tracker(self.codec).delta(ctx))[0] for ctx in contexts]
        tokens = [self._token(_key(ctx.bank_id, ctx.source_id)) for ctx in contexts]
        try:
            return await self._write_new(list(zip(deltas, tokens, strict=True)))
        except CheckpointError:
            raise
        except RetainError as exc:
            raise CheckpointError(f"could not keep the new runs: {exc}") from exc

    async def load(self, bank_id: str, source_id: str) -> C | None:
        """The run as it was last saved, or None if there is none.

        Raises:
            CheckpointDamagedError: What was kept does not read back.
            CheckpointVersionError: It was written by a newer release.
        """
        found = await self._read(*_key(bank_id, source_id))
        if found is None:
            return None
        stored, revision = found
        where = self._where(bank_id, source_id)
        if stored.size() <= INLINE_WEIGHT:
            ctx = self.codec.decode(bank_id, source_id, stored, where)
        else:
            ctx = await asyncio.to_thread(self.codec.decode, bank_id, source_id, stored, where)
        if type(ctx).__weakrefoffset__:
            self._tracker(ctx).loaded(ctx, stored, revision)
        return ctx

    async def delete(self, bank_id: str, source_id: str) -> bool:
        """Forget the run; False if there was none.

        Raises:
            LeaseHeldError: Another runner holds it.
        """
        key = _key(bank_id, source_id)
        return await self._remove(*key, self._token(key))

    async def list(
        self,
        bank_id: str | None = None,
        status: RunStatus | str | None = None,
        source_ids: Collection[str] | None = None,
    ) -> list[RunSummary]:
        """The kept runs by bank and source, narrowed to a bank, a status or sources of the bank.

        Raises:
            InputError: There is no such status.
        """
        _key(bank_id or "", "")
        if status is not None and status not in set(RunStatus):
            raise InputError(f"no such status {status!r}: choose one of {', '.join(RunStatus)}")
        summaries = [
            self._summary(row) if isinstance(row, Row) else row
            for row in await self._rows(bank_id, source_ids)
        ]
        chosen = (s for s in summaries if status is None or s.status == status)
        return sorted(chosen, key=lambda s: (s.bank_id, s.source_id))

    async def prune(self, older_than: timedelta, bank_id: str | None = None) -> int:
        """Delete the completed runs that ended longer ago than `older_than`; return how many.

        One that another runner holds, about to run it again, is left alone.
        """
        before = self.clock() - older_than.total_seconds()
        deleted = 0
        for run in await self.list(bank_id, RunStatus.COMPLETED):
            if run.completed_at is not None and run.completed_at.timestamp() < before:
                with suppress(LeaseHeldError, LeaseLostError):
                    deleted += await self.delete(run.bank_id, run.source_id)
        return deleted

    @asynccontextmanager
    async def lease(self, bank_id: str, source_id: str) -> AsyncGenerator[Lease, None]:
        """Hold the run, with a heartbeat, while the block lasts.

        A holder whose process has died on this machine is followed at once, and one that lives on
        this machine never; one that cannot be asked, when its lease has run out. The heartbeat has
        a thread of its own. Where the lease is lost all the same, the block is cancelled.

        Raises:
            LeaseHeldError: Another live runner holds it.
            LeaseLostError: It was lost to another runner, and the block was cancelled for that.
        """
        key = _key(bank_id, source_id)
        with self._asking:
            if key in self._held:
                # Though it may have run out, its holder lives: it would save under the new token.
                raise Claim(0, self.holder(), self.clock() + self.lease_ttl_s).refusal(key)
            self._held[key] = None
        try:
            token = await self._take(key)
            lease = Lease(bank_id, source_id, token, self.lease_ttl_s)
            held = self._held[key] = HeldLease(lease, asyncio.get_running_loop())
            self._heartbeat.add(held)
            try:
                with held.guard():
                    yield lease
            finally:
                self._heartbeat.remove(held)
                await settled(asyncio.ensure_future(self._let_go(lease)))
        finally:
            self._held.pop(key, None)

    def guard(self, ctx: C, /) -> AbstractContextManager[None]:
        """A block that is cancelled when the lease on the run of `ctx` is lost.

        Raises:
            LeaseLostError: It was lost, and the block was cancelled for that.
        """
        held = self._held.get((ctx.bank_id, ctx.source_id))
        return nullcontext() if held is None else held.guard()

    async def close(self) -> None:
        """Free what the checkpoint holds open."""

    def before_fork(self) -> None:
        """Let nobody ask for a lease meanwhile."""
        self._asking.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; a child holds no lease of its parent's, and remembers no save of its."""
        if in_child:
            held_here.clear()
            self._held.clear()
            self._trackers.clear()
            self._heartbeat.forget()
        self._asking.release()

    @abstractmethod
    async def _write(self, delta: Delta, token: int | None) -> bool:
        """Keep a delta if its revision follows the kept one, or if it is full; else False.

        Raises:
            LeaseLostError: `token` is not that of the kept claim.
            LeaseHeldError: `token` is None, and a claim binds.
        """

    async def _write_new(
        self, deltas: Sequence[tuple[Delta, int | None]]
    ) -> list[LeaseHeldError | None]:
        """Keep full deltas with their tokens; tell which of the runs another runner holds."""
        held: list[LeaseHeldError | None] = []
        for delta, token in deltas:
            try:
                await self._write(delta, token)
                held.append(None)
            except LeaseHeldError as exc:
                held.append(exc)
        return held

    @abstractmethod
    async def _read(self, bank_id: str, source_id: str) -> tuple[Stored, int] | None:
        """What is kept, with its revision."""

    @abstractmethod
    async def _remove(self, bank_id: str, source_id: str, token: int | None) -> bool: ...

    @abstractmethod
    async def _rows(
        self, bank_id: str | None, source_ids: Collection[str] | None
    ) -> Iterable[Row | RunSummary]:
        """Every kept run of all banks, of one, or of sources of one.

        A summary stands for a run where there is no head to read.
        """

    @abstractmethod
    async def _acquire(self, key: Key, holder: Holder, ttl_s: float) -> Claim: ...

    @abstractmethod
    def _renew(self, leases: Sequence[Lease]) -> Sequence[bool]:
        """Put the end of the claims off; for each whether it still is the lease's.

        It is called in the thread of the heartbeat, and may block.
        """

    @abstractmethod
    async def _release(self, key: Key, token: int) -> None: ...

    @abstractmethod
    def _give_back(self, lease: Lease) -> None:
        """What `_release` does, in the thread of the heartbeat."""

    @abstractmethod
    def _where(self, bank_id: str, source_id: str) -> str:
        """Names a run's checkpoint, for errors."""

    def _check(self, key: Key, claim: Claim | None, token: int | None, now: float) -> None:
        """Refuse a writer that another runner's claim shuts out."""
        if token is not None:
            if claim is None or claim.token != token:
                raise LeaseLostError(*key)
        elif claim is not None and claim.binds(now):
            raise claim.refusal(key)

    def _claim(
        self, key: Key, old: Claim | None, holder: Holder, ttl_s: float, now: float
    ) -> Claim:
        """The claim that follows `old`, unless that one binds."""
        if old is not None and old.binds(now):
            raise old.refusal(key)
        # Grows with every holder, also after a release that left nothing behind.
        token = max(time.time_ns(), 0 if old is None else old.token + 1)
        return Claim(token, holder, now + ttl_s)

    def _tracker(self, ctx: C) -> Tracker[C]:
        # One a context, so that whoever looks at a run does not disturb its runner; where a
        # context cannot say that it is gone, one a run, until that ends.
        weak = bool(type(ctx).__weakrefoffset__)
        slot = id(ctx) if weak else (ctx.bank_id, ctx.source_id)
        known = self._trackers.get(slot)
        if known is not None and known[0]() is ctx:
            return known[1]
        _key(ctx.bank_id, ctx.source_id)
        tracker = Tracker(self.codec)
        self._trackers[slot] = (self._weak(ctx, slot) if weak else lambda: ctx, tracker)
        return tracker

    def _weak(self, ctx: C, slot: int | Key) -> weakref.ref[C]:
        trackers = self._trackers

        def gone(_: weakref.ref[C]) -> None:
            trackers.pop(slot, None)

        return weakref.ref(ctx, gone)

    def _token(self, key: Key) -> int | None:
        held = self._held.get(key)
        if held is None:
            return None
        held.check()
        return held.lease.token

    def _summary(self, row: Row) -> RunSummary:
        try:
            head = decode_head(row.head, self._where(row.bank_id, row.source_id))
        except CheckpointDamagedError as exc:
            return damaged(row.bank_id, row.source_id, exc)
        status = head.status
        if status == RunStatus.RUNNING and (row.claim is None or not row.claim.binds(row.now)):
            status = RunStatus.INTERRUPTED
        return RunSummary(
            row.bank_id,
            row.source_id,
            status,
            head.last_state,
            tuple(head.errors),
            head.started_at,
            head.completed_at,
            head.duration_ms,
            head.steps,
            () if head.engine_state is None else tuple(head.engine_state.questions),
        )

    async def _take(self, key: Key) -> int:
        """Acquire the lease; a runner that is cancelled meanwhile leaves none behind."""
        acquiring = asyncio.ensure_future(self._acquire(key, self.holder(), self.lease_ttl_s))
        try:
            await settled(acquiring)
        except asyncio.CancelledError:
            if acquiring.exception() is None:
                lease = Lease(*key, acquiring.result().token, self.lease_ttl_s)
                await settled(asyncio.ensure_future(self._let_go(lease)))
            raise
        return acquiring.result().token

    async def _let_go(self, lease: Lease) -> None:
        held_here.discard(lease.token)
        key = (lease.bank_id, lease.source_id)
        try:
            async with asyncio.timeout(_RELEASE_WITHIN_S):
                await self._release(key, lease.token)
        except (RetainError, TimeoutError) as exc:
            why = str(exc) or f"that takes longer than {_RELEASE_WITHIN_S:g} s"
            logger.warning("could not release %r in bank %r yet: %s", key[1], key[0], why)
            self._heartbeat.release_later(lease)


def damaged(bank_id: str, source_id: str, error: CheckpointDamagedError) -> RunSummary:
    """How `list` tells of a run that does not read back: the others are listed all the same."""
    status, why = RunStatus.FAILED, (str(error),)
    return RunSummary(bank_id, source_id, status, "", why, None, None, 0.0, 0)


def _runs(ctx: EngineContext) -> bool:
    return getattr(ctx, "status", RunStatus.RUNNING) == RunStatus.RUNNING


def _key(bank_id: str, source_id: str) -> Key:
    """Both ids.

    Raises:
        CheckpointError: One of them is no Unicode text, or holds NUL, so that not every backend
            can keep it.
    """
    cannot = f"{source_id!r} in bank {bank_id!r} cannot name a run"
    if "\0" in bank_id + source_id:
        raise CheckpointError(f"{cannot}: it holds NUL (U+0000); use an id without it")
    try:
        (bank_id + source_id).encode()
    except UnicodeEncodeError as exc:
        raise CheckpointError(f"{cannot}: {exc.reason}; use an id that is Unicode text") from exc
    return bank_id, source_id
