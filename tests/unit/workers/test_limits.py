"""Limits that processes share: how calls are paced, and when banks may spend no more."""

import asyncio
import time
from pathlib import Path

import pytest
from tests.asking import MODEL, shelves
from tests.postgres import Schemas

from retain import Memory, Settings
from retain.errors import InputError
from retain.memory.model import Price
from retain.testing.modelserver import ModelServer
from retain.workers.limits import FleetLimits

LIMIT = 300


def test_no_minute_has_more_requests_than_the_limit_and_most_of_it_is_used(
    postgres: Schemas, tmp_path: Path
) -> None:
    url = postgres.url(tmp_path)

    async def main() -> list[float]:
        async with Memory.open(url) as memory, Memory.open(url) as other:
            await memory.queue.limit_model("m", requests=LIMIT, tokens=100_000)
            limits = [one._parts.backend.limits() for one in (memory, other)]
            went: list[float] = []
            for n in range(LIMIT + 30):
                limit = limits[n % 2]
                assert isinstance(limit, FleetLimits)
                wait = await limit._reserve("b", "m", 10, 0.0)
                went.append(time.time() + wait)
            return sorted(went)

    went = asyncio.run(main())
    windows = [sum(at <= one < at + 60 for one in went) for at in went]
    assert max(windows) <= LIMIT
    assert windows[0] >= 0.9 * LIMIT


def test_tokens_are_paced_by_what_calls_took(postgres: Schemas, tmp_path: Path) -> None:
    async def main() -> None:
        async with Memory.open(postgres.url(tmp_path)) as memory:
            await memory.queue.limit_model("m", tokens=60_000)
            limits = memory._parts.backend.limits()
            assert limits is not None
            async with limits.call("b", "m", 30_000, 0.0) as settle:
                settle(1_000, 0.0)
            assert await limits._reserve("b", "m", 30_000, 0.0) < 1
            assert await limits._reserve("b", "m", 1_000, 0.0) > 25
            with pytest.raises(InputError, match="at least 1"):
                await memory.queue.limit_model("m", requests=0)

    asyncio.run(main())


def test_a_bank_spends_no_more_than_its_limit(
    postgres: Schemas, tmp_path: Path, server: ModelServer
) -> None:
    url = postgres.url(tmp_path)
    asks = Settings(
        db=url, model=MODEL, base_url=server.url, embedder="static", price=Price(1000.0, 1000.0)
    )

    async def main() -> None:
        async with Memory.open(settings=asks) as memory:
            await memory.queue.limit_spending(0.001, bank_id="poor")
            await memory.submit_text(shelves(1), source_id="one", bank_id="poor")
            await memory.queue.work(drain=True)
            (letter,) = await memory.queue.dead()
            assert "spend limit of bank 'poor'" in letter.reason
            assert server.log.counts.total == 0
            await memory.queue.limit_spending(1_000.0, bank_id="poor")
            assert len(await memory.queue.resume(dead="only")) == 1
            await memory.queue.work(drain=True)
            (spent,) = (await memory.queue.limits())[1]
            assert 0 < spent.cost < 3, "what the call took, not what it may have taken"

    asyncio.run(main())
