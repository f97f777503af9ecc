"""What one run does for all of its bank: the pages of it, and their first paragraphs."""

from __future__ import annotations

import logging
from collections.abc import Collection

from retain.bank import BankStore
from retain.memory.context import RetainContext
from retain.memory.payer import paying
from retain.memory.ports import Judge, PageWriter
from retain.memory.underway import NOBODY, Behind
from retain.states.render import page_key
from retain.states.services import RetainServices

logger = logging.getLogger("retain.states")

_ATTEMPTS = 8
_BEHIND = frozenset(["UPDATE_INDEX_MD", "APPEND_LOG_MD", "COMPLETE"])
"""What comes after IDENTIFY_AFFECTED_WIKIS and its branches."""

AT_PAGES = _BEHIND | {"IDENTIFY_AFFECTED_WIKIS"}
"""Where a run is that may have decided on pages already."""


def behind(ctx: RetainContext, services: RetainServices) -> Behind:
    """Which runs of the process this one leaves what is done once for all of its bank.

    The last of them renders the pages of a large bank; the last that may ask a model has leads
    written: every page is asked of once, with all that the runs brought, and in whatever order
    they came, the leads are the same.
    """
    if services.underway is None:
        return NOBODY
    return services.underway.leave(ctx.bank_id, ctx.source_id)


def has_decided(ctx: RetainContext) -> bool:
    """Whether a run has decided on pages already, or never will: no other waits for it to."""
    if ctx.task == "forget" or ctx.last_state in _BEHIND:
        return True
    return ctx.last_state == "IDENTIFY_AFFECTED_WIKIS" and ctx.fan_out is not None


async def lead(
    ctx: RetainContext, services: RetainServices, state: str, pages: Collection[str]
) -> None:
    """Have leads written for those of the pages that want one, and keep them.

    What the bank holds by the time they are written decides which are kept: one whose facts have
    changed meanwhile is no more of them.

    Args:
        ctx: The run that pays.
        services: What it uses.
        state: The state that asks.
        pages: The keys of the pages.
    """
    judge = services.judge
    if judge is None or not pages:
        return
    store, writer = services.store_for(state), services.writer_for(state)
    with paying(ctx.bank_id, ctx.source_id, state, run=ctx.started_at):
        await _lead(ctx.bank_id, store, writer, judge, pages)


async def _lead(
    bank_id: str, store: BankStore, writer: PageWriter, judge: Judge, pages: Collection[str]
) -> None:
    snapshot = await store.snapshot(bank_id)
    if snapshot is None:
        return
    wanted = [one for one in await writer.wanting(snapshot) if page_key(one.page_id) in pages]
    leads = await judge.leads(wanted) if wanted else ()
    for _ in range(_ATTEMPTS):
        if not leads or await store.put_leads(bank_id, snapshot.generation, leads):
            return
        snapshot = await store.snapshot(bank_id)
        if snapshot is None:
            return
        want = {(one.page_id, one.digest) for one in await writer.wanting(snapshot)}
        leads = [one for one in leads if (one.page_id, one.digest) in want]
    logger.warning("bank %r keeps changing: %d leads are left to the next run", bank_id, len(leads))
