"""The first paragraphs of pages: asked of a model by the states that write pages."""

from __future__ import annotations

from collections.abc import Collection

from retain.memory.context import RetainContext
from retain.memory.payer import paying
from retain.memory.ports import Judge, PageWriter, RetainServices, Store

_ATTEMPTS = 8
_BEHIND = frozenset(["UPDATE_INDEX_MD", "APPEND_LOG_MD", "COMPLETE"])
"""What comes after IDENTIFY_AFFECTED_WIKIS and its branches."""


def is_turn(ctx: RetainContext, services: RetainServices) -> bool:
    """Whether this run sees to the leads of its bank.

    That falls to the last of the process's runs that are under way in it: every page is asked of
    once, with all that the runs brought, and in whatever order they came, the leads are the same.
    """
    last = services.underway is None or services.underway.leave(ctx.bank_id, ctx.source_id)
    return last and services.judge is not None


def has_decided(ctx: RetainContext) -> bool:
    """Whether a run has decided on leads already, or never will: no other waits for it to."""
    if ctx.task == "forget" or ctx.last_state in _BEHIND:
        return True
    return ctx.last_state == "IDENTIFY_AFFECTED_WIKIS" and ctx.fan_out is not None


async def lead(
    ctx: RetainContext, services: RetainServices, state: str, page_ids: Collection[str]
) -> None:
    """Have leads written for those of the pages that want one, and keep them.

    What the bank holds by the time they are written decides which are kept: one whose facts have
    changed meanwhile is no more of them.

    Args:
        ctx: The run that pays.
        services: What it uses.
        state: The state that asks.
        page_ids: The pages.
    """
    judge = services.judge
    if judge is None or not page_ids:
        return
    store, writer = services.store_for(state), services.writer_for(state)
    with paying(ctx.bank_id, ctx.source_id, state):
        await _lead(ctx.bank_id, store, writer, judge, page_ids)


async def _lead(
    bank_id: str, store: Store, writer: PageWriter, judge: Judge, page_ids: Collection[str]
) -> None:
    snapshot = await store.snapshot(bank_id)
    if snapshot is None:
        return
    wanted = [one for one in await writer.wanting(snapshot) if one.page_id in page_ids]
    leads = await judge.leads(wanted) if wanted else ()
    for _ in range(_ATTEMPTS if leads else 0):
        if snapshot is None or await store.put_leads(bank_id, snapshot.generation, leads):
            return
        snapshot = await store.snapshot(bank_id)
        if snapshot is not None:
            want = {(one.page_id, one.digest) for one in await writer.wanting(snapshot)}
            leads = [one for one in leads if (one.page_id, one.digest) in want]
