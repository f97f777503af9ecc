"""Runs blocking work in threads that do not hold up the end of the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """What `work` returns; when the caller is cancelled, `work` is abandoned.

    A closing event loop waits for the threads of `asyncio.to_thread`. Reading from a pipe that
    nobody writes to, or writing to one that nobody reads from, would hold up the process.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def give(result: T | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # pyright: ignore[reportArgumentType] - T may be None

    def run() -> None:
        result: T | None = None
        error: Exception | None = None
        try:
            result = work()
        except Exception as exc:  # noqa: BLE001 - raised where the result is awaited
            error = exc
        with suppress(RuntimeError):  # the loop was closed, and nobody awaits the result
            loop.call_soon_threadsafe(give, result, error)

    threading.Thread(target=run, name="retain-pipe", daemon=True).start()
    return await future
