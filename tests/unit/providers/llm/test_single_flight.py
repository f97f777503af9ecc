"""Senders of the same request, each with a journal of its own on one file, as processes have."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from retain.errors import DatabaseBusyError, ModelBusyError
from retain.providers.llm.single_flight import SingleFlight
from retain.stores.sqlite.journal import SQLiteJournal
from retain.testing.journal import answer_to, call_of, claim_of


@dataclass
class Sender:
    """A process: it looks for answers, and sends the requests that have none.

    Args:
        journal: Its own connection to the journal.
        flight: What decides whether it sends.
        sent: The keys that it sent, in order.
    """

    journal: SQLiteJournal
    flight: SingleFlight
    sent: list[str] = field(default_factory=list)

    async def answers(self, keys: Sequence[str], call: Callable[[], Awaitable[object]]) -> None:
        """Return when all keys have answers; a request that is sent takes as long as `call`."""
        while True:
            found = await self.journal.find("b", keys, ["s"])
            missing = [key for key in keys if key not in found]
            if not missing:
                return

            async def work(missing: Sequence[str] = missing) -> bool:
                self.sent.extend(missing)
                await call()
                kept = {key: answer_to(key) for key in missing}
                await self.journal.keep(call_of(missing[0]), kept, ["s"])
                return True

            await self.flight.send("b", missing, work, ["s"], None)


@asynccontextmanager
async def senders(tmp_path: Path, number: int, lifetime_s: float = 60.0):
    """So many processes; a claim that is not released outlasts the test, unless it is to expire."""
    async with AsyncExitStack() as stack:
        found: list[Sender] = []
        for _ in range(number):
            journal = SQLiteJournal(tmp_path / "memory.journal.db", durability="process")
            stack.push_async_callback(journal.close)
            found.append(Sender(journal, SingleFlight(journal, lifetime_s=lifetime_s)))
        yield found


def test_one_of_many_sends_and_the_others_have_its_answer(tmp_path):
    async def main():
        async with senders(tmp_path, 4) as them:
            asking = (one.answers(["k"], lambda: asyncio.sleep(0.1)) for one in them * 8)
            await asyncio.gather(*asking)
            assert [key for one in them for key in one.sent] == ["k"]

    asyncio.run(main())


def test_a_call_that_outlasts_its_claim_is_not_made_twice(tmp_path):
    async def main():
        async with senders(tmp_path, 2, lifetime_s=0.4) as them:
            await asyncio.gather(*(one.answers(["k"], lambda: asyncio.sleep(2)) for one in them))
            assert [key for one in them for key in one.sent] == ["k"]
            assert not [one for one in asyncio.all_tasks() if "_beat" in repr(one)]

    asyncio.run(main())


def test_requests_with_keys_in_common_go_without_a_deadlock_and_no_key_is_sent_twice(tmp_path):
    chance = random.Random(3)
    keys = [f"k{n}" for n in range(12)]

    async def main():
        async with senders(tmp_path, 4) as them:
            asking = [
                one.answers(chance.sample(keys, 4), lambda: asyncio.sleep(0.002))
                for one in them * 5
            ]
            async with asyncio.timeout(30):
                await asyncio.gather(*asking)
            sent = [key for one in them for key in one.sent]
            assert len(sent) == len(set(sent))

    asyncio.run(main())


@pytest.mark.parametrize("cancelled", [False, True])
def test_after_a_call_that_failed_or_was_cancelled_one_of_those_that_wait_sends(
    tmp_path, cancelled: bool
):
    async def main():
        async with senders(tmp_path, 4) as (first, *others):
            sending, may_end = asyncio.Event(), asyncio.Event()

            async def fail() -> None:
                sending.set()
                await may_end.wait()
                raise ModelBusyError("503")

            failing = asyncio.create_task(first.answers(["k"], fail))
            await sending.wait()
            waiting = [
                asyncio.create_task(one.answers(["k"], lambda: asyncio.sleep(0.05)))
                for one in others
            ]
            await asyncio.sleep(0.2)
            assert not any(one.sent for one in others)
            began = time.monotonic()
            if cancelled:
                failing.cancel()
            may_end.set()
            with pytest.raises(asyncio.CancelledError if cancelled else ModelBusyError):
                await failing
            await asyncio.gather(*waiting)
            assert time.monotonic() - began < 10, "its claim would have lasted a minute"
            assert [key for one in others for key in one.sent] == ["k"]

    asyncio.run(main())


def test_a_task_of_the_same_process_waits_without_polling(tmp_path):
    async def main():
        async with senders(tmp_path, 1) as (sender,):

            async def no_poll(_: float) -> None:
                await asyncio.Event().wait()

            sender.flight = SingleFlight(sender.journal, sleep=no_poll)
            calls = (sender.answers(["k"], lambda: asyncio.sleep(0.1)) for _ in range(32))
            await asyncio.gather(*calls)
            assert sender.sent == ["k"]

    asyncio.run(main())


def test_whoever_is_cancelled_while_the_journal_grants_a_claim_leaves_none(tmp_path):
    async def main():
        async with senders(tmp_path, 1) as (sender,):
            journal, granted = sender.journal, asyncio.Event()
            claim = journal.claim

            async def slow(*given) -> str:
                outcome = await claim(*given)
                granted.set()
                await asyncio.sleep(0.05)
                return outcome

            journal.claim = slow
            asking = asyncio.create_task(sender.answers(["k"], lambda: asyncio.sleep(0)))
            await granted.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert sender.sent == []
            assert await claim(claim_of("another", "k"), ["s"]) == "claimed"

    asyncio.run(main())


def test_a_call_goes_on_though_its_claim_can_be_neither_renewed_nor_released(tmp_path, caplog):
    caplog.set_level(logging.WARNING, "retain.providers.llm")

    async def main():
        async with senders(tmp_path, 1, lifetime_s=0.1) as (sender,):

            async def busy(_: object) -> None:
                raise DatabaseBusyError("locked")

            sender.journal.renew = sender.journal.release = busy
            await sender.answers(["k"], lambda: asyncio.sleep(0.1))

            async def fail() -> None:
                raise ModelBusyError("503")

            with pytest.raises(ModelBusyError):
                await sender.answers(["l"], fail)

    asyncio.run(main())
    told = [record.getMessage() for record in caplog.records]
    assert "claims on requests could not be renewed: locked" in told
    assert told[-1] == "a claim on a request could not be released: locked"
