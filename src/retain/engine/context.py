"""What the engine keeps on a context: the part of a run that is its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar, cast

from retain.engine.values import shown, unpack
from retain.errors import ContextTypeError
from retain.keys import RunKey, named
from retain.status import RunStatus

utc_now: Callable[[], datetime] = partial(datetime.now, UTC)
"""The time, in UTC."""


@dataclass(slots=True)
class StepLogEntry:
    """One attempt of one state.

    Args:
        state: The state's name; ``parallel:NAME`` in a branch.
        started_at: When the attempt was logged, UTC; a checkpoint keeps it before the state runs.
        completed_at: When it ended; None while it runs, and for ever if its process died.
        duration_ms: How long the state ran, in milliseconds.
        error: Why it failed; ``"cancelled"`` or ``"interrupted"`` (its process died) where the
            state did not fail.
        notes: ``attempt``, its number where it is not the first; ``deaths``, how often in a row
            the process died in this step before; and what else somebody wrote.
    """

    state: str
    started_at: datetime
    completed_at: datetime | None = None
    duration_ms: float | None = None
    error: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Whether the attempt has ended, one way or another."""
        return self.completed_at is not None or self.error is not None


def name_of(state: str, item: int | None) -> str:
    """How a state is named to people; one of a map, with the position of its item."""
    return state if item is None else f"{state}[{item}]"


def engine_state_of(ctx: object) -> EngineState:
    """The engine's state on `ctx`, which gets one if it has none and can hold one."""
    state: EngineState | None = getattr(ctx, "engine_state", None)
    if state is None:
        state = EngineState()
        with suppress(AttributeError):  # a class with slots that does not declare it
            ctx.engine_state = state  # type: ignore[attr-defined]
    return state


def failures_of(ctx: object) -> tuple[StateFailure, ...]:
    """What failed before the state of `ctx` that runs next."""
    state: EngineState | None = getattr(ctx, "engine_state", None)
    return () if state is None else tuple(state.failures)


@dataclass(frozen=True, slots=True)
class Question:
    """What a suspended run waits for.

    Args:
        state: The state that asks.
        reason: What it waits for.
        packed: The payload as text; see `retain.engine.values`.
        item: The position of the item that the state asks about, in a map.
    """

    state: str
    reason: str
    packed: str = "null"
    item: int | None = None

    @property
    def name(self) -> str:
        """What an answer is addressed to: the state, or ``STATE[n]`` in a map."""
        return name_of(self.state, self.item)

    @property
    def payload(self) -> Any:
        """What whoever answers needs to know."""
        return unpack(self.packed)

    @property
    def shown(self) -> Any:
        """The payload as JSON has it, for people: a class that it holds need not be imported."""
        return shown(self.packed)


@dataclass(frozen=True, slots=True)
class StateFailure:
    """A state that failed for good, as the state that follows is told of it.

    Args:
        state: The state.
        error: Why it failed.
        item: The position of the item that it failed with, in a map.
    """

    state: str
    error: str
    item: int | None = None


@dataclass(slots=True)
class EngineState:
    """What the engine keeps of a run between its steps, beside its place.

    Args:
        questions: What the run waits for.
        answers: Answers that no state has used yet, as text, by the name of their question.
        failures: What failed before the state that runs next, and led to it.
        graph: The version of the graph that the run was last driven on.
        run_id: Tells the run from others of its key; empty until it begins.
    """

    questions: list[Question] = field(default_factory=list[Question])
    answers: dict[str, str] = field(default_factory=dict[str, str])
    failures: list[StateFailure] = field(default_factory=list[StateFailure])
    graph: str = ""
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Detour:
    """The ``on_error=`` state that a branch goes on with.

    Args:
        state: Its name.
        failure: What failed.
    """

    state: str
    failure: StateFailure


@dataclass(slots=True)
class Mapped:
    """How far a map has come; its items are ``ctx.fan_out_items``.

    Args:
        size: How many items there are.
        limit: How many of them run at once.
        into: The field of the context that takes the results.
        done: A bit for each item, set once that has ended.
    """

    size: int
    limit: int
    into: str | None
    done: bytearray

    def ended(self, index: int) -> bool:
        """Whether the item has ended."""
        return bool(self.done[index >> 3] >> (index & 7) & 1)

    def end(self, index: int) -> None:
        """Note that the item has ended."""
        self.done[index >> 3] |= 1 << (index & 7)


@dataclass(slots=True)
class FanOut:
    """How far a parallel block has come.

    Args:
        state: The state that fanned out.
        branches: The chains, each in order.
        join: The state that follows the block.
        done: For each chain, how many of its states have ended.
        failures: What a failure does to the block; see `Parallel`.
        failed: The branches or items that have ended in failure, by their position.
        detours: The branches or items that failed and go on with another state.
        mapped: Its progress over items, if the block is a map.
    """

    state: str
    branches: tuple[tuple[str, ...], ...]
    join: str
    done: list[int]
    failures: str = "finish"
    failed: dict[int, StateFailure] = field(default_factory=dict[int, StateFailure])
    detours: dict[int, Detour] = field(default_factory=dict[int, Detour])
    mapped: Mapped | None = None


class EngineContext(Protocol):
    """The fields that the engine reads and writes; a run's own data stands beside them.

    A context names its run too: by a field or property `run_key`, a text or a tuple of texts, or
    else by the fields `bank_id` and `source_id`.
    """

    last_state: str
    step_log: list[StepLogEntry]
    errors: list[str]
    completed_at: datetime | None
    status: RunStatus
    fan_out: FanOut | None


C = TypeVar("C", bound=EngineContext)


class _Beside:
    """A context with slots, and beside it what the engine keeps and it has no slot for."""

    def __init__(self, ctx: EngineContext) -> None:
        vars(self).update(_ctx=ctx, status=RunStatus.RUNNING, fan_out=None, engine_state=None)

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_ctx"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            setattr(vars(self)["_ctx"], name, value)
        except AttributeError:
            vars(self)[name] = value


def roomy(ctx: C) -> C:
    """`ctx`, or where it has no place for all that the engine keeps, something that has."""
    if hasattr(ctx, "__dict__") or (hasattr(ctx, "status") and hasattr(ctx, "fan_out")):
        return ctx
    return cast("C", _Beside(ctx))


def key_of(ctx: object) -> RunKey:
    """The key of the run of `ctx`.

    Raises:
        ContextTypeError: It has none.
    """
    key: Any = getattr(ctx, "run_key", None)
    if type(key) is str:
        return (key,)
    if key is not None:
        return tuple(key)
    try:
        return (ctx.bank_id, ctx.source_id)  # type: ignore[attr-defined]
    except AttributeError as exc:
        raise ContextTypeError(
            f"{type(ctx).__name__} does not name its run: let it inherit from KeyedContext, or "
            "give it a field run_key: str"
        ) from exc


def name_of_run(ctx: object) -> str:
    """How errors and logs name the run of `ctx`."""
    return named(key_of(ctx))


@dataclass
class EngineFields:
    """The fields that the engine keeps on a context; see `KeyedContext` and `RunContext`.

    Args:
        last_state: The state that runs next.
        step_log: Every attempt of every state, oldest first.
        errors: Why the latest attempt of the run failed.
        status: How the run stands.
        fan_out: The progress of the parallel block that the run is in.
        engine_state: What else the engine keeps: open questions, answers, failures.
        fan_out_items: The items of the map that the run is in, as text.
        started_at: When the run was made, UTC.
        completed_at: When it completed, UTC.
    """

    last_state: str = field(default="INIT", kw_only=True)
    step_log: list[StepLogEntry] = field(default_factory=list[StepLogEntry], kw_only=True)
    errors: list[str] = field(default_factory=list[str], kw_only=True)
    status: RunStatus = field(default=RunStatus.RUNNING, kw_only=True)
    fan_out: FanOut | None = field(default=None, kw_only=True)
    engine_state: EngineState | None = field(default=None, kw_only=True)
    fan_out_items: str = field(default="", kw_only=True)
    started_at: datetime = field(default_factory=utc_now, kw_only=True)
    completed_at: datetime | None = field(default=None, kw_only=True)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the run waits for: the open questions of its states."""
        return () if self.engine_state is None else tuple(self.engine_state.questions)

    def duration_ms_by_state(self) -> dict[str, float]:
        """Sum the milliseconds of the closed attempts by state."""
        totals: dict[str, float] = {}
        for entry in self.step_log:
            if entry.duration_ms is not None:
                totals[entry.state] = totals.get(entry.state, 0.0) + entry.duration_ms
        return totals


@dataclass
class KeyedContext(EngineFields):
    """A base for contexts: inherit from it and add the fields of your pipeline.

    Args:
        run_key: Names the run: a text, or a tuple of several. A text is the key of one string.
    """

    run_key: str | RunKey


@dataclass
class RunContext(EngineFields):
    """A base for contexts whose runs are named by two strings.

    Args:
        bank_id: Who the run belongs to.
        source_id: What the run is about.
    """

    bank_id: str
    source_id: str

    @property
    def run_key(self) -> RunKey:
        """Names the run."""
        return (self.bank_id, self.source_id)
