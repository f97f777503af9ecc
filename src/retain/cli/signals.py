"""What SIGINT and SIGTERM do: they end a command, whatever it waits for."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from types import FrameType
from typing import Any, Self

GRACE_S = 5.0
"""How long a command may take to stop in good order, in seconds."""

INTERRUPTED = 130
"""The exit code of a command that was stopped."""


class Signals:
    """Turns signals into the end of a command, until the block ends.

    A signal cancels the command's task. The task may wait for a thread that waits for a pipe, a
    lock or a network folder, and no thread can be stopped. So a second signal, or the end of
    `GRACE_S`, ends the process at once: a run survives the death of its process at any instant.

    Python runs the handlers between two steps of the main thread, also while a system call of that
    thread is interrupted. Handlers of the event loop would wait until the loop is free.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._gently: Callable[[], None] | None = None
        self._at_once = False
        self._ending = False
        self._timers: list[threading.Timer] = []
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        _current.set(self)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        for timer in self._timers:
            timer.cancel()

    def end(self, task: asyncio.Task[Any]) -> None:
        """Have a signal cancel this task, which runs on the event loop of the caller."""
        self._loop, self._task = asyncio.get_running_loop(), task
        if self._ending:  # the signal came first
            task.cancel()

    def call_first(self, stop: Callable[[], None], *, then_end: bool = False) -> None:
        """Have the first signal call `stop`; the task is cancelled if it does not end in time.

        Args:
            stop: What to call.
            then_end: Whether a second signal ends the process at once.
        """
        self._gently, self._at_once = stop, then_end

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        if self._ending or (self._at_once and self._gently is None):
            self._stop_waiting()
        elif self._gently is not None:
            stop, self._gently = self._gently, None
            self._call(stop)
            self._timers.append(after_grace(self._cancel))
        else:
            self._cancel()

    def _cancel(self) -> None:
        if not self._ending:
            self._ending = True
            if self._task is not None:
                self._call(self._task.cancel)
            self._timers.append(after_grace(self._stop_waiting))

    def _stop_waiting(self) -> None:
        with suppress(OSError):
            os.write(2, b"interrupted, without waiting for what still runs: nothing is lost\n")
        end_now()

    def _call(self, action: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(action)


_current: ContextVar[Signals] = ContextVar("signals")


def call_first(stop: Callable[[], None], *, then_end: bool = False) -> None:
    """Have the first signal of the command that runs call `stop`; see `Signals.call_first`."""
    _current.get().call_first(stop, then_end=then_end)


def end_now() -> None:
    """End the process without waiting for its threads."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(INTERRUPTED)


def after_grace(action: Callable[[], object]) -> threading.Timer:
    """Call `action` in `GRACE_S`, in a thread that does not keep the process."""
    timer = threading.Timer(GRACE_S, action)
    timer.daemon = True
    timer.start()
    return timer
