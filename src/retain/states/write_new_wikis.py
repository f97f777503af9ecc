"""WRITE_NEW_WIKIS: pages of entities and topics that had none."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.states.leading import lead
from retain.states.render import own_ids, page_key, rendered
from retain.states.services import RetainServices


async def write_new_wikis(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Write the pages that are missing, with the leads that they want."""
    store = services.store_for("WRITE_NEW_WIKIS")
    writer = services.writer_for("WRITE_NEW_WIKIS")
    new = set(ctx.wikis_new)
    await lead(ctx, services, "WRITE_NEW_WIKIS", new.intersection(ctx.wikis_leading))
    generation, wiki = await rendered(store, writer, ctx.bank_id)
    pages = [page for page in wiki.pages if page_key(page.page_id) in new]
    await store.put_pages(ctx.bank_id, generation, pages)
    ctx.wikis_created = own_ids(ctx, pages)
    return "UPDATE_INDEX_MD"
