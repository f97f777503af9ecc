"""What a step log tells of attempts that have not ended well: a run's next runner counts on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from retain.engine.context import StepLogEntry

CANCELLED = "cancelled"
INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Tried:
    """How often a step was tried without success.

    Args:
        attempts: The attempts that failed, or whose process died.
        deaths: How often its process died in a row.
    """

    attempts: int = 0
    deaths: int = 0

    def notes(self, attempt: int) -> dict[str, int]:
        """What the log notes of an attempt that begins, so that `tried` can count on."""
        notes = {"attempt": attempt} if attempt > 1 else {}
        return {**notes, "deaths": self.deaths} if self.deaths else notes


NEVER = Tried()


def close_interrupted(step_log: Iterable[StepLogEntry]) -> None:
    """Close the entries that a dead process left open."""
    for entry in step_log:
        if not entry.closed:
            entry.error = INTERRUPTED


Step: TypeAlias = str | tuple[str, int]
"""A step by its label; one of a map, with the position of its item."""


def tried(step_log: Sequence[StepLogEntry], labels: Iterable[Step]) -> dict[Step, Tried]:
    """The steps among `labels` whose latest attempt has not ended well.

    The log is that of a run whose runner died or was cancelled. An attempt that was cancelled does
    not count, since neither the state nor its process failed.
    """
    missing, found = set(labels), dict[Step, Tried]()
    for entry in reversed(step_log):
        if not missing:
            break
        item = entry.notes.get("item")
        step = entry.state if entry.state in missing else (entry.state, item)
        if type(item) is not int and type(step) is tuple:
            continue  # anybody may write notes
        if step in missing:
            missing.discard(cast("Step", step))
            if entry.error is not None:
                found[cast("Step", step)] = _counted(entry)
    return found


def _counted(entry: StepLogEntry) -> Tried:
    attempt, deaths = _number(entry, "attempt", 1), _number(entry, "deaths", 0)
    if entry.error == CANCELLED:
        return Tried(attempt - 1, deaths)
    return Tried(attempt, deaths + (entry.error == INTERRUPTED))


def _number(entry: StepLogEntry, note: str, default: int) -> int:
    value = entry.notes.get(note)  # anybody may write notes
    return value if isinstance(value, int) and value > 0 else default
