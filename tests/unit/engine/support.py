"""What the engine's tests share: a context of their own, a real saver, small states."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from retain.engine import Complete, Failed, RetainFSM, RunContext, StepLogEntry

C = TypeVar("C")
T = TypeVar("T")


@dataclass
class Ctx(RunContext):
    """A run whose states write their names, in the order of their ends."""

    ran: list[str] = field(default_factory=list)


def context() -> Ctx:
    return Ctx("ana", "notes.md")


class Kept(Generic[C]):
    """A saver in memory: each save is a deep copy, so that no later change reaches it.

    Args:
        on_save: Called with the number of the save (from 1) before it keeps anything; it may
            raise, or return an awaitable to wait for.
    """

    def __init__(self, on_save: Callable[[int], Any] = lambda number: None) -> None:
        self.saves: list[C] = []
        self.calls = 0
        self._on_save = on_save

    async def save(self, ctx: C, /) -> None:
        self.calls += 1
        waiting = self._on_save(self.calls)
        if waiting is not None:
            await waiting
        self.saves.append(copy.deepcopy(ctx))

    @property
    def last(self) -> C:
        """What another process would load."""
        return copy.deepcopy(self.saves[-1])


class Clock:
    """A clock that goes on by a second at each look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def step(name: str, result: Any) -> Callable[[Ctx, Any], Coroutine[Any, Any, Any]]:
    """A state that notes its name and returns `result`; an exception is raised, not noted."""

    async def state(ctx: Ctx, services: Any) -> Any:
        await asyncio.sleep(0)
        if isinstance(result, BaseException):
            raise result
        if not isinstance(result, Failed):
            ctx.ran.append(name)
        return result

    return state


def machine(**results: Any) -> RetainFSM[Ctx, None]:
    """A machine of states that return what is given here."""
    fsm: RetainFSM[Ctx, None] = RetainFSM(None)
    for name, result in results.items():
        fsm.register(name, step(name, result))
    return fsm


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end and insist that no task is left behind."""

    async def alone() -> T:
        try:
            return await coroutine
        finally:
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"tasks left behind: {left}"

    return asyncio.run(alone())


def labels(ctx: Any) -> list[str]:
    return [entry.state for entry in ctx.step_log]


def outcome(ctx: Any) -> list[tuple[str, str | None]]:
    """Each step with its error, oldest first."""
    return [(entry.state, entry.error) for entry in ctx.step_log]


def closed(log: list[StepLogEntry]) -> bool:
    return all(entry.completed_at is not None and entry.duration_ms is not None for entry in log)


DONE = Complete()
