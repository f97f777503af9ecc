"""DEDUPE_FACTS: statements that say the same become one fact."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.model import CitedFact, Fact
from retain.states.services import RetainServices

_SAME = 8


async def dedupe_facts(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Merge near-duplicates and name every fact; what merged is kept with its reason."""
    extractor = services.extractor_for("DEDUPE_FACTS")
    known = () if ctx.tail is None else await _known(ctx, services, ctx.tail.known)
    result = await extractor.dedupe(ctx.drafts, ctx.source_id, known)
    ctx.facts, ctx.merged = list(result.facts), list(result.merged)
    return "LINK"


async def _known(ctx: RetainContext, services: RetainServices, number: int) -> list[Fact]:
    """The facts of the sections before those that are added, and all that say what drafts say."""
    extractor, store = services.extractor_for("DEDUPE_FACTS"), services.store_for("DEDUPE_FACTS")
    before = [section.section_id for section in ctx.sections[:number]]
    known: dict[str, CitedFact] = {}
    first, asked, more = 0, _SAME, bool(ctx.drafts)
    while more:
        ids = await extractor.ids_of_same(ctx.drafts, ctx.source_id, first, asked)
        known.update(await store.cited_in(ctx.bank_id, ctx.source_id, before, ids))
        more = len(known.keys() & set(ids)) >= asked
        first, asked = first + asked, 2 * asked
    return [one.fact for one in known.values()]
