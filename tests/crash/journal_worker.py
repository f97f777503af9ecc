"""Keeps answers in a journal, and names each on its output once it is kept.

    python journal_worker.py FILE FIRST COUNT

It waits for a line on its input before the first, so that two of them begin together.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime

from retain.memory.model import Call, CallContext
from retain.stores.sqlite.journal import SQLiteJournal

TASKS = 8


def call_of(number: int) -> Call:
    call_context = CallContext("b", f"s{number % 5}", "EXTRACT_FACTS")
    at = datetime.now(UTC)
    return Call(call_context, "facts", "openai:small", f"k{number}", at, 12.0, 100, 20, 0.25)


def answer_to(number: int) -> bytes:
    return f"answer {number} ".encode() * (number % 300)


async def main(path: str, first: int, count: int) -> None:
    journal = SQLiteJournal(path)
    numbers = iter(range(first, first + count))

    async def keep() -> None:
        for number in numbers:
            call = call_of(number)
            await journal.keep(call, {call.key: answer_to(number)}, [call.call_context.source_id])
            os.write(1, f"{number}\n".encode())

    await asyncio.gather(*(keep() for _ in range(TASKS)))
    await journal.close()


if __name__ == "__main__":
    os.write(1, b"ready\n")
    sys.stdin.readline()
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
