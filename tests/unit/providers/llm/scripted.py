"""A model that does what a test says, in the place of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from retain.memory.model import ModelAnswer, ModelRequest, Price

Step = str | ModelAnswer | Exception | Callable[[ModelRequest], Any]


def said(text: str, finish: Any = "stop") -> ModelAnswer:
    """An answer of 30 tokens to a request of 100."""
    return ModelAnswer(text, finish, 100, 30)


class Scripted:
    """A `ChatModel` that gives its steps in order, the last one for ever.

    Args:
        steps: A text or an answer is given, an exception raised; a function is called with the
            request and gives one of these, or something to await for it.
    """

    def __init__(self, *steps: Step, price: Price | None = None) -> None:
        self.name = "test:scripted"
        self.price = price
        self.requests: list[ModelRequest] = []
        self.active = self.most_active = 0
        self.began = asyncio.Event()
        self._steps = list(steps)

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        self.requests.append(request)
        self.active += 1
        self.began.set()
        self.most_active = max(self.most_active, self.active)
        try:
            await asyncio.sleep(0)
            step: Any = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
            if callable(step):
                step = step(request)
            if isinstance(step, Awaitable):
                step = await step
            if isinstance(step, Exception):
                raise step
            return said(step) if isinstance(step, str) else step
        finally:
            self.active -= 1

    async def close(self) -> None:
        """Nothing is open."""
