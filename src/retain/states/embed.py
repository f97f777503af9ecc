"""EMBED: vectors for the sections that the bank has none of."""

from __future__ import annotations

from collections.abc import Sequence

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.model import Section, Vectors
from retain.memory.ports import Embedder, RetainServices
from retain.memory.speech import to_embed


async def embed(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Embed what is new with the bank's model, or with the preferred one if it has none yet."""
    store, embedders = services.store_for("EMBED"), services.embedders_for("EMBED")
    model = await store.vector_model(ctx.bank_id) or embedders.preferred
    held = await store.embedded(ctx.bank_id, ctx.source_id, model)
    new = [section for section in ctx.sections if section.section_id not in held]
    texts = [ctx.md_text[section.start : section.end] for section in new]
    ctx.vectors = await vectors_of(embedders.get(model), new, texts)
    return "STORE"


async def vectors_of(
    embedder: Embedder, sections: Sequence[Section], texts: Sequence[str]
) -> Vectors:
    """The vectors of sections, whose texts are `texts`."""
    found = await embedder.embed(list(map(to_embed, sections, texts)))
    return Vectors(
        embedder.model,
        embedder.dimensions,
        tuple(section.section_id for section in sections),
        found.astype("<f2").tobytes(),
    )
