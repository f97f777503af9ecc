"""What every checkpoint does alike: deltas in order, leases with heartbeat, statuses."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Generic, TypeVar

from retain.checkpoints.claim import Claim, held_here
from retain.checkpoints.codec import Codec, Stored, decode_head
from retain.checkpoints.delta import INLINE_WEIGHT, Delta, Tracker
from retain.checkpoints.heartbeat import Heartbeat, HeldLease
from retain.checkpoints.history import EarlierRun, History, run_id_in
from retain.checkpoints.listing import Order, Position, Wanted, position_of, wanted_runs
from retain.concurrency import settled
from retain.engine.checkpoint import Lease, RunPage, RunSummary
from retain.engine.context import EngineContext, key_of, name_of_run
from retain.engine.run_ids import identify
from retain.errors import (
    CheckpointDamagedError,
    CheckpointError,
    LeaseHeldError,
    LeaseLostError,
    RetainError,
)
from retain.forks import watch_forks
from retain.holder import Holder, this_process
from retain.keys import RunKey, encoded, named
from retain.status import RunStatus

logger = logging.getLogger("retain.checkpoints")

C = TypeVar("C", bound=EngineContext)

_RELEASE_WITHIN_S = 10.0
"""How long the end of a lease waits for a disk that hangs; then the heartbeat's thread does."""

_PRUNED_AT_ONCE = 64
"""How many runs are deleted at once, so that databases write them with few commits."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kept run for `list`, with the time when its claim was read; see `BaseCheckpoint`."""

    run_key: RunKey
    head: bytes
    claim: Claim | None
    now: float
    began: float | None = None


class BaseCheckpoint(ABC, Generic[C]):
    """A `Checkpoint`, but for where the bytes go.

    A lease ends by one clock for all who share a backend: machines' own clocks may differ by
    hours. So each backend reads the time, `now` in seconds since the epoch, where leases are
    stored: a database asks its own clock in the transaction that reads them.

    One checkpoint serves event loops one after the other, and threads side by side.

    Args:
        context_type: The dataclass of the contexts.
        lease_ttl_s: Seconds that a lease lasts without a heartbeat; it beats three times as often.
        history: How many earlier runs of each key are kept.
        clock: Seconds since the epoch, for a backend that has no clock of its own.
        holder: Who holds the leases.
    """

    def __init__(
        self,
        context_type: type[C],
        *,
        lease_ttl_s: float = 30.0,
        history: History | None = None,
        clock: Callable[[], float] = time.time,
        holder: Callable[[], Holder] = this_process,
    ) -> None:
        if lease_ttl_s <= 0:
            raise ValueError(f"lease_ttl_s must be positive, not {lease_ttl_s}")
        self.codec = Codec(context_type)
        self.lease_ttl_s = lease_ttl_s
        self.history_kept = history or History()
        self.clock = clock
        self.holder = holder
        self._held: dict[RunKey, HeldLease | None] = {}  # None: being asked for
        self._running: set[RunKey] = set()  # held by the engine for a run, not by its caller
        self._asking = threading.Lock()
        watch_forks(self)
        self._heartbeat = Heartbeat(lease_ttl_s / 3, self._renew, self._give_back)
        self._trackers: dict[int | RunKey, tuple[Callable[[], C | None], Tracker[C]]] = {}

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
                token = self._token(key_of(ctx))
                if not await self._write(delta, token):
                    # Somebody else saved this run since; what is kept is replaced whole.
                    tracker.forget()
                    delta, pending = await tracker.delta(ctx)
                    await self._write(delta, token)
            except BaseException as exc:
                tracker.forget()
                self._let_slots_go(ctx)
                if isinstance(exc, RetainError) and not isinstance(exc, CheckpointError):
                    raise CheckpointError(f"could not keep {name_of_run(ctx)}: {exc}") from exc
                raise
            tracker.kept(pending)
            if tracker.moved_from is not None:  # a state gave the run another key
                moved = (tracker.moved_from, self._token(tracker.moved_from))
                await self._remove(*moved, history=False)
            tracker.running_as(delta.run_key if _runs(ctx) else None)
            if not _runs(ctx):
                self._let_slots_go(ctx)

    def _let_slots_go(self, ctx: C) -> None:
        """Hold a context with slots no longer, which cannot say that it is gone.

        Its next save is a whole one.
        """
        if not type(ctx).__weakrefoffset__:
            self._trackers.pop(key_of(ctx), None)

    async def save_new(self, contexts: Sequence[C]) -> list[LeaseHeldError | None]:
        """Keep runs that are about to begin; where the backend can, all of them or none.

        Returns:
            For each context None, or why it was left out: another runner holds its run.

        Raises:
            CheckpointError: They could not be kept.
        """
        for ctx in contexts:
            identify(ctx)
        deltas = [(await Tracker(self.codec).delta(ctx))[0] for ctx in contexts]
        tokens = [self._token(_checked(key_of(ctx))) for ctx in contexts]
        try:
            return await self._write_new(list(zip(deltas, tokens, strict=True)))
        except CheckpointError:
            raise
        except RetainError as exc:
            raise CheckpointError(f"could not keep the new runs: {exc}") from exc

    async def load(self, *key: str, run_id: str | None = None) -> C | None:
        """The run as it was last saved, or None if there is none.

        Args:
            key: The run's key.
            run_id: An earlier run of the key, which has its history fields alone; see `Codec`.

        Raises:
            CheckpointDamagedError: What was kept does not read back.
            CheckpointVersionError: It was written by a newer release.
        """
        found = await self._read(_checked(key))
        if run_id is not None and (found is None or run_id_in(found[0].head, key) != run_id):
            return await self._load_earlier(key, run_id)
        if found is None:
            return None
        stored, revision = found
        where = self._where(key)
        if stored.size() <= INLINE_WEIGHT:
            ctx = self.codec.decode(key, stored, where)
        else:
            ctx = await asyncio.to_thread(self.codec.decode, key, stored, where)
        if type(ctx).__weakrefoffset__:
            self._tracker(ctx).loaded(ctx, stored, revision)
        return ctx

    async def _load_earlier(self, key: RunKey, run_id: str) -> C | None:
        where = f"of run {run_id} {self._where(key)}"
        for earlier in await self._earlier(key):
            if run_id_in(earlier.head, key) == run_id:
                stored = earlier.stored(where)
                return await asyncio.to_thread(self.codec.decode, key, stored, where, earlier=True)
        return None

    async def history(self, *key: str) -> Sequence[RunSummary]:
        """The earlier runs of a key, newest first: those that another run has replaced."""
        found = await self._read(_checked(key))
        current = None if found is None else run_id_in(found[0].head, key)
        rows = [Row(key, one.head, None, 0.0) for one in await self._earlier(key)]
        summaries = [self._summary(row) for row in reversed(rows)]
        return [one for one in summaries if not one.run_id or one.run_id != current]

    async def forget_history(self, *key: str) -> None:
        """Delete the earlier runs of a key; its latest run stays."""
        await self._forget_earlier(_checked(key))

    async def delete(self, *key: str) -> bool:
        """Forget the run and its earlier ones; False if there was no run.

        Raises:
            LeaseHeldError: Another runner holds it.
        """
        return await self._remove(_checked(key), self._token(key), history=True)

    async def list(
        self,
        prefix: str | Sequence[str] | None = None,
        status: RunStatus | str | Collection[RunStatus | str] | None = None,
        *,
        keys: Collection[RunKey] | None = None,
        last_state: Collection[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        after: str | None = None,
        order: Order = "key",
    ) -> RunPage:
        """The latest run of each key, or a page of them.

        Args:
            prefix: Only keys that begin with these strings; a text is the first of them.
            status: Only runs with this status, or one of several.
            keys: Only these keys.
            last_state: Only runs that are at one of these states, or ended there.
            since: Only runs that began at this time or later.
            until: Only runs that began at this time or before.
            limit: How many runs a page has at most; None: all.
            after: The cursor of the page before, its `following`.
            order: By key, or by when runs began.

        Raises:
            InputError: An argument cannot be used.
        """
        asked = (status, last_state, since, until, order, after, limit)
        wanted = ahead = wanted_runs(checked_prefix(prefix), *asked)
        found: list[tuple[Position, RunSummary]] = []
        while True:
            rows = await (self._page(ahead) if keys is None else self._rows(wanted.prefix, keys))
            summaries = [self._summary(row) if isinstance(row, Row) else row for row in rows]
            places = [_place(row, one) for row, one in zip(rows, summaries, strict=True)]
            placed = zip(places, summaries, strict=True)
            found += [(place, one) for place, one in placed if wanted.has(one, place)]
            if limit is None or keys is not None or not self.pages:
                return wanted.page(found)
            if len(rows) <= limit or len(found) > limit:
                return wanted.page(found)
            ahead = replace(ahead, after=places[-1])  # some of the runs had another status

    async def counts(
        self,
        prefix: str | Sequence[str] | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> dict[RunStatus, int]:
        """How many runs `list` would give of each status; a status without runs is left out."""
        runs = await self.list(prefix, since=since, until=until)
        return dict(Counter(run.status for run in runs))

    async def prune(self, older_than: timedelta, prefix: str | Sequence[str] | None = None) -> int:
        """Delete the completed and earlier runs that ended longer ago than `older_than`.

        One that another runner holds, about to run it again, is left alone.

        Returns:
            How many were deleted.
        """
        before = self.clock() - older_than.total_seconds()
        deleted = await self._prune_earlier(checked_prefix(prefix), before)
        ended = [
            run.run_key
            for run in await self.list(prefix, RunStatus.COMPLETED)
            if run.completed_at is not None and run.completed_at.timestamp() < before
        ]
        for start in range(0, len(ended), _PRUNED_AT_ONCE):
            pruning = map(self._is_pruned, ended[start : start + _PRUNED_AT_ONCE])
            for outcome in await asyncio.gather(*pruning, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
                deleted += outcome
        return deleted

    async def _is_pruned(self, key: RunKey) -> bool:
        with suppress(LeaseHeldError, LeaseLostError):
            return await self._remove(key, self._token(key), history=False)
        return False

    @asynccontextmanager
    async def lease(self, *key: str) -> AsyncGenerator[Lease, None]:
        """Hold the run, with a heartbeat, while the block lasts.

        A holder whose process has died on this machine is followed at once, and one that lives on
        this machine never; one that cannot be asked, when its lease has run out. The heartbeat has
        a thread of its own. Where the lease is lost all the same, the block is cancelled.

        Raises:
            LeaseHeldError: Another live runner holds it.
            LeaseLostError: It was lost to another runner, and the block was cancelled for that.
        """
        _checked(key)
        with self._asking:
            if key in self._held:
                # Though it may have run out, its holder lives: it would save under the new token.
                raise Claim(0, self.holder(), self.clock() + self.lease_ttl_s).refusal(key)
            self._held[key] = None
        try:
            token = await self._take(key)
            lease = Lease(key, token, self.lease_ttl_s)
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

    @asynccontextmanager
    async def holding(self, *key: str) -> AsyncGenerator[None, None]:
        """Hold the run while the block lasts; where its caller holds a lease on it, that one.

        Two runs within the lease of one caller are not told apart.

        Raises:
            LeaseHeldError: Another runner holds it; within this process too.
            LeaseLostError: It was lost to another runner, and the block was cancelled for that.
        """
        held = self._held.get(_checked(key))
        if held is not None and key not in self._running:
            yield
            return
        async with self.lease(*key):
            self._running.add(key)
            try:
                yield
            finally:
                self._running.discard(key)

    def adopt(self, ctx: C, loaded: C, /) -> None:
        """Take `ctx`, which has every value of `loaded`, for what is kept."""
        known = self._trackers.pop(id(loaded), None)
        if known is not None:
            slot = id(ctx)
            self._trackers[slot] = (self._weak(ctx, slot), known[1])

    def guard(self, ctx: C, /) -> AbstractContextManager[None]:
        """A block that is cancelled when the lease on the run of `ctx` is lost.

        Raises:
            LeaseLostError: It was lost, and the block was cancelled for that.
        """
        held = self._held.get(key_of(ctx))
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
            self._running.clear()
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
    async def _read(self, key: RunKey) -> tuple[Stored, int] | None:
        """What is kept, with its revision."""

    @abstractmethod
    async def _remove(self, key: RunKey, token: int | None, *, history: bool) -> bool:
        """Delete a run, and its earlier ones if `history` says so; False if there was no run."""

    @abstractmethod
    async def _earlier(self, key: RunKey) -> Sequence[EarlierRun]:
        """The earlier runs of a key, oldest first.

        The latest run may be among them: a process may have died as it was about to replace it.
        """

    @abstractmethod
    async def _forget_earlier(self, key: RunKey) -> None: ...

    @abstractmethod
    async def _prune_earlier(self, prefix: RunKey, before: float) -> int:
        """Delete the earlier runs that ended before a time; how many they were."""

    @abstractmethod
    async def _rows(
        self, prefix: RunKey, keys: Collection[RunKey] | None
    ) -> Sequence[Row | RunSummary]:
        """Every kept run whose key begins with `prefix`, or those of `keys`.

        A backend that pages is always given keys. A summary stands for a run where there is no
        head to read.
        """

    pages: ClassVar[bool] = False
    """Whether `_page` gives no more rows than a page needs."""

    async def _page(self, wanted: Wanted) -> Sequence[Row | RunSummary]:
        """The rows of the runs that are wanted, and perhaps of others.

        A backend that pages gives one more than `wanted.limit`, in the order that is wanted.
        """
        return await self._rows(wanted.prefix, None)

    @abstractmethod
    async def _acquire(self, key: RunKey, holder: Holder, ttl_s: float) -> Claim: ...

    @abstractmethod
    def _renew(self, leases: Sequence[Lease]) -> Sequence[bool]:
        """Put the end of the claims off; for each whether it still is the lease's.

        It is called in the thread of the heartbeat, and may block.
        """

    @abstractmethod
    async def _release(self, key: RunKey, token: int) -> None: ...

    @abstractmethod
    def _give_back(self, lease: Lease) -> None:
        """What `_release` does, in the thread of the heartbeat."""

    @abstractmethod
    def _where(self, key: RunKey) -> str:
        """Names a run's checkpoint, for errors."""

    def _is_replaced(self, delta: Delta, head: bytes) -> bool:
        """Whether a full delta is of another run than the kept one, which is to be kept as well.

        A damaged run has nothing to keep.
        """
        if not self.history_kept.runs:
            return False
        kept = run_id_in(head, delta.run_key)
        return kept is not None and kept != delta.run_id

    def _check(self, key: RunKey, claim: Claim | None, token: int | None, now: float) -> None:
        """Refuse a writer that another runner's claim shuts out."""
        if token is not None:
            if claim is None or claim.token != token:
                raise LeaseLostError(key)
        elif claim is not None and claim.binds(now):
            raise claim.refusal(key)

    def _claim(
        self, key: RunKey, old: Claim | None, holder: Holder, ttl_s: float, now: float
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
        slot = id(ctx) if weak else key_of(ctx)
        known = self._trackers.get(slot)
        if known is not None and known[0]() is ctx:
            return known[1]
        _checked(key_of(ctx))
        tracker = Tracker(self.codec)
        self._trackers[slot] = (self._weak(ctx, slot) if weak else lambda: ctx, tracker)
        return tracker

    def _weak(self, ctx: C, slot: int | RunKey) -> weakref.ref[C]:
        trackers = self._trackers

        def gone(_: weakref.ref[C]) -> None:
            trackers.pop(slot, None)

        return weakref.ref(ctx, gone)

    def _token(self, key: RunKey) -> int | None:
        held = self._held.get(key)
        if held is None:
            return None
        held.check()
        return held.lease.token

    def _summary(self, row: Row) -> RunSummary:
        try:
            head = decode_head(row.head, self._where(row.run_key))
        except CheckpointDamagedError as exc:
            return damaged(row.run_key, exc)
        status = head.status
        if status == RunStatus.RUNNING and (row.claim is None or not row.claim.binds(row.now)):
            status = RunStatus.INTERRUPTED
        return RunSummary(
            row.run_key,
            status,
            head.last_state,
            tuple(head.errors),
            head.started_at,
            head.completed_at,
            head.duration_ms,
            head.steps,
            () if head.engine_state is None else tuple(head.engine_state.questions),
            head.run_id(row.run_key),
        )

    async def _take(self, key: RunKey) -> int:
        """Acquire the lease; a runner that is cancelled meanwhile leaves none behind."""
        acquiring = asyncio.ensure_future(self._acquire(key, self.holder(), self.lease_ttl_s))
        try:
            await settled(acquiring)
        except asyncio.CancelledError:
            if acquiring.exception() is None:
                lease = Lease(key, acquiring.result().token, self.lease_ttl_s)
                await settled(asyncio.ensure_future(self._let_go(lease)))
            raise
        return acquiring.result().token

    async def _let_go(self, lease: Lease) -> None:
        held_here.discard(lease.token)
        try:
            async with asyncio.timeout(_RELEASE_WITHIN_S):
                await self._release(lease.run_key, lease.token)
        except (RetainError, TimeoutError) as exc:
            why = str(exc) or f"that takes longer than {_RELEASE_WITHIN_S:g} s"
            logger.warning("could not release %s yet: %s", named(lease.run_key), why)
            self._heartbeat.release_later(lease)


def _place(row: Row | RunSummary, summary: RunSummary) -> Position:
    if isinstance(row, Row) and isinstance(row.began, (int, float)):  # damage may be anything
        return row.began, encoded(row.run_key)
    return position_of(summary)


def damaged(key: RunKey, error: CheckpointDamagedError) -> RunSummary:
    """How `list` tells of a run that does not read back: the others are listed all the same."""
    status, why = RunStatus.FAILED, (str(error),)
    return RunSummary(key, status, "", why, None, None, 0.0, 0)


def _runs(ctx: EngineContext) -> bool:
    return getattr(ctx, "status", RunStatus.RUNNING) == RunStatus.RUNNING


def checked_prefix(prefix: str | Sequence[str] | None) -> RunKey:
    """The strings that a key begins with; a text is the first of them."""
    key = (prefix,) if isinstance(prefix, str) else tuple(prefix or ())
    return _checked(key) if key else ()


def _checked(key: RunKey) -> RunKey:
    """The key.

    Raises:
        CheckpointError: It cannot name a run: it has no string, or one that is no Unicode text, or
            one with NUL, so that not every backend can keep it.
    """
    if not key:
        raise CheckpointError("a run's key has at least one string: give one")
    cannot = f"{named(key)} cannot name a run"
    odd = [part for part in key if not isinstance(part, str)]  # pyright: ignore[reportUnnecessaryIsInstance]
    if odd:
        raise CheckpointError(f"{cannot}: {odd[0]!r} is no text; give each string of the key")
    if any("\0" in part for part in key):
        raise CheckpointError(f"{cannot}: it holds NUL (U+0000); use a key without it")
    try:
        "".join(key).encode()
    except UnicodeEncodeError as exc:
        raise CheckpointError(f"{cannot}: {exc.reason}; use a key that is Unicode text") from exc
    return key
