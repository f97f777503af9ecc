"""Finds sources by the names that users know: an id, or the path of a file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress

from retain.bank import BankStore
from retain.checkpoints.base import BaseCheckpoint
from retain.errors import SourceNotFoundError
from retain.memory.context import RetainContext
from retain.memory.unicode import composed
from retain.sources.paths import from_origin, printable
from retain.wiki.render_run import RENDER_RUN


class SourceLookup:
    """Finds sources of a bank, and runs whose source is not stored yet.

    Args:
        store: The banks.
        checkpoint: The saved runs.
    """

    def __init__(self, store: BankStore, checkpoint: BaseCheckpoint[RetainContext]) -> None:
        self._store = store
        self._checkpoint = checkpoint

    async def find(self, name: str, bank_id: str) -> str:
        """The id of the source that `name` is the id or the path of.

        Raises:
            SourceNotFoundError: The bank has no such source, and no run of one.
        """
        written = tuple(dict.fromkeys((name, composed(name))))
        for one in written:
            if await self._store.source(bank_id, one) is not None:
                return one
        runs = await self._checkpoint.list(bank_id)
        known_ids = {run.source_id for run in runs} - {RENDER_RUN}
        if (known := next((one for one in written if one in known_ids), None)) is not None:
            return known
        path = await asyncio.to_thread(os.path.abspath, name)
        for source_id in sorted(known_ids):
            if composed(printable(path)).endswith(composed(source_id)):
                ctx = await self._checkpoint.load(bank_id, source_id)
                if ctx is not None and _is_at(ctx.origin, path):
                    return source_id
        raise SourceNotFoundError(bank_id, name)

    async def find_all(self, name: str, bank_id: str) -> list[str]:
        """The ids of the source of that name, and of all sources ``NAME#…`` that its file holds.

        Args:
            name: An id, or the path of a file.
            bank_id: The bank.

        Raises:
            SourceNotFoundError: The bank has none of these, and no run of one.
        """
        with suppress(SourceNotFoundError):
            name = await self.find(name, bank_id)
        runs = {run.source_id for run in await self._checkpoint.list(bank_id)} - {RENDER_RUN}
        known = sorted(runs | {one.source_id for one in await self._store.sources(bank_id)})
        found = [one for one in known if one == name or one.startswith(f"{name}#")]
        return found or await self._parts_at(name, bank_id, known)

    async def _parts_at(self, name: str, bank_id: str, known: Sequence[str]) -> list[str]:
        """The sources that the file at the path `name` holds."""
        path = await asyncio.to_thread(os.path.abspath, name)
        files = {one.rpartition("#")[0]: one for one in known if "#" in one}
        for file, part in files.items():
            if printable(path).endswith(file):
                ctx = await self._checkpoint.load(bank_id, part)
                if ctx is not None and _is_at(ctx.origin, path):
                    return [one for one in known if one.startswith(f"{file}#")]
        raise SourceNotFoundError(bank_id, name)


def _is_at(origin: str | None, path: str) -> bool:
    return origin is not None and composed(os.path.normpath(from_origin(origin))) == composed(path)
