"""EXTRACT_ENTITIES: the names in a source, each with its place."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.states.services import RetainServices


async def extract_entities(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Find the names. A name's evidence may stand anywhere, so the whole source is looked at."""
    finder = services.finder_for("EXTRACT_ENTITIES")
    ctx.mentions = list(await finder.mentions(ctx.md_text, ctx.sections))
    return "NORMALIZE_ENTITIES"
