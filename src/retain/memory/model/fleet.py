"""Values of the queue that a fleet of workers runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from retain.memory.model.runs import Run

Priority = Literal["low", "normal", "high"]
"""How soon sources are taken from the queue: those of a higher priority before all others."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of sources that were submitted to the queue.

    Args:
        queued: The ids of the sources that wait in the queue, or that a worker runs already.
        unchanged: The ids of those whose content the bank has.
        refused: Why the others could not be submitted.
        jobs: The numbers of their jobs, for `Queue.left`.
    """

    queued: Sequence[str] = ()
    unchanged: Sequence[str] = ()
    refused: Sequence[Run] = ()
    jobs: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How the sources of a bank stand in the queue.

    Args:
        queued: Those that wait for a worker.
        running: Those that a live worker runs.
        failed: Those that failed, and are tried again after a pause.
        stalled: Those whose worker died; another one takes them within seconds.
        dead: Those that failed too often; only `Queue.revive` tries them again.
    """

    queued: int = 0
    running: int = 0
    failed: int = 0
    stalled: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class QueueState:
    """How the queue stands.

    Args:
        total: The counts over all banks that were asked for.
        banks: The counts by bank; a bank without jobs is left out.
        workers: How many workers live.
        per_minute: How many sources ended well a minute, over the last five minutes.
        oldest_wait_s: How long the oldest source has been in the queue, in seconds; None: it is
            empty.
    """

    total: QueueCounts
    banks: dict[str, QueueCounts] = field(default_factory=dict[str, QueueCounts])
    workers: int = 0
    per_minute: float = 0.0
    oldest_wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A source that failed too often.

    Args:
        bank_id: Its bank.
        source_id: The source.
        reason: Why its last try failed.
        tries: How often it was tried.
        failed_at: When its last try failed.
    """

    bank_id: str
    source_id: str
    reason: str
    tries: int
    failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ModelLimit:
    """How often all processes together may call a model.

    Args:
        model: The model, ``PROVIDER:NAME``.
        requests: How many requests a minute; None: any number.
        tokens: How many tokens a minute, read and written; None: any number.
    """

    model: str
    requests: int | None
    tokens: int | None


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """What model calls may cost, over all processes.

    Args:
        bank_id: The bank; empty: all banks.
        max_cost: The limit, in US dollars.
        cost: What was spent since the limit was first set, in US dollars.
    """

    bank_id: str
    max_cost: float
    cost: float
