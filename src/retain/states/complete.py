"""COMPLETE: the end of every good run, and of one that could not read some sections."""

from __future__ import annotations

from retain.engine import Complete, StateResult
from retain.memory.context import RetainContext
from retain.states.extract_facts import told
from retain.states.services import RetainServices


async def complete(ctx: RetainContext, services: RetainServices) -> StateResult:
    """End the run; it is partial where a section has yet to be read."""
    return Complete(told(ctx.outcomes, ctx.lost_before))
