"""The machine: drives a context through registered states and keeps every transition."""

from __future__ import annotations

import asyncio
import logging
import random as _random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Generic, TypeVar, cast

from retain.engine import graph
from retain.engine.arguments import UNSET, arguments_of
from retain.engine.attempts import close_interrupted
from retain.engine.checkpoint import Saver
from retain.engine.context import (
    EngineContext,
    FanOut,
    Question,
    StepLogEntry,
    engine_state_of,
    key_of,
    roomy,
    utc_now,
)
from retain.engine.events import Event, Observer, RunEnded, RunStarted
from retain.engine.notify import WATCHING, Notifier
from retain.engine.questions import Questions
from retain.engine.retry import Retry
from retain.engine.run_ids import has_run_id, new_run_id, run_id_of
from retain.engine.session import Session, Setting
from retain.engine.starting import EXISTS, Exists, continued, held
from retain.engine.step import State, text_of
from retain.engine.transitions import GivenStateFunc, StateFunc, Target, declared_targets
from retain.engine.versions import carry_over, changes, graph_of, version_of
from retain.errors import InputError
from retain.status import RunStatus

logger = logging.getLogger("retain.engine")

C = TypeVar("C", bound=EngineContext)
S = TypeVar("S")


MAX_RECOVERIES = 5
"""How often a run is resumed after a death of its process in the same state."""


class RetainFSM(Generic[C, S]):
    """A durable asynchronous finite-state machine.

    Args:
        services: What every state gets beside the context.
        version: Names the graph; None: a hash of its states and their targets.
        max_transitions: How many steps one call of `run` or `resume` may take.
        max_recoveries: How often a run is resumed after a death of its process in the same state;
            one more death, and a resume ends the run as ``dead``. None: without end.
        save_grace_s: How long the save of a cancelled run may take, in seconds.
        now: The clock, in UTC.
        random: Chance in [0, 1), for jitter.
        sleep: How to wait between attempts, in seconds.
        new_run_id: Gives each new run its id.
    """

    def __init__(
        self,
        services: S,
        *,
        version: str | None = None,
        max_transitions: int = 10_000,
        max_recoveries: int | None = MAX_RECOVERIES,
        save_grace_s: float = 10.0,
        now: Callable[[], datetime] = utc_now,
        random: Callable[[], float] = _random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        new_run_id: Callable[[], str] = new_run_id,
    ) -> None:
        if max_transitions < 1:
            raise ValueError(f"max_transitions must be at least 1, not {max_transitions}")
        if max_recoveries is not None and max_recoveries < 0:
            raise ValueError(f"max_recoveries must not be negative, not {max_recoveries}")
        if save_grace_s < 0:
            raise ValueError(f"save_grace_s must not be negative, not {save_grace_s}")
        self._states: dict[str, State[C, S]] = {}
        limits = (max_transitions, max_recoveries, save_grace_s)
        self._setting = Setting(services, self._states, *limits, now, random, sleep)
        self._observers: dict[object, Observer] = {}
        self._version, self._hash = version, ""
        self._new_run_id = new_run_id

    @property
    def services(self) -> S:
        """What every state gets beside the context; it may be replaced."""
        return self._setting.services

    @services.setter
    def services(self, services: S) -> None:
        self._setting.services = services

    @property
    def version(self) -> str:
        """Names the graph: a kept run knows on which one it began."""
        if self._version is not None:
            return self._version
        if not self._hash:
            self._hash = version_of(self._declared(), self._handlers())
        return self._hash

    def register(
        self,
        name: str,
        fn: StateFunc[C, S] | GivenStateFunc[C, S],
        *,
        to: Iterable[Target] | None = None,
        retry: Retry | None = None,
        timeout_s: float | None = None,
        on_error: str | None = None,
        was: Iterable[str] = (),
    ) -> None:
        """Register a state; a second registration of a name replaces the first.

        Args:
            name: The state's name.
            fn: ``async (ctx, services) -> result``. The state of a map has one more parameter for
                its item. One that asks has one more for the answer: its default, or None, until
                there is one. A parameter ``failures`` gets what failed before, and led to the
                state, as a tuple of `StateFailure`.
            to: The results that it may return; ``()`` for an end; None: anything goes.
            retry: Which failures are tried again; None: none.
            timeout_s: Seconds that one attempt may take.
            on_error: The state that follows when this one has failed for good: it has no attempt
                left, or a block that it fanned out to has failed. In a branch or a map, the state
                takes the place of what is left of that branch or item.
            was: Names that the state had in earlier versions of the graph: a run that was kept
                with one of them goes on here.

        Raises:
            TypeError: `to` is not several targets, or `was` not several names.
            ValueError: `timeout_s` is not positive, or `on_error` names the state itself.
        """
        if on_error == name:
            raise ValueError(f"on_error={on_error!r} names the state itself: use retry=")
        if timeout_s is not None and timeout_s <= 0:
            raise ValueError(f"timeout_s must be positive, not {timeout_s}")
        if isinstance(was, str):
            raise TypeError(f"was= takes several names: write ({was!r},), with a comma")
        targets = None if to is None else declared_targets(to)
        call, arguments = cast("StateFunc[C, S]", fn), arguments_of(fn)
        state = State(name, call, targets, retry, timeout_s, arguments, on_error, tuple(was))
        self._states[name] = state
        self._hash = ""

    def registered_states(self) -> tuple[str, ...]:
        """The names of the registered states, sorted."""
        return tuple(sorted(self._states))

    def validate(self, initial_state: str = "INIT") -> tuple[str, ...]:
        """What is wrong with the declared graph, a line each; empty if nothing is."""
        return graph.problems(self._declared(), initial_state, self._handlers())

    def diagram(self, initial_state: str = "INIT", *, steps: Sequence[StepLogEntry] = ()) -> str:
        """The declared graph as a Mermaid state diagram.

        Args:
            initial_state: Where it begins.
            steps: A run's step log: the states that it was in are coloured and timed.
        """
        return graph.diagram(self._declared(), initial_state, self._handlers(), steps)

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Tell `observer` of every event, in order; the returned function ends that.

        An observer that raises is logged and does not disturb the run. An async one is told while
        the run goes on; the run ends once it has taken every event.
        """
        subscription = object()
        self._observers[subscription] = observer

        def unsubscribe() -> None:
            self._observers.pop(subscription, None)

        return unsubscribe

    async def run(
        self,
        ctx: C,
        *,
        initial_state: str = "INIT",
        checkpoint: Saver[C] | None = None,
        exists: Exists = "continue",
    ) -> C:
        """Drive `ctx` from `initial_state` to its end, or go on with what is kept of its run.

        What a state raises is captured in ``ctx.errors``, never raised. A checkpoint that knows of
        leases holds the run meanwhile, unless the caller holds it.

        Args:
            ctx: The context. One that was run before, or loaded, begins a new run.
            initial_state: Where a new run begins.
            checkpoint: Where the run is kept.
            exists: What to do where a run of the key is kept. ``continue`` fills `ctx` with that
                run and repeats no finished work: an unfinished run is resumed; one that has
                completed, is dead or waits for an answer is returned as it is kept. ``refuse``
                raises `RunExistsError`. ``restart`` begins a new run; the kept one becomes an
                earlier run of the key. A checkpoint that cannot load, such as one that has
                nothing but ``save``, always begins a new run.

        Returns:
            The same `ctx`: completed or partial (``completed_at`` is set), failed, or suspended by
            a `Suspend` that a state returned or raised (``errors`` says why).

        Raises:
            RunExistsError: A run of the key is kept, and `exists` is ``refuse``.
            LeaseHeldError: Another runner drives this run.
            CheckpointError: The run could not be kept; it has stopped where it was last kept.
            asyncio.CancelledError: The run was cancelled; it is kept and can be resumed, or was not
                begun yet.
        """
        if exists not in EXISTS:
            raise ValueError(f"exists={exists!r}: choose one of {', '.join(EXISTS)}")
        key_of(ctx)
        async with held(ctx, checkpoint):
            anew = exists != "refuse" and has_run_id(ctx)
            if anew or not await continued(ctx, checkpoint, exists):
                return await self._begin(ctx, initial_state, checkpoint)
            if getattr(ctx, "status", RunStatus.RUNNING) == RunStatus.SUSPENDED:
                return ctx
            return await self.resume(ctx, checkpoint=checkpoint)

    async def _begin(self, ctx: C, initial_state: str, checkpoint: Saver[C] | None) -> C:
        own = roomy(ctx)
        own.fan_out = None
        own.completed_at = None
        own.last_state = initial_state
        own.errors = []
        close_interrupted(ctx.step_log)
        questions = Questions(own)
        questions.clear()
        state = engine_state_of(own)
        state.graph, state.run_id = self.version, self._new_run_id()
        return await self._session(ctx, checkpoint, questions, resumed=False)

    async def resume(
        self,
        ctx: C,
        *,
        checkpoint: Saver[C] | None = None,
        value: object = UNSET,
        revive: bool = False,
    ) -> C:
        """Go on with `ctx` at ``ctx.last_state``; one that has completed is returned as it is.

        A parallel block goes on with its unfinished branches. Without `value`, states that asked
        run again. Where the run's process died or was cancelled, its attempts count on: a retry
        policy goes on counting, and a run whose process died more than `max_recoveries` times in a
        row in one state ends as ``dead``. A dead run is returned as it is.

        Args:
            ctx: The context.
            checkpoint: Where the run is kept.
            value: The answer for the state that suspended the run; it is kept before that state
                runs, and the state's function gets it as one more argument. Where several states
                asked, a dict of answers by their names; those without an answer go on waiting.
            revive: Go on with a dead run too; its attempts count anew.

        Returns:
            The same `ctx`.

        Raises:
            InputError: Nobody waits for `value`, or it cannot be kept; the run is as it was.
            CheckpointError: As `run` does.
            asyncio.CancelledError: As `run` does.
        """
        status = getattr(ctx, "status", RunStatus.RUNNING)
        if ctx.completed_at is not None or (status == RunStatus.DEAD and not revive):
            if value is not UNSET:
                ended = "is dead" if ctx.completed_at is None else "has completed"
                raise InputError(f"nobody waits for an answer: the run {ended}")
            return ctx
        recovering = status in (RunStatus.RUNNING, RunStatus.INTERRUPTED)
        own = roomy(ctx)
        engine_state_of(own).run_id = run_id_of(own)
        carry_over(own, self._earlier_names())
        questions = Questions(own)
        if value is UNSET:
            questions.reopen()
        else:
            questions.accept(value, self._takes_answer)
        ctx.errors = []
        close_interrupted(ctx.step_log)
        fan_out: FanOut | None = getattr(ctx, "fan_out", None)
        if fan_out is not None and fan_out.state != ctx.last_state:
            fan_out = None
        own.fan_out = fan_out
        began = graph_of(own)
        misfits = changes(own, self._declared(), self.version) if began else []
        if began == self.version:
            misfits = []
        if not misfits:
            engine_state_of(own).graph = self.version
        return await self._session(
            ctx, checkpoint, questions, resumed=True, recovering=recovering, misfits=misfits
        )

    async def stream(
        self,
        ctx: C,
        *,
        initial_state: str = "INIT",
        checkpoint: Saver[C] | None = None,
        exists: Exists = "continue",
        resume: bool = False,
        value: object = UNSET,
    ) -> AsyncGenerator[Event, None]:
        """Drive `ctx` as `run` or `resume` does, and give its events as they happen.

        Where the consumer stops, the run is cancelled; it is kept and can be resumed.

        Args:
            ctx: The context.
            initial_state: Where a new run begins.
            checkpoint: Where the run is kept.
            exists: What to do where a run of the key is kept; see `run`.
            resume: Go on with the run of `ctx`.
            value: The answer for the state that suspended the run; it resumes the run.

        Raises:
            InputError: As `resume` does.
            CheckpointError: As `run` does, after the last event.
        """
        events: asyncio.Queue[Event | None] = asyncio.Queue()

        async def drive() -> None:
            WATCHING.set((ctx, events.put_nowait))
            try:
                if resume or value is not UNSET:
                    await self.resume(ctx, checkpoint=checkpoint, value=value)
                else:
                    await self.run(
                        ctx, initial_state=initial_state, checkpoint=checkpoint, exists=exists
                    )
            finally:
                events.put_nowait(None)

        driving = asyncio.create_task(drive())
        try:
            while (event := await events.get()) is not None:
                yield event
            await driving
        finally:
            driving.cancel()
            await asyncio.wait([driving])

    async def _session(
        self,
        ctx: C,
        checkpoint: Saver[C] | None,
        questions: Questions,
        *,
        resumed: bool,
        recovering: bool = False,
        misfits: Sequence[str] = (),
    ) -> C:
        watching = WATCHING.get()
        own = watching[1] if watching is not None and watching[0] is ctx else None
        notify = Notifier(self._observers, own) if self._observers or own else None
        session = Session(self._setting, ctx, checkpoint, questions, notify)
        if notify is not None:
            run_id = run_id_of(session.ctx)
            notify(RunStarted(key_of(ctx), ctx.last_state, resumed, run_id=run_id))
        try:
            await session.run(recovering=recovering, misfits=misfits)
        finally:
            if notify is not None:
                kept, errors = session.ctx, tuple(map(text_of, ctx.errors))
                run_id = run_id_of(kept)
                ended = (key_of(ctx), kept.status, errors, session.transitions)
                notify(RunEnded(*ended, run_id=run_id))
                await notify.settle()
        return ctx

    def _takes_answer(self, question: Question) -> bool:
        state = self._states.get(question.state)
        return state is None or state.arguments.takes_answer(item=question.item is not None)

    def _earlier_names(self) -> dict[str, str]:
        names = {earlier: state.name for state in self._states.values() for earlier in state.was}
        return {earlier: name for earlier, name in names.items() if earlier not in self._states}

    def _declared(self) -> graph.Declared:
        return {name: state.to for name, state in self._states.items()}

    def _handlers(self) -> dict[str, str]:
        states = self._states.values()
        return {state.name: state.on_error for state in states if state.on_error is not None}
