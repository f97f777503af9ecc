"""`retain.sync.Memory`: a memory for programs that do not use ``async``.

The types are in ``sync.pyi``, which ``python docs/make_sync_types.py`` makes of `retain.Memory`.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from contextvars import copy_context
from functools import cache, wraps
from typing import Any, Self

from retain.app.memory import Memory as AsyncMemory
from retain.config import Settings
from retain.errors import InputError

__all__ = ["Memory"]

END_S = 10.0
"""How long a closed memory waits for its thread."""


class _Loop:
    """An event loop in a thread of its own, for the calls of any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._process = os.getpid()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="retain-sync", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What `work` returns, done in the thread; whoever is interrupted waits until it has ended.

        Raises:
            InputError: The memory is closed, another process opened it, or this is its own thread.
        """
        if reason := self._refusal():
            work.close()
            raise InputError(reason)
        result: Future[Any] = Future()
        tasks: list[asyncio.Task[Any]] = []

        def begin() -> None:
            task = self._loop.create_task(work)
            tasks.append(task)
            task.add_done_callback(lambda ended: _give(ended, result))

        self._loop.call_soon_threadsafe(begin, context=copy_context())
        try:
            return result.result()
        except KeyboardInterrupt:
            self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
            _wait(result)
            raise

    def end(self) -> None:
        """End the thread, once what was begun has ended."""
        if self._ended or self._process != os.getpid():
            return
        self._ended = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(END_S)

    def _refusal(self) -> str:
        if self._ended:
            return "this memory is closed: open it again"
        if self._process != os.getpid():
            return "this memory was opened before the process forked: open one in each process"
        if threading.current_thread() is self._thread:
            return (
                "an observer called the memory that called it, and would wait for itself: "
                "do it in another thread"
            )
        return ""


def _give(ended: asyncio.Task[Any], result: Future[Any]) -> None:
    if ended.cancelled():
        result.set_exception(CancelledError())
    elif (error := ended.exception()) is not None:
        result.set_exception(error)
    else:
        result.set_result(ended.result())


def _wait(result: Future[Any]) -> None:
    """Until it has ended, however it ends."""
    result.exception()


class _Blocking:
    """A part of a memory whose coroutines are called as plain functions.

    Args:
        of: The part.
        loop: Where they run.
    """

    def __init__(self, of: Any, loop: _Loop) -> None:
        self._of = of
        self._loop = loop

    def __call__(self, *args: Any, **given: Any) -> Any:
        """What a call of the part gives."""
        return self._loop.call(self._of(*args, **given))

    def __getattr__(self, name: str) -> Any:
        return _blocking(getattr(self._of, name), self._loop)

    def __dir__(self) -> list[str]:
        return [name for name in dir(self._of) if not name.startswith("_")]


def _blocking(value: Any, loop: _Loop) -> Any:
    """A coroutine function as a plain one, a part as one of plain functions, others as they are."""
    if inspect.iscoroutinefunction(value):

        @wraps(value)
        def call(*args: Any, **given: Any) -> Any:
            return loop.call(value(*args, **given))

        return call
    return _Blocking(value, loop) if _has_coroutines(value.__class__) else value


@cache
def _has_coroutines(kind: type) -> bool:
    """Whether it is a class of ours, with coroutine functions."""
    ours = kind.__module__.startswith("retain.")
    return ours and bool(inspect.getmembers(kind, inspect.iscoroutinefunction))


class Memory(_Blocking):
    """`retain.Memory` whose methods are plain functions: they return when their work is done.

    It may be used by several threads at once, and where an event loop runs, which waits meanwhile.
    An observer is called in the thread of the memory. To watch folders, use `retain.Memory`.

    Example:
        >>> with retain.sync.Memory.open("sqlite:///memory.db") as memory:
        ...     memory.retain_text("Ana lives in Lisbon.", source_id="ana.md").raise_for_status()
        ...     hits = memory.recall("Where does Ana live?")
    """

    def __init__(self, memory: AsyncMemory) -> None:
        super().__init__(memory, _Loop())
        self._end = weakref.finalize(self, _end, memory, self._loop)
        self._end.atexit = False  # no thread can be begun then; what was retained is kept

    def __getattr__(self, name: str) -> Any:
        if name == "watch":  # its changes come one by one, as long as a loop of the caller's lasts
            raise AttributeError("retain.sync.Memory does not watch folders: use retain.Memory")
        return super().__getattr__(name)

    @classmethod
    def open(cls, url: str | None = None, *, settings: Settings | None = None) -> Self:
        """The memory at a database URL; see `retain.Memory.open`."""
        return cls(AsyncMemory.open(url, settings=settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish pending work, then close the database and the connections to models."""
        self._end()


def _end(memory: AsyncMemory, loop: _Loop) -> None:
    try:
        loop.call(memory.close())
    finally:
        loop.end()
