"""A lock for tasks of any event loops and threads: first come, first served."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from types import TracebackType


class Turns:
    """Gives one task at a time its turn.

    `asyncio.Lock` belongs to the first event loop that had to wait for it. A context, however, is
    run in one loop and resumed in the next, or saved from several threads.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._owner: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        with self._mutex:
            # A loop that was closed within its turn never ends it.
            if self._owner is None or self._owner.is_closed():
                self._owner = loop
                return
            turn = loop.create_future()
            self._waiting.append((loop, turn))
        try:
            await turn
        except asyncio.CancelledError:
            with self._mutex:
                given = (loop, turn) not in self._waiting
                if not given:
                    self._waiting.remove((loop, turn))
            if given:
                self._pass_on()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        """Give the turn to the next task whose loop still runs."""
        with self._mutex:
            self._owner = None
            while self._waiting:
                loop, turn = self._waiting.popleft()
                try:
                    loop.call_soon_threadsafe(_give, turn)
                except RuntimeError:  # the loop was closed
                    continue
                self._owner = loop
                return


def _give(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)
