"""Work beside the event loop: threads that compute, and writes that a cancellation waits for."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Threads:
    """Threads for the whole process, begun with the first work; a forked child has its own."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._executor: ThreadPoolExecutor | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def begun(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self._count, thread_name_prefix=self._name)
        return self._executor

    def end(self) -> None:
        if self._executor is not None:
            self._executor.shutdown()
            self._forget()

    def _forget(self) -> None:
        self._executor = None


_in_python = _Threads(1, "retain-computing")
_outside = _Threads(os.cpu_count() or 1, "retain-embedding")


def end_threads() -> None:
    """End the threads, for those who fork; the next work begins others."""
    _in_python.end()
    _outside.end()


async def computed(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns, which computes and does not wait for anything.

    One such work runs at a time in the process. Python runs one thread at a time: with more of
    them at work, the event loop, and with it calls to models and disks, would wait longer for its
    turns, and nothing would be done sooner. What waits goes to `asyncio.to_thread`.
    """
    bound = partial(copy_context().run, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_in_python.begun(), bound)


async def computed_outside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns, which computes in a library that lets Python go on meanwhile.

    As many run at a time in the process as there are processors. In the threads of
    `asyncio.to_thread`, what waits for a disk would have to wait for them first.
    """
    bound = partial(copy_context().run, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_outside.begun(), bound)


async def finished(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end; a cancellation of the caller takes effect after that."""
    task = asyncio.ensure_future(work)
    await settled(task)
    return task.result()


async def settled(task: asyncio.Future[Any], *, abandon_after_s: float | None = None) -> None:
    """Wait until `task` has ended, whatever its result; a cancellation takes effect after that.

    Args:
        task: What is waited for.
        abandon_after_s: How long a cancellation waits, in seconds; None: without end. Then `task`
            goes on without anybody who waits.
    """
    cancelled: asyncio.CancelledError | None = None
    until = None
    while not task.done():
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            task.add_done_callback(_retrieve)
            break
        try:
            await asyncio.wait([task], timeout=left)
        except asyncio.CancelledError as exc:
            cancelled = exc
            if until is None and abandon_after_s is not None:
                until = time.monotonic() + abandon_after_s
    if cancelled is not None:
        if task.done():
            _retrieve(task)
        raise cancelled


def _retrieve(task: asyncio.Future[Any]) -> None:
    """Take note of how a task ended, so that the event loop does not log its error as lost."""
    if not task.cancelled():
        task.exception()
