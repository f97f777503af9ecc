"""A lease as it is kept, and who must respect it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from retain.errors import LeaseHeldError
from retain.holder import Holder

Key = tuple[str, str]
"""The ids of a run's bank and source."""


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
        """Whether others must respect it: it has not run out, and its holder may live."""
        return now < self.expires_at and not self.holder.is_dead()

    def refusal(self, key: Key) -> LeaseHeldError:
        """The error for whoever must respect it."""
        return LeaseHeldError(
            *key, str(self.holder), datetime.fromtimestamp(self.expires_at, tz=UTC)
        )
