"""WRITE_NEW_WIKIS: pages of entities and topics that had none."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.ports import RetainServices
from retain.states.render import rendered


async def write_new_wikis(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Write the pages that are missing."""
    store = services.store_for("WRITE_NEW_WIKIS")
    writer = services.writer_for("WRITE_NEW_WIKIS")
    generation, wiki = await rendered(store, writer, ctx.bank_id)
    pages = [page for page in wiki.pages if page.page_id in set(ctx.wikis_new)]
    await store.put_pages(ctx.bank_id, generation, pages)
    ctx.wikis_created = [page.page_id for page in pages]
    return "UPDATE_INDEX_MD"
