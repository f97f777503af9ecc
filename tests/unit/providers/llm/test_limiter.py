"""How many calls go to a server at once."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from retain.errors import ModelBusyError, ModelRefusedError
from retain.providers.llm.limiter import Limiter


class Clock:
    """Stands still unless it is told to go on."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


async def hold(limiter: Limiter, go_on: asyncio.Event, inside: list[int], number: int) -> None:
    async with limiter.slot():
        inside.append(number)
        await go_on.wait()
        inside.remove(number)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_the_first_call_goes_alone_and_its_answer_opens_all_slots():
    async def work() -> None:
        limiter, go_on, inside = Limiter(4), asyncio.Event(), list[int]()
        tasks = [asyncio.create_task(hold(limiter, go_on, inside, n)) for n in range(9)]
        await settle()
        assert inside == [0]
        limiter.succeeded()
        await settle()
        assert inside == [0, 1, 2, 3]
        go_on.set()
        await asyncio.gather(*tasks)

    asyncio.run(work())


def test_overload_halves_the_slots_once_for_the_calls_under_way_and_answers_bring_them_back():
    clock = Clock()
    limiter = Limiter(16, clock=clock)
    limiter.succeeded()
    assert limiter.limit == 16
    began = clock.at
    clock.at += 1
    for _ in range(5):  # five calls of the same moment meet the same overload
        limiter.overloaded(began)
    assert limiter.limit == 8
    clock.at += 1
    limiter.overloaded(clock.at)
    assert limiter.limit == 4
    for _ in range(4):
        limiter.succeeded()
    assert 4.9 < limiter.limit < 5.0  # about a slot more once all of them have answered
    for _ in range(200):
        limiter.succeeded()
    assert limiter.limit == 16


def test_there_is_always_one_slot():
    clock = Clock()
    limiter = Limiter(2, clock=clock)
    for _ in range(5):
        clock.at += 1
        limiter.overloaded(clock.at)
    assert limiter.limit == 1


def test_all_calls_wait_as_long_as_the_server_says():
    async def work() -> None:
        limiter = Limiter(2)
        limiter.succeeded()
        limiter.overloaded(limiter.now(), retry_after=0.05)
        began = limiter.now()
        async with limiter.slot():
            assert limiter.now() - began >= 0.05

    asyncio.run(work())


def test_a_server_that_is_given_up_is_not_called_again_by_those_that_wait():
    async def work() -> None:
        limiter, go_on, inside = Limiter(3), asyncio.Event(), list[int]()
        first = asyncio.create_task(hold(limiter, go_on, inside, 0))
        waiting = [asyncio.create_task(hold(limiter, go_on, inside, n)) for n in (1, 2)]
        await settle()
        limiter.give_up(ModelRefusedError("the key is refused"))
        for task in waiting:
            with pytest.raises(ModelRefusedError, match="the key is refused"):
                await task
        go_on.set()
        await first
        with pytest.raises(ModelRefusedError):
            await hold(limiter, go_on, inside, 4)

    asyncio.run(work())


def test_a_server_that_was_given_up_for_a_while_is_tried_again_by_one_call():
    async def work() -> None:
        clock = Clock()
        limiter, go_on, inside = Limiter(4, clock=clock), asyncio.Event(), list[int]()
        limiter.succeeded()
        limiter.give_up(ModelBusyError("out of reach"), for_s=30)
        clock.at += 29
        with pytest.raises(ModelBusyError):
            await hold(limiter, go_on, inside, 0)
        clock.at += 1
        tasks = [asyncio.create_task(hold(limiter, go_on, inside, n)) for n in range(3)]
        await settle()
        assert inside == [0]
        limiter.succeeded()
        await settle()
        assert inside == [0, 1, 2]
        go_on.set()
        await asyncio.gather(*tasks)

    asyncio.run(work())


def test_a_call_that_is_cancelled_while_it_waits_leaves_its_place_to_the_next():
    async def work() -> None:
        limiter, go_on, inside = Limiter(1), asyncio.Event(), list[int]()
        tasks = [asyncio.create_task(hold(limiter, go_on, inside, n)) for n in range(3)]
        await settle()
        tasks[1].cancel()
        with suppress(asyncio.CancelledError):
            await tasks[1]
        go_on.set()
        await asyncio.gather(tasks[0], tasks[2])
        async with limiter.slot():
            assert inside == []

    asyncio.run(work())
