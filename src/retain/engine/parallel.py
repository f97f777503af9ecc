"""A parallel block: its branches at once, each state of each branch kept as it ends."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from retain.engine.context import EngineContext, FanOut
from retain.engine.step import YIELD_EVERY_S, Failure
from retain.engine.transitions import Failed

if TYPE_CHECKING:
    from retain.engine.session import Session

C = TypeVar("C", bound=EngineContext)
S = TypeVar("S")


def open_branches(session: Session[C, S], fan_out: FanOut) -> None:
    """Log the next attempt of every unfinished branch, for the save before they run."""
    for index, chain in enumerate(fan_out.branches):
        for name in chain[fan_out.done[index] :][:1]:
            session.open(index, name)


async def run_block(session: Session[C, S], fan_out: FanOut) -> list[Failure]:
    """Run the unfinished states of every branch; siblings of a failed branch finish.

    Returns:
        Why branches failed, or suspend the run, in the order of the branches.

    Raises:
        CheckpointError: A save failed; the other branches were cancelled and have ended.
        asyncio.CancelledError: The block, or a state of it, was cancelled; no branch runs on.
    """
    failures: dict[int, Failure | None] = {}

    async def branch(index: int) -> None:
        failures[index] = await _run_chain(session, fan_out, index)

    try:
        async with asyncio.TaskGroup() as group:
            for index in range(len(fan_out.branches)):
                group.create_task(branch(index))
    except ExceptionGroup as group_of:
        error = group_of.exceptions[0]
        raise error from error.__cause__  # its own cause, without the group around it
    if len(failures) < len(fan_out.branches):
        # A task group takes a branch that cancelled itself for one that was told to end.
        raise asyncio.CancelledError("a branch was cancelled from inside")
    return [one for _, one in sorted(failures.items()) if one is not None]


async def _run_chain(session: Session[C, S], fan_out: FanOut, index: int) -> Failure | None:
    yield_at = perf_counter() + YIELD_EVERY_S
    chain = fan_out.branches[index]
    while fan_out.done[index] < len(chain):
        name = chain[fan_out.done[index]]
        label = f"parallel:{name}"
        state = session.setting.states.get(name)
        if state is None:
            return Failure(f"{label}: unknown parallel branch: {name!r}")
        question = session.questions.waiting(name)
        if question is not None:
            return Failure(f"{label}: {question.reason}", suspends=True)
        result = await session.perform(state, index)
        if isinstance(result, Failed):
            session.end_if_cancelled()
            failure = session.failure(label, name, result)
            await session.save()
            return failure
        fan_out.done[index] += 1
        session.end_if_cancelled()
        for then in chain[fan_out.done[index] :][:1]:
            session.open(index, then)
        await session.save()
        if perf_counter() >= yield_at:
            await asyncio.sleep(0)
            yield_at = perf_counter() + YIELD_EVERY_S
    return None
