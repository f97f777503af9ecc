"""COMPLETE: the end of every good run."""

from __future__ import annotations

from retain.engine import Complete, StateResult
from retain.memory.context import RetainContext
from retain.states.services import RetainServices


async def complete(ctx: RetainContext, services: RetainServices) -> StateResult:
    """End the run."""
    return Complete()
