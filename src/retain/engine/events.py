"""What observers are told: progress bars, pages and traces use these and nothing else.

`at` is when an event happened, in UTC, and `run_id` tells the run from others of its key. Neither
is a part of an event's equality.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from retain.engine.context import utc_now
from retain.keys import Keyed, RunKey
from retain.status import RunStatus


@dataclass(frozen=True, slots=True)
class RunStarted(Keyed):
    """A run begins, or goes on, at a state."""

    run_key: RunKey
    state: str
    resumed: bool
    at: datetime = field(default_factory=utc_now, compare=False, kw_only=True)
    run_id: str = field(default="", compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class StepStarted(Keyed):
    """An attempt of a state begins.

    Args:
        run_key: The run's key.
        state: The step's label; ``parallel:NAME`` in a branch.
        attempt: Its number, from 1.
    """

    run_key: RunKey
    state: str
    attempt: int
    at: datetime = field(default_factory=utc_now, compare=False, kw_only=True)
    run_id: str = field(default="", compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class StepEnded(Keyed):
    """An attempt of a state has ended; `error` is None if it ended well."""

    run_key: RunKey
    state: str
    attempt: int
    duration_ms: float
    error: str | None
    at: datetime = field(default_factory=utc_now, compare=False, kw_only=True)
    run_id: str = field(default="", compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class RunEnded(Keyed):
    """A run has stopped."""

    run_key: RunKey
    status: RunStatus
    errors: tuple[str, ...]
    transitions: int
    at: datetime = field(default_factory=utc_now, compare=False, kw_only=True)
    run_id: str = field(default="", compare=False, kw_only=True)


Event: TypeAlias = RunStarted | StepStarted | StepEnded | RunEnded
Observer: TypeAlias = Callable[[Event], Any]
"""Is called with every event. Where it is async, a run goes on beside it, and ends after it."""
