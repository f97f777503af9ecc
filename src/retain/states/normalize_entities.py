"""NORMALIZE_ENTITIES: names that mean the same become one entity, with reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.model import Entity, EntityKind, Mention, NameCount
from retain.memory.ports import RetainServices


async def normalize_entities(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Resolve the source's names, as users have corrected them."""
    directory = await resolved(ctx.mentions, ctx.bank_id, services, "NORMALIZE_ENTITIES")
    ctx.directory, ctx.entities = directory, [entity.name for entity in directory]
    return "LINK"


async def resolved(
    mentions: Iterable[Mention], bank_id: str, services: RetainServices, state: str
) -> list[Entity]:
    """The entities that the names of a source stand for, for `state`."""
    corrections = await services.store_for(state).corrections(bank_id)
    names = counted(mentions)
    return list(await services.finder_for(state).normalise(names, corrections))


def counted(mentions: Iterable[Mention]) -> list[NameCount]:
    """Every way in which names are written, with how often."""
    times: Counter[tuple[str, EntityKind]] = Counter((m.name, m.kind) for m in mentions)
    return [NameCount(name, kind, number) for (name, kind), number in sorted(times.items())]
