"""INIT: have the text, and end here if the bank holds it already."""

from __future__ import annotations

from retain.engine import Failed, StateResult
from retain.errors import SourceError
from retain.memory.context import RetainContext, content_hash
from retain.memory.ports import RetainServices


async def init(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Read the source's file if it comes from one, and compare it with what the bank holds."""
    store = services.store_for("INIT")
    text = ctx.md_text
    if ctx.origin is not None and not text:
        try:
            text = await services.reader_for("INIT").load(ctx.origin)
        except SourceError as exc:
            return Failed(exc.reason)
    named = content_hash(text, ctx.reference_date)
    stored = await store.source(ctx.bank_id, ctx.source_id)
    ctx.md_text, ctx.content_hash = text, named
    return "COMPLETE" if stored is not None and stored.content_hash == named else "READ"
