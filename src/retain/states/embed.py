"""EMBED: vectors for the sections that the bank has none of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from retain.engine import StateResult
from retain.memory.call_context import in_call_context
from retain.memory.context import RetainContext
from retain.memory.model import Section, Vectors
from retain.memory.passages import to_embed_all
from retain.memory.ports import Embedder
from retain.states.services import RetainServices

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


async def embed(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Embed what is new with the bank's model, or with the preferred one if it has none yet."""
    store, embedders = services.store_for("EMBED"), services.embedders_for("EMBED")
    model = await store.vector_model(ctx.bank_id) or embedders.preferred
    new = ctx.new_sections
    if ctx.tail is None:
        held = await store.embedded(ctx.bank_id, ctx.source_id, model)
        new = [section for section in new if section.section_id not in held]
    texts = [ctx.text[section.start : section.end] for section in new]
    with in_call_context(ctx.bank_id, ctx.source_id, "EMBED", run=ctx.started_at):
        ctx.vectors = await vectors_of(embedders.get(model), new, texts)
    return "STORE"


async def vectors_of(
    embedder: Embedder, sections: Sequence[Section], texts: Sequence[str]
) -> Vectors:
    """The vectors of sections, whose texts are `texts`, and of the passages of long ones."""
    read = [
        to_embed_all(section, text, code=embedder.reads_code)
        for section, text in zip(sections, texts, strict=True)
    ]
    found = await embedder.embed([one for of_section in read for one in of_section])
    ids: list[str] = []
    data: list[bytes] = []
    end = 0
    for section, of_section in zip(sections, read, strict=True):
        start, end = end, end + len(of_section)
        rows = _with_whole(found[start:end])
        ids += [section.section_id] * len(rows)
        data.append(rows.astype("<f2").tobytes())
    return Vectors(embedder.model, found.shape[1], tuple(ids), b"".join(data))


def _with_whole(passages: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors of a section's passages behind that of the whole, which is their mean.

    An embedder that read the whole would get no further than its beginning, and a paid one would
    be paid twice.
    """
    if len(passages) == 1:
        return passages
    import numpy as np

    mean = passages.mean(axis=0)
    length = np.linalg.norm(mean)
    return np.vstack([mean / length if length else mean, passages])
