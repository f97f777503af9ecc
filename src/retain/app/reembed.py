"""Replaces a bank's vectors by another model's, while the old ones are still searched."""

from __future__ import annotations

from collections.abc import Callable

from retain.bank import BankStore
from retain.errors import NotFoundError
from retain.memory.call_context import in_call_context
from retain.memory.ports import Embedder
from retain.states.embed import vectors_of

BATCH = 256
"""How many sections are embedded and then saved at once; a resumed run repeats no more."""

Progress = Callable[[int, int], None]
"""Called with how many sections have a vector of the new model, and how many there are."""


async def reembed(
    store: BankStore, embedder: Embedder, bank_id: str, progress: Progress | None = None
) -> int:
    """Embed the sections without a vector of the embedder's model, then make it the bank's model.

    Vectors are saved batch by batch, so a second call continues where the first one stopped.
    Sources that are added meanwhile are embedded too.

    Returns:
        How many sections were embedded.

    Raises:
        NotFoundError: There is no such bank.
    """
    done, missing = 0, 1
    while missing:
        done += await _pass(store, embedder, bank_id, progress)
        missing = await store.use_model(bank_id, embedder.model)
    return done


async def _pass(
    store: BankStore, embedder: Embedder, bank_id: str, progress: Progress | None
) -> int:
    sources = await store.sources(bank_id)
    if not sources:
        raise NotFoundError(f"no bank {bank_id!r}: there is nothing to embed")
    total = sum(source.sections for source in sources)
    ready = done = 0
    for source in sources:
        with in_call_context(bank_id, source.source_id, "REEMBED"):
            held = await store.embedded(bank_id, source.source_id, embedder.model)
            rows = await store.sections(bank_id, source.source_id)
            new = [row for row in rows if row.section.section_id not in held]
            ready += len(rows) - len(new)
            for start in range(0, len(new), BATCH):
                batch = new[start : start + BATCH]
                sections, texts = [row.section for row in batch], [row.text for row in batch]
                vectors = await vectors_of(embedder, sections, texts)
                await store.add_vectors(bank_id, source.source_id, vectors)
                done += len(batch)
                ready += len(batch)
                if progress is not None:
                    progress(ready, total)
    return done
