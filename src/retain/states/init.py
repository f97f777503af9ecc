"""INIT: have the text, and end here if the bank holds it already."""

from __future__ import annotations

from retain.engine import Failed, StateResult
from retain.errors import SourceError
from retain.memory.context import RetainContext, content_hash
from retain.memory.redaction import named_without
from retain.states.services import RetainServices


async def init(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Read the source's file if it comes from one, and compare it with what the bank holds."""
    store = services.store_for("INIT")
    text, provenance = ctx.md_text, ctx.provenance
    if ctx.origin is not None and not text:
        try:
            loaded = await services.reader_for("INIT").load(ctx.origin)
        except SourceError as exc:
            return Failed(exc.reason)
        text, provenance = loaded.text, loaded.provenance.given_as(provenance)
    redactions = (await store.redactions(ctx.bank_id, [ctx.source_id])).get(ctx.source_id, ())
    given = content_hash(text, ctx.reference_date, provenance)
    named = named_without(given, redactions)
    if redactions:
        text = await services.reader_for("INIT").blanked(
            text, redactions, source_id=ctx.source_id, provenance=provenance
        )
    stored = await store.source(ctx.bank_id, ctx.source_id)
    ctx.md_text, ctx.given_hash, ctx.content_hash = text, given, named
    ctx.provenance = provenance
    if stored is None or stored.content_hash != named:
        return "READ"
    known = await store.knowledge(ctx.bank_id, ctx.source_id)
    if any(outcome.lost for outcome in known.outcomes):
        return "READ"
    await store.keep_text(ctx.bank_id, ctx.source_id, text)
    return "COMPLETE"
