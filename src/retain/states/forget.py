"""FORGET: take a source out of the bank, in one transaction, and then out of the journal."""

from __future__ import annotations

from retain.engine import Complete, StateResult
from retain.memory.context import RetainContext
from retain.states.services import RetainServices


async def forget(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Remove every trace of the source; what it had replaced holds again.

    Removing a source that is gone changes nothing.
    """
    store = services.store_for("FORGET")
    await store.delete_source(ctx.bank_id, ctx.source_id)
    if services.journal is not None:  # no run can ask with its words any longer
        await services.journal.forget(ctx.bank_id, ctx.source_id)
    return Complete()
