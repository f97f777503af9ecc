"""One attempt of one state: run it, time it, log it."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter
from typing import Any, Generic, TypeVar

from retain.engine.arguments import UNSET, Arguments
from retain.engine.attempts import CANCELLED
from retain.engine.context import EngineContext, StateFailure, StepLogEntry, name_of, name_of_run
from retain.engine.retry import Retry, is_transient, leaves
from retain.engine.taskgroups import undisturbed
from retain.engine.transitions import (
    Complete,
    Failed,
    Parallel,
    StateFunc,
    StateResult,
    Target,
    chained,
    malformed,
)
from retain.engine.values import pack
from retain.errors import Suspend, SuspendError

logger = logging.getLogger("retain.engine")

C = TypeVar("C", bound=EngineContext)
S = TypeVar("S")

MAX_TEXTS = 5
"""How many errors of a group are written out."""

YIELD_EVERY_S = 0.005
"""How long states that never await may keep the event loop, in seconds."""


MAIN = -1
"""The line of a run outside of its parallel blocks; a branch's or an item's is its position."""


@dataclass(frozen=True, slots=True)
class Call:
    """One place of a state in a run: what it is known as, and what its function is given.

    Args:
        state: The state's name.
        line: The line of the run that it is in.
        number: The position of the item, in a map.
        item: The item.
        failures: What failed before, and led to the state.
    """

    state: str
    line: int = MAIN
    number: int | None = None
    item: Any = UNSET
    failures: tuple[StateFailure, ...] = ()

    @property
    def label(self) -> str:
        """What the step log calls it: the state's name; ``parallel:NAME`` in a block."""
        return self.state if self.line == MAIN else f"parallel:{self.state}"

    @property
    def name(self) -> str:
        """What an answer for it is addressed to."""
        return name_of(self.state, self.number)

    @property
    def known_as(self) -> str:
        """What errors call it."""
        return name_of(self.label, self.number)


@dataclass(frozen=True, slots=True)
class State(Generic[C, S]):
    """A registered state.

    Args:
        name: Its name.
        fn: What it does.
        to: Where it may go; None: anywhere.
        retry: Which failures are tried again; None: none.
        timeout_s: Seconds that one attempt may take; None: no limit.
        arguments: What `fn` takes beside the context and the services.
        on_error: The state that follows when this one has failed for good.
        was: Names that it had in earlier versions of the graph.
        direct: What it does, where a coroutine of the context and the services, once, is all that
            running it takes.
    """

    name: str
    fn: StateFunc[C, S]
    to: frozenset[Target] | None
    retry: Retry | None
    timeout_s: float | None
    arguments: Arguments
    on_error: str | None = None
    was: tuple[str, ...] = ()
    direct: Callable[[C, S], Coroutine[Any, Any, object]] | None = field(init=False)

    def __post_init__(self) -> None:
        once = self.retry is None and self.timeout_s is None and self.arguments.plain
        direct = self.fn if once and inspect.iscoroutinefunction(self.fn) else None
        object.__setattr__(self, "direct", direct)

    def bound(self, call: Call, answer: Any) -> State[C, S]:
        """The state with what its function takes beside the context and the services."""
        arguments = self.arguments
        fn = arguments.bind(self.fn, item=call.item, answer=answer, failures=call.failures)
        return replace(self, fn=fn)

    def refusal(self, result: object) -> str | None:
        """Why `result` cannot be accepted, or None."""
        match result:
            case str():
                declared = self.to is None or result in self.to
            case Complete():
                declared = not self.to or Complete() in self.to
            case Parallel():
                if wrong := malformed(result):
                    return wrong
                declared = self.to is None or chained(result) in self.to
            case Failed():
                declared = True
            case _:
                return f"state returned unsupported type {type(result).__name__}"
        return None if declared else f"undeclared transition to {result!r}: declare it in to="


@dataclass(frozen=True, slots=True)
class Raised(Failed):
    """A failure by exception, which a retry policy may look at."""

    exception: Exception


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run stops at a state.

    Args:
        error: For ``ctx.errors``.
        told: What the state that follows is told of.
        suspends: Whether the run is suspended by it, and has not failed.
    """

    error: str
    told: StateFailure
    suspends: bool = False

    @staticmethod
    def of(call: Call, result: Failed) -> Failure:
        """The failure that a state ended in."""
        asked = suspensions(result.exception) if isinstance(result, Raised) else []
        reason = "; ".join(map(str, asked)) if asked else text_of(result.reason)
        return Failure.because(call, reason, suspends=bool(asked))

    @staticmethod
    def because(call: Call, reason: str, *, suspends: bool = False) -> Failure:
        """A failure of a state for `reason`."""
        told = StateFailure(call.state, reason, call.number)
        return Failure(f"{call.known_as}: {reason}", told, suspends)


@dataclass(frozen=True, slots=True)
class Begun:
    """A state that runs already.

    Args:
        at: When it began, by `perf_counter`.
        rest: What is left of it.
    """

    at: float
    rest: Awaitable[object]


async def attempt(
    ctx: C,
    services: S,
    state: State[C, S],
    entry: StepLogEntry,
    now: Callable[[], datetime],
    begun: Begun | None = None,
) -> object:
    """Run `state` once and close its entry, which stands in the step log, whatever happens.

    Args:
        ctx: The run's context.
        services: What the state is given beside it.
        state: The state.
        entry: Its entry in the step log.
        now: The clock.
        begun: What is left of the state, where it was begun already.

    Returns:
        What the state returned, whatever its type, or a `Raised` for what it raised.

    Raises:
        asyncio.CancelledError: The attempt was cancelled; its entry says so.
    """
    began = perf_counter() if begun is None else begun.at
    try:
        result: object
        if begun is not None:
            result = await begun.rest
        elif state.timeout_s is None:
            result = await undisturbed(state.fn(ctx, services))
        else:
            result = await _within(state.timeout_s, ctx, services, state)
        if type(result) is not str:  # the commonest result is looked at no further
            if isinstance(result, Suspend):
                raise result
            if isinstance(result, Parallel) and entry.state != state.name:
                result = Failed("a branch cannot fan out: the block's join is fixed")
            if isinstance(result, Failed):
                entry.error = text_of(result.reason)
    except asyncio.CancelledError:
        entry.error = CANCELLED
        raise
    except Exception as exc:  # noqa: BLE001 - the step boundary: a state's failure is data
        exc = _kept_exactly(exc)
        entry.error = describe(exc)
        result = Raised(entry.error, exc)
        if not suspensions(exc):
            logger.warning("state %r of %s raised %s", entry.state, name_of_run(ctx), entry.error)
    except BaseException as exc:
        entry.error = describe(exc)
        raise
    finally:
        entry.duration_ms = (perf_counter() - began) * 1000
        entry.completed_at = now()
    return result


def _kept_exactly(error: Exception) -> Exception:
    """`error`, or the reason why the payload of its question cannot be kept."""
    if isinstance(error, Suspend):
        try:
            pack(error.payload)
        except (TypeError, ValueError) as exc:
            return TypeError(f"the payload of Suspend({error.reason!r}): {exc}")
    return error


async def _within(timeout_s: float, ctx: C, services: S, state: State[C, S]) -> StateResult:
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            return await undisturbed(state.fn(ctx, services))
    except TimeoutError as exc:
        if limit.expired():
            raise TimeoutError(f"no result within {timeout_s:g} s") from exc
        raise


def suspensions(error: Exception) -> list[SuspendError]:
    """What suspends a run that `error` ends; empty where it fails instead.

    In a group, an error that another attempt may cure stands in no suspension's way: the resume is
    that attempt.
    """
    found = leaves(error)
    asked = [one for one in found if isinstance(one, SuspendError)]
    others = (one for one in found if not isinstance(one, SuspendError))
    return asked if all(map(is_transient, others)) else []


def text_of(reason: object) -> str:
    """What a state gives as its reason, or puts among the errors, as text."""
    try:
        return str(reason)
    except Exception as exc:  # noqa: BLE001 - its words are a state's code as well
        return f"<no text: {type(reason).__name__}.__str__ raised {type(exc).__name__}>"


def describe(error: BaseException) -> str:
    """The error's type and message, even if its own ``__str__`` fails; those inside of a group."""
    found = leaves(error)
    if found != [error]:
        texts = list(dict.fromkeys(map(describe, found)))
        more = [f"and {len(texts) - MAX_TEXTS} more"] if len(texts) > MAX_TEXTS else []
        return "; ".join(texts[:MAX_TEXTS] + more)
    try:
        return f"{type(error).__name__}: {error}"
    except Exception as exc:  # noqa: BLE001 - its words are a state's code as well
        return f"{type(error).__name__}: <no message: its __str__ raised {type(exc).__name__}>"
