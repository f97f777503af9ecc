"""One call of `run` or `resume`: the loop over states, its saves and its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Generic, TypeVar, cast

from retain.engine.attempts import NEVER, Tried, tried
from retain.engine.checkpoint import Guarding, Saver
from retain.engine.context import EngineContext, FanOut, StepLogEntry, roomy
from retain.engine.events import Observer, StepEnded, StepStarted
from retain.engine.parallel import open_branches, run_block
from retain.engine.questions import Questions
from retain.engine.step import (
    YIELD_EVERY_S,
    Failure,
    Raised,
    State,
    attempt,
    describe,
    suspensions,
)
from retain.engine.transitions import Complete, Failed, Parallel, chains, malformed
from retain.engine.transitions import plain as plain_name
from retain.errors import CheckpointError
from retain.status import RunStatus

logger = logging.getLogger("retain.engine")

C = TypeVar("C", bound=EngineContext)
S = TypeVar("S")

MAIN = -1
"""The line of a run outside of its parallel blocks; a branch's line is its position."""


@dataclass(slots=True)
class Setting(Generic[C, S]):
    """What every session of one machine shares."""

    services: S
    states: Mapping[str, State[C, S]]
    max_transitions: int
    max_recoveries: int | None
    save_grace_s: float
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
        self.given = ctx
        self.ctx = roomy(ctx)
        self.transitions = 0
        self._checkpoint = checkpoint
        self._notify = notify
        self.questions = questions
        # After a save that failed, the branches beside it take no step and save nothing.
        self._unkept: CheckpointError | None = None
        # By line: the attempt that is logged before it begins, and how often it was tried before.
        self._ahead: dict[int, StepLogEntry] = {}
        self._tried: dict[int, Tried] = {}
        self._task = asyncio.current_task()
        self._cancelling = self._task.cancelling() if self._task else 0

    async def run(self, *, recovering: bool = False) -> None:
        """Save, drive to the end, and leave a kept context behind on every way out.

        Args:
            recovering: Whether the run's last runner died or was cancelled: attempts count on.
        """
        guard: AbstractContextManager[None] = nullcontext()
        if isinstance(self._checkpoint, Guarding):
            guard = cast("Guarding[C]", self._checkpoint).guard(self.ctx)
        with guard:
            await self._run(recovering=recovering)

    async def _run(self, *, recovering: bool) -> None:
        ctx = self.ctx
        ctx.status = RunStatus.RUNNING
        try:
            if recovering and self._checkpoint is not None and (why := self._count_on()):
                return await self._fail(*why, status=RunStatus.DEAD)
            if ctx.fan_out is None:
                self.open(MAIN, ctx.last_state)
            else:
                open_branches(self, ctx.fan_out)
            await self.save()
            await self._drive()
        except asyncio.CancelledError:
            if ctx.status == RunStatus.RUNNING:
                ctx.status = RunStatus.INTERRUPTED
            self._drop_opened()
            await self._save_shielded()
            raise
        except BaseException:
            self._drop_opened()
            self._not_kept()
            raise

    def open(self, line: int, name: str) -> None:
        """Log the attempt that a line takes next, so that the save before it keeps its beginning.

        Otherwise a state that kills its process would leave no trace.
        """
        if self._checkpoint is None or name not in self.setting.states:
            return
        if self.questions.waiting(name) is not None:
            return
        if line == MAIN and self.transitions >= self.setting.max_transitions:
            return
        before = self._tried.get(line, NEVER)
        notes = before.notes(before.attempts + 1)
        self._ahead[line] = StepLogEntry(_label(line, name), self.setting.now(), notes=notes)
        self.ctx.step_log.append(self._ahead[line])

    def end_if_cancelled(self) -> None:
        """End a line whose state went on though it was cancelled.

        Raises:
            asyncio.CancelledError: It was.
        """
        if self._cancelled():
            raise asyncio.CancelledError("a state went on though it was cancelled")

    def _cancelled(self) -> bool:
        """Whether the calling task was cancelled since it began with this run."""
        task = asyncio.current_task()
        if task is None:
            return False
        return task.cancelling() > (self._cancelling if task is self._task else 0)

    def _count_on(self) -> list[str]:
        """Count the attempts of earlier runners; why the run is dead, if it is."""
        ctx, most = self.ctx, self.setting.max_recoveries
        labels = {MAIN: ctx.last_state}
        if (block := ctx.fan_out) is not None:
            left = {n: chain[block.done[n] :] for n, chain in enumerate(block.branches)}
            labels = {n: _label(n, chain[0]) for n, chain in left.items() if chain}
        before = tried(ctx.step_log, labels.values())
        self._tried = {n: before[label] for n, label in labels.items() if label in before}
        return [
            f"{label}: the process that ran this state died {one.deaths} times in a row "
            f"(max_recoveries is {most}): find out why, then revive the run"
            for label, one in before.items()
            if most is not None and one.deaths > most
        ]

    def _drop_opened(self, *lines: int) -> None:
        """Leave no attempt in the log that never began: of some lines, or of all."""
        for line in lines or tuple(self._ahead):
            entry = self._ahead.pop(line, None)
            if entry is not None:
                self.ctx.step_log[:] = [one for one in self.ctx.step_log if one is not entry]

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
            await self._checkpoint.save(self.given)
        except CheckpointError as exc:
            self._unkept = exc
            raise
        except Exception as exc:  # a foreign backend's error becomes ours
            where = f"{self.ctx.source_id!r} at {self.ctx.last_state}"
            self._unkept = CheckpointError(f"could not save {where}: {describe(exc)}")
            raise self._unkept from exc

    async def perform(self, state: State[C, S], line: int) -> object:
        """Run `state` until it ends well, fails for good or has no attempt left."""
        name = state.name
        if self.questions.answered or not state.arguments.plain:
            try:
                state = state.bound(answer=self.questions.answer(name))
            except (LookupError, TypeError, ValueError) as exc:  # its class is gone or has changed
                self._drop_opened(line)
                return Raised(f"its answer does not read back: {exc}", exc)
        result = await self._attempts(state, line)
        if not isinstance(result, Failed):
            self.questions.used(name)
        return result

    async def _attempts(self, state: State[C, S], line: int) -> object:
        setting, retry = self.setting, state.retry
        before = self._tried.get(line, NEVER)
        number = before.attempts
        while True:
            number += 1
            result = await self._attempt(state, line, number)
            self._tried.pop(line, None)
            if retry is None or not isinstance(result, Raised) or self._cancelled():
                return result
            if not retry.retries(result.exception, number):
                return result
            await self.save()
            await setting.sleep(retry.wait_s(result.exception, number, setting.random()))
            self._tried[line] = Tried(number, before.deaths)
            self.open(line, state.name)
            await self.save()

    def _attempt(self, state: State[C, S], line: int, number: int) -> Awaitable[object]:
        """One attempt; told to observers only where there are any, since telling costs."""
        if self._unkept is not None:
            raise self._unkept
        self.transitions += 1
        setting = self.setting
        entry = self._ahead.pop(line, None)
        if entry is None:
            notes = self._tried.get(line, NEVER).notes(number)
            entry = StepLogEntry(_label(line, state.name), setting.now(), notes=notes)
            self.ctx.step_log.append(entry)
        running = attempt(self.given, setting.services, state, entry, setting.now)
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
        now, limit = setting.now, setting.max_transitions
        kept = self._checkpoint is not None
        plain = self._notify is None and not self.questions.answered
        if ctx.fan_out is not None and not await self._block(ctx.fan_out):
            return None
        task, cancelling = self._task, self._cancelling
        yield_at = perf_counter() + YIELD_EVERY_S
        began: datetime | None = None
        while True:
            name = ctx.last_state
            state = states.get(name)
            if state is None:
                return await self._fail(f"unknown state: {name!r}")
            if self.transitions >= limit:
                return await self._fail(f"{name}: max_transitions ({limit}) reached")
            if plain and state.retry is None and state.arguments.plain and not self._tried:
                # What `perform` comes down to for most states, without its layers.
                self.transitions += 1
                entry = self._ahead.pop(MAIN, None) if kept else None
                if entry is None:
                    entry = StepLogEntry(name, began or now())
                    ctx.step_log.append(entry)
                result = await attempt(self.given, setting.services, state, entry, now)
                # Where nothing is saved in between, the next step begins as this one ends.
                began = None if kept else entry.completed_at
            else:
                result, began = await self.perform(state, MAIN), None
            if state.to is not None and (refusal := state.refusal(result)):
                return await self._refuse(name, refusal)
            if task is not None and task.cancelling() > cancelling:
                self._settle(name, result)
                self.end_if_cancelled()
            match result:
                case str():
                    ctx.last_state = plain_name(result)
                    if kept:
                        self.open(MAIN, ctx.last_state)
                        await self.save()
                case Parallel():
                    if wrong := malformed(result):
                        return await self._refuse(name, wrong)
                    ctx.fan_out = _fan_out(name, result)
                    began = None
                    open_branches(self, ctx.fan_out)
                    await self.save()
                    if not await self._block(ctx.fan_out):
                        return None
                case Complete(missing):
                    self._complete(name, missing)
                    return await self.save()
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
        self.open(MAIN, fan_out.join)
        await self.save()
        return True

    def failure(self, label: str, name: str, result: Failed) -> Failure:
        """Why the state `name`, known as `label`, ended so; a question is noted."""
        if isinstance(result, Raised):
            for asked in suspensions(result.exception)[:1]:
                self.questions.ask(name, asked)
        return Failure.of(label, result)

    def _settle(self, name: str, result: object) -> None:
        """Note where a resume goes on after a state that ended though it was cancelled."""
        match result:
            case str():
                self.ctx.last_state = plain_name(result)
            case Parallel() if malformed(result) is None:
                self.ctx.fan_out = _fan_out(name, result)
            case Complete(missing):
                self._complete(name, missing)
            case _:  # it failed under its cancellation, and is run again
                pass

    def _complete(self, name: str, missing: str | None) -> None:
        self.ctx.completed_at = self.setting.now()
        self.ctx.status = RunStatus.COMPLETED if missing is None else RunStatus.PARTIAL
        if missing is not None:
            self.ctx.errors.append(f"{name}: {missing}")
        logger.info("completed %r in %d steps", self.ctx.source_id, len(self.ctx.step_log))

    async def _refuse(self, name: str, refusal: str | None) -> None:
        if self.ctx.step_log:  # a state may have emptied it
            self.ctx.step_log[-1].error = refusal
        await self._fail(f"{name}: {refusal}")

    async def _stop(self, *failures: Failure) -> None:
        """End in failure, or in suspension where nothing but that was asked for."""
        suspended = all(failure.suspends for failure in failures)
        status = RunStatus.SUSPENDED if suspended else RunStatus.FAILED
        await self._fail(*(failure.error for failure in failures), status=status)

    async def _fail(self, *errors: str, status: RunStatus = RunStatus.FAILED) -> None:
        self.ctx.errors.extend(errors)
        self.ctx.status = status
        logger.warning("run of %r %s: %s", self.ctx.source_id, status, "; ".join(errors))
        await self.save()

    def _not_kept(self) -> None:
        """Not kept is not done: a resume of this context must not take it for completed."""
        self.ctx.completed_at = None
        self.ctx.status = RunStatus.INTERRUPTED

    async def _save_shielded(self) -> None:
        """Keep a cancelled run; further cancellations wait until it is, or cannot be, kept."""
        saving = asyncio.ensure_future(self.save())
        loop, grace_s = asyncio.get_running_loop(), self.setting.save_grace_s
        deadline = loop.time() + grace_s
        while not saving.done() and (left := deadline - loop.time()) > 0:
            with suppress(asyncio.CancelledError):
                await asyncio.wait([saving], timeout=left)
        error: object = f"its save did not end within {grace_s:g} s"
        if not saving.done():
            saving.add_done_callback(_retrieve)
            saving.cancel()
        elif saving.cancelled():
            error = "its save was cancelled"
        else:
            error = saving.exception()
        if error is not None:
            logger.error("could not keep the cancelled run of %r: %s", self.ctx.source_id, error)
            self._not_kept()


def _label(line: int, name: str) -> str:
    return name if line == MAIN else f"parallel:{name}"


def _fan_out(name: str, spec: Parallel) -> FanOut:
    branches = chains(spec)
    return FanOut(name, branches, plain_name(spec.join), [0] * len(branches))


def _retrieve(saving: asyncio.Future[None]) -> None:
    """Take note of how a save ended that nobody waits for, so that the loop does not log it."""
    if not saving.cancelled():
        saving.exception()
