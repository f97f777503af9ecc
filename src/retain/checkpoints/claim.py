"""A lease as it is kept, and who must respect it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from retain.errors import LeaseHeldError
from retain.holder import Holder, this_process
from retain.keys import RunKey

held_here: set[int] = set()
"""The tokens of the leases that this process holds; a forked child holds none."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease as it is kept.

    Args:
        token: The fencing token.
        holder: Who holds it.
        expires_at: Seconds since the epoch.
    """

    token: int
    holder: Holder
    expires_at: float

    def binds(self, now: float) -> bool:
        """Whether others must respect it.

        Where the holder can be asked, as a process on this machine, its answer counts and no
        clock: clocks jump, machines sleep, and a busy process renews late. Where it cannot, the
        lease lasts until it runs out.
        """
        if self.holder == this_process():
            return self.token in held_here
        alive = self.holder.is_alive()
        return now < self.expires_at if alive is None else alive

    def refusal(self, key: RunKey) -> LeaseHeldError:
        """The error for whoever must respect it."""
        return LeaseHeldError(
            key, str(self.holder), datetime.fromtimestamp(self.expires_at, tz=UTC)
        )
