"""RENDER_AGAIN: the pages of a bank that has lost a source."""

from __future__ import annotations

from retain.engine import Complete, StateResult
from retain.memory.context import RetainContext
from retain.states.render import refresh
from retain.states.services import RetainServices


async def render_again(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Render the pages from what is left."""
    store = services.store_for("RENDER_AGAIN")
    await refresh(store, services.writer_for("RENDER_AGAIN"), ctx.bank_id)
    return Complete()
