"""Drives runs: each is saved first, then resumed under a lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from retain.checkpoints.base import BaseCheckpoint
from retain.engine import RetainFSM, RunSummary
from retain.engine.context import RunContext
from retain.errors import (
    CheckpointError,
    ForgetError,
    LeaseHeldError,
    NotFoundError,
    RetainError,
    SourceError,
)
from retain.memory.concurrency import computed
from retain.memory.context import RetainContext, content_hash
from retain.memory.fencing import Fence, fenced
from retain.memory.model import ModelChoice, Run
from retain.memory.redaction import Redaction, named_without, redacted, redaction_of
from retain.states import carry_over
from retain.states.services import RetainServices

Key = tuple[str, str]
Redactions = Iterable[Redaction]
MachineOf = Callable[[RetainContext], RetainFSM[RetainContext, RetainServices]]

UNFINISHED = ("interrupted", "failed", "suspended")

RETAINING = ("retain", "append")
"""The tasks that take something into memory, with the model that is configured."""

FORGETTING = ("FORGET", "RENDER_AGAIN")
"""The states of runs that forget a source, those of an older release among them."""


class Runner:
    """Every run is kept before it begins, so starting one and resuming one are the same.

    Args:
        machine_of: The machine for a run.
        checkpoint: Where runs are kept.
        text_of: Gives the text that a bank keeps of a source.
        vacuum: Leaves nothing of what was deleted in unused bytes of the store.
        choice: The model that runs go on with from here; None: each with its own.
    """

    def __init__(
        self,
        machine_of: MachineOf,
        checkpoint: BaseCheckpoint[RetainContext],
        text_of: Callable[[str, str], Awaitable[str | None]],
        vacuum: Callable[[], Awaitable[None]],
        choice: ModelChoice | None = None,
    ) -> None:
        self._machine_of = machine_of
        self._checkpoint = checkpoint
        self._text_of = text_of
        self._vacuum = vacuum
        self._choice = choice

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
        if kept is None or kept.task != "forget":
            ctx = RetainContext(bank_id, source_id, "", task="forget", last_state="FORGET")
            await self._replace(ctx)
        return await self.resume(bank_id, source_id)

    async def forget_fact(
        self,
        bank_id: str,
        source_id: str,
        fact_id: str,
        quotes: Iterable[str],
        earlier: Redactions,
        visible: str,
    ) -> Run:
        """Forget a fact as a run, in the place of the run that retained its source.

        Args:
            bank_id: Whose memory it leaves.
            source_id: Its source.
            fact_id: The fact.
            quotes: The words that state it.
            earlier: What is left of facts of the source that were forgotten before.
            visible: The name of the content that the bank holds of the source.

        Raises:
            NotFoundError: The text of the source is not kept.
            ForgetError: A model has yet to read what is kept of the source.
            LeaseHeldError: Another runner is at the source.
            CheckpointError: The run cannot be kept.
        """
        kept = await self.kept(bank_id, source_id)
        if kept is not None and kept.task == "forget fact" and kept.status != "completed":
            await self.resume(bank_id, source_id)
            kept = await self.kept(bank_id, source_id)
        kept = with_text(kept, source_id, visible, await self._text_of(bank_id, source_id))
        redactions = [redaction_of(quote) for quote in sorted(set(quotes))]
        given = kept.given_hash or content_hash(kept.md_text, kept.reference_date)
        await self._replace(
            RetainContext(
                bank_id,
                source_id,
                await computed(redacted, kept.md_text, redactions),
                kept.reference_date,
                kept.origin,
                "forget fact",
                fact_id,
                redactions,
                model=kept.model,
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

    async def resume(self, bank_id: str, source_id: str) -> Run:
        """Drive the kept run to its end. It is loaded under the lease: nobody moves it on."""
        async with self._checkpoint.lease(bank_id, source_id) as lease:
            ctx = await self._checkpoint.load(bank_id, source_id)
            if ctx is None:
                raise NotFoundError(f"no run of {source_id!r} in bank {bank_id!r}")
            carry_over(ctx)
            if self._choice is not None and ctx.task in RETAINING:
                ctx.model = self._choice
            with fenced(Fence(bank_id, source_id, lease.token)):
                await self._machine_of(ctx).resume(ctx, checkpoint=self._checkpoint)
            completed = ctx.status == "completed"
            if completed and ctx.task == "forget":
                await self._checkpoint.delete(bank_id, source_id)
        if completed and ctx.task not in RETAINING:
            await self._vacuum()
        return result_of(ctx)

    async def resume_each(self, keys: Sequence[Key], jobs: int) -> list[Run]:
        """Drive the kept runs, `jobs` at a time; what keeps one from running ends no other.

        On a cancellation none runs on.
        """
        slots = asyncio.Semaphore(jobs)

        async def one(key: Key) -> Run:
            async with slots:
                try:
                    return await self.resume(*key)
                except RetainError as exc:
                    return refused(*key, exc)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(key)) for key in keys]
        return [task.result() for task in tasks]


def is_unfinished(run: RunSummary | Run) -> bool:
    """Whether a kept run is to be driven on: one that forgets goes on until it is gone itself."""
    return run.status in UNFINISHED or (run.status == "completed" and run.last_state in FORGETTING)


def with_text(
    kept: RetainContext | None, source_id: str, visible: str, text: str | None
) -> RetainContext:
    """The kept run of a source with its text, if words of it can be blanked.

    Args:
        kept: The run.
        source_id: The source.
        visible: The name of the content that the bank holds of the source.
        text: The text that it keeps of it.

    Raises:
        NotFoundError: The run or the text is not kept.
        ForgetError: It is of a version that a model has yet to read. Forgetting asks no model, and
            nobody would ask it of that version any more.
    """
    if kept is None or not (kept.md_text or text):
        raise NotFoundError(
            f"the run of {source_id!r} was pruned or imported: retain the source again, then "
            "forget the fact"
        )
    unread = kept.task in RETAINING and kept.model is not None and kept.status != "completed"
    if unread and kept.content_hash != visible:
        raise ForgetError(source_id, "a model has yet to read its new version")
    return replace(kept, md_text=kept.md_text or text or "")


def same_content(kept: RetainContext, ctx: RetainContext, named: str | None) -> bool:
    """Whether a kept run is of the content that `ctx` brings, whose name is `named`.

    Where `ctx` names no model, the kept run goes on with its own.
    """
    if kept.task != ctx.task:
        return False
    if kept.reference_date != ctx.reference_date:
        return False
    if ctx.model is not None and kept.model != ctx.model:
        return False
    if kept.origin is not None and not kept.md_text:  # it has yet to read its file
        return kept.origin == ctx.origin
    return content_hash(kept.md_text, kept.reference_date) == named


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
    )


def unchanged(ctx: RetainContext) -> Run:
    return Run(ctx.bank_id, ctx.source_id, "completed", "COMPLETE", unchanged=True)


def failed(bank_id: str, error: SourceError) -> Run:
    return Run(bank_id, error.source, "failed", "INIT", (error.reason,))


def refused(bank_id: str, source_id: str, error: RetainError) -> Run:
    """A run that could not be driven: another runner is at it, or it could not be kept."""
    status = "running" if isinstance(error, LeaseHeldError) else "failed"
    return Run(bank_id, source_id, status, "", (str(error),))
