"""LINK: which entities each fact speaks of."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.entity_index import EntityIndex
from retain.memory.model import Entity, Fact, Mention
from retain.states.normalize_entities import names_of
from retain.states.services import RetainServices


async def link(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Give every fact the canonical names of what its quote and its subject name.

    Names that only the extractor of the facts has seen become mentions like the others.
    """
    mentions, entities = ctx.mentions, ctx.directory
    if unseen := list(_unseen(ctx)):
        mentions = sorted([*mentions, *unseen], key=lambda one: (one.start, one.end))
        names = await names_of(ctx, services, mentions, "LINK")
        own = {one.name for one in names}
        corrections = await services.store_for("LINK").corrections(ctx.bank_id, own)
        decided = corrections.with_judgements(ctx.judgements)
        finder = services.finder_for("LINK")
        entities = list(await finder.normalise(names, decided))
    ctx.facts = _linked(ctx, mentions, entities)
    ctx.mentions, ctx.directory = mentions, entities
    ctx.entities = [entity.name for entity in entities]
    return "STORE"


def _unseen(ctx: RetainContext) -> Iterator[Mention]:
    """The names that facts were extracted with and that stand where no mention does."""
    taken = sorted((mention.start, mention.end) for mention in ctx.mentions)
    found: set[tuple[int, int]] = set()
    for fact in (*ctx.facts, *(merged.fact for merged in ctx.merged)):
        for name, kind in fact.named:
            start = ctx.text.find(name, fact.start, fact.end) if name.strip() else -1
            span = (start, start + len(name))
            if start < 0 or span in found or _overlaps(taken, *span):
                continue
            found.add(span)
            yield Mention(name, kind, fact.section_id, *span)


def _overlaps(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether one of the sorted `spans`, none of which lies in another, has a part of this one."""
    at = bisect_left(spans, (start, start))
    before = at > 0 and spans[at - 1][1] > start
    return before or (at < len(spans) and spans[at][0] < end)


def _linked(
    ctx: RetainContext, mentions: Sequence[Mention], entities: Sequence[Entity]
) -> list[Fact]:
    directory = EntityIndex(entities)
    ordered = sorted(mentions, key=lambda mention: mention.start)
    starts = [mention.start for mention in ordered]
    linked = list(ctx.facts)
    for n, fact in enumerate(linked):
        inside = ordered[bisect_left(starts, fact.start) : bisect_left(starts, fact.end)]
        named = [directory.entity_of(mention.name, mention.kind) for mention in inside]
        found = {entity.name for entity in named if entity is not None}
        about = directory.entity_of(fact.subject) if fact.subject else None
        found |= {about.name} if about is not None else set()
        linked[n] = replace(fact, entities=tuple(sorted(found)))
    return linked
