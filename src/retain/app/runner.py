"""Drives runs: each is saved first, then resumed under a lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from retain.app.run_notes import notes_of_context
from retain.checkpoints.base import BaseCheckpoint
from retain.engine import RetainFSM, RunSummary
from retain.engine.arguments import UNSET
from retain.engine.checkpoint import Lease
from retain.engine.context import Question, RunContext
from retain.engine.run_ids import identify, run_id_of
from retain.errors import (
    AppendError,
    CheckpointError,
    ForgetError,
    LeaseHeldError,
    NotFoundError,
    RetainError,
    SourceError,
)
from retain.kinds import Task
from retain.memory.context import RetainContext, content_hash
from retain.memory.fencing import Fence, fenced
from retain.memory.model import ModelChoice, Provenance, Run, RunQuestion, StoredSource
from retain.memory.ports import SourceReader
from retain.memory.redaction import Redaction, named_without, redaction_of
from retain.states import carry_over
from retain.states.services import RetainServices
from retain.status import RunStatus

Key = tuple[str, str]
Redactions = Iterable[Redaction]
MachineOf = Callable[[RetainContext], RetainFSM[RetainContext, RetainServices]]

UNFINISHED = (
    RunStatus.INTERRUPTED,
    RunStatus.FAILED,
    RunStatus.SUSPENDED,
    RunStatus.PARTIAL,
)

BEGUN = (*UNFINISHED, RunStatus.DEAD)
"""How runs stand that have not done all of their work."""

RETAINING = (Task.RETAIN, Task.APPEND)
"""The tasks that take something into memory, with the model that is configured."""

FIRST = (Task.APPEND, Task.FORGET_FACT)
"""The tasks that are finished before a fact is forgotten."""

FORGETTING = ("FORGET", "RENDER_AGAIN")
"""The states of runs that forget a source, those of an older release among them."""


class Runner:
    """Every run is kept before it begins, so starting one and resuming one are the same.

    Args:
        machine_of: The machine for a run.
        checkpoint: Where runs are kept.
        source_of: Gives a source and the text that its bank keeps of it.
        reader: Knows where words stand in texts.
        vacuum: Leaves nothing of what was deleted in unused bytes of the store.
        choice: The model that runs go on with from here; None: each with its own.
        rules: Whether runs go on without a model from here.
    """

    def __init__(
        self,
        machine_of: MachineOf,
        checkpoint: BaseCheckpoint[RetainContext],
        source_of: Callable[[str, str], Awaitable[tuple[StoredSource, str | None]]],
        vacuum: Callable[[], Awaitable[None]],
        reader: SourceReader,
        choice: ModelChoice | None = None,
        rules: bool = False,
    ) -> None:
        self._machine_of = machine_of
        self._checkpoint = checkpoint
        self._source_of = source_of
        self._vacuum = vacuum
        self._reader = reader
        self._choice = choice
        self._rules = rules
        self._driven: dict[Key, asyncio.Task[Any]] = {}
        self._stopped: set[Key] = set()

    def cancel(self, bank_id: str, source_id: str) -> bool:
        """Stop a run; whether this process drives it.

        The step that runs is closed as cancelled, and a resume continues there.
        """
        key = (bank_id, source_id)
        task = self._driven.get(key)
        if task is None:
            return False
        if key not in self._stopped:
            self._stopped.add(key)
            task.cancel()
        return True

    async def kept(self, bank_id: str, source_id: str) -> RetainContext | None:
        """The saved run; None also where it cannot be read, and so cannot be resumed."""
        try:
            return await self._checkpoint.load(bank_id, source_id)
        except CheckpointError:
            return None

    async def put_down(self, contexts: Sequence[RetainContext]) -> dict[str, Run]:
        """Save every run before the first begins; return those that another runner holds."""
        outcomes = await self._checkpoint.save_new(contexts)
        return {
            ctx.source_id: refused(ctx.bank_id, ctx.source_id, error)
            for ctx, error in zip(contexts, outcomes, strict=True)
            if error is not None
        }

    async def forget(self, bank_id: str, source_id: str) -> Run:
        """Forget a source as a run, in the place of the run that retained it.

        Raises:
            LeaseHeldError: Another runner is at the source.
            CheckpointError: The run cannot be kept.
        """
        kept = await self.kept(bank_id, source_id)
        if kept is None or kept.task != Task.FORGET:
            ctx = RetainContext(bank_id, source_id, "", task=Task.FORGET, last_state="FORGET")
            await self._replace(ctx)
        return await self.resume(bank_id, source_id)

    async def forget_fact(
        self,
        bank_id: str,
        source_id: str,
        fact_id: str,
        quotes: Iterable[str],
        earlier: Redactions,
    ) -> Run:
        """Forget a fact as a run, in the place of the run that retained its source.

        Args:
            bank_id: Whose memory it leaves.
            source_id: Its source.
            fact_id: The fact.
            quotes: The words that state it.
            earlier: What is left of facts of the source that were forgotten before.

        Raises:
            NotFoundError: The text of the source is not kept.
            ForgetError: Something could not be added to the source, or a model has yet to read
                what is kept of it.
            LeaseHeldError: Another runner is at the source.
            CheckpointError: The run cannot be kept.
        """
        kept = await self.kept(bank_id, source_id)
        if kept is not None and kept.completed_at is None and kept.task in FIRST:
            await self.resume(bank_id, source_id)
            kept = await self.kept(bank_id, source_id)
        source, text = await self._source_of(bank_id, source_id)
        kept = with_text(kept, source, text)
        redactions = [redaction_of(quote) for quote in sorted(set(quotes))]
        given = kept.given_hash or content_hash(kept.md_text, kept.reference_date, kept.provenance)
        await self._replace(
            RetainContext(
                bank_id,
                source_id,
                await self._reader.blanked(
                    kept.md_text, redactions, source_id=source_id, provenance=kept.provenance
                ),
                kept.reference_date,
                kept.origin,
                Task.FORGET_FACT,
                fact_id,
                redactions,
                model=kept.model,
                provenance=kept.provenance,
                given_hash=given,
                content_hash=named_without(given, [*earlier, *redactions]),
                last_state="FORGET_FACT",
            )
        )
        return await self.resume(bank_id, source_id)

    async def _replace(self, ctx: RetainContext) -> None:
        (refusal,) = await self._checkpoint.save_new([ctx])
        if refusal is not None:
            raise refusal

    async def append(
        self,
        bank_id: str,
        source_id: str,
        added: str,
        make: Callable[[RetainContext | None], Awaitable[RetainContext]],
    ) -> Run:
        """Add to a source, once all that was to be added before is in.

        Args:
            bank_id: The bank.
            source_id: The source.
            added: The text. Where the run that is kept was to add the same, it goes on.
            make: Makes the new run of the kept one, if there is one, under the lease of the source.

        Raises:
            AppendError: What was to be added before could not be.
            ForgetError: The source, or a fact of it, is not completely forgotten.
            LeaseHeldError: Another runner is at the source.
            CheckpointError: The run cannot be kept or read.
        """
        async with self._checkpoint.lease(bank_id, source_id) as lease:
            kept = await self._checkpoint.load(bank_id, source_id)
            if kept is not None and kept.completed_at is None:
                if kept.task not in RETAINING:
                    raise ForgetError(source_id, "nothing can be added before that is done")
                if kept.task == Task.APPEND:
                    await self._drive(kept, lease)
                    if kept.added == added:
                        return result_of(kept)
                    if kept.completed_at is None:
                        raise AppendError(source_id, "; ".join(kept.errors) or kept.status)
            ctx = await make(kept)
            identify(ctx)
            await self._checkpoint.save(ctx)
            await self._drive(ctx, lease)
        return result_of(ctx)

    async def resume(
        self, bank_id: str, source_id: str, value: object = UNSET, *, revive: bool = False
    ) -> Run:
        """Drive the kept run to its end. It is loaded under the lease: nobody moves it on.

        A dead run is left as it is, unless it is to be revived.

        Raises:
            NotFoundError: There is no such run.
            InputError: No state of the run waits for `value`.
            LeaseHeldError: Another runner is at the source.
            CheckpointError: The run cannot be kept or read.
        """
        return result_of(await self.drive(bank_id, source_id, value, revive=revive))

    async def drive(
        self, bank_id: str, source_id: str, value: object = UNSET, *, revive: bool = False
    ) -> RetainContext:
        """What `resume` does; the run itself."""
        async with self._checkpoint.lease(bank_id, source_id) as lease:
            ctx = await self._checkpoint.load(bank_id, source_id)
            if ctx is None:
                raise NotFoundError(f"no run of {source_id!r} in bank {bank_id!r}")
            await self._drive(ctx, lease, value, revive=revive)
            completed = ctx.completed_at is not None
            if completed and ctx.task == Task.FORGET:
                await self._checkpoint.delete(bank_id, source_id)
        if completed and ctx.task not in RETAINING:
            await self._vacuum()
        return ctx

    async def _drive(
        self, ctx: RetainContext, lease: Lease, value: object = UNSET, *, revive: bool = False
    ) -> None:
        carry_over(ctx)
        if ctx.task == "forget fact":  # errors of earlier runs may quote it
            await self._checkpoint.forget_history(ctx.bank_id, ctx.source_id)
        if ctx.status == RunStatus.PARTIAL:
            _, text = await self._source_of(ctx.bank_id, ctx.source_id)
            reopen(ctx, text)
        if ctx.task in RETAINING and not ctx.stated and (self._rules or self._choice is not None):
            ctx.model = self._choice
        with fenced(Fence(ctx.bank_id, ctx.source_id, lease.token)):
            machine = self._machine_of(ctx)
            with self._stoppable(ctx.bank_id, ctx.source_id):
                await machine.resume(ctx, checkpoint=self._checkpoint, value=value, revive=revive)

    @contextmanager
    def _stoppable(self, bank_id: str, source_id: str) -> Generator[None]:
        """Let `cancel` end the block; a cancellation from elsewhere passes through."""
        key, task = (bank_id, source_id), asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs is in a task
        before = task.cancelling()
        self._driven[key] = task
        try:
            yield
        except asyncio.CancelledError:
            if key not in self._stopped or task.uncancel() > before:
                raise
            self._stopped.remove(key)
        finally:
            del self._driven[key]
            if key in self._stopped:  # the run ended before the cancellation reached it
                self._stopped.remove(key)
                task.uncancel()

    async def resume_each(
        self, keys: Sequence[Key], jobs: int, *, revive: bool = False
    ) -> list[Run]:
        """Drive the kept runs, `jobs` at a time; what keeps one from running ends no other.

        On a cancellation none runs on.
        """
        slots = asyncio.Semaphore(jobs)

        async def one(key: Key) -> Run:
            async with slots:
                try:
                    return await self.resume(*key, revive=revive)
                except RetainError as exc:
                    return refused(*key, exc)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(key)) for key in keys]
        return [task.result() for task in tasks]


def reopen(ctx: RetainContext, text: str | None) -> None:
    """Have a partial run read again what it could not read; the bank has what it could.

    Args:
        ctx: The run.
        text: The text that the bank holds of the source.

    Raises:
        NotFoundError: The text is not kept.
    """
    if not text:
        raise NotFoundError(
            f"the text of {ctx.source_id!r} is not kept: retain it again to read what is missing"
        )
    ctx.task, ctx.md_text, ctx.added, ctx.tail = Task.RETAIN, text, "", None
    ctx.lost_before, ctx.last_state, ctx.completed_at = 0, "READ", None


def with_text(kept: RetainContext | None, source: StoredSource, text: str | None) -> RetainContext:
    """The kept run of a source with its text, if words of it can be blanked.

    Args:
        kept: The run; None where it was pruned, or the source was imported.
        source: The source.
        text: The text that the bank holds of it.

    Raises:
        NotFoundError: The text is not kept.
        ForgetError: It is of a version that a model has yet to read, or something was to be added
            to it. Forgetting asks no model, and nobody would do that any more.
    """
    source_id = source.source_id
    if kept is None:
        kept = RetainContext(
            *(source.bank_id, source_id, "", source.reference_date),
            provenance=given_of(source.meta),
        )
    unfinished = kept.completed_at is None
    if kept.task == Task.APPEND and unfinished:
        raise ForgetError(source_id, "something that was to be added to it is not in yet")
    unread = kept.task == Task.RETAIN and unfinished and kept.model is not None
    if unread and kept.content_hash != source.content_hash:
        raise ForgetError(source_id, "a model has yet to read its new version")
    if not (kept.md_text or text):
        raise NotFoundError(
            f"the text of {source_id!r} is not kept, since it was imported or retained by an "
            "older release: retain a changed text of it, then forget the fact"
        )
    return replace(kept, md_text=kept.md_text or text or "")


def given_of(meta: Mapping[str, Any]) -> Provenance:
    """The author and the properties of a source whose run is gone, as its bank has them."""
    told = {name: value for name, value in meta.items() if isinstance(value, str)}
    return Provenance(author=told.get("author", ""), meta=told)


def same_content(kept: RetainContext, ctx: RetainContext, named: str | None) -> bool:
    """Whether a kept run is of the content that `ctx` brings, whose name is `named`.

    Where `ctx` names no model, the kept run goes on with its own.
    """
    if kept.task != ctx.task:
        return False
    if kept.reference_date != ctx.reference_date:
        return False
    if kept.provenance != kept.provenance.given_as(ctx.provenance):
        return False
    if ctx.model is not None and kept.model != ctx.model:
        return False
    if kept.status == RunStatus.PARTIAL:  # its text is in the bank
        return kept.given_hash == named
    if kept.origin is not None and not kept.md_text:  # it has yet to read its file
        return kept.origin == ctx.origin
    return content_hash(kept.md_text, kept.reference_date, kept.provenance) == named


def result_of(ctx: RunContext) -> Run:
    return Run(
        ctx.bank_id,
        ctx.source_id,
        ctx.status,
        ctx.last_state,
        tuple(ctx.errors),
        ctx.started_at,
        ctx.completed_at,
        sum(ctx.duration_ms_by_state().values()),
        passed_over=dict(ctx.passed_over) if isinstance(ctx, RetainContext) else {},
        questions=questions_of(ctx.questions),
        notes=notes_of_context(ctx) if isinstance(ctx, RetainContext) else (),
        run_id=run_id_of(ctx),
    )


def run_of(summary: RunSummary) -> Run:
    return Run(
        summary.bank_id,
        summary.source_id,
        summary.status,
        summary.last_state,
        summary.errors,
        summary.started_at,
        summary.completed_at,
        summary.duration_ms,
        questions=questions_of(summary.questions),
        run_id=summary.run_id,
    )


def questions_of(questions: Iterable[Question]) -> tuple[RunQuestion, ...]:
    return tuple(RunQuestion(q.name, q.reason, q.shown) for q in questions)


def unchanged(ctx: RetainContext) -> Run:
    return Run(ctx.bank_id, ctx.source_id, RunStatus.COMPLETED, "COMPLETE", unchanged=True)


def failed(bank_id: str, error: SourceError) -> Run:
    return Run(bank_id, error.source, RunStatus.FAILED, "INIT", (error.reason,))


def refused(bank_id: str, source_id: str, error: RetainError) -> Run:
    """A run that could not be driven: another runner is at it, or it could not be kept."""
    status = RunStatus.RUNNING if isinstance(error, LeaseHeldError) else RunStatus.FAILED
    return Run(bank_id, source_id, status, "", (str(error),))
