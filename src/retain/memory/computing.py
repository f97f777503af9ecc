"""The thread that computes beside the event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Thread:
    """One thread for the whole process, begun with the first work; a forked child has its own."""

    def __init__(self) -> None:
        self.executor: ThreadPoolExecutor | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def begun(self) -> ThreadPoolExecutor:
        if self.executor is None:
            self.executor = ThreadPoolExecutor(1, thread_name_prefix="retain-computing")
        return self.executor

    def forget(self) -> None:
        self.executor = None


_thread = _Thread()


def end_thread() -> None:
    """End the thread, for those who fork; the next work begins another."""
    if _thread.executor is not None:
        _thread.executor.shutdown()
        _thread.forget()


async def computed(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns, which computes and does not wait for anything.

    One such work runs at a time in the process. Python runs one thread at a time: with more of
    them at work, the event loop, and with it calls to models and disks, would wait longer for its
    turns, and nothing would be done sooner. What waits, or computes outside of Python, goes to
    `asyncio.to_thread`.
    """
    bound = partial(copy_context().run, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_thread.begun(), bound)
