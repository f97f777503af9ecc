"""FORGET_FACT: take one fact out of the bank; its source comes in again without its words."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.states.services import RetainServices


async def forget_fact(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Forget what stands of the fact beside its source, whose text has blanks in its place.

    The bank loses the fact itself in STORE, and then the journal what it holds of the source.
    """
    store = services.store_for("FORGET_FACT")
    await store.redact(ctx.bank_id, ctx.source_id, ctx.fact_id or "", ctx.redactions)
    return "READ"
