"""UPDATE_INDEX_MD: the bank's index, and no page left of what is gone."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.states.render import rendered
from retain.states.services import RetainServices


async def update_index_md(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Write the index, remove the pages of what is gone, and mark the pages as fresh.

    If the bank has changed meanwhile, the run that changed it, or the next reader, does it.
    """
    store = services.store_for("UPDATE_INDEX_MD")
    writer = services.writer_for("UPDATE_INDEX_MD")
    generation, wiki = await rendered(store, writer, ctx.bank_id)
    await store.put_wiki(ctx.bank_id, generation, wiki)
    return "APPEND_LOG_MD"
