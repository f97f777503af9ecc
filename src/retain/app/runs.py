"""`memory.runs`: how the processing of each source stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from retain.app.run_notes import notes
from retain.app.runner import FORGETTING, UNFINISHED, Key, Runner, run_of
from retain.app.source_lookup import SourceLookup
from retain.bank import BankStore
from retain.bank.rows import check_ids
from retain.checkpoints.base import BaseCheckpoint
from retain.checkpoints.listing import Order
from retain.engine import RetainFSM, StepLogEntry
from retain.errors import NotFoundError
from retain.kinds import Task
from retain.memory.context import RetainContext
from retain.memory.model import Run
from retain.states.services import RetainServices
from retain.status import RunStatus


class RunList(list[Run]):
    """Runs, or a page of them.

    Args:
        runs: The runs.
        following: The cursor of the page that follows; None: this is the last one.
    """

    def __init__(self, runs: Iterable[Run] = (), following: str | None = None) -> None:
        super().__init__(runs)
        self.following = following


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run of a source that another one has replaced.

    Args:
        run: How it ended.
        steps: Every attempt of every state, oldest first.
    """

    run: Run
    steps: Sequence[StepLogEntry]


class Runs:
    """The saved runs. Call it to list them."""

    def __init__(
        self,
        store: BankStore,
        checkpoint: BaseCheckpoint[RetainContext],
        lookup: SourceLookup,
        pipeline: RetainFSM[RetainContext, RetainServices],
        appending: RetainFSM[RetainContext, RetainServices],
        runner: Runner,
    ) -> None:
        self._store = store
        self._runner = runner
        self._checkpoint = checkpoint
        self._lookup = lookup
        self._pipeline = pipeline
        self._appending = appending

    async def __call__(
        self,
        *,
        bank_id: str | None = None,
        status: RunStatus | str | Collection[RunStatus | str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        after: str | None = None,
        order: Order = "key",
    ) -> RunList:
        """List the latest run of every source, or a page of them.

        Args:
            bank_id: Only runs of this bank; None: of all banks.
            status: Only runs with this status, or one of several.
            since: Only runs that began at this time or later.
            until: Only runs that began at this time or before.
            limit: How many runs a page has at most; None: all.
            after: The cursor of the page before, its `following`.
            order: By bank and source (``key``), or by when runs began: ``newest``, ``oldest``.

        Raises:
            InputError: An argument cannot be used.
        """
        check_ids(bank_id or "")
        page = await self._checkpoint.list(
            bank_id, status, since=since, until=until, limit=limit, after=after, order=order
        )
        runs = [run_of(summary) for summary in page]
        noted: dict[Key, Run] = {}
        for bank in _by_bank(runs):
            noted |= {(run.bank_id, run.source_id): run for run in await self._with_notes(bank)}
        told = [noted[run.bank_id, run.source_id] for run in runs]
        return RunList(told, page.following)

    async def counts(
        self,
        *,
        bank_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> dict[RunStatus, int]:
        """How many sources have a latest run of each status; a status without runs is left out.

        Args:
            bank_id: Only runs of this bank; None: of all banks.
            since: Only runs that began at this time or later.
            until: Only runs that began at this time or before.

        Raises:
            InputError: The id cannot be one.
        """
        check_ids(bank_id or "")
        return await self._checkpoint.counts(bank_id, since=since, until=until)

    async def unfinished(
        self, *, bank_id: str | None = None, dead: Literal["leave", "too", "only"] = "leave"
    ) -> list[Run]:
        """The runs that `Memory.resume_all` goes on with, by bank and source."""
        check_ids(bank_id or "")
        statuses: list[RunStatus] = [] if dead == "leave" else [RunStatus.DEAD]
        if dead != "only":
            statuses += UNFINISHED
        found = [*await self._checkpoint.list(bank_id, statuses)]
        if dead != "only":  # one that forgets goes on until it is gone itself
            ended = await self._checkpoint.list(bank_id, RunStatus.COMPLETED, last_state=FORGETTING)
            found += ended
        return [run_of(one) for one in sorted(found, key=lambda one: one.run_key)]

    async def cancel(self, source_id: str, *, bank_id: str = "default") -> bool:
        """Stop a run that this memory drives; the run is interrupted, and `resume` continues it.

        Args:
            source_id: The source's id, or the path that it was ingested from.
            bank_id: The source's bank.

        Returns:
            Whether this memory drives the run. A run of another process cannot be stopped.

        Raises:
            SourceNotFoundError: The bank has no such source, and no run of one.
        """
        return self._runner.cancel(bank_id, await self._lookup.find(source_id, bank_id))

    async def history(self, source_id: str, *, bank_id: str = "default") -> list[EarlierRun]:
        """The earlier runs of a source, newest first; `Settings.earlier_runs` says how many.

        Args:
            source_id: The source's id, or the path that it was ingested from.
            bank_id: The source's bank.

        Raises:
            SourceNotFoundError: The bank has no such source, and no run of one.
            CheckpointError: An earlier run cannot be read.
        """
        key = (bank_id, await self._lookup.find(source_id, bank_id))
        earlier: list[EarlierRun] = []
        for summary in await self._checkpoint.history(*key):
            ctx = await self._checkpoint.load(*key, run_id=summary.run_id)
            if ctx is not None:
                earlier.append(EarlierRun(run_of(summary), ctx.step_log))
        return earlier

    async def _with_notes(self, runs: Sequence[Run]) -> list[Run]:
        """Runs of one bank, those that are completed with what their sources say."""
        bank_id = runs[0].bank_id
        completed = [run.source_id for run in runs if run.status == "completed"]
        if not completed:
            return list(runs)
        sources = await self._store.sources(bank_id, completed)
        facts = {source.source_id: source.facts for source in sources}
        details = await self._store.outcome_details(bank_id, completed)
        return [
            replace(run, notes=notes(facts[run.source_id], details.get(run.source_id, {})))
            if run.status == "completed" and run.source_id in facts
            else run
            for run in runs
        ]

    async def diagram(self, source_id: str | None = None, *, bank_id: str = "default") -> str:
        """The pipeline as a Mermaid state diagram, with the states of a run coloured and timed.

        Args:
            source_id: The source whose run is shown, by id or path; None: the pipeline alone.
            bank_id: The source's bank.

        Raises:
            SourceNotFoundError: The bank has no such source, and no run of one.
            NotFoundError: The source's run was pruned.
            CheckpointError: The run cannot be read.
        """
        if source_id is None:
            return self._pipeline.diagram()
        source_id = await self._lookup.find(source_id, bank_id)
        ctx = await self._checkpoint.load(bank_id, source_id)
        if ctx is None:
            raise NotFoundError(f"the run of {source_id!r} in bank {bank_id!r} was pruned")
        if ctx.task == Task.APPEND:
            return self._appending.diagram("APPEND", steps=ctx.step_log)
        return self._pipeline.diagram(steps=ctx.step_log)

    async def prune(self, older_than: timedelta, *, bank_id: str | None = None) -> int:
        """Delete the records of completed and earlier runs; what they retained stays in the bank.

        Args:
            older_than: How long ago a run has to have completed.
            bank_id: Only runs of this bank; None: of all banks.

        Returns:
            How many runs were deleted.

        Raises:
            InputError: The id cannot be one.
        """
        check_ids(bank_id or "")
        return await self._checkpoint.prune(older_than, bank_id)


def _by_bank(runs: Iterable[Run]) -> Iterable[list[Run]]:
    of_bank = sorted(runs, key=lambda run: run.bank_id)
    return (list(group) for _, group in groupby(of_bank, key=lambda run: run.bank_id))
