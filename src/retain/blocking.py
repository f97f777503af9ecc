"""Objects of coroutine functions, used by programs without ``async``."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from contextvars import copy_context
from functools import cache, wraps
from typing import Any, TypeVar

from retain.errors import InputError

T = TypeVar("T")

END_S = 10.0
"""How long a closed loop waits for its thread."""


class LoopThread:
    """An event loop in a thread of its own, for the calls of any thread.

    Args:
        of: What is used in it, for errors: ``memory``.
    """

    def __init__(self, of: str) -> None:
        self._of = of
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
            InputError: The loop has ended, another process began it, or this is its own thread.
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
            return f"this {self._of} is closed: open it again"
        if self._process != os.getpid():
            return f"this {self._of} was opened before the process forked: open one in each process"
        if threading.current_thread() is self._thread:
            return (
                f"an observer called the {self._of} that called it, and would wait for itself: "
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


class Blocking:
    """An object whose coroutine functions are called as plain functions.

    What gives its results one by one to ``async for`` gives them to ``for``.

    Args:
        of: The object.
        loop: Where they run.
    """

    def __init__(self, of: Any, loop: LoopThread) -> None:
        self._of = of
        self._loop = loop

    def __call__(self, *args: Any, **given: Any) -> Any:
        """What a call of the object gives."""
        return self._loop.call(self._of(*args, **given))

    def __getattr__(self, name: str) -> Any:
        return _blocking(getattr(self._of, name), self._loop)

    def __dir__(self) -> list[str]:
        return [name for name in dir(self._of) if not name.startswith("_")]


def _blocking(value: Any, loop: LoopThread) -> Any:
    """A coroutine function as a plain one, a part as one of plain functions, others as they are."""
    if inspect.iscoroutinefunction(value):

        @wraps(value)
        def call(*args: Any, **given: Any) -> Any:
            return loop.call(value(*args, **given))

        return call
    if inspect.isasyncgenfunction(value):

        @wraps(value)
        def each(*args: Any, **given: Any) -> Any:
            return _each(value(*args, **given), loop)

        return each
    return Blocking(value, loop) if _has_coroutines(value.__class__) else value


def _each(values: Any, loop: LoopThread) -> Iterator[Any]:
    try:
        while (value := loop.call(_next(values))) is not _END:
            yield value
    finally:
        with suppress(InputError):  # the loop has ended, and the values with it
            loop.call(values.aclose())


_END = object()


async def _next(values: AsyncIterator[Any]) -> Any:
    return await anext(values, _END)


@cache
def _has_coroutines(kind: type) -> bool:
    """Whether it is a class of ours, with coroutine functions."""
    ours = kind.__module__.startswith("retain.")
    return ours and bool(inspect.getmembers(kind, inspect.iscoroutinefunction))


_shared: dict[int, LoopThread] = {}
_sharing = threading.Lock()


def run(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns, done in a loop that all callers of this process share."""
    with _sharing:
        loop = _shared.get(os.getpid())
        if loop is None:  # the thread of a parent process did not come through its fork
            loop = _shared[os.getpid()] = LoopThread("loop")
    return loop.call(work)
