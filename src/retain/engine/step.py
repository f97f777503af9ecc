"""One attempt of one state: run it, time it, log it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Generic, TypeVar

from retain.engine.context import EngineContext, StepLogEntry
from retain.engine.retry import Retry
from retain.engine.transitions import Failed, StateFunc, StateResult, Target

logger = logging.getLogger("retain.engine")

C = TypeVar("C", bound=EngineContext)
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class State(Generic[C, S]):
    """A registered state.

    Args:
        name: Its name.
        fn: What it does.
        to: Where it may go; None: anywhere.
        retry: Which failures are tried again; None: none.
        timeout_s: Seconds that one attempt may take; None: no limit.
    """

    name: str
    fn: StateFunc[C, S]
    to: frozenset[Target] | None
    retry: Retry | None
    timeout_s: float | None

    def refusal(self, result: StateResult) -> str | None:
        """Why `result` cannot be accepted, or None."""
        if self.to is None or result in self.to:
            return None
        if isinstance(result, Failed) or (not self.to and not isinstance(result, str)):
            return None
        return f"undeclared transition to {result!r}: declare it in to="


@dataclass(frozen=True, slots=True)
class Raised(Failed):
    """A failure by exception, which a retry policy may look at."""

    exception: Exception


async def attempt(
    ctx: C, services: S, state: State[C, S], entry: StepLogEntry, now: Callable[[], datetime]
) -> StateResult:
    """Run `state` once and close its entry in the step log, whatever happens.

    Returns:
        What the state returned, or a `Raised` for what it raised.

    Raises:
        asyncio.CancelledError: The attempt was cancelled; its entry says so.
    """
    ctx.step_log.append(entry)
    began = perf_counter()
    try:
        if state.timeout_s is None:
            result = await state.fn(ctx, services)
        else:
            result = await _within(state.timeout_s, ctx, services, state)
        if isinstance(result, Failed):
            entry.error = result.reason
    except asyncio.CancelledError:
        entry.error = "cancelled"
        raise
    except Exception as exc:  # noqa: BLE001 - the step boundary: a state's failure is data
        entry.error = f"{type(exc).__name__}: {exc}"
        result = Raised(entry.error, exc)
        logger.warning("state %r of %r raised %s", entry.state, ctx.source_id, entry.error)
    finally:
        entry.duration_ms = (perf_counter() - began) * 1000
        entry.completed_at = now()
    return result


async def _within(timeout_s: float, ctx: C, services: S, state: State[C, S]) -> StateResult:
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            return await state.fn(ctx, services)
    except TimeoutError as exc:
        if limit.expired():
            raise TimeoutError(f"no result within {timeout_s:g} s") from exc
        raise


def close_interrupted(step_log: Iterable[StepLogEntry]) -> None:
    """Close the entries that a dead process left open."""
    for entry in step_log:
        if not entry.closed:
            entry.error = "interrupted"
