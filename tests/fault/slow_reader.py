"""Retains a file and stops inside the state READ until a line comes in on stdin."""

import asyncio
import sys

from retain import Memory, RetainContext, RetainServices
from retain.engine import StateResult
from retain.states.read import UNDERSTAND, read


async def wait_and_read(ctx: RetainContext, services: RetainServices) -> StateResult:
    print("reading", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    return await read(ctx, services)


async def main(path: str) -> None:
    async with Memory.open() as memory:
        memory._parts.pipeline.register("READ", wait_and_read, to=[UNDERSTAND])
        for run in await memory.retain(path):
            print(run.status, *run.errors, flush=True)


asyncio.run(main(sys.argv[1]))
