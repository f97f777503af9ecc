"""The port of a backend: what a memory needs of the database that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from retain.checkpoints.base import BaseCheckpoint
from retain.checkpoints.history import History
from retain.db.versions import TableVersion
from retain.engine.context import EngineContext
from retain.memory.model import Check
from retain.memory.ports import Journal
from retain.memory.ports.store import Store

if TYPE_CHECKING:
    from retain.workers.limits import FleetLimits
    from retain.workers.queue import JobQueue

C = TypeVar("C", bound=EngineContext)


class Backend(Protocol):
    """A database, with the journal of model calls that belongs to it; opened on first use.

    Attributes:
        location: Where the database is, for people: no password is in it.
        path: The database file; None where a server keeps the database.
        store: The banks.
        journal: The journal of model calls.
    """

    location: str
    path: Path | None
    store: Store
    journal: Journal

    def checkpoint(self, context_type: type[C], history: History, /) -> BaseCheckpoint[C]:
        """The saved runs whose contexts are of a type; they need not be closed."""
        ...

    def queue(self) -> JobQueue:
        """The queue of sources that workers run.

        Raises:
            InputError: Workers cannot share this kind of database.
            MissingExtraError: The extra ``fleet`` is not installed.
        """
        ...

    def limits(self) -> FleetLimits | None:
        """Limits of model calls that all processes share; None where there can be none."""
        ...

    def copy(self) -> AbstractAsyncContextManager[Self]:
        """A copy of the database, with an empty journal, that is deleted when the block ends.

        Close the copy before the block ends.

        Raises:
            DatabaseError: The database cannot be read.
        """
        ...

    async def delete_copies(self) -> Sequence[Path]:
        """Delete the copies of processes that were killed; those of others, which are in use."""
        ...

    async def versions(self) -> Sequence[TableVersion]:
        """The versions of the tables as they are; nothing is migrated.

        Raises:
            DatabaseError: The database cannot be read, or a newer release made the tables.
        """
        ...

    async def migrate(self) -> None:
        """Bring the tables to the newest version, as the first use does.

        Raises:
            DatabaseError: The database cannot be written, or a newer release made the tables.
        """
        ...

    async def check(self) -> Sequence[Check]:
        """Check the database, its driver, the journal and the disk.

        A database that cannot be read is a check that failed, not an error.
        """
        ...

    async def close(self) -> None:
        """Finish what was asked, then close the database and the journal."""
        ...
