"""A lock for tasks of any event loops and threads."""

from __future__ import annotations

import asyncio

import pytest

from retain.checkpoints.turns import Turns


def test_the_first_to_come_is_the_first_to_have_its_turn():
    async def main() -> list[int]:
        turns, order = Turns(), list[int]()

        async def one(number: int) -> None:
            async with turns:
                await asyncio.sleep(0)
                order.append(number)

        await asyncio.gather(*(one(number) for number in range(5)))
        return order

    assert asyncio.run(main()) == [0, 1, 2, 3, 4]


def test_a_wait_that_is_cancelled_before_its_turn_leaves_the_queue():
    async def main() -> None:
        turns = Turns()

        async def wait() -> None:
            async with turns:
                pass

        async with turns:
            first, second = asyncio.create_task(wait()), asyncio.create_task(wait())
            await asyncio.sleep(0)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
        await asyncio.wait_for(second, 5)

    asyncio.run(main())


@pytest.mark.parametrize("pauses", [0, 1])
def test_a_cancelled_wait_passes_its_turn_on(pauses):
    async def main() -> None:
        turns = Turns()

        async def wait() -> None:
            async with turns:
                pass

        async with turns:
            first, second = asyncio.create_task(wait()), asyncio.create_task(wait())
            await asyncio.sleep(0)
            if pauses == 0:
                first.cancel()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await asyncio.wait_for(second, 5)
        async with turns:
            pass

    asyncio.run(main())


def test_a_loop_that_was_closed_within_its_turn_has_none():
    turns = Turns()

    async def take() -> None:
        await turns.__aenter__()

    async def wait() -> None:
        async with turns:
            pass

    async def behind() -> None:
        asyncio.get_running_loop().create_task(wait())
        await asyncio.sleep(0)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(take())
    loop.run_until_complete(behind())
    loop.close()

    async def use() -> None:
        async with turns:
            pass

    asyncio.run(asyncio.wait_for(use(), 5))
