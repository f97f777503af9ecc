"""Copies of a bank outside of its database: its exports, and what killed processes left."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from retain.app.backends import Backend
from retain.app.workspace import Workspace, delete_unused
from retain.bank import BankStore


class Copies:
    """Knows where a bank was exported to.

    Args:
        backend: Knows of copies of whole databases.
        store: The banks.
    """

    def __init__(self, backend: Backend, store: BankStore) -> None:
        self._backend = backend
        self._store = store

    @asynccontextmanager
    async def export(
        self, bank_id: str, path: Path, workspace: Workspace
    ) -> AsyncGenerator[None, None]:
        """Note an export that is made in the block; the workspace is closed with the block.

        The note comes before the first byte: a process can be killed at any instant.

        Args:
            bank_id: The bank.
            path: Where the export appears.
            workspace: Where it is written first.
        """
        working, made = await asyncio.to_thread(_absolute, workspace.path, path)
        try:
            await self._store.note_export(bank_id, working, unfinished=True)
            await self._store.note_export(bank_id, made)
            yield
        finally:
            await asyncio.shield(asyncio.to_thread(workspace.close))
        await self._store.drop_exports(bank_id, [working])

    async def delete_unused(self, bank_id: str) -> list[str]:
        """Delete what killed exports and dry runs left.

        Returns:
            The paths of the copies that are left: exports, and what other processes use.
        """
        noted = await self._store.exports(bank_id)
        left = await asyncio.to_thread(_left, noted)
        if gone := noted.keys() - set(left):
            await self._store.drop_exports(bank_id, sorted(gone))
        return [*left, *map(str, await self._backend.delete_copies())]


def _absolute(*paths: Path) -> list[str]:
    return [os.path.abspath(path) for path in paths]  # noqa: PTH100 - links stay


def _left(noted: Mapping[str, bool]) -> list[str]:
    return [path for path, unfinished in noted.items() if not _is_gone(Path(path), unfinished)]


def _is_gone(path: Path, unfinished: bool) -> bool:
    if not unfinished:
        return not os.path.lexists(path)
    with suppress(OSError):
        return delete_unused(path)
    return False
