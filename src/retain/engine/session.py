"""One call of `run` or `resume`: the loop over states, its saves and its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Generic, TypeVar

from retain.engine.checkpoint import Saver
from retain.engine.context import EngineContext, FanOut, StepLogEntry
from retain.engine.events import Observer, StepEnded, StepStarted
from retain.engine.parallel import run_block
from retain.engine.questions import Questions
from retain.engine.step import YIELD_EVERY_S, Failure, Raised, State, attempt, describe
from retain.engine.transitions import Complete, Failed, Parallel, chains
from retain.errors import CheckpointError, SuspendError

logger = logging.getLogger("retain.engine")

C = TypeVar("C", bound=EngineContext)
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Setting(Generic[C, S]):
    """What every session of one machine shares."""

    services: S
    states: Mapping[str, State[C, S]]
    max_transitions: int
    now: Callable[[], datetime]
    random: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]


class Session(Generic[C, S]):
    """Drives one context until it completes, fails or is cancelled."""

    def __init__(
        self,
        setting: Setting[C, S],
        ctx: C,
        checkpoint: Saver[C] | None,
        questions: Questions,
        notify: Observer | None,
    ) -> None:
        self.setting = setting
        self.ctx = ctx
        self.transitions = 0
        self._checkpoint = checkpoint
        self._notify = notify
        self.questions = questions
        # After a save that failed, the branches beside it take no step and save nothing.
        self._unkept: CheckpointError | None = None

    async def run(self) -> None:
        """Save, drive to the end, and leave a kept context behind on every way out."""
        ctx = self.ctx
        ctx.status = "running"
        try:
            await self.save()
            await self._drive()
        except asyncio.CancelledError:
            if ctx.status == "running":
                ctx.status = "interrupted"
            await self._save_shielded()
            raise
        except BaseException:
            self._not_kept()
            raise

    async def save(self) -> None:
        """Keep the context.

        Raises:
            CheckpointError: It could not be kept.
        """
        if self._checkpoint is None:
            return
        if self._unkept is not None:
            raise self._unkept
        try:
            await self._checkpoint.save(self.ctx)
        except CheckpointError as exc:
            self._unkept = exc
            raise
        except Exception as exc:  # a foreign backend's error becomes ours
            where = f"{self.ctx.source_id!r} at {self.ctx.last_state}"
            self._unkept = CheckpointError(f"could not save {where}: {describe(exc)}")
            raise self._unkept from exc

    async def perform(self, state: State[C, S], label: str) -> object:
        """Run `state` until it ends well, fails for good or has no attempt left."""
        name = state.name
        if self.questions.answered or not state.arguments.plain:
            try:
                state = state.bound(answer=self.questions.answer(name))
            except (LookupError, TypeError, ValueError) as exc:  # its class is gone or has changed
                return Raised(f"its answer does not read back: {exc}", exc)
        result = await self._attempts(state, label)
        if not isinstance(result, Failed):
            self.questions.used(name)
        return result

    async def _attempts(self, state: State[C, S], label: str) -> object:
        setting, number = self.setting, 0
        while True:
            number += 1
            result = await self._attempt(state, label, number)
            if state.retry is None or not isinstance(result, Raised):
                return result
            if not state.retry.retries(result.exception, number):
                return result
            await self.save()
            await setting.sleep(state.retry.wait_s(result.exception, number, setting.random()))

    def _attempt(self, state: State[C, S], label: str, number: int) -> Awaitable[object]:
        """One attempt; told to observers only where there are any, since telling costs."""
        if self._unkept is not None:
            raise self._unkept
        self.transitions += 1
        setting = self.setting
        entry = StepLogEntry(label, setting.now())
        if number > 1:
            entry.notes["attempt"] = number
        running = attempt(self.ctx, setting.services, state, entry, setting.now)
        notify = self._notify
        return running if notify is None else self._told(running, state, entry, number, notify)

    async def _told(
        self,
        running: Awaitable[object],
        state: State[C, S],
        entry: StepLogEntry,
        number: int,
        notify: Observer,
    ) -> object:
        ctx, label = self.ctx, entry.state
        notify(StepStarted(ctx.bank_id, ctx.source_id, label, number))
        try:
            result = await running
            if label == state.name:  # what a branch returns is ignored
                entry.error = entry.error or state.refusal(result)
            return result
        finally:
            took = entry.duration_ms or 0.0
            notify(StepEnded(ctx.bank_id, ctx.source_id, label, number, took, entry.error))

    async def _drive(self) -> None:
        ctx, setting, states = self.ctx, self.setting, self.setting.states
        services, now, limit = setting.services, setting.now, setting.max_transitions
        kept = self._checkpoint is not None
        plain = self._notify is None and not self.questions.answered
        if ctx.fan_out is not None and not await self._block(ctx.fan_out):
            return None
        yield_at = perf_counter() + YIELD_EVERY_S
        began: datetime | None = None
        while True:
            name = ctx.last_state
            state = states.get(name)
            if state is None:
                return await self._fail(f"unknown state: {name!r}")
            if self.transitions >= limit:
                return await self._fail(f"{name}: max_transitions ({limit}) reached")
            if plain and state.retry is None and state.arguments.plain:
                # What `perform` comes down to for most states, without its layers.
                self.transitions += 1
                entry = StepLogEntry(name, began or now())
                result = await attempt(ctx, services, state, entry, now)
                # Where nothing is saved in between, the next step begins as this one ends.
                began = None if kept else entry.completed_at
            else:
                result, began = await self.perform(state, name), None
            if state.to is not None and (refusal := state.refusal(result)):
                return await self._refuse(name, refusal)
            match result:
                case str():
                    ctx.last_state = result
                    if kept:
                        await self.save()
                case Parallel():
                    branches = chains(result)
                    ctx.fan_out = FanOut(name, branches, result.join, [0] * len(branches))
                    began = None
                    await self.save()
                    if not await self._block(ctx.fan_out):
                        return None
                case Complete():
                    return await self._complete()
                case Failed():
                    return await self._stop(self.failure(name, name, result))
                case _:
                    return await self._refuse(name, state.refusal(result))
            if perf_counter() >= yield_at:
                await asyncio.sleep(0)
                began = None
                yield_at = perf_counter() + YIELD_EVERY_S

    async def _block(self, fan_out: FanOut) -> bool:
        """Run what is left of a parallel block; False if the run ends with it."""
        failures = await run_block(self, fan_out)
        if failures:
            await self._stop(*failures)
            return False
        self.ctx.fan_out = None
        self.ctx.last_state = fan_out.join
        await self.save()
        return True

    def failure(self, label: str, name: str, result: Failed) -> Failure:
        """Why the state `name`, known as `label`, ended so; a question is noted."""
        error = result.exception if isinstance(result, Raised) else None
        if isinstance(error, SuspendError):
            self.questions.ask(name, error)
        return Failure.of(label, result)

    async def _complete(self) -> None:
        self.ctx.completed_at = self.setting.now()
        self.ctx.status = "completed"
        logger.info("completed %r in %d steps", self.ctx.source_id, len(self.ctx.step_log))
        await self.save()

    async def _refuse(self, name: str, refusal: str | None) -> None:
        self.ctx.step_log[-1].error = refusal
        await self._fail(f"{name}: {refusal}")

    async def _stop(self, *failures: Failure) -> None:
        """End in failure, or in suspension where nothing but that was asked for."""
        suspended = all(failure.suspends for failure in failures)
        status = "suspended" if suspended else "failed"
        await self._fail(*(failure.error for failure in failures), status=status)

    async def _fail(self, *errors: str, status: str = "failed") -> None:
        self.ctx.errors.extend(errors)
        self.ctx.status = status
        logger.warning("run of %r %s: %s", self.ctx.source_id, status, "; ".join(errors))
        await self.save()

    def _not_kept(self) -> None:
        """Not kept is not done: a resume of this context must not take it for completed."""
        self.ctx.completed_at = None
        self.ctx.status = "interrupted"

    async def _save_shielded(self) -> None:
        """Keep a cancelled run; further cancellations wait until it is, or cannot be, kept."""
        saving = asyncio.ensure_future(self.save())
        while not saving.done():
            try:
                await asyncio.shield(saving)
            except asyncio.CancelledError:
                continue
            except CheckpointError:
                break
        error = "its save was cancelled" if saving.cancelled() else saving.exception()
        if error is not None:
            logger.error("could not keep the cancelled run of %r: %s", self.ctx.source_id, error)
            self._not_kept()
