"""Tells observers of events, in order; what an async observer does runs beside the run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from contextvars import ContextVar
from inspect import isawaitable
from typing import Any

from retain.engine.events import Event, Observer

logger = logging.getLogger("retain.engine")

WATCHING: ContextVar[tuple[object, Observer] | None] = ContextVar("watching", default=None)
"""The context whose events a stream gives, and who takes them."""


class Notifier:
    """The observers of one run.

    Args:
        observers: Those of the machine; who subscribes while the run lasts is told too.
        own: Who is told of this run alone.
    """

    def __init__(self, observers: Mapping[object, Observer], own: Observer | None) -> None:
        self._observers = observers
        self._own = () if own is None else (own,)
        self._tails: dict[object, asyncio.Task[None]] = {}

    def __call__(self, event: Event) -> None:
        """Tell every observer; one that raises is logged and does not disturb the run."""
        for observer in (*self._observers.values(), *self._own):
            try:
                outcome: object = observer(event)
            except Exception:
                logger.exception("observer %r failed on %r", observer, event)
            else:
                if isawaitable(outcome):
                    before = self._tails.get(observer)
                    after = _after(before, outcome, observer, event)
                    self._tails[observer] = asyncio.ensure_future(after)

    async def settle(self) -> None:
        """Wait until async observers have taken all events; a cancellation ends them."""
        tails = [task for task in self._tails.values() if not task.done()]
        if not tails:
            return
        try:
            await asyncio.wait(tails)
        except asyncio.CancelledError:
            for task in tails:
                task.cancel()
            await asyncio.wait(tails)
            raise


async def _after(
    before: asyncio.Task[None] | None, outcome: Awaitable[Any], observer: object, event: Event
) -> None:
    if before is not None:
        await asyncio.wait([before])
    try:
        await outcome
    except Exception:
        logger.exception("observer %r failed on %r", observer, event)
