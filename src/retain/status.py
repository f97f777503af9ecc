"""How a run stands: the words that the engine, checkpoints and every face use."""

from __future__ import annotations

from enum import StrEnum


class RunStatus(StrEnum):
    """How a run stands; each member equals its word.

    Attributes:
        RUNNING: A runner drives the run.
        COMPLETED: The run has reached its end.
        PARTIAL: The run has reached its end without something that could not be done; a resume
            tries that again.
        FAILED: A state failed; a resume tries that state again.
        SUSPENDED: The run waits for something from outside.
        INTERRUPTED: The run has not ended and nobody drives it.
        DEAD: The run killed its runner too often; it is resumed only where that is asked for.
    """

    RUNNING = "running"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    SUSPENDED = "suspended"
    INTERRUPTED = "interrupted"
    DEAD = "dead"


ENDED = frozenset((RunStatus.COMPLETED, RunStatus.PARTIAL))
"""How runs stand that have reached their end."""
