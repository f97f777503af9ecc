"""The port through which the engine keeps a run, and the larger one that backends fulfil."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from retain.engine.context import Question
from retain.keys import Keyed, RunKey
from retain.status import RunStatus

C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)


class Saver(Protocol[C_contra]):
    """All that the engine asks of a checkpoint."""

    async def save(self, ctx: C_contra, /) -> None:
        """Keep `ctx` as it is at the call; when this returns, a crash cannot undo it.

        Branches save at the same time: calls take effect in their order, or later ones keep all
        that earlier ones did.
        """
        ...


@runtime_checkable
class Guarding(Protocol[C_contra]):
    """A saver that knows of leases."""

    def guard(self, ctx: C_contra, /) -> AbstractContextManager[None]:
        """A block that is cancelled when the lease on the run of `ctx` is lost.

        Raises:
            LeaseLostError: It was lost, and the block was cancelled for that.
        """
        ...


@runtime_checkable
class Loading(Protocol):
    """A saver that gives back what it keeps."""

    async def load(self, *key: str) -> Any:
        """The run as it was last saved, or None if there is none."""
        ...


@runtime_checkable
class Holding(Protocol):
    """A saver that sees to it that one runner at a time drives a run."""

    def holding(self, *key: str) -> AbstractAsyncContextManager[None]:
        """Hold the run while the block lasts; where its caller holds a lease on it, that one.

        Raises:
            LeaseHeldError: Another live runner holds it.
            LeaseLostError: It was lost to another runner, and the block was cancelled for that.
        """
        ...


@runtime_checkable
class Adopting(Protocol[C_contra]):
    """A saver that remembers what it keeps of a context."""

    def adopt(self, ctx: C_contra, loaded: C_contra, /) -> None:
        """Take `ctx`, which has every value of `loaded`, for what is kept."""
        ...


@dataclass(frozen=True, slots=True)
class RunSummary(Keyed):
    """One kept run, without its data.

    Args:
        run_key: The run's key.
        status: How it stands.
        last_state: The state that runs next, or ran last.
        errors: Why its latest attempt failed.
        started_at: UTC.
        completed_at: UTC, or None.
        duration_ms: The milliseconds that its steps took in all.
        steps: How many attempts its log holds.
        questions: What it waits for.
        run_id: Tells this run from others of its key; a UUID of version 7.
    """

    run_key: RunKey
    status: RunStatus
    last_state: str
    errors: tuple[str, ...]
    started_at: datetime | None
    completed_at: datetime | None
    duration_ms: float
    steps: int
    questions: tuple[Question, ...] = ()
    run_id: str = ""


class RunPage(list[RunSummary]):
    """A list of runs, or a page of one.

    Args:
        runs: The runs.
        following: The cursor of the page that follows; None: this is the last one.
    """

    def __init__(self, runs: Iterable[RunSummary] = (), following: str | None = None) -> None:
        super().__init__(runs)
        self.following = following


@dataclass(frozen=True, slots=True)
class Lease(Keyed):
    """The right to drive one run.

    Args:
        run_key: The run's key.
        token: The fencing token: it grows with every holder.
        ttl_s: Seconds that the lease lasts without a heartbeat.
    """

    run_key: RunKey
    token: int
    ttl_s: float


class Checkpoint(Protocol[C]):
    """Where runs are kept between their steps.

    Besides the errors that are named, any method but `save` may raise a `RetainError` of the
    storage's own, such as `DatabaseBusyError`; `save` raises no other than `CheckpointError`s.
    """

    async def save(self, ctx: C, /) -> None:
        """Keep `ctx` as it is at the call.

        Raises:
            LeaseLostError: Another runner has taken the run over.
            LeaseHeldError: Another runner holds the run, and this one never did.
            CheckpointError: It could not be kept; what was kept before is unharmed.
        """
        ...

    async def load(self, *key: str, run_id: str | None = None) -> C | None:
        """The run as it was last saved, or an earlier run of the key; None if there is none.

        Raises:
            CheckpointDamagedError: What was kept does not read back.
            CheckpointVersionError: It was written by a newer release.
        """
        ...

    async def history(self, *key: str) -> Sequence[RunSummary]:
        """The earlier runs of a key, newest first: those that another run has replaced."""
        ...

    async def forget_history(self, *key: str) -> None:
        """Delete the earlier runs of a key; its latest run stays."""
        ...

    async def delete(self, *key: str) -> bool:
        """Forget the run and its earlier ones; False if there was no run.

        Raises:
            LeaseHeldError: Another runner holds it.
        """
        ...

    async def list(
        self,
        prefix: str | Sequence[str] | None = None,
        status: RunStatus | str | Collection[RunStatus | str] | None = None,
        *,
        last_state: Collection[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        after: str | None = None,
        order: Literal["key", "newest", "oldest"] = "key",
    ) -> RunPage:
        """The latest run of each key, or a page of them.

        Args:
            prefix: Only keys that begin with these strings; a text is the first of them.
            status: Only runs with this status, or one of several.
            last_state: Only runs that are at one of these states, or ended there.
            since: Only runs that began at this time or later.
            until: Only runs that began at this time or before.
            limit: How many runs a page has at most; None: all.
            after: The cursor of the page before, its `following`.
            order: By key, or by when runs began.

        Raises:
            InputError: An argument cannot be used.
        """
        ...

    async def counts(
        self,
        prefix: str | Sequence[str] | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Mapping[RunStatus, int]:
        """How many runs `list` would give of each status; a status without runs is left out."""
        ...

    async def prune(self, older_than: timedelta, prefix: str | Sequence[str] | None = None) -> int:
        """Delete completed and earlier runs that ended longer ago; return how many."""
        ...

    def lease(self, *key: str) -> AbstractAsyncContextManager[Lease]:
        """Hold the run, with a heartbeat, while the block lasts.

        Raises:
            LeaseHeldError: Another live runner holds it.
            LeaseLostError: It was lost to another runner, and the block was cancelled for that.
        """
        ...
