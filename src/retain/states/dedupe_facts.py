"""DEDUPE_FACTS: statements that say the same become one fact."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.states.services import RetainServices


async def dedupe_facts(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Merge near-duplicates and name every fact; what merged is kept with its reason."""
    extractor = services.extractor_for("DEDUPE_FACTS")
    result = await extractor.dedupe(ctx.drafts, ctx.source_id)
    ctx.facts, ctx.merged = list(result.facts), list(result.merged)
    return "LINK"
