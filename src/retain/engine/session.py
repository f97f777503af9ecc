"""One call of `run` or `resume`: the loop over states, its saves and its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any, Generic, TypeVar, cast

from retain.engine.arguments import UNSET
from retain.engine.attempts import NEVER, Step, Tried, tried
from retain.engine.checkpoint import Guarding, Saver
from retain.engine.context import (
    EngineContext,
    FanOut,
    Question,
    StateFailure,
    StepLogEntry,
    engine_state_of,
    failures_of,
    key_of,
    name_of,
    name_of_run,
    roomy,
)
from retain.engine.events import Observer, StepEnded, StepStarted
from retain.engine.parallel import line_states, open_lines, opened, run_block
from retain.engine.questions import Questions
from retain.engine.run_ids import run_id_of
from retain.engine.step import (
    MAIN,
    YIELD_EVERY_S,
    Begun,
    Call,
    Failure,
    Raised,
    State,
    attempt,
    describe,
    suspensions,
)
from retain.engine.taskgroups import continued
from retain.engine.transitions import Complete, Failed, Parallel, malformed
from retain.engine.transitions import plain as plain_name
from retain.errors import CheckpointError
from retain.status import RunStatus

logger = logging.getLogger("retain.engine")

C = TypeVar("C", bound=EngineContext)
S = TypeVar("S")


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
        # Raised by one for each item: a map is bounded by itself.
        self.limit = setting.max_transitions
        self._running_save: asyncio.Future[None] | None = None
        self._next_save: asyncio.Future[None] | None = None
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

    async def run(self, *, recovering: bool = False, misfits: Sequence[str] = ()) -> None:
        """Save, drive to the end, and leave a kept context behind on every way out.

        Args:
            recovering: Whether the run's last runner died or was cancelled: attempts count on.
            misfits: Why the run does not fit this graph, so that no state runs.
        """
        guard: AbstractContextManager[None] = nullcontext()
        if isinstance(self._checkpoint, Guarding):
            guard = cast("Guarding[C]", self._checkpoint).guard(self.ctx)
        with guard:
            await self._run(recovering=recovering, misfits=misfits)

    async def _run(self, *, recovering: bool, misfits: Sequence[str]) -> None:
        ctx = self.ctx
        ctx.status = RunStatus.RUNNING
        try:
            if misfits:
                return await self._fail(*misfits)
            if recovering and self._checkpoint is not None and (why := self._count_on()):
                return await self._fail(*why, status=RunStatus.DEAD)
            if ctx.fan_out is None:
                self.open(MAIN, ctx.last_state)
            else:
                open_lines(self, ctx.fan_out)
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

    def open(self, line: int, name: str, number: int | None = None) -> None:
        """Log the attempt that a line takes next, so that the save before it keeps its beginning.

        Otherwise a state that kills its process would leave no trace.

        Args:
            line: The line.
            name: The state.
            number: The position of the item, in a map.
        """
        if self._checkpoint is None or name not in self.setting.states:
            return
        if self.questions.waiting(name_of(name, number)) is not None:
            return
        if line == MAIN and self.transitions >= self.limit:
            return
        before = self._tried.get(line, NEVER)
        call = Call(name, line, number)
        self._ahead[line] = self._entry(call, before.notes(before.attempts + 1))
        self.ctx.step_log.append(self._ahead[line])

    def _entry(self, call: Call, notes: dict[str, int]) -> StepLogEntry:
        if call.number is not None:
            notes["item"] = call.number
        return StepLogEntry(call.label, self.setting.now(), notes=notes)

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
        labels: dict[int, Step] = {MAIN: ctx.last_state}
        if (block := ctx.fan_out) is not None:
            left = line_states(block)
            labels = {n: Call(name, n).label for n, name in left}
            if block.mapped is not None:
                labels = {n: (Call(name, n).label, n) for n, name in left}
        before = tried(ctx.step_log, labels.values())
        self._tried = {n: before[label] for n, label in labels.items() if label in before}
        return [
            f"{step if isinstance(step, str) else name_of(*step)}: the process that ran this "
            f"state died {one.deaths} times in a row (max_recoveries is {most}): find out why, "
            "then revive the run"
            for step, one in before.items()
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
            where = f"{name_of_run(self.ctx)} at {self.ctx.last_state}"
            self._unkept = CheckpointError(f"could not save {where}: {describe(exc)}")
            raise self._unkept from exc

    async def save_soon(self) -> None:
        """Keep the context; callers that come while a save is running share the next one.

        Raises:
            CheckpointError: It could not be kept.
        """
        if self._checkpoint is None:
            return
        if self._next_save is None:
            self._next_save = asyncio.ensure_future(self._save_after(self._running_save))
            self._next_save.add_done_callback(_retrieve)
        await asyncio.shield(self._next_save)

    async def _save_after(self, running: asyncio.Future[None] | None) -> None:
        if running is not None:
            await asyncio.wait([running])
        self._running_save, self._next_save = self._next_save, None
        await self.save()

    async def settle_saves(self) -> None:
        """Wait until no shared save is running; a save that hangs is cancelled after its grace."""
        saves = [s for s in (self._running_save, self._next_save) if s and not s.done()]
        loop, cancelled = asyncio.get_running_loop(), False
        deadline = loop.time() + self.setting.save_grace_s
        while saves and (left := deadline - loop.time()) > 0:
            try:
                _, waiting = await asyncio.wait(saves, timeout=left)
            except asyncio.CancelledError:
                cancelled = True
                waiting = [s for s in saves if not s.done()]
            saves = list(waiting)
        for save in saves:
            save.cancel()
        if cancelled:
            raise asyncio.CancelledError

    async def perform(self, state: State[C, S], call: Call) -> object:
        """Run `state` until it ends well, fails for good or has no attempt left."""
        if self.questions.answered or not state.arguments.plain or call.item is not UNSET:
            try:
                state = state.bound(call, self.questions.answer(call.name))
            except (LookupError, TypeError, ValueError) as exc:  # its class is gone or has changed
                self._drop_opened(call.line)
                return Raised(f"its answer does not read back: {exc}", exc)
        result = await self._attempts(state, call)
        if not isinstance(result, Failed):
            self.questions.used(call.name)
        return result

    async def _attempts(self, state: State[C, S], call: Call) -> object:
        setting, retry, line = self.setting, state.retry, call.line
        before = self._tried.get(line, NEVER)
        number = before.attempts
        while True:
            number += 1
            result = await self._attempt(state, call, number)
            self._tried.pop(line, None)
            if retry is None or not isinstance(result, Raised) or self._cancelled():
                return result
            if not retry.retries(result.exception, number):
                return result
            await self.save()
            await setting.sleep(retry.wait_s(result.exception, number, setting.random()))
            self._tried[line] = Tried(number, before.deaths)
            self.open(line, state.name, call.number)
            await self.save()

    def _attempt(self, state: State[C, S], call: Call, number: int) -> Awaitable[object]:
        """One attempt; told to observers only where there are any, since telling costs."""
        if self._unkept is not None:
            raise self._unkept
        self.transitions += 1
        setting = self.setting
        entry = self._ahead.pop(call.line, None)
        if entry is None:
            entry = self._entry(call, self._tried.get(call.line, NEVER).notes(number))
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
        key, label, run_id = key_of(self.ctx), entry.state, run_id_of(self.ctx)
        notify(StepStarted(key, label, number, run_id=run_id))
        try:
            result = await running
            if label == state.name:  # what a branch returns is ignored
                entry.error = entry.error or state.refusal(result)
            return result
        finally:
            took = entry.duration_ms or 0.0
            notify(StepEnded(key, label, number, took, entry.error, run_id=run_id))

    async def _drive(self) -> None:
        ctx, setting, states = self.ctx, self.setting, self.setting.states
        kept = self._checkpoint is not None
        if ctx.fan_out is not None and not await self._block(ctx.fan_out):
            return None
        swift = not kept and self._notify is None
        swift = swift and not self.questions.answered and not failures_of(ctx)
        task, cancelling = self._task, self._cancelling
        yield_at = perf_counter() + YIELD_EVERY_S
        while True:
            result = await self._sprint() if swift else UNSET
            name = ctx.last_state
            state = states.get(name)
            if state is None:
                return await self._fail(f"unknown state: {name!r}")
            if result is UNSET:
                if self.transitions >= self.limit:
                    reached = f"max_transitions ({setting.max_transitions}) reached"
                    return await self._fail(f"{name}: {reached}")
                call = Call(name, failures=failures_of(ctx))
                result = await self.perform(state, call)
                if call.failures and not isinstance(result, Failed):
                    engine_state_of(ctx).failures = []
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
                    try:
                        ctx.fan_out = opened(self.given, name, result)
                    except (TypeError, ValueError) as exc:
                        return await self._refuse(name, describe(exc))
                    open_lines(self, ctx.fan_out)
                    await self.save()
                    if not await self._block(ctx.fan_out):
                        return None
                    swift = swift and not failures_of(ctx)
                case Complete(missing):
                    self._complete(name, missing)
                    return await self.save()
                case Failed():
                    failure = self.failure(Call(name), result)
                    if not await self._handled(state, failure):
                        return await self._stop(failure)
                    swift = False
                case _:
                    return await self._refuse(name, state.refusal(result))
            if perf_counter() >= yield_at:
                await asyncio.sleep(0)
                yield_at = perf_counter() + YIELD_EVERY_S

    async def _sprint(self) -> object:
        """Run states that hand over by name while nothing is kept or told: most of what costs.

        It does what `_drive` and `perform` do for such states, without their layers, and awaits
        only those that wait for something.

        Returns:
            What the last state returned, if that is no name; `UNSET` where the next state is not
            for here.
        """
        ctx, given, setting = self.ctx, self.given, self.setting
        states, now = setting.states, setting.now
        task, cancelling = self._task, self._cancelling
        # The next step begins as the one before ends, where nothing came between.
        began: datetime | None = None
        result: Any = UNSET
        start = perf_counter()
        yield_at = start + YIELD_EVERY_S
        while True:
            name = ctx.last_state
            state = states.get(name)
            if state is None or state.direct is None or self.transitions >= self.limit:
                return UNSET
            self.transitions += 1
            entry = StepLogEntry(name, began or now())
            ctx.step_log.append(entry)
            try:
                waits = (running := state.direct(given, setting.services)).send(None)
            except StopIteration as end:
                result = end.value
                rest = None if type(result) is str else _returns(result)
            except BaseException as exc:  # noqa: BLE001 - raised again, in the attempt
                rest = _raises(exc)
            else:
                rest = continued(running, waits)
            if rest is None:
                began = entry.completed_at = now()
                entry.duration_ms = ((ended := perf_counter()) - start) * 1000
                start = ended
            else:
                begun = Begun(start, rest)
                result = await attempt(given, setting.services, state, entry, now, begun)
                began, start = None, perf_counter()
                if type(result) is not str:
                    return result
            if state.to is not None and result not in state.to:
                return result
            if task is not None and task.cancelling() > cancelling:
                return result
            ctx.last_state = result
            if start >= yield_at:
                await asyncio.sleep(0)
                began, start = None, perf_counter()
                yield_at = start + YIELD_EVERY_S

    async def _block(self, fan_out: FanOut) -> bool:
        """Run what is left of a parallel block; False if the run ends with it."""
        failures = await run_block(self, fan_out)
        if failures:
            self._drop_opened()
            state = self.setting.states.get(fan_out.state)
            if state is None or not await self._handled(state, *failures):
                await self._stop(*failures)
                return False
            return True
        await self._go_to(fan_out.join, [told for _, told in sorted(fan_out.failed.items())])
        return True

    async def _handled(self, state: State[C, S], *failures: Failure) -> bool:
        """Go to the state that follows failures, if there is one and nothing is suspended."""
        if state.on_error is None or any(failure.suspends for failure in failures):
            return False
        self.ctx.errors.extend(failure.error for failure in failures)
        await self._go_to(state.on_error, [failure.told for failure in failures])
        return True

    async def _go_to(self, target: str, failures: list[StateFailure]) -> None:
        """Leave a block, or a state that failed, for a state that is told what failed."""
        ctx = self.ctx
        if ctx.fan_out is not None and ctx.fan_out.mapped is not None:
            self.given.fan_out_items = ""  # type: ignore[attr-defined]
        ctx.fan_out = None
        ctx.last_state = target
        if failures or failures_of(ctx):
            engine_state_of(ctx).failures = failures
        self.open(MAIN, target)
        await self.save()

    def failure(self, call: Call, result: Failed) -> Failure:
        """Why a state ended so; a question is noted."""
        if isinstance(result, Raised):
            for asked in suspensions(result.exception)[:1]:
                self.questions.ask(call.state, call.number, asked)
        return Failure.of(call, result)

    def waits(self, call: Call, question: Question) -> Failure:
        """Why a state that has asked does not run: it has no answer yet."""
        return Failure.because(call, question.reason, suspends=True)

    def _settle(self, name: str, result: object) -> None:
        """Note where a resume goes on after a state that ended though it was cancelled."""
        match result:
            case str():
                self.ctx.last_state = plain_name(result)
            case Parallel() if malformed(result) is None:
                with suppress(TypeError, ValueError):  # it is run again, and refused then
                    self.ctx.fan_out = opened(self.given, name, result)
            case Complete(missing):
                self._complete(name, missing)
            case _:  # it failed under its cancellation, and is run again
                pass

    def _complete(self, name: str, missing: str | None) -> None:
        self.ctx.completed_at = self.setting.now()
        self.ctx.status = RunStatus.COMPLETED if missing is None else RunStatus.PARTIAL
        if missing is not None:
            self.ctx.errors.append(f"{name}: {missing}")
        logger.info("completed %s in %d steps", name_of_run(self.ctx), len(self.ctx.step_log))

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
        logger.warning("run of %s %s: %s", name_of_run(self.ctx), status, "; ".join(errors))
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
            run = name_of_run(self.ctx)
            logger.error("could not keep the cancelled run of %s: %s", run, error)
            self._not_kept()


async def _returns(result: object) -> object:
    return result


async def _raises(error: BaseException) -> object:
    raise error


def _retrieve(saving: asyncio.Future[None]) -> None:
    """Take note of how a save ended that nobody waits for, so that the loop does not log it."""
    if not saving.cancelled():
        saving.exception()
