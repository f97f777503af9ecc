"""Requests that machines claim in Postgres: each is sent once, also if its sender dies."""

import asyncio
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from retain.db.pgurl import Address
from retain.db.postgres import PostgresDatabase
from retain.providers.llm.single_flight import SingleFlight
from retain.stores.postgres.journal import PostgresJournal
from retain.testing.journal import answer_to, call_of

WORKER = Path(__file__).with_name("claiming_worker.py")
LIFETIME_S = 1.0
LONG_S = 3600.0


@contextmanager
def sending(url, lifetime_s, *elsewhere):
    """A process that sends the request ``k``."""
    process = subprocess.Popen(
        [sys.executable, WORKER, url, str(lifetime_s), *elsewhere],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "sending\n"
        yield process
    finally:
        process.kill()
        process.communicate()


async def send_after(url, lifetime_s):
    """Send the request once its claim is free; the seconds that this took."""
    database = PostgresDatabase(Address.parsed(url))
    journal = PostgresJournal(database)
    flight = SingleFlight(journal, lifetime_s=lifetime_s)

    async def work():
        await journal.keep(call_of("k"), {"k": answer_to("k")}, ["s"])
        return True

    began = time.monotonic()
    async with asyncio.timeout(30):
        while not await journal.find("b", ["k"], ["s"]):
            await flight.send("b", ["k"], work, ["s"], None)
    assert (await journal.spent("b", "s")).calls == 1
    await database.close()
    return time.monotonic() - began


def test_a_claim_of_a_process_that_was_killed_on_this_machine_is_free_at_once(postgres, tmp_path):
    url = postgres.url(tmp_path)
    with sending(url, LONG_S) as process:
        process.kill()
        process.wait()
        assert asyncio.run(send_after(url, LONG_S)) < 25


def test_a_claim_of_another_machine_lasts_while_it_is_renewed_and_no_longer(postgres, tmp_path):
    url = postgres.url(tmp_path)

    async def wait_for_the_living(process):
        waiting = asyncio.create_task(send_after(url, LIFETIME_S))
        done, _ = await asyncio.wait([waiting], timeout=2.5 * LIFETIME_S)
        assert not done, "it was sent twice"
        process.kill()
        await waiting

    with sending(url, LIFETIME_S, "elsewhere") as process:
        asyncio.run(wait_for_the_living(process))


def test_of_many_that_want_the_same_answers_one_sends_each_request(postgres, tmp_path):
    url = postgres.url(tmp_path)
    sent = []

    async def machine(number):
        database = PostgresDatabase(Address.parsed(url))
        journal = PostgresJournal(database)
        flight = SingleFlight(journal, lifetime_s=LONG_S)

        async def answers(keys):
            while missing := sorted(set(keys) - set(await journal.find("b", keys, ["s"]))):

                async def work(missing=missing):
                    sent.extend(missing)
                    await asyncio.sleep(0.01)
                    kept = {key: answer_to(key) for key in missing}
                    await journal.keep(call_of(missing[0]), kept, ["s"])
                    return True

                await flight.send("b", missing, work, ["s"], None)

        keys = [f"k{n}" for n in range(12)]
        wanted = [[keys[(number + n + step) % 12] for step in (0, 1, 5)] for n in range(6)]
        await asyncio.gather(*map(answers, wanted))
        await database.close()

    async def main():
        async with asyncio.timeout(30):
            await asyncio.gather(*map(machine, range(4)))

    asyncio.run(main())
    assert len(sent) == len(set(sent))
