"""`Client`: `AsyncClient` for programs that do not use ``async``.

The types are in ``sync.pyi``, which ``python docs/make_sync_types.py`` makes of `AsyncClient`.
"""

from __future__ import annotations

import weakref
from typing import Any, Self

from retain.blocking import Blocking, LoopThread
from retain.client.aio import AsyncClient

__all__ = ["Client"]


class Client(Blocking):
    """`AsyncClient` whose methods are plain functions: they return when there is an answer.

    It may be used by several threads at once, and where an event loop runs, which waits meanwhile.

    Example:
        >>> with Client("http://127.0.0.1:8787") as memory:
        ...     memory.retain_text("Ana lives in Lisbon.", source_id="ana.md", bank_id="ana")
        ...     hits = memory.recall("Where does Ana live?", bank_id="ana")
    """

    def __init__(self, url: str = "http://127.0.0.1:8787", **given: Any) -> None:
        client = AsyncClient(url, **given)
        super().__init__(client, LoopThread("client"))
        self._end = weakref.finalize(self, _end, client, self._loop)
        self._end.atexit = False  # no thread can be begun then

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._end()


def _end(client: AsyncClient, loop: LoopThread) -> None:
    try:
        loop.call(client.close())
    finally:
        loop.end()
