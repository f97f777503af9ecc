"""STORE: make the new version visible, in one transaction."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext, content_hash
from retain.memory.model import Document
from retain.memory.ports import RetainServices


async def store(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Replace the source's visible version; storing the same content twice changes nothing."""
    version = await services.store_for("STORE").replace_source(
        ctx.bank_id,
        ctx.source_id,
        content_hash=ctx.content_hash or content_hash(ctx.md_text, ctx.reference_date),
        text=ctx.md_text,
        document=Document(ctx.title, ctx.meta, tuple(ctx.sections)),
    )
    ctx.document_id = f"{ctx.source_id}@{version}"
    return "COMPLETE"
