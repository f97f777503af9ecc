"""The journal of model calls: their answers, the claims on those being sent, and the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from retain.memory.model import Call, ClaimOutcome, CostLine, RequestClaim, Spending


class Journal(Protocol):
    """Keeps what models answered, by the key of the request; nothing is paid for twice.

    Each bank has its own answers. An answer belongs to the sources whose words its request
    contains, and is deleted with any of them.

    A source may be forgotten while a request with its words is being answered. The caller says
    since when it may have read such words. If one of the request's sources was forgotten at that
    moment or later, only the amounts are kept. A source that comes in again under the same id is
    asked about later, so those answers are kept.

    These moments come from the wall clocks of the processes. If the clock goes back between the
    two, answers about this one source may be wrongly kept or dropped: for as long as the clock
    went back, and for a day at most. Other sources are not affected.

    Before a request is sent, its sender takes a claim on it. Whoever wants the same answer
    meanwhile waits for the sender's instead of paying for one more.
    """

    async def find(
        self,
        bank_id: str,
        keys: Sequence[str],
        sources: Sequence[str],
        since: datetime | None = None,
    ) -> Mapping[str, bytes]:
        """The answers to `keys` that are kept and not rejected.

        From here on they belong to `sources` too, except those that were forgotten since. A
        damaged answer is deleted, with a warning that names it.

        Args:
            bank_id: The bank.
            keys: See `ModelRequest.key`.
            sources: The sources whose words the requests contain.
            since: When those words may have been read at the earliest; None: just now.
        """
        ...

    async def claim(
        self, claim: RequestClaim, sources: Sequence[str], since: datetime | None = None
    ) -> ClaimOutcome:
        """Take a claim on all its keys, or on none of them.

        A claim is live until `keep` has an answer to its key, it is released, it expires, or its
        process is known to be dead. The backend's clock decides when it expires.

        If one of the sources was forgotten in the meantime, the claim is granted but not recorded,
        because its keys are made from the words of that source. Forgetting a source removes the
        claims on requests with its words.

        Args:
            claim: What to claim.
            sources: The sources whose words the requests contain.
            since: When those words may have been read at the earliest; None: just now.

        Returns:
            ``claimed``: the caller sends the request. ``answered``: look into the journal again.
            ``busy``: another claim is live on one of the keys; try again later.
        """
        ...

    async def renew(self, claims: Collection[RequestClaim]) -> None:
        """Restart the lifetime of claims that are still recorded."""
        ...

    async def release(self, claim: RequestClaim) -> None:
        """End a claim without an answer, so that others may send the request."""
        ...

    async def keep(self, call: Call, answers: Mapping[str, bytes], sources: Sequence[str]) -> None:
        """Keep a call with its answers, and end the claims on them; a crash cannot undo it then.

        If one of the call's sources was forgotten before the answer came, the ledger takes the
        call as `forget` would have left it, and the answers are not kept.

        Args:
            call: The call, for the ledger. Its words may have been read since
                `CallContext.since`, or if that is None, when the call was sent.
            answers: The raw answers by key.
            sources: The sources whose words the request contains.
        """
        ...

    async def reject(self, bank_id: str, keys: Sequence[str], reason: str) -> None:
        """Mark answers as unusable: `find` skips them, and their calls count as failed."""
        ...

    async def note(self, call: Call, sources: Sequence[str] = ()) -> None:
        """Put a call without an answer into the ledger.

        Args:
            call: The call.
            sources: The sources whose words the request contains. Forgetting one of them removes
                the call's key, which is made from those words, and its error, which may quote them.
        """
        ...

    async def spent(self, bank_id: str, source_id: str, *, run: datetime | None = None) -> Spending:
        """What the source's runs have spent, or only the run that was made at `run`."""
        ...

    async def costs(
        self, bank_id: str | None = None, *, since: datetime | None = None
    ) -> Sequence[CostLine]:
        """The ledger by run, state, purpose and model, of one bank or of all."""
        ...

    async def forget(self, bank_id: str, source_id: str) -> None:
        """Delete the answers and claims that belong to a source, and its name in the ledger.

        The amounts stay in the ledger. No deleted byte is left on the disk, and a request that is
        being answered does not bring one back.
        """
        ...

    async def prune(self, older_than: timedelta, bank_id: str | None = None) -> int:
        """Delete answers older than this, and return how many; the ledger stays."""
        ...

    async def close(self) -> None:
        """Finish the operations in progress, and close the backend."""
        ...
