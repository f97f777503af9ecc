"""How runs stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from retain.errors import RunNotCompletedError
from retain.status import RunStatus


@dataclass(frozen=True, slots=True)
class RunQuestion:
    """What a suspended run waits for.

    Args:
        name: What an answer is addressed to where several states ask.
        reason: What it waits for.
        payload: What whoever answers needs to know, as JSON.
    """

    name: str
    reason: str
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Run:
    """How the run of a source stands.

    Args:
        bank_id: Whose memory it goes into.
        source_id: Its name there.
        status: How it stands.
        last_state: The state that runs next, or ran last.
        errors: Why its latest attempt failed.
        started_at: UTC.
        completed_at: UTC, or None.
        duration_ms: The milliseconds that its steps took in all.
        passed_over: What of the source is in no section: a number for each reason.
        unchanged: Whether the bank held this very content before, so that nothing was done.
        questions: What a suspended run waits for.
        notes: What a user may want to know of a completed run, such as that it gave no facts.
        run_id: Tells the run from others of the source; empty where nothing was run.
    """

    bank_id: str
    source_id: str
    status: RunStatus
    last_state: str
    errors: tuple[str, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_ms: float = 0.0
    unchanged: bool = False
    passed_over: dict[str, int] = field(default_factory=dict[str, int])
    questions: tuple[RunQuestion, ...] = ()
    notes: tuple[str, ...] = ()
    run_id: str = ""

    def raise_for_status(self) -> Self:
        """The run itself, if it is completed.

        Raises:
            RunNotCompletedError: It is not: it failed, waits, was interrupted, still runs, or left
                out a section (``partial``).
        """
        if self.status == RunStatus.COMPLETED:
            return self
        waits = [f"it waits for {question.reason}" for question in self.questions]
        raise RunNotCompletedError(
            self.bank_id, self.source_id, self.status, [*self.errors, *waits]
        )
