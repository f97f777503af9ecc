"""NORMALIZE_ENTITIES: names that mean the same become one entity, with reasons."""

from __future__ import annotations

from collections import Counter

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.model import EntityKind, NameCount
from retain.memory.ports import RetainServices


async def normalize_entities(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Resolve the source's names, as users have corrected them."""
    finder = services.finder_for("NORMALIZE_ENTITIES")
    store = services.store_for("NORMALIZE_ENTITIES")
    corrections = await store.corrections(ctx.bank_id)
    times: Counter[tuple[str, EntityKind]] = Counter((m.name, m.kind) for m in ctx.mentions)
    names = [NameCount(name, kind, number) for (name, kind), number in sorted(times.items())]
    directory = list(await finder.normalise(names, corrections))
    ctx.directory, ctx.entities = directory, [entity.name for entity in directory]
    return "LINK"
