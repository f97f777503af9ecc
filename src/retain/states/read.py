"""READ: text to sections with their spans."""

from __future__ import annotations

from retain.engine import Failed, StateResult
from retain.errors import SourceError
from retain.memory.context import RetainContext
from retain.memory.ports import RetainServices


async def read(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Cut the text into sections along its headings, turns or messages."""
    reader = services.reader_for("READ")
    try:
        document = await reader.parse(
            ctx.md_text, source_id=ctx.source_id, reference_date=ctx.reference_date
        )
    except SourceError as exc:
        return Failed(exc.reason)
    ctx.title, ctx.meta, ctx.sections = document.title, document.meta, list(document.sections)
    return "EMBED"
