"""LINK: which entities each fact speaks of."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.directory import Directory
from retain.memory.ports import RetainServices


async def link(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Give every fact the canonical names of what its quote and its subject name."""
    directory = Directory(ctx.directory)
    mentions = sorted(ctx.mentions, key=lambda mention: mention.start)
    starts = [mention.start for mention in mentions]
    linked = list(ctx.facts)
    for n, fact in enumerate(linked):
        inside = mentions[bisect_left(starts, fact.start) : bisect_left(starts, fact.end)]
        named = [directory.entity_of(mention.name, mention.kind) for mention in inside]
        found = {entity.name for entity in named if entity is not None}
        about = directory.entity_of(fact.subject) if fact.subject else None
        found |= {about.name} if about is not None else set()
        linked[n] = replace(fact, entities=tuple(sorted(found)))
    ctx.facts = linked
    return "STORE"
