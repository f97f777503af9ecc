"""The port of the journal: answered calls, and the ledger of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from retain.memory.model import Call, CostLine, Spending


class Journal(Protocol):
    """Keeps what models answered, by the key of the request; nothing is paid for twice.

    Each bank has its own. An answer belongs to the sources whose words its request holds, and goes
    with any of them.

    A request may be under way while a source is forgotten whose words it holds. Who asks says since
    when it may have read such words; where one of its sources was forgotten at that moment or
    later, nothing is kept but the amounts. One that comes in again under the same id is asked of
    later, and what that brings is kept.

    Moments are of the clock on the wall, of this process and of others. Where it is set back
    between the two, it may be the wrong way round for this one source: for as long as it was set
    back, and for a day at most, answers with words of a source that came in again are not kept, or
    those to a request that was under way are. Nothing happens to those of other sources.
    """

    async def find(
        self,
        bank_id: str,
        keys: Sequence[str],
        sources: Sequence[str],
        since: datetime | None = None,
    ) -> Mapping[str, bytes]:
        """The answers that are kept for `keys`, and are not rejected.

        From here on they belong to `sources` too, but to none that was forgotten meanwhile. One
        that does not read back is named in a warning, removed, and left out.

        Args:
            bank_id: Whose.
            keys: See `ModelRequest.key`.
            sources: The sources whose words the requests hold.
            since: Since when they may have been read; None: they are read now.
        """
        ...

    async def keep(self, call: Call, answers: Mapping[str, bytes], sources: Sequence[str]) -> None:
        """Keep a call and what it brought; when this returns, a crash cannot undo it.

        Where one of its sources was forgotten while it was under way, the ledger takes the call as
        `forget` would have left it, and what it brought is not kept.

        Args:
            call: The call, for the ledger; its words may have been read since `Payer.since`, or
                were when it was sent, where that is None.
            answers: The raw answers by key.
            sources: The sources whose words the request holds.
        """
        ...

    async def reject(self, bank_id: str, keys: Sequence[str], reason: str) -> None:
        """Set answers aside that cannot be used; their calls count as failed, with the reason."""
        ...

    async def note(self, call: Call, sources: Sequence[str] = ()) -> None:
        """Put a call without an answer into the ledger.

        Args:
            call: The call.
            sources: The sources whose words the request holds: forgetting one of them removes its
                key and its error, of which one is made from those words and one may quote them.
        """
        ...

    async def spent(self, bank_id: str, source_id: str, *, run: datetime | None = None) -> Spending:
        """What the source's runs have come to, or the one of them that was made at `run`."""
        ...

    async def costs(
        self, bank_id: str | None = None, *, since: datetime | None = None
    ) -> Sequence[CostLine]:
        """The ledger by run, state, purpose and model, of one bank or of all."""
        ...

    async def forget(self, bank_id: str, source_id: str) -> None:
        """Remove the answers that belong to a source, and its name from the ledger.

        What was spent stays counted. No byte of what goes is left in the file, nor comes into it
        by a request that is under way.
        """
        ...

    async def prune(self, older_than: timedelta, bank_id: str | None = None) -> int:
        """Remove answers that are older; the ledger stays. Return how many."""
        ...

    async def close(self) -> None:
        """Finish what was asked, and close what is open."""
        ...
