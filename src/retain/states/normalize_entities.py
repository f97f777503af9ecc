"""NORMALIZE_ENTITIES: names that mean the same become one entity, with reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from retain.engine import StateResult
from retain.memory.call_context import in_call_context
from retain.memory.context import RetainContext
from retain.memory.model import EntityKind, Mention, NameCount
from retain.states.judging import judged_names
from retain.states.services import RetainServices

_STATE = "NORMALIZE_ENTITIES"


async def normalize_entities(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Resolve the source's names, as users have corrected them and a judge has decided.

    The judge, where there is one, is asked of the source's own names only. A run keeps what it has
    computed, and must not keep the names of other sources, which may be forgotten; how the names of
    sources go together is decided once all of them are in the bank.
    """
    finder = services.finder_for(_STATE)
    names = await names_of(ctx, services, ctx.mentions, _STATE)
    own = {one.name for one in names}
    corrections = await services.store_for(_STATE).corrections(ctx.bank_id, own)
    with in_call_context(ctx.bank_id, ctx.source_id, _STATE, run=ctx.started_at):
        judgements = await judged_names(services, _STATE, names, corrections)
    directory = list(await finder.normalise(names, corrections.with_judgements(judgements)))
    ctx.judgements = judgements
    ctx.directory, ctx.entities = directory, [entity.name for entity in directory]
    return "LINK"


async def names_of(
    ctx: RetainContext, services: RetainServices, mentions: Iterable[Mention], state: str
) -> list[NameCount]:
    """Every way in which names are written, with how often.

    Where something is added to a source, the names that it writes further up and that may mean the
    same are among them.
    """
    names = counted(mentions)
    if ctx.tail is None:
        return names
    return await services.store_for(state).with_near_names(ctx.bank_id, ctx.source_id, names)


def counted(mentions: Iterable[Mention]) -> list[NameCount]:
    """Every way in which names are written, with how often."""
    times: Counter[tuple[str, EntityKind]] = Counter((m.name, m.kind) for m in mentions)
    return [NameCount(name, kind, number) for (name, kind), number in sorted(times.items())]
