"""READ: text to sections with their spans."""

from __future__ import annotations

from retain.engine import Failed, Parallel, StateResult
from retain.errors import SourceError
from retain.memory.context import RetainContext
from retain.states.services import RetainServices

UNDERSTAND = Parallel(
    branches=(
        ("EXTRACT_FACTS", "DEDUPE_FACTS"),
        ("EXTRACT_ENTITIES", "NORMALIZE_ENTITIES"),
        "EMBED",
    ),
    join="LINK",
)
"""What is made of the sections, each part beside the others."""


async def read(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Cut the text into sections along its headings, turns or messages."""
    reader = services.reader_for("READ")
    try:
        document = await reader.parse(
            ctx.md_text,
            source_id=ctx.source_id,
            reference_date=ctx.reference_date,
            provenance=ctx.provenance,
        )
    except SourceError as exc:
        return Failed(exc.reason)
    ctx.title, ctx.meta, ctx.sections = document.title, document.meta, list(document.sections)
    ctx.passed_over, ctx.decoded = dict(document.passed_over), document.decoded
    return UNDERSTAND
