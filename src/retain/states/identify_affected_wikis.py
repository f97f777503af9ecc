"""IDENTIFY_AFFECTED_WIKIS: the pages that the new facts touch."""

from __future__ import annotations

from retain.bank import BankStore
from retain.engine import Parallel, StateResult
from retain.memory.context import RetainContext
from retain.memory.ports import PageWriter
from retain.states.leading import behind
from retain.states.render import is_due, page_key, rendered
from retain.states.services import RetainServices

WRITE = Parallel(branches=("WRITE_NEW_WIKIS", "UPDATE_AFFECTED_WIKIS"), join="UPDATE_INDEX_MD")
LEAD = Parallel(branches=("UPDATE_AFFECTED_WIKIS",), join="APPEND_LOG_MD")
"""Only asks for leads: the pages are left to the next reader."""


async def identify_affected_wikis(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Find the pages that are missing, that say something else by now, or that want a lead.

    A large bank that has changed little, or that other runs are about to change, is left to the
    next reader or to them: see `states.render`. Leads are not left to readers, which ask no model.
    """
    store = services.store_for("IDENTIFY_AFFECTED_WIKIS")
    writer = services.writer_for("IDENTIFY_AFFECTED_WIKIS")
    left = behind(ctx, services)
    leads = services.judge is not None and not left.asking
    now = await store.freshness(ctx.bank_id)
    forgets = ctx.task == "forget fact"  # a reader may have rendered what is gone by now
    due = now is not None and ((forgets and now.stale) or is_due(now, last=not left.others))
    if not (due or leads):
        return "APPEND_LOG_MD"
    leading = await _wanting(store, writer, ctx.bank_id) if leads else []
    if not due:
        ctx.wikis_leading = leading
        return LEAD if leading else "APPEND_LOG_MD"
    _, wiki = await rendered(store, writer, ctx.bank_id)
    held = {page.page_id: page for page in (await store.wiki(ctx.bank_id)).pages}
    new = [page for page in wiki.pages if page.page_id not in held]
    ctx.wikis_new = [page_key(page.page_id) for page in new]
    ctx.wikis_changed = [
        key
        for page in wiki.pages
        if page.page_id in held
        and ((key := page_key(page.page_id)) in leading or held[page.page_id] != page)
    ]
    ctx.wikis_leading = leading
    return WRITE


async def _wanting(store: BankStore, writer: PageWriter, bank_id: str) -> list[str]:
    """The keys of the pages that want a lead."""
    snapshot = await store.snapshot(bank_id)
    wanted = () if snapshot is None else await writer.wanting(snapshot)
    return [page_key(one.page_id) for one in wanted]
