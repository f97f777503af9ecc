"""A parallel block: its branches or items at once, each state of each kept as it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from retain.engine.context import Detour, EngineContext, FanOut, Mapped
from retain.engine.step import YIELD_EVERY_S, Call, Failure
from retain.engine.transitions import Complete, Failed, Map, Parallel, chains, plain
from retain.engine.values import pack, unpack

if TYPE_CHECKING:
    from retain.engine.session import Session

C = TypeVar("C", bound=EngineContext)
S = TypeVar("S")

Run = Callable[[int, Callable[[], None]], Awaitable[Failure | None]]
"""Runs one line; before its last save it calls the function, which logs what runs in its place."""


def opened(ctx: EngineContext, state: str, spec: Parallel) -> FanOut:
    """Begin a block on `ctx`: its progress, with nothing done.

    Raises:
        TypeError: An item cannot be kept, or the results have no place in the context.
        ValueError: Two items share the key of their results.
    """
    branches = chains(spec)
    fan_out = FanOut(state, branches, plain(spec.join), [0] * len(branches), spec.failures)
    if isinstance(spec, Map):
        size = len(spec.items)
        fan_out.mapped = Mapped(size, spec.limit, spec.into, bytearray((size + 7) // 8))
        if spec.into is not None:
            _check_field(ctx, spec.into, _keys(spec.items))
        if not hasattr(ctx, "fan_out_items"):
            raise TypeError(
                f"{type(ctx).__name__} has no place for the items of a map: let it inherit from "
                "RunContext, or declare fan_out_items: str"
            )
        ctx.fan_out_items = pack(list(spec.items))  # type: ignore[attr-defined]
    return fan_out


def _check_field(ctx: EngineContext, name: str, keys: Sequence[object]) -> None:
    if not isinstance(getattr(ctx, name, None), dict):
        raise TypeError(f"into={name!r}: {type(ctx).__name__} has no dict in a field of that name")
    if len(set(keys)) < len(keys):
        raise ValueError(f"into={name!r}: an item occurs twice, so that results share a key")


def _keys(items: Sequence[Any]) -> Sequence[Any]:
    """Under what the result of each item is kept."""
    kinds = set(map(type, items))
    return items if kinds in ({str}, {int}) else range(len(items))


def line_states(fan_out: FanOut) -> list[tuple[int, str]]:
    """The unfinished lines of a block, each with the state that it runs next."""
    if (mapped := fan_out.mapped) is not None:
        left = {n: fan_out.branches[0][0] for n in range(mapped.size) if not mapped.ended(n)}
    else:
        chains_left = ((n, c[fan_out.done[n] :]) for n, c in enumerate(fan_out.branches))
        left = {n: chain[0] for n, chain in chains_left if chain}
    return [(n, _state_at(fan_out, n, name)) for n, name in left.items()]


def _state_at(fan_out: FanOut, line: int, name: str) -> str:
    return fan_out.detours[line].state if line in fan_out.detours else name


def open_lines(session: Session[C, S], fan_out: FanOut) -> None:
    """Log the next attempt of every line that is about to run, for the save before they run."""
    mapped, left = fan_out.mapped, line_states(fan_out)
    for line, name in left if mapped is None else left[: mapped.limit]:
        session.open(line, name, None if mapped is None else line)


async def run_block(session: Session[C, S], fan_out: FanOut) -> list[Failure]:
    """Run what is left of a block.

    Returns:
        Why it ends the run, or suspends it, in the order of its branches or items.

    Raises:
        CheckpointError: A save failed; the others were cancelled and have ended.
        asyncio.CancelledError: The block, or a state of it, was cancelled; none of it runs on.
    """
    if fan_out.mapped is None:
        left = range(len(fan_out.branches))
        found = await _all(
            fan_out, left, len(left), lambda index, _: _run_chain(session, fan_out, index)
        )
    else:
        try:
            items = unpack(session.ctx.fan_out_items)  # type: ignore[attr-defined]
        except (LookupError, TypeError, ValueError) as exc:
            reason = f"the items of its map do not read back: {exc}"
            return [Failure.because(Call(fan_out.state), reason)]
        mapped, keys = fan_out.mapped, _keys(items)
        left = [n for n in range(mapped.size) if not mapped.ended(n)]

        def prepare(index: int) -> None:
            session.open(index, _state_at(fan_out, index, fan_out.branches[0][0]), index)

        async def run(index: int, advance: Callable[[], None]) -> Failure | None:
            call = Call("", index, index, items[index])
            return await _run_item(session, fan_out, mapped, call, keys[index], advance)

        try:
            found = await _all(fan_out, left, mapped.limit, run, prepare)
        finally:
            await session.settle_saves()
    return found


async def _all(
    fan_out: FanOut,
    left: Sequence[int],
    limit: int,
    run: Run,
    prepare: Callable[[int], None] = lambda index: None,
) -> list[Failure]:
    """Run `left`, at most `limit` at once; where a failure is to cancel the others, it does."""
    outcomes: dict[int, Failure | None] = {}
    tasks: list[asyncio.Task[None]] = []
    cancelled = False

    async def work() -> None:
        nonlocal cancelled
        index = next(indexes, None)
        yield_at = perf_counter() + YIELD_EVERY_S
        while index is not None:
            following: int | None = None

            def advance() -> None:
                nonlocal following
                following = next(indexes, None)
                if following is not None:
                    prepare(following)

            failure = outcomes[index] = await run(index, advance)
            if failure is not None and _ends_block(fan_out, failure) and not cancelled:
                cancelled = True
                for task in tasks:
                    if task is not asyncio.current_task():
                        task.cancel()
                return
            index = following
            if perf_counter() >= yield_at:
                await asyncio.sleep(0)
                yield_at = perf_counter() + YIELD_EVERY_S

    indexes = iter(left)
    try:
        async with asyncio.TaskGroup() as group:
            tasks.extend(group.create_task(work()) for _ in range(min(limit, len(left))))
    except ExceptionGroup as group_of:
        error = group_of.exceptions[0]
        raise error from error.__cause__  # its own cause, without the group around it
    if len(outcomes) < len(left) and not cancelled:
        # A task group takes a branch that cancelled itself for one that was told to end.
        raise asyncio.CancelledError("a branch was cancelled from inside")
    return [one for _, one in sorted(outcomes.items()) if one is not None]


async def _run_chain(session: Session[C, S], fan_out: FanOut, index: int) -> Failure | None:
    """Run the unfinished states of a branch."""
    yield_at = perf_counter() + YIELD_EVERY_S
    chain = fan_out.branches[index]
    while fan_out.done[index] < len(chain):
        detour = fan_out.detours.get(index)
        name = _state_at(fan_out, index, chain[fan_out.done[index]])
        call = Call(name, index, failures=() if detour is None else (detour.failure,))
        failure = await _perform(session, call)
        if isinstance(failure, Failure):
            session.end_if_cancelled()
            if not _goes_on(session, fan_out, call, failure):
                if not _ends_block(fan_out, failure):
                    await session.save()
                return failure
            if index in fan_out.failed:
                fan_out.done[index] = len(chain)
        elif fan_out.detours.pop(index, None) is not None:
            fan_out.done[index] = len(chain)
        else:
            fan_out.done[index] += 1
        session.end_if_cancelled()
        for then in chain[fan_out.done[index] :][:1]:
            session.open(index, _state_at(fan_out, index, then))
        await session.save()
        if perf_counter() >= yield_at:
            await asyncio.sleep(0)
            yield_at = perf_counter() + YIELD_EVERY_S
    return None


async def _run_item(
    session: Session[C, S],
    fan_out: FanOut,
    mapped: Mapped,
    place: Call,
    key: Any,
    advance: Callable[[], None],
) -> Failure | None:
    """Run the state of a map, or the one that it goes on with, for one item."""
    session.limit += 1
    index = place.line
    while True:
        detour = fan_out.detours.get(index)
        name = _state_at(fan_out, index, fan_out.branches[0][0])
        call = replace(place, state=name, failures=() if detour is None else (detour.failure,))
        result = await _perform(session, call)
        if not isinstance(result, Failure):
            result = _keep(session.ctx, mapped.into, call, key, result)
        if isinstance(result, Failure):
            session.end_if_cancelled()
            if not _goes_on(session, fan_out, call, result):
                if not _ends_block(fan_out, result):
                    advance()
                    await session.save_soon()
                return result
            if index not in fan_out.failed:
                session.open(index, fan_out.detours[index].state, index)
                await session.save_soon()
                continue
        fan_out.detours.pop(index, None)
        mapped.end(index)
        session.end_if_cancelled()
        advance()
        await session.save_soon()
        return None


async def _perform(session: Session[C, S], call: Call) -> object:
    """Run the state of a branch; a `Failure` says why it has not ended well."""
    state = session.setting.states.get(call.state)
    if state is None:
        return Failure.because(call, f"unknown parallel branch: {call.state!r}")
    question = session.questions.waiting(call.name)
    if question is not None:
        return session.waits(call, question)
    result = await session.perform(state, call)
    return session.failure(call, result) if isinstance(result, Failed) else result


def _goes_on(session: Session[C, S], fan_out: FanOut, call: Call, failure: Failure) -> bool:
    """Whether the block goes on after a failure: with another state, or without the branch."""
    if failure.suspends:
        return False
    state = session.setting.states.get(call.state)
    if state is not None and state.on_error is not None:
        fan_out.detours[call.line] = Detour(state.on_error, failure.told)
    elif fan_out.failures == "continue":
        fan_out.failed[call.line] = failure.told
    else:
        return False
    session.ctx.errors.append(failure.error)
    return True


def _ends_block(fan_out: FanOut, failure: Failure) -> bool:
    """Whether a failure cancels the others at once; the end of the run is saved with them."""
    return fan_out.failures == "cancel" and not failure.suspends


def _keep(ctx: EngineContext, into: str | None, call: Call, key: Any, result: object) -> Any:
    """Keep the result of an item in its field; a `Failure` where it has no place."""
    if into is not None:
        if not isinstance(result, Complete):
            getattr(ctx, into)[key] = result
        return None
    if result is None or isinstance(result, (str, Complete)):
        return None
    kind = type(result).__name__
    return Failure.because(call, f"nothing keeps its result of type {kind}: give the map into=")
