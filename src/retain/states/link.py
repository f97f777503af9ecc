"""LINK: which entities each fact speaks of."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.ports import RetainServices


async def link(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Give every fact the canonical names of what its quote and its subject name."""
    canonical = {alias: entity.name for entity in ctx.directory for alias in entity.aliases}
    mentions = sorted(ctx.mentions, key=lambda mention: mention.start)
    starts = [mention.start for mention in mentions]
    linked = list(ctx.facts)
    for n, fact in enumerate(linked):
        inside = mentions[bisect_left(starts, fact.start) : bisect_left(starts, fact.end)]
        names = [mention.name for mention in inside]
        names += [fact.subject] if fact.subject in canonical else []
        found = {canonical.get(name, name) for name in names}
        linked[n] = replace(fact, entities=tuple(sorted(found)))
    ctx.facts = linked
    return "STORE"
