"""`retain.sync.Memory`: a memory for programs that do not use ``async``.

The types are in ``sync.pyi``, which ``python docs/make_sync_types.py`` makes of `retain.Memory`.
"""

from __future__ import annotations

import weakref
from typing import Any, Self

from retain.app.memory import Memory as AsyncMemory
from retain.blocking import Blocking, LoopThread
from retain.config import Settings

__all__ = ["Memory"]


class Memory(Blocking):
    """`retain.Memory` whose methods are plain functions: they return when their work is done.

    It may be used by several threads at once, and where an event loop runs, which waits meanwhile.
    An observer is called in the thread of the memory. To watch folders, use `retain.Memory`.

    Example:
        >>> with retain.sync.Memory.open("sqlite:///memory.db") as memory:
        ...     memory.retain_text("Ana lives in Lisbon.", source_id="ana.md").raise_for_status()
        ...     hits = memory.recall("Where does Ana live?")
    """

    def __init__(self, memory: AsyncMemory) -> None:
        super().__init__(memory, LoopThread("memory"))
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


def _end(memory: AsyncMemory, loop: LoopThread) -> None:
    try:
        loop.call(memory.close())
    finally:
        loop.end()
