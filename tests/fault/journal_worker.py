"""Holds a journal open and does as it is told, a line at a time.

keep KEY    keep an answer
find KEY    tell whether there is one
close       close the journal, and end
"""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import UTC, datetime

from retain.memory.model import Call, CallContext
from retain.stores.sqlite.journal import SQLiteJournal


async def main(path: str) -> None:
    logging.disable()
    journal = SQLiteJournal(path)
    print("ready", flush=True)
    while True:
        word, *keys = (await asyncio.to_thread(sys.stdin.readline)).split()
        if word == "close":
            await journal.close()
            print("closed", flush=True)
            return
        (key,) = keys
        if word == "keep":
            call_context = CallContext("b", "s", "EXTRACT_FACTS")
            call = Call(
                call_context, "facts", "openai:small", key, datetime.now(UTC), 12.0, 100, 20, 0.25
            )
            await journal.keep(call, {key: f'{{"answer to": "{key}"}}'.encode()}, ["s"])
            print("kept", flush=True)
        else:
            print(len(await journal.find("b", [key], ["s"])), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
