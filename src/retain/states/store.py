"""STORE: make the new version visible, in one transaction."""

from __future__ import annotations

from retain.engine import Parallel, StateResult
from retain.kinds import Task
from retain.memory.context import RetainContext, content_hash
from retain.memory.model import Document, Knowledge
from retain.states.services import RetainServices

EMBED_AGAIN = Parallel(branches=("EMBED",), join="STORE")


async def store(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Replace the source's visible version, or add to it.

    Storing the same content twice changes nothing.
    A bank that was embedded anew with another model meanwhile sends the run back to EMBED.
    """
    store = services.store_for("STORE")
    model = await store.vector_model(ctx.bank_id)
    if ctx.vectors is not None and model not in (None, ctx.vectors.model):
        return EMBED_AGAIN
    sections = ctx.new_sections
    new = {section.section_id for section in sections}
    version = await store.replace_source(
        ctx.bank_id,
        ctx.source_id,
        content_hash=ctx.content_hash
        or content_hash(ctx.md_text, ctx.reference_date, ctx.provenance),
        text=ctx.md_text,
        document=Document(ctx.title, ctx.meta, tuple(sections), decoded=ctx.decoded),
        vectors=ctx.vectors,
        knowledge=Knowledge(
            ctx.extractor,
            tuple(ctx.facts),
            tuple(ctx.merged),
            tuple(one for one in ctx.mentions if one.section_id in new),
            tuple(ctx.outcomes),
            tuple(ctx.judgements),
        ),
        tail=ctx.tail,
        reference_date=ctx.reference_date,
        came_in=ctx.came_in,
    )
    if ctx.task == Task.FORGET_FACT and services.journal is not None:
        # As a whole: any answer may tell the fact. No run can ask with its words any longer.
        await services.journal.forget(ctx.bank_id, ctx.source_id)
    ctx.document_id = f"{ctx.source_id}@{version}"
    return "BUILD_SUPERSEDES_GRAPH"
