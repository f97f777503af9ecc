"""Which runs a list is to hold, and where its next page begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from retain.checkpoints.delta import seconds_of
from retain.engine.checkpoint import RunPage, RunSummary
from retain.errors import InputError
from retain.keys import RunKey, encoded
from retain.status import RunStatus

Order: TypeAlias = Literal["key", "newest", "oldest"]
"""By key, or by when runs began."""

ORDERS: tuple[Order, ...] = ("key", "newest", "oldest")

Position: TypeAlias = tuple[float, str]
"""Where a run stands in a list: when it began, in seconds since the epoch, and its key as text."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs a list is to hold.

    Args:
        prefix: The strings that their keys begin with.
        statuses: How they stand; empty: in any way.
        last_states: Where they are; empty: anywhere.
        since: When they began at the earliest, in seconds since the epoch.
        until: When they began at the latest.
        order: Their order.
        after: The position of the last run of the page before.
        limit: How many at most; None: all.
    """

    prefix: RunKey = ()
    statuses: frozenset[RunStatus] = frozenset()
    last_states: frozenset[str] = frozenset()
    since: float = float("-inf")
    until: float = float("inf")
    order: Order = "key"
    after: Position | None = None
    limit: int | None = None

    @property
    def kept_statuses(self) -> list[RunStatus]:
        """How they may be kept: a run is kept as running whose runner may be gone."""
        more = {RunStatus.RUNNING} if RunStatus.INTERRUPTED in self.statuses else set[RunStatus]()
        return sorted(self.statuses | more)

    def has(self, summary: RunSummary, position: Position) -> bool:
        """Whether the list holds a run."""
        if self.statuses and summary.status not in self.statuses:
            return False
        if self.last_states and summary.last_state not in self.last_states:
            return False
        return self.since <= position[0] <= self.until and self.is_ahead(position)

    def is_ahead(self, position: Position) -> bool:
        """Whether a position is behind the page before."""
        if self.after is None:
            return True
        if self.order == "key":
            return position[1] > self.after[1]
        return position < self.after if self.order == "newest" else position > self.after

    def page(self, found: Sequence[tuple[Position, RunSummary]]) -> RunPage:
        """Runs of the list as its page, with the cursor of the next one."""
        ordered = sorted(
            found,
            key=lambda one: (one[0][1],) if self.order == "key" else one[0],
            reverse=self.order == "newest",
        )
        size = len(ordered) if self.limit is None else self.limit
        following = _cursor(self.order, ordered[size - 1][0]) if len(ordered) > size else None
        return RunPage([summary for _, summary in ordered[:size]], following)


def wanted_runs(
    prefix: RunKey,
    status: RunStatus | str | Collection[RunStatus | str] | None,
    last_state: Collection[str],
    since: datetime | None,
    until: datetime | None,
    order: str,
    after: str | None,
    limit: int | None,
) -> Wanted:
    """What a caller asks for.

    Raises:
        InputError: There is no such status or order, the cursor is none, or the limit is too small.
    """
    asked = [status] if isinstance(status, str) else list(status or ())
    for one in asked:
        if one not in set(RunStatus):
            raise InputError(f"no such status {one!r}: choose one of {', '.join(RunStatus)}")
    if order not in ORDERS:
        raise InputError(f"no such order {order!r}: choose one of {', '.join(ORDERS)}")
    if limit is not None and limit < 1:
        raise InputError(f"the limit is {limit}: give at least 1")
    begin, end = seconds_of(since), seconds_of(until)
    return Wanted(
        prefix,
        frozenset(map(RunStatus, asked)),
        frozenset(last_state),
        float("-inf") if begin is None else begin,
        float("inf") if end is None else end,
        order,
        None if after is None else _position(after, order),
        limit,
    )


def position_of(summary: RunSummary) -> Position:
    """Where a run stands that a backend tells no more of."""
    return seconds_of(summary.started_at) or 0.0, encoded(summary.run_key)


def _cursor(order: Order, position: Position) -> str:
    text = json.dumps([order, *position])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str, order: Order) -> Position:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of, began, key = json.loads(text)
        position = float(began), str(key)
        position[1].encode()
    except (binascii.Error, ValueError, TypeError) as exc:
        raise InputError(
            f"{cursor!r} is no place to go on: give what the page before named"
        ) from exc
    if of != order:
        raise InputError(f"the page before was in order {of!r}: ask for the same order again")
    return position
