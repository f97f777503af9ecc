"""The tables of a memory's database: their versions, and whether they are sound."""

from __future__ import annotations

from collections.abc import Sequence

from retain.app.backends import Backend
from retain.db.versions import TableVersion
from retain.memory.model import Check


class DatabaseTables:
    """What administrators ask of a database.

    Args:
        backend: The database.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def versions(self) -> Sequence[TableVersion]:
        """The version of each group of tables, and the newest known; nothing is migrated.

        Raises:
            DatabaseError: The database cannot be read, or a newer release made its tables.
        """
        return await self._backend.versions()

    async def migrate(self) -> Sequence[TableVersion]:
        """Bring the tables to the newest version, as the first use does.

        Returns:
            The tables that were older, as they were.

        Raises:
            DatabaseError: The database cannot be written, or a newer release made its tables.
        """
        older = [one for one in await self.versions() if one.version < one.newest]
        await self._backend.migrate()
        return older

    async def check(self) -> Sequence[Check]:
        """Check the server or the file, its tables and the rights on them."""
        return await self._backend.check()
