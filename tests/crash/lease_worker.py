"""A runner that does as it is told on its input, a command a line, and answers each in a line.

hold            ask for the lease
save TITLE      save the run with another title
release         let the lease go
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from backends import open_checkpoint
from engine_worker import KEY, NOON

from retain import holder
from retain.errors import CheckpointError
from retain.memory.context import RetainContext


async def serve(backend, folder, ttl_s):
    checkpoint = open_checkpoint(backend, folder, lease_ttl_s=ttl_s)
    ctx = RetainContext(*KEY, "text", started_at=NOON)
    print("here", os.getpid(), flush=True)
    async with AsyncExitStack() as stack:
        while line := await asyncio.to_thread(sys.stdin.readline):
            verb, *words = line.split()
            try:
                if verb == "hold":
                    await stack.enter_async_context(checkpoint.lease(*KEY))
                elif verb == "save":
                    ctx.title = " ".join(words)
                    await checkpoint.save(ctx)
                else:
                    await stack.aclose()
                print("done", flush=True)
            except CheckpointError as exc:
                print(type(exc).__name__, exc, flush=True)
    await checkpoint.close()


if __name__ == "__main__":
    _, backend, folder, ttl_s, *elsewhere = sys.argv
    if elsewhere:
        holder._machine = lambda: elsewhere[0]
    try:
        asyncio.run(serve(backend, Path(folder), float(ttl_s)))
    except CheckpointError as exc:  # the lease was lost, and what ran under it was cancelled
        print(type(exc).__name__, exc, flush=True)
