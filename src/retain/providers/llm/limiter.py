"""How many calls go to a server at once: fewer when it is too much for it, then more again.

Additive increase, multiplicative decrease, as TCP does (Chiu and Jain, 1989).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from retain.errors import RetainError

LONGEST_PAUSE_S = 120.0
"""The longest that all calls wait because the server said so, in seconds."""


GIVEN_UP_S = 30.0
"""How long a server that gave no answer is not called, in seconds; then one call tries it."""


class Limiter:
    """Slots for calls to one server, shared by all that call it.

    The first call goes alone: a server that refuses the key, or is not there, is asked once. From
    its answer on, there are as many slots as may be. A sign of overload halves them, once for all
    calls that were under way; each answer brings a part of a slot back.

    Args:
        most: The most slots.
        clock: Seconds, monotonic.
    """

    def __init__(self, most: int, *, clock: Callable[[], float] = monotonic) -> None:
        if most < 1:
            raise ValueError(f"at least one call at a time, not {most}")
        self.most = most
        self.limit = 1.0
        self._clock = clock
        self._answered = False
        self._active = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._not_before = 0.0
        self._halved_at = float("-inf")
        self._error: RetainError | None = None
        self._until = 0.0

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None, None]:
        """Hold a slot while the block lasts.

        Raises:
            RetainError: The server was given up; this is why.
        """
        await self._enter()
        try:
            await self._pause()
            self._check()
            yield
        finally:
            self._active -= 1
            self._wake()

    def succeeded(self) -> None:
        """Take note of an answer."""
        if not self._answered:
            self._answered, self.limit = True, float(self.most)
        else:
            self.limit = min(float(self.most), self.limit + 1 / self.limit)
        self._wake()

    def overloaded(self, began: float, retry_after: float | None = None) -> None:
        """Take note of a sign of overload.

        Args:
            began: When the call began, by the clock: of the calls that were under way together,
                one halves the slots.
            retry_after: Seconds for which the server wants no call.
        """
        if began >= self._halved_at:
            self._halved_at = self._clock()
            self.limit = max(1.0, self.limit / 2)
        if retry_after is not None and retry_after > 0:
            until = self._clock() + min(retry_after, LONGEST_PAUSE_S)
            self._not_before = max(self._not_before, until)

    def give_up(self, error: RetainError, for_s: float = float("inf")) -> None:
        """Have calls end with `error`, those that wait first of all.

        Args:
            error: Why.
            for_s: Seconds for which they do; then one call goes alone, as at the beginning.
        """
        until = self._clock() + for_s
        if self._error is None or until >= self._until:
            self._error, self._until = error, until
        self._answered, self.limit = False, 1.0
        self._wake()

    def gave_up(self, error: RetainError) -> bool:
        """Whether `error` is why calls end: no attempt was made, nor will the next one be."""
        return error is self._error

    def now(self) -> float:
        """The clock's time, in seconds."""
        return self._clock()

    def _check(self) -> None:
        if self._error is not None and self._clock() >= self._until:
            self._error = None
        if self._error is not None:
            raise self._error

    async def _pause(self) -> None:
        """Wait as long as the server said; it may say more meanwhile."""
        pause = self._not_before - self._clock()
        if pause > 0:
            await asyncio.sleep(pause)
            await self._pause()

    async def _enter(self) -> None:
        self._check()
        if not self._waiting and self._active < int(self.limit):
            self._active += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn  # `_wake` has counted it in
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._active -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting and (self._active < int(self.limit) or self._error is not None):
            turn = self._waiting.popleft()
            if not turn.done():
                self._active += 1
                turn.set_result(None)
