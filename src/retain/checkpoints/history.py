"""Earlier runs of a key: what is kept of a run once another one takes its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from retain.checkpoints.codec import Stored, decode_head, packed, unpacked
from retain.checkpoints.delta import seconds_of
from retain.errors import CheckpointDamagedError
from retain.keys import RunKey


@dataclass(frozen=True, slots=True)
class History:
    """How many earlier runs of a key are kept.

    Args:
        runs: How many at most; 0: none.
        age: For how long after they ended; None: without end.
    """

    runs: int = 10
    age: timedelta | None = None

    def __post_init__(self) -> None:
        if self.runs < 0:
            raise ValueError(f"history keeps {self.runs} runs: give 0 or more")

    def begins_at(self, now: float) -> float:
        """The time before which a run has to have ended to be dropped, in seconds."""
        return float("-inf") if self.age is None else now - self.age.total_seconds()


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run that another one of its key has replaced.

    Args:
        version: The schema version of its context.
        ended_at: When it completed, or else was replaced, in seconds since the epoch.
        head: The engine's own part.
        body: Its fields and its step log, compressed.
    """

    version: int
    ended_at: float
    head: bytes
    body: bytes

    @staticmethod
    def of(
        version: int,
        head: bytes,
        fields: Mapping[str, bytes],
        steps: Sequence[bytes],
        now: float,
    ) -> EarlierRun:
        """A run of its parts, replaced at `now`."""
        completed_at = seconds_of(decode_head(head, "of an earlier run").completed_at)
        ended_at = now if completed_at is None else completed_at
        return EarlierRun(version, ended_at, head, packed(fields, steps))

    def stored(self, where: str) -> Stored:
        """The context as it was kept.

        Raises:
            CheckpointDamagedError: It does not read back.
        """
        fields, steps = unpacked(self.body, where)
        return Stored(self.version, self.head, fields, steps)


def run_id_in(head: bytes, key: RunKey) -> str | None:
    """The id of a kept run; None where its head is damaged, so that nobody can read it again."""
    try:
        return decode_head(head, "").run_id(key)
    except CheckpointDamagedError:
        return None


def kept_of(runs: Sequence[EarlierRun], history: History, now: float) -> list[EarlierRun]:
    """Those of `runs`, oldest first, that are not too many or too old."""
    begins_at = history.begins_at(now)
    young = [run for run in runs if run.ended_at >= begins_at]
    return young[-history.runs :] if history.runs else []
