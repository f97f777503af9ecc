"""The port of a store: row primitives over one bank, inside transactions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from retain.memory.fencing import Fence
from retain.memory.model import VectorScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

Changed = Callable[[int], Collection[int] | None]
"""The ids of the sections that are not as they were at a version; None: it may be any."""

Given = Mapping[str, Any]
"""Parameters of a named statement. A list is one parameter, for ``IN``."""


class Tx(Protocol):
    """A transaction on one bank.

    Statements are named; each store has them in its own SQL, with the same columns. Every statement
    is given `bank_id` beside its own parameters, so that it sees one bank only.
    """

    bank_id: str

    def now(self) -> datetime:
        """The time by the clock of the store, UTC: machines that share a store share it."""
        ...

    def rows(self, name: str, given: Given = ...) -> list[tuple[Any, ...]]:
        """The rows of a statement that reads."""
        ...

    def dicts(self, name: str, given: Given = ...) -> list[dict[str, Any]]:
        """The rows of a statement that reads, by the names of their columns."""
        ...

    def rows_each(self, name: str, given: Iterable[Given]) -> list[list[tuple[Any, ...]]]:
        """The rows of a statement that reads, for each of several parameters, in their order.

        A store that is reached over a network waits for all of them together.
        """
        ...

    def run(self, name: str, given: Given = ...) -> None:
        """Run a statement that writes; a store may send it on together with the next ones."""
        ...

    def run_many(self, name: str, rows: Iterable[Given]) -> None:
        """Run a statement that writes for each of `rows`, perhaps for all at once.

        No two of them write the same row of a table.
        """
        ...

    def likeness(
        self,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Collection[int],
        changed: Changed,
    ) -> VectorScores | None:
        """The sections whose vectors are nearest to `query`, and how near `among` are.

        Args:
            model: Of the query and the vectors; None is returned where the bank has none of it.
            query: (d,) float32, L2-normalised.
            limit: How many to look for.
            among: Ids of sections whose similarity is wanted.
            changed: Tells a store that keeps vectors in memory what has changed since.
        """
        ...


class Store(Protocol):
    """Keeps banks. Nothing here blocks the event loop.

    `work` runs in a thread of the store and may run twice, where a transaction is repeated, so it
    changes nothing but the bank.
    """

    async def read(self, bank_id: str, work: Callable[[Tx], T]) -> T:
        """Run `work` on a snapshot of the bank.

        Raises:
            DatabaseError: The database cannot be read.
        """
        ...

    async def write(
        self, bank_id: str, work: Callable[[Tx], T], *, fence: Fence | None = None
    ) -> T:
        """Run `work` in a transaction; when this returns, it is committed.

        Args:
            bank_id: The bank.
            work: What to do.
            fence: The lease that has to be held still, which is checked in the same transaction.

        Raises:
            LeaseLostError: Another runner has taken the lease over; nothing was changed.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written; nothing of `work` was kept.
        """
        ...

    async def rehearse(self, bank_id: str, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction and undo it; what it returned."""
        ...

    async def banks(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted."""
        ...

    async def vacuum(self) -> None:
        """Leave no byte of what was deleted where the store keeps its bytes.

        Raises:
            DatabaseBusyError: Others use the database for too long; the next call does it.
        """
        ...

    @property
    def scratch(self) -> Path:
        """A folder on a disk with room for a copy of a bank."""
        ...
