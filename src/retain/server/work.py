"""Work that outlives its request: it is saved as a run before the request is answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from retain.engine import Event, RunStarted
from retain.errors import RetainError
from retain.server.problems import RETRY_AFTER_S, HttpError

T = TypeVar("T")

AT_ONCE = 64
"""How many requests may have work that is not done."""

logger = logging.getLogger("retain.server")


@dataclass(frozen=True, slots=True)
class Begun(Generic[T]):
    """Work that has begun; `result` is None while it is not done."""

    done: bool
    result: T | None


class Work:
    """The tasks of a server."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._awaited: WeakValueDictionary[tuple[str, str], asyncio.Event] = WeakValueDictionary()

    def going_on(self) -> int:
        """How many requests have work that is not done."""
        return len(self._tasks)

    def observe(self, event: Event) -> None:
        """Tell those who wait for the beginning of a run."""
        if isinstance(event, RunStarted):
            begun = self._awaited.pop((event.bank_id, event.source_id), None)
            if begun is not None:
                begun.set()

    async def of_run(
        self, bank_id: str, source_id: str, work: Coroutine[Any, Any, T], wait_s: float
    ) -> Begun[T]:
        """Begin what drives a run; return once the run is saved and has begun.

        Args:
            bank_id: The bank of the run.
            source_id: Its source.
            work: Drives it.
            wait_s: How long to wait for the end, in seconds.
        """
        return await self.begin(work, self.beginning(bank_id, source_id).wait, wait_s)

    def beginning(self, bank_id: str, source_id: str) -> asyncio.Event:
        """An event that the next beginning of a run sets."""
        return self._awaited.setdefault((bank_id, source_id), asyncio.Event())

    async def begin(
        self,
        work: Coroutine[Any, Any, T],
        begun: Callable[[], Awaitable[object]],
        wait_s: float = 0.0,
    ) -> Begun[T]:
        """Begin work that goes on when its request is gone.

        Args:
            work: The work.
            begun: Waits until the work is saved, so that no crash loses it.
            wait_s: How long to wait for the end after that, in seconds.

        Raises:
            HttpError: Too much work is not done.
            RetainError: The work has failed already.
        """
        if len(self._tasks) >= AT_ONCE:
            work.close()
            raise HttpError(
                503,
                "too-much-work",
                f"{AT_ONCE} requests are being worked on: try again later",
                {"Retry-After": str(RETRY_AFTER_S)},
            )
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        saved = asyncio.ensure_future(begun())
        try:
            await asyncio.wait({task, saved}, return_when=asyncio.FIRST_COMPLETED)
            if wait_s > 0 and not task.done():
                await asyncio.wait({task}, timeout=wait_s)
        finally:
            saved.cancel()
        return Begun(True, task.result()) if task.done() else Begun(False, None)

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work to its end, also when its request is gone."""
        never = asyncio.Event()
        begun = await self.begin(work, never.wait)
        return begun.result  # pyright: ignore[reportReturnType] - T may be None

    async def close(self) -> None:
        """Stop what is not done; its runs are interrupted, and can be resumed."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, RetainError):
            logger.info("%s", error)
        elif error is not None:
            logger.error("work failed", exc_info=error)
