"""The port of a bank on its way into another store."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Protocol

from retain.memory.model.transfer import Record
from retain.memory.ports.wiki import Relate


class TransferStore(Protocol):
    """What takes banks out and in, whole."""

    def dump(self, bank_id: str) -> AsyncIterator[Record]:
        """Everything of a bank as it is at one instant; equal for equal banks, in any store.

        Memory is needed for one source at a time.

        Raises:
            NotFoundError: There is no such bank.
        """
        ...

    async def load(
        self, bank_id: str, records: AsyncIterable[Record], relate: Relate
    ) -> Mapping[str, int]:
        """Make records a bank, all of them in one transaction or none.

        Args:
            bank_id: The bank, which has to be empty; what it was called before does not matter.
            records: What `dump` gave.
            relate: What replaced what; it is asked of all of the bank's facts.

        Returns:
            How many records there were of each kind, by the names in `memory.transfer`.

        Raises:
            InputError: The bank is not empty.
            RecordError: A record cannot be, where it stands.
        """
        ...
