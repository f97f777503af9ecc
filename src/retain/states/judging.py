"""What states have a model decide of names and facts, where there is one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from retain.memory.model import Corrections, Judgement, NameCount
from retain.states.services import RetainServices


async def judged_names(
    services: RetainServices,
    state: str,
    names: Sequence[NameCount],
    corrections: Corrections,
) -> list[Judgement]:
    """What the judge says of a source's names that rules leave open; nothing without a judge.

    Args:
        services: The judge, and what finds names.
        state: The state that asks.
        names: Every name of the source.
        corrections: What was decided of them before.
    """
    if services.judge is None:
        return []
    about = {one.name for one in names}
    pairs = await services.finder_for(state).doubtful(names, corrections, about=about)
    return list(await services.judge.same(pairs)) if pairs else []


async def judge_the_banks_names(
    services: RetainServices, state: str, bank_id: str, about: Collection[str]
) -> None:
    """Have the names of the bank judged that are near to one of `about`, and keep what is said.

    The names of sources that came in at the same time stand beside each other here for the first
    time. Nothing of it is kept with the run, since it holds names of other sources.
    """
    if services.judge is None or not about:
        return
    store = services.store_for(state)
    pairs = await store.doubtful_names(bank_id, about)
    writers = await store.writers(bank_id, {n for one in pairs for n in (one.name, one.other)})
    asked = [
        replace(
            one, sources=tuple(sorted({*writers.get(one.name, ()), *writers.get(one.other, ())}))
        )
        for one in pairs
    ]
    judgements = await services.judge.same(asked) if asked else ()
    if judgements:
        await store.add_judgements(bank_id, judgements)


async def judge_the_banks_facts(
    services: RetainServices, state: str, bank_id: str, about: Collection[str]
) -> None:
    """Have the bank's facts judged that may supersede one of `about`, or be superseded by one."""
    if services.judge is None or not about:
        return
    store = services.store_for(state)
    pairs = await store.doubtful_facts(bank_id, about)
    verdicts = await services.judge.supersedes(pairs) if pairs else ()
    if verdicts:
        await store.add_verdicts(bank_id, verdicts)
