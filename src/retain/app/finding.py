"""Sources by the names that users have for them."""

from __future__ import annotations

import asyncio
import os

from retain.bank import BankStore
from retain.checkpoints.base import BaseCheckpoint
from retain.errors import NotFoundError
from retain.memory.context import RetainContext
from retain.sources.discovery import from_origin, printable


async def source_named(
    store: BankStore, checkpoint: BaseCheckpoint[RetainContext], source_id: str, bank_id: str
) -> str:
    """The id of a source that was named by its id, or by the path it came from.

    Raises:
        NotFoundError: The bank has no such source, and no run of one.
    """
    if await store.source(bank_id, source_id) is not None:
        return source_id
    known = {run.source_id for run in await checkpoint.list(bank_id)}
    if source_id in known:
        return source_id
    path = await asyncio.to_thread(os.path.abspath, source_id)
    for candidate in sorted(known):
        if printable(path).endswith(candidate):
            ctx = await checkpoint.load(bank_id, candidate)
            if ctx is not None and _is_at(ctx.origin, path):
                return candidate
    raise NotFoundError(
        f"no source {source_id!r} in bank {bank_id!r}: `retain runs --bank {bank_id}` "
        "lists what there is"
    )


def _is_at(origin: str | None, path: str) -> bool:
    return origin is not None and os.path.normpath(from_origin(origin)) == path
