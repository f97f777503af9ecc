"""Async tests, run to their end in a loop of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The test as a plain function."""

    @wraps(test)
    def run(**given: Any) -> None:
        asyncio.run(test(**given))

    return run
