"""IDENTIFY_AFFECTED_WIKIS: the pages that the new facts touch."""

from __future__ import annotations

from retain.engine import Parallel, StateResult
from retain.memory.context import RetainContext
from retain.memory.ports import RetainServices
from retain.states.render import is_due, rendered

WRITE = Parallel(branches=("WRITE_NEW_WIKIS", "UPDATE_AFFECTED_WIKIS"), join="UPDATE_INDEX_MD")


async def identify_affected_wikis(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Find the pages that are missing and those that say something else by now.

    A large bank that has changed little is left to the next reader or the next run: see
    `states.render`.
    """
    store = services.store_for("IDENTIFY_AFFECTED_WIKIS")
    writer = services.writer_for("IDENTIFY_AFFECTED_WIKIS")
    now = await store.freshness(ctx.bank_id)
    if now is None or not is_due(now):
        return "APPEND_LOG_MD"
    _, wiki = await rendered(store, writer, ctx.bank_id)
    held = {page.page_id: page for page in (await store.wiki(ctx.bank_id)).pages}
    changed = [page.page_id for page in wiki.pages if held.get(page.page_id, page) != page]
    ctx.wikis_new = [page.page_id for page in wiki.pages if page.page_id not in held]
    ctx.wikis_changed = changed
    return WRITE
