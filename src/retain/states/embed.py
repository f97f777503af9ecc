"""EMBED: vectors for the sections that the bank has none of."""

from __future__ import annotations

from collections.abc import Sequence

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.model import Section, Vectors
from retain.memory.passages import to_embed_all
from retain.memory.payer import paying
from retain.memory.ports import Embedder, RetainServices


async def embed(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Embed what is new with the bank's model, or with the preferred one if it has none yet."""
    store, embedders = services.store_for("EMBED"), services.embedders_for("EMBED")
    model = await store.vector_model(ctx.bank_id) or embedders.preferred
    held = await store.embedded(ctx.bank_id, ctx.source_id, model)
    new = [section for section in ctx.sections if section.section_id not in held]
    texts = [ctx.md_text[section.start : section.end] for section in new]
    with paying(ctx.bank_id, ctx.source_id, "EMBED", run=ctx.started_at):
        ctx.vectors = await vectors_of(embedders.get(model), new, texts)
    return "STORE"


async def vectors_of(
    embedder: Embedder, sections: Sequence[Section], texts: Sequence[str]
) -> Vectors:
    """The vectors of sections, whose texts are `texts`, and of the passages of long ones."""
    read = [
        (section.section_id, one)
        for section, text in zip(sections, texts, strict=True)
        for one in to_embed_all(section, text, code=embedder.reads_code)
    ]
    found = await embedder.embed([one for _, one in read])
    return Vectors(
        embedder.model,
        found.shape[1],
        tuple(section_id for section_id, _ in read),
        found.astype("<f2").tobytes(),
    )
