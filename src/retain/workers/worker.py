"""A worker: takes jobs from the queue, runs them, and says what becomes of those that fail."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from procrastinate import App
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason, JobContext
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.utils import utcnow
from procrastinate.worker import Worker as Procrastinator

from retain.errors import DatabaseError, RetainError
from retain.workers.connector import PAUSE_S, Connector
from retain.workers.queue import (
    PAGES,
    RENDER_AFTER_S,
    SOURCE,
    STALLED_S,
    TRIES,
    JobQueue,
    queue_name,
)

logger = logging.getLogger("retain.workers")

HEARTBEAT_S = 3.0
"""How often a worker says that it lives, in seconds."""

SWEEP_S = 2.0
"""How often a worker looks for jobs whose worker died, in seconds."""

POLL_S = 1.0
"""How often an idle worker asks for a job, where nobody tells it of one, in seconds."""

GRACE_S = 3.0
"""Seconds that a worker which is to stop waits for what runs, before that is checkpointed."""

BACKOFF_S = 2.0
"""How long a source waits after its first failure, in seconds; each wait is four times the last."""

_PURGE_EVERY = 30


@dataclass(frozen=True, slots=True)
class Done:
    """The job is done.

    Args:
        renders: Whether pages of the bank are to be rendered.
        model: The model that writes first paragraphs of pages, as plain values; None: rules.
    """

    renders: bool = False
    model: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The job failed; it is tried again after a pause, unless it was tried too often.

    Args:
        reason: Why.
        final: Whether another try cannot help.
    """

    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """The job could not run now, and that is no failure of it.

    Args:
        after_s: When it can be tried again, in seconds.
        version: The schema version of the run, where only a newer release can read it.
    """

    after_s: float
    version: int | None = None


Outcome = Done | Failed | Later


class Work(Protocol):
    """What a worker does."""

    async def source(self, bank_id: str, source_id: str, *, revive: bool) -> Outcome:
        """Resume the run of a source."""
        ...

    async def pages(self, bank_id: str, model: Mapping[str, Any] | None) -> Outcome:
        """Render what is marked in a bank."""
        ...


@dataclass(slots=True)
class Tally:
    """What a worker did.

    Args:
        done: How many sources ended well.
        failed: How many tries failed.
        dead: How many sources failed too often.
        returned: How many went back to the queue.
    """

    done: int = 0
    failed: int = 0
    dead: int = 0
    returned: int = 0


class _AgainError(Exception):
    """The job is to wait again."""

    def __init__(self, after_s: float, queue: str | None = None) -> None:
        super().__init__()
        self.decision = RetryDecision(retry_in={"seconds": round(after_s)}, queue=queue)


class _DeadError(Exception):
    """The job has failed too often."""


class _Retries(BaseRetryStrategy):
    """Nothing is retried but what asks for it, and what a worker that stops could not finish."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, _AgainError):
            return exception.decision
        return RetryDecision(retry_at=utcnow()) if _is_cancelled(exception) else None


def _is_cancelled(exception: BaseException) -> bool:
    return isinstance(exception, asyncio.CancelledError)


class Worker:
    """Runs jobs until it is stopped.

    Args:
        queue: The queue.
        work: What is done for a job.
        concurrency: How many jobs run at once.
        bank_ids: Only jobs of these banks; None: of all.

    Attributes:
        tally: What it did.
    """

    def __init__(
        self,
        queue: JobQueue,
        work: Work,
        *,
        concurrency: int,
        bank_ids: Sequence[str] | None = None,
    ) -> None:
        self.tally = Tally()
        self._queue = queue
        self._work = work
        self._concurrency = concurrency
        self._running: set[int] = set()
        self._stopping = asyncio.Event()
        self._app = App(connector=Connector(queue.database, bank_ids))
        self._procrastinator: Procrastinator | None = None
        again = _Retries()
        self._app.task(name=SOURCE, pass_context=True, retry=again)(self._source)
        self._app.task(name=PAGES, pass_context=True, retry=again)(self._pages)

    def stop(self) -> None:
        """Take no more jobs; what runs is finished or checkpointed within seconds."""
        self._stopping.set()
        if self._procrastinator is not None:
            self._procrastinator.stop()

    async def run(self, *, drain: bool = False) -> None:
        """Run jobs until `stop` is called.

        Args:
            drain: Stop when no job is left.

        Raises:
            DatabaseError: The tables cannot be made.
        """
        await self._queue.database.migrate()
        sweeping = asyncio.create_task(self._sweep(drain=drain))
        try:
            while not self._stopping.is_set():
                await self._run_once()
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping

    async def _run_once(self) -> None:
        """Run jobs as one worker of procrastinate, until it is stopped or taken for dead."""
        worker = self._procrastinator = Procrastinator(
            self._app,
            queues=self._queue.served,
            concurrency=self._concurrency,
            fetch_job_polling_interval=POLL_S,
            abort_job_polling_interval=POLL_S,
            shutdown_graceful_timeout=GRACE_S,
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=STALLED_S,
        )
        try:
            await worker.run()
        except RetainError as exc:
            # Such as a worker that slept: its row is gone, so it begins again as another one.
            logger.warning("%s: this worker begins again", exc)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PAUSE_S)

    async def _sweep(self, *, drain: bool) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(min(SWEEP_S, 0.5) if drain else SWEEP_S)
            worker_id = None if self._procrastinator is None else self._procrastinator.worker_id
            try:
                await self._queue.sweep(worker_id, self._running)
                if rounds % _PURGE_EVERY == 0:
                    await self._queue.purge()
                if drain and not await self._queue.is_pending():
                    self.stop()
            except DatabaseError as exc:
                logger.warning("%s", exc)
            except RetainError:
                pass  # the server is away: whoever takes jobs says so
            rounds += 1

    async def _source(
        self, context: JobContext, bank_id: str, source_id: str, revive: bool = False
    ) -> None:
        """The task that runs a source."""
        with self._known(context):
            outcome = await self._work.source(bank_id, source_id, revive=revive)
            if isinstance(outcome, Done) and outcome.renders:
                await self._queue.put_pages(bank_id, outcome.model)
            await self._settle(context, outcome)
            self.tally.done += 1

    async def _pages(
        self, context: JobContext, bank_id: str, model: Mapping[str, Any] | None = None
    ) -> None:
        """The task that renders the pages of a bank."""
        with self._known(context):
            if await self._queue.is_busy(bank_id, context.job.id or 0):
                raise _AgainError(RENDER_AFTER_S)
            await self._settle(context, await self._work.pages(bank_id, model))

    @contextmanager
    def _known(self, context: JobContext) -> Generator[None, None, None]:
        """Know of a job while it runs; one that was cancelled by a user is not retried."""
        job_id = context.job.id or 0
        self._running.add(job_id)
        try:
            yield
        except asyncio.CancelledError:
            if context.abort_reason() == AbortReason.USER_REQUEST:
                raise JobAborted from None
            self.tally.returned += 1
            raise
        finally:
            self._running.discard(job_id)

    async def _settle(self, context: JobContext, outcome: Outcome) -> None:
        """End a job by its outcome.

        Raises:
            _AgainError: It waits again.
            _DeadError: It failed too often.
        """
        match outcome:
            case Done():
                return
            case Later(after_s, version):
                raise _AgainError(after_s, None if version is None else queue_name(version))
            case Failed(reason, final):
                self.tally.failed += 1
                tries = await self._queue.fail(context.job.id or 0, reason)
                if final or tries >= TRIES:
                    self.tally.dead += 1
                    raise _DeadError(reason)
                wait = BACKOFF_S * 4 ** (tries - 1)
                raise _AgainError(wait * (1 + random.random() / 2))  # noqa: S311 - spreads retries
