"""`memory.queue`: the sources that wait for a fleet of workers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from retain.app.backends import Backend
from retain.app.runner import RETAINING
from retain.app.runs import Runs
from retain.bank.rows import check_ids
from retain.errors import (
    CheckpointVersionError,
    DatabaseBusyError,
    InputError,
    LeaseHeldError,
    LeaseLostError,
    MissingExtraError,
    NotFoundError,
    RetainError,
    SourceError,
)
from retain.memory.model import (
    DeadLetter,
    ModelChoice,
    ModelLimit,
    Priority,
    QueueState,
    Run,
    SpendLimit,
)
from retain.status import ENDED, RunStatus
from retain.wiki.render_run import RENDER_RUN

if TYPE_CHECKING:
    from retain.app.wiring import Parts
    from retain.workers.limits import FleetLimits
    from retain.workers.queue import JobQueue
    from retain.workers.worker import Outcome, Worker

CONCURRENCY = 4
"""How many sources a worker runs at once, unless the user says so."""

ABORT_S = 0.2
"""How often to look whether workers have stopped what they were asked to stop, in seconds."""

HELD_S = 2.0
"""How long a source waits that another process runs, in seconds."""


class Queue:
    """The queue of sources that workers run. Call it to see how it stands.

    A queue needs a Postgres database and the extra ``fleet``. Every method raises `InputError` over
    another database, and `MissingExtraError` without the extra.
    """

    def __init__(
        self,
        backend: Backend,
        runs: Runs,
        parts: Callable[[int], Parts],
        patience_s: float,
    ) -> None:
        self._backend = backend
        self._runs = runs
        self._parts = parts
        self._patience_s = patience_s
        self._opened: JobQueue | None = None

    def check(self) -> None:
        """See that there can be a queue.

        Raises:
            InputError: The database is not Postgres.
            MissingExtraError: The extra ``fleet`` is not installed.
        """
        assert self._jobs  # noqa: S101 - opens it

    @property
    def _jobs(self) -> JobQueue:
        if self._opened is None:
            self._opened = self._backend.queue()
        return self._opened

    async def __call__(self, *, bank_id: str | None = None) -> QueueState:
        """How many sources wait, run, failed and are dead, and how fast they end.

        Args:
            bank_id: Only sources of this bank; None: of all banks.
        """
        check_ids(bank_id or "")
        return await self._jobs.state(bank_id)

    async def dead(self, *, bank_id: str | None = None) -> list[DeadLetter]:
        """The sources that failed too often, oldest first, and why.

        Args:
            bank_id: Only sources of this bank; None: of all banks.
        """
        check_ids(bank_id or "")
        return await self._jobs.dead(bank_id)

    async def cancel(self, *, bank_id: str, source_ids: Sequence[str] | None = None) -> int:
        """Take sources out of the queue that no worker has begun; their runs stay saved.

        Args:
            bank_id: The bank.
            source_ids: Only these sources; None: all of the bank.

        Returns:
            How many sources were taken out.
        """
        check_ids(bank_id)
        return await self._jobs.cancel(bank_id, source_ids)

    async def resume(
        self,
        *,
        bank_id: str | None = None,
        dead: Literal["leave", "too", "only"] = "leave",
        priority: Priority = "normal",
    ) -> list[int]:
        """Have workers resume what `Memory.resume_all` would resume.

        Args:
            bank_id: Only runs of this bank; None: of all banks.
            dead: What to do with sources that failed too often, or killed their workers: ``leave``
                them, resume them ``too``, or ``only`` them.
            priority: How soon they are to run.

        Returns:
            The numbers of their jobs.
        """
        letters = {(one.bank_id, one.source_id) for one in await self.dead(bank_id=bank_id)}
        unfinished = await self._runs.unfinished(bank_id=bank_id, dead=dead)
        keys = {(run.bank_id, run.source_id) for run in unfinished if run.source_id != RENDER_RUN}
        keys = keys - letters if dead == "leave" else keys | letters
        jobs: list[int] = []
        for bank, of_bank in groupby(sorted(keys), key=lambda key: key[0]):
            source_ids = [source_id for _, source_id in of_bank]
            revive = dead != "leave"
            jobs += await self._jobs.put(bank, source_ids, priority=priority, revive=revive)
        return jobs

    async def limits(self) -> tuple[list[ModelLimit], list[SpendLimit]]:
        """The limits of model calls that all processes share, and how much is spent."""
        limits = self._limits()
        return await limits.models(), await limits.spending()

    async def limit_model(
        self, model: str, *, requests: int | None = None, tokens: int | None = None
    ) -> None:
        """Set how often all processes together may call a model.

        Args:
            model: The model, ``PROVIDER:NAME``.
            requests: How many requests a minute; None: any number.
            tokens: How many tokens a minute, read and written; None: any number.

        Raises:
            InputError: A number is less than 1.
        """
        for name, number in (("requests", requests), ("tokens", tokens)):
            if number is not None and number < 1:
                raise InputError(f"{name} must be at least 1 a minute, not {number}")
        await self._limits().limit_model(model, requests, tokens)

    async def limit_spending(self, max_cost: float | None, *, bank_id: str | None = None) -> None:
        """Set what model calls may cost from here on, over all processes.

        A call that may cost more than is left suspends its run.

        Args:
            max_cost: The limit, in US dollars; None: there is none, and counting begins anew.
            bank_id: Of this bank; None: of all banks together.

        Raises:
            InputError: The limit is negative.
        """
        if max_cost is not None and not 0 <= max_cost < float("inf"):
            raise InputError(f"max_cost must be dollars, not {max_cost}")
        check_ids(bank_id or "")
        await self._limits().limit_spending(bank_id or "", max_cost)

    def _limits(self) -> FleetLimits:
        self.check()
        limits = self._backend.limits()
        assert limits is not None  # noqa: S101 - where there is a queue, there are limits
        return limits

    async def release(self, bank_id: str, source_ids: Sequence[str] | None = None) -> None:
        """Have no worker run sources that are about to be forgotten, and keep no job of them.

        Args:
            bank_id: The bank.
            source_ids: Only these sources; None: all of the bank.
        """
        if (jobs := await self._existing()) is None:
            return
        await jobs.cancel(bank_id, source_ids)
        deadline = time.monotonic() + self._patience_s
        while await jobs.abort(bank_id, source_ids):
            if time.monotonic() > deadline:
                break  # whoever forgets is told that another process runs the source
            await asyncio.sleep(ABORT_S)
        await jobs.discard(bank_id, source_ids)

    async def settle(self, runs: Sequence[Run]) -> None:
        """Keep no job of sources that failed in the queue and that were completed elsewhere.

        Args:
            runs: Runs that have ended.
        """
        done = sorted((run.bank_id, run.source_id) for run in runs if run.status in ENDED)
        if not done or (jobs := await self._existing()) is None:
            return
        for bank, of_bank in groupby(done, key=lambda key: key[0]):
            await jobs.discard(bank, [source_id for _, source_id in of_bank])

    async def _existing(self) -> JobQueue | None:
        """The queue, where the database has one."""
        try:
            jobs = self._jobs
        except (InputError, MissingExtraError):
            return None
        return jobs if await jobs.exists() else None

    async def left(self, jobs: Sequence[int]) -> int:
        """How many jobs have not ended.

        Args:
            jobs: Their numbers, such as those of a `Submission`.
        """
        return await self._jobs.left(jobs)

    async def put(
        self,
        bank_id: str,
        source_ids: Sequence[str],
        *,
        new: Collection[str] = (),
        priority: Priority = "normal",
    ) -> list[int]:
        """Have workers resume the runs of sources; a source that waits already is not added twice.

        Args:
            bank_id: The bank.
            source_ids: The sources, whose runs are saved.
            new: Those with a new text, which a job that runs may not know.
            priority: How soon they are to run.

        Returns:
            The numbers of their jobs.

        Raises:
            InputError: There is no such priority.
        """
        return await self._jobs.put(bank_id, source_ids, new=new, priority=priority)

    async def work(
        self,
        *,
        concurrency: int = CONCURRENCY,
        bank_ids: Sequence[str] | None = None,
        drain: bool = False,
        started: Callable[[Worker], None] | None = None,
    ) -> None:
        """Run sources of the queue until the worker is stopped.

        Each run keeps the model that it was submitted with, whatever the settings of this memory.

        Args:
            concurrency: How many sources run at once, and how many calls to a model's server.
            bank_ids: Only sources of these banks; None: of all.
            drain: Stop when no source is left.
            started: Called with the worker, which has `stop` and a `tally`.

        Raises:
            InputError: `concurrency` is less than 1, or `bank_ids` is empty.
        """
        if concurrency < 1:
            raise InputError(f"concurrency must be at least 1, not {concurrency}")
        if bank_ids is not None and not bank_ids:
            raise InputError("no bank is named: name one, or leave the banks out")
        jobs = self._jobs
        from retain.workers.worker import Worker

        parts = self._parts(concurrency)
        worker = Worker(jobs, SourceWork(parts), concurrency=concurrency, bank_ids=bank_ids)
        if started is not None:
            started(worker)
        try:
            await worker.run(drain=drain)
        finally:
            parts.reader.close()
            await parts.models.close()


class SourceWork:
    """What workers do: see `retain.workers.worker.Work`.

    Args:
        parts: Everything that works on the database, with no model of its own.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def source(self, bank_id: str, source_id: str, *, revive: bool) -> Outcome:
        """Resume the run of a source."""
        from retain.workers.worker import Done, Failed

        try:
            ctx = await self._parts.runner.drive(bank_id, source_id, revive=revive)
        except RetainError as exc:
            return _outcome(exc)
        reason = "; ".join(ctx.errors) or ctx.status
        match ctx.status:
            case RunStatus.INTERRUPTED:  # `Runs.cancel` stopped it
                return Failed("it was cancelled", final=True)
            case RunStatus.FAILED:
                return Failed(reason)
            case RunStatus.DEAD:
                return Failed(reason, final=True)
            case RunStatus.SUSPENDED:
                return Failed(f"suspended: {reason}", final=True)
            case _:
                model = None if ctx.model is None else msgspec.to_builtins(ctx.model)
                return Done(renders=ctx.task in RETAINING, model=model)

    async def pages(self, bank_id: str, model: Mapping[str, Any] | None) -> Outcome:
        """Render what is marked in a bank."""
        from retain.workers.worker import Done, Failed

        choice = None if model is None else msgspec.convert(model, ModelChoice)
        try:
            runs = await self._parts.renderer_of(choice).render({bank_id})
        except RetainError as exc:
            return _outcome(exc)
        return Failed("; ".join(runs[0].errors)) if runs else Done()


def _outcome(error: RetainError) -> Outcome:
    """What becomes of a job whose run could not be driven."""
    from retain.workers.worker import Done, Failed, Later

    match error:
        case CheckpointVersionError():
            return Later(0.0, version=error.found)
        case LeaseHeldError() | LeaseLostError() | DatabaseBusyError():
            return Later(HELD_S)
        case NotFoundError():  # it was forgotten
            return Done()
        case SourceError():
            return Failed(str(error), final=True)
        case _:
            cause = error.__cause__
            return Later(HELD_S) if isinstance(cause, DatabaseBusyError) else Failed(str(error))
