"""Leases that this process holds: renewed from a thread of their own, and ended when lost."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from retain.checkpoints.claim import held_here
from retain.engine.checkpoint import Lease
from retain.errors import LeaseLostError, RetainError
from retain.keys import named

logger = logging.getLogger("retain.checkpoints")


@dataclass(slots=True)
class _Guard:
    """A block that is cancelled with the lease.

    Args:
        task: The task that runs it.
        cancelling: How often the task had been cancelled as it began.
        cancelled: Whether it is cancelled with the lease.
    """

    task: asyncio.Task[object]
    cancelling: int
    cancelled: bool = False


class HeldLease:
    """A lease that this process holds.

    Args:
        lease: What it is.
        loop: The event loop of its holder.
    """

    def __init__(self, lease: Lease, loop: asyncio.AbstractEventLoop) -> None:
        self.lease = lease
        self.key = lease.run_key
        self.loop = loop
        self.is_lost = False
        self._guards: list[_Guard] = []

    @contextmanager
    def guard(self) -> Generator[None, None, None]:
        """Cancel the block when the lease is lost.

        Raises:
            LeaseLostError: It was lost, and the block was cancelled for that.
        """
        self.check()
        task = asyncio.current_task()
        if task is None:
            yield
            return
        guard = _Guard(task, task.cancelling())
        self._guards.append(guard)
        try:
            yield
        except asyncio.CancelledError as exc:
            if guard.cancelled:
                guard.cancelled = False
                if task.uncancel() <= guard.cancelling:
                    raise LeaseLostError(self.key) from exc
            raise
        finally:
            self._guards.remove(guard)
            if guard.cancelled:  # the block has ended in another way meanwhile
                task.uncancel()

    def check(self) -> None:
        """Raise where the lease is known to be lost.

        Raises:
            LeaseLostError: It is.
        """
        if self.is_lost:
            raise LeaseLostError(self.key)

    def lose(self) -> None:
        """End what runs under the lease; called in the holder's event loop."""
        self.is_lost = True
        # Of blocks within each other, the innermost is cancelled: the others see its error.
        innermost = {guard.task: guard for guard in self._guards}
        for task, guard in innermost.items():
            guard.cancelled = task.cancel("the lease was lost")


class Heartbeat:
    """Renews the leases of one checkpoint, whatever the event loops of their holders do.

    The thread lives while there are leases. It waits by monotonic time.

    Args:
        interval_s: Seconds between two renewals.
        renew: Renews leases; for each whether it still holds. It may block.
        release: Gives a lease back. It may block.
    """

    def __init__(
        self,
        interval_s: float,
        renew: Callable[[Sequence[Lease]], Sequence[bool]],
        release: Callable[[Lease], None],
    ) -> None:
        self._interval_s = interval_s
        self._renew = renew
        self._release = release
        self.forget()

    def forget(self) -> None:
        """Hold nothing, without a word to anybody: as a forked child, which holds no lease."""
        self._changed = threading.Condition()
        self._held: list[HeldLease] = []
        self._leaving: list[Lease] = []
        self._thread: threading.Thread | None = None

    def add(self, held: HeldLease) -> None:
        """Renew a lease from here on."""
        held_here.add(held.lease.token)
        with self._changed:
            self._held.append(held)
            self._start()

    def remove(self, held: HeldLease) -> None:
        """Renew a lease no more; it is about to be released."""
        with self._changed:
            if held in self._held:
                self._held.remove(held)
            if not self._held and not self._leaving:
                self._changed.notify_all()

    def release_later(self, lease: Lease) -> None:
        """Release a lease that could not be released, as soon as that can be done."""
        with self._changed:
            self._leaving.append(lease)
            self._start()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="retain-heartbeat", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._is_idle, self._interval_s)
                if self._is_idle():
                    self._thread = None
                    return
                held, leaving = tuple(self._held), tuple(self._leaving)
            try:
                self._beat([one for one in held if not one.is_lost])
                for lease in leaving:
                    self._try_release(lease)
            except Exception:
                logger.exception("the heartbeat of leases failed; it goes on")

    def _is_idle(self) -> bool:
        return not self._held and not self._leaving

    def _beat(self, held: Sequence[HeldLease]) -> None:
        for one in held:
            if one.loop.is_closed():  # its holder is gone without a word
                self.remove(one)
                self.release_later(one.lease)
        live = [one for one in held if not one.loop.is_closed()]
        if not live:
            return
        try:
            renewed = self._renew([one.lease for one in live])
        except RetainError as exc:
            names = ", ".join(named(one.key) for one in live[:3])
            logger.warning("no heartbeat for %s (%d in all): %s", names, len(live), exc)
            return
        for one, holds in zip(live, renewed, strict=True):
            if not holds:
                logger.warning("the lease on %s was lost", named(one.key))
                self.remove(one)
                with suppress(RuntimeError):  # the loop was closed meanwhile
                    one.loop.call_soon_threadsafe(one.lose)

    def _try_release(self, lease: Lease) -> None:
        held_here.discard(lease.token)
        try:
            self._release(lease)
        except RetainError:
            return  # at the next beat
        with self._changed:
            self._leaving.remove(lease)
