"""UPDATE_AFFECTED_WIKIS: pages that say something else by now."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.states.leading import lead
from retain.states.render import own_ids, page_key, rendered
from retain.states.services import RetainServices


async def update_affected_wikis(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Render the affected pages again, with the leads that they want."""
    store = services.store_for("UPDATE_AFFECTED_WIKIS")
    writer = services.writer_for("UPDATE_AFFECTED_WIKIS")
    leading = set(ctx.wikis_leading).difference(ctx.wikis_new)
    await lead(ctx, services, "UPDATE_AFFECTED_WIKIS", leading)
    if ctx.wikis_changed:
        generation, wiki = await rendered(store, writer, ctx.bank_id)
        changed = set(ctx.wikis_changed)
        pages = [page for page in wiki.pages if page_key(page.page_id) in changed]
        await store.put_pages(ctx.bank_id, generation, pages)
        ctx.wikis_updated = own_ids(ctx, pages)
    return "UPDATE_INDEX_MD"
