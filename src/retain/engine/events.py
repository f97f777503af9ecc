"""What observers are told: progress bars, pages and traces use these and nothing else.

`at` is when an event happened, in UTC; it is no part of an event's equality.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from retain.engine.context import utc_now
from retain.status import RunStatus


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins, or goes on, at a state."""

    bank_id: str
    source_id: str
    state: str
    resumed: bool
    at: datetime = field(default_factory=utc_now, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class StepStarted:
    """An attempt of a state begins.

    Args:
        bank_id: The run's bank.
        source_id: The run's source.
        state: The step's label; ``parallel:NAME`` in a branch.
        attempt: Its number, from 1.
    """

    bank_id: str
    source_id: str
    state: str
    attempt: int
    at: datetime = field(default_factory=utc_now, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class StepEnded:
    """An attempt of a state has ended; `error` is None if it ended well."""

    bank_id: str
    source_id: str
    state: str
    attempt: int
    duration_ms: float
    error: str | None
    at: datetime = field(default_factory=utc_now, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run has stopped."""

    bank_id: str
    source_id: str
    status: RunStatus
    errors: tuple[str, ...]
    transitions: int
    at: datetime = field(default_factory=utc_now, compare=False, kw_only=True)


Event: TypeAlias = RunStarted | StepStarted | StepEnded | RunEnded
Observer: TypeAlias = Callable[[Event], Any]
"""Is called with every event. Where it is async, a run goes on beside it, and ends after it."""
