"""Sends a request that is never answered, until it is killed.

    python claiming_worker.py URL LIFETIME_S [MACHINE]

It prints "sending" once its claim is recorded.
"""

from __future__ import annotations

import asyncio
import sys

from retain import holder
from retain.db.pgurl import Address
from retain.db.postgres import PostgresDatabase
from retain.providers.llm.single_flight import SingleFlight
from retain.stores.postgres.journal import PostgresJournal


async def main(url: str, lifetime_s: float) -> None:
    journal = PostgresJournal(PostgresDatabase(Address.parsed(url)))

    async def work() -> bool:
        print("sending", flush=True)
        await asyncio.Event().wait()
        return True

    await SingleFlight(journal, lifetime_s=lifetime_s).send("b", ["k"], work, ["s"], None)


if __name__ == "__main__":
    _, url, lifetime_s, *elsewhere = sys.argv
    if elsewhere:
        holder._machine = lambda: elsewhere[0]
    asyncio.run(main(url, float(lifetime_s)))
