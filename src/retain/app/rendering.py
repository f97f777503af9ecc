"""Render runs: one at a time for each bank, in whatever process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from retain.app.runner import refused, result_of
from retain.bank import BankStore
from retain.checkpoints.base import BaseCheckpoint
from retain.errors import LeaseHeldError, RetainError
from retain.memory.fencing import Fence, fenced
from retain.memory.model import ModelChoice, Run
from retain.memory.ports import Judge
from retain.status import RunStatus
from retain.wiki.render_run import (
    RENDER_RUN,
    RenderContext,
    RenderServices,
    render_machine,
)

WAIT_S = 0.1
"""How often to look whether another process has rendered, in seconds."""


class Renderer:
    """Renders what is marked in banks.

    Args:
        store: The banks.
        checkpoint: Where render runs are kept.
        judge_of: Gives what writes leads with a model.
        choice: The model that new render runs are made with; None: no leads are written.
    """

    def __init__(
        self,
        store: BankStore,
        checkpoint: BaseCheckpoint[RenderContext],
        judge_of: Callable[[ModelChoice], Judge],
        choice: ModelChoice | None = None,
    ) -> None:
        self._store = store
        self._checkpoint = checkpoint
        self._judge_of = judge_of
        self._choice = choice

    async def put_down(self, bank_ids: Collection[str]) -> None:
        """Save the render runs of banks before the runs of sources that they follow begin.

        A process that dies between the two leaves a render run that knows its model.
        """
        if self._choice is not None:
            new = [self._new(bank_id) for bank_id in sorted(bank_ids)]
            await self._checkpoint.save_new(new)  # where one runs already, it is not replaced

    async def render(self, bank_ids: Collection[str]) -> list[Run]:
        """Render what is marked in each bank; the runs that did not complete."""
        ran = [await self._render(bank_id) for bank_id in sorted(bank_ids)]
        return [run for run in ran if run is not None and run.status != RunStatus.COMPLETED]

    async def _render(self, bank_id: str) -> Run | None:
        """Run, or wait for whoever runs already: one of both does what is marked meanwhile."""
        run: Run | None = None
        try:
            while await self._is_due(bank_id):
                try:
                    run = await self._run(bank_id)
                except LeaseHeldError:
                    await asyncio.sleep(WAIT_S)
                    continue
                if run.status != RunStatus.COMPLETED:
                    break
        except RetainError as exc:
            return refused(bank_id, RENDER_RUN, exc)
        return run

    async def _is_due(self, bank_id: str) -> bool:
        if await self._checkpoint.load(bank_id, RENDER_RUN) is not None:
            return True
        if await self._store.page_marks(bank_id, 1) or await self._store.topics_due(bank_id):
            return True
        return self._choice is not None and bool(await self._store.lead_marks(bank_id, 1))

    async def _run(self, bank_id: str) -> Run:
        async with self._checkpoint.lease(bank_id, RENDER_RUN) as lease:
            ctx = await self._checkpoint.load(bank_id, RENDER_RUN)
            if ctx is None or ctx.status == RunStatus.COMPLETED:
                ctx = self._new(bank_id)
            if self._choice is not None:
                ctx.model = self._choice
            judge = None if ctx.model is None else self._judge_of(ctx.model)
            machine = render_machine(RenderServices(self._store, judge))
            with fenced(Fence(bank_id, RENDER_RUN, lease.token)):
                await machine.resume(ctx, checkpoint=self._checkpoint)
            if ctx.status == RunStatus.COMPLETED:
                await self._checkpoint.delete(bank_id, RENDER_RUN)
        return result_of(ctx)

    def _new(self, bank_id: str) -> RenderContext:
        return RenderContext(bank_id, RENDER_RUN, last_state="CLUSTER_TOPICS", model=self._choice)
