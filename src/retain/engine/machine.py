"""The machine: drives a context through registered states and keeps every transition."""

from __future__ import annotations

import asyncio
import logging
import random as _random
from collections.abc import Awaitable, Callable, Iterable, Sequence
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
    roomy,
    utc_now,
)
from retain.engine.events import Event, Observer, RunEnded, RunStarted
from retain.engine.questions import Questions
from retain.engine.retry import Retry
from retain.engine.session import Session, Setting
from retain.engine.step import State, text_of
from retain.engine.transitions import GivenStateFunc, StateFunc, Target, declared_targets
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
        max_transitions: How many steps one call of `run` or `resume` may take.
        max_recoveries: How often a run is resumed after a death of its process in the same state;
            one more death, and a resume ends the run as ``dead``. None: without end.
        save_grace_s: How long the save of a cancelled run may take, in seconds.
        now: The clock, in UTC.
        random: Chance in [0, 1), for jitter.
        sleep: How to wait between attempts, in seconds.
    """

    def __init__(
        self,
        services: S,
        *,
        max_transitions: int = 10_000,
        max_recoveries: int | None = MAX_RECOVERIES,
        save_grace_s: float = 10.0,
        now: Callable[[], datetime] = utc_now,
        random: Callable[[], float] = _random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
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

    @property
    def services(self) -> S:
        """What every state gets beside the context; it may be replaced."""
        return self._setting.services

    @services.setter
    def services(self, services: S) -> None:
        self._setting.services = services

    def register(
        self,
        name: str,
        fn: StateFunc[C, S] | GivenStateFunc[C, S],
        *,
        to: Iterable[Target] | None = None,
        retry: Retry | None = None,
        timeout_s: float | None = None,
        on_error: str | None = None,
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

        Raises:
            TypeError: `to` is not several targets.
            ValueError: `timeout_s` is not positive, or `on_error` names the state itself.
        """
        if on_error == name:
            raise ValueError(f"on_error={on_error!r} names the state itself: use retry=")
        if timeout_s is not None and timeout_s <= 0:
            raise ValueError(f"timeout_s must be positive, not {timeout_s}")
        targets = None if to is None else declared_targets(to)
        self._states[name] = State(
            name, cast("StateFunc[C, S]", fn), targets, retry, timeout_s, arguments_of(fn), on_error
        )

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

        An observer that raises is logged and does not disturb the run.
        """
        subscription = object()
        self._observers[subscription] = observer

        def unsubscribe() -> None:
            self._observers.pop(subscription, None)

        return unsubscribe

    async def run(
        self, ctx: C, *, initial_state: str = "INIT", checkpoint: Saver[C] | None = None
    ) -> C:
        """Drive `ctx` from `initial_state` to its end.

        What a state raises is captured in ``ctx.errors``, never raised.

        Returns:
            The same `ctx`: completed or partial (``completed_at`` is set), failed, or suspended by
            a `Suspend` that a state returned or raised (``errors`` says why).

        Raises:
            CheckpointError: The run could not be kept; it has stopped where it was last kept.
            asyncio.CancelledError: The run was cancelled; it is kept and can be resumed.
        """
        own = roomy(ctx)
        own.fan_out = None
        own.completed_at = None
        own.last_state = initial_state
        own.errors = []
        close_interrupted(ctx.step_log)
        questions = Questions(own)
        questions.clear()
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
        return await self._session(ctx, checkpoint, questions, resumed=True, recovering=recovering)

    async def _session(
        self,
        ctx: C,
        checkpoint: Saver[C] | None,
        questions: Questions,
        *,
        resumed: bool,
        recovering: bool = False,
    ) -> C:
        notify = self._notify if self._observers else None
        session = Session(self._setting, ctx, checkpoint, questions, notify)
        if notify is not None:
            notify(RunStarted(ctx.bank_id, ctx.source_id, ctx.last_state, resumed))
        try:
            await session.run(recovering=recovering)
        finally:
            if notify is not None:
                own, errors = session.ctx, tuple(map(text_of, ctx.errors))
                notify(
                    RunEnded(ctx.bank_id, ctx.source_id, own.status, errors, session.transitions)
                )
        return ctx

    def _takes_answer(self, question: Question) -> bool:
        state = self._states.get(question.state)
        return state is None or state.arguments.takes_answer(item=question.item is not None)

    def _declared(self) -> graph.Declared:
        return {name: state.to for name, state in self._states.items()}

    def _handlers(self) -> dict[str, str]:
        states = self._states.values()
        return {state.name: state.on_error for state in states if state.on_error is not None}

    def _notify(self, event: Event) -> None:
        for observer in tuple(self._observers.values()):
            try:
                observer(event)
            except Exception:
                logger.exception("observer %r failed on %r", observer, event)
