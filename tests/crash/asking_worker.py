"""A run with a map, a question, retries and `on_error`, which kills itself at a given point.

It answers jobs as `engine_worker` does. A life drives the run until it ends, is suspended or dies;
where the run is suspended, the next life brings the answer.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import engine_worker
from engine_worker import KEY, Services, strike_in_writes

from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.engine import Complete, Parallel, RetainFSM, Retry, RunContext, Suspend
from retain.errors import TransientError

ITEMS = ("ana", "ben", "cy")
AGAIN = Retry(attempts=3, initial_s=0)


@dataclass
class Order(RunContext):
    """What the states leave behind, each in a field of its own."""

    parts: list[str] = field(default_factory=list)
    agreed: str = ""
    bills: dict[str, str] = field(default_factory=dict)
    refunds: list[str] = field(default_factory=list)


class Points(Services):
    """Services with one point at each await."""

    async def point(self):
        self.strike("awaits")
        await asyncio.sleep(0)


class Watched:
    """A checkpoint with points around each save, and a line in the log once it has returned."""

    def __init__(self, checkpoint, services):
        self.checkpoint, self.services = checkpoint, services

    async def save(self, ctx):
        await self.services.point()
        ended = [name_of(e) for e in ctx.step_log if e.completed_at is not None and e.error is None]
        await self.checkpoint.save(ctx)
        self.services.say("kept", *ended)
        await self.services.point()


def name_of(entry):
    """What the log calls a step."""
    item = entry.notes.get("item")
    return entry.state.removeprefix("parallel:") + ("" if item is None else f"-{ITEMS[item]}")


async def step(services, name, *, fails=False, used=""):
    """Begin, await, and end or fail; the log tells of each."""
    services.say("start", name)
    if used:
        services.say("use", used)
    await services.point()
    await services.point()
    if fails:
        raise TransientError("busy")
    services.say("end", name)


def attempts_of(ctx, label, item=None):
    """How often a step was tried, this time included: what was kept of it counts."""
    notes = [e.notes for e in ctx.step_log if e.state == label and e.notes.get("item") == item]
    return notes[-1].get("attempt", 1)


async def plan(ctx, services):
    await step(services, "INIT")
    return Parallel((("PACK", "SEAL"), "ASK"), join="BILL")


async def pack(ctx, services):
    await step(services, "PACK", fails=attempts_of(ctx, "parallel:PACK") == 1)
    ctx.parts = [*ctx.parts, "packed"]
    return "ignored"


async def seal(ctx, services):
    await step(services, "SEAL")
    ctx.parts = [*ctx.parts, "sealed"]
    return "ignored"


async def ask(ctx, services, answer=None):
    if answer is None:
        services.say("ask", "ASK")
        await services.point()
        return Suspend("may I?", payload={"cents": 5})
    await step(services, "ASK", used=answer)
    ctx.agreed = answer
    return "ignored"


async def bill(ctx, services):
    await step(services, "BILL")
    return Parallel.map("CHARGE", ITEMS, join="CHECK", into="bills", limit=2)


async def charge(ctx, services, item):
    tried = attempts_of(ctx, "parallel:CHARGE", ITEMS.index(item))
    await step(services, f"CHARGE-{item}", fails=item == "ben" and tried == 1)
    return f"paid by {item}"


async def check(ctx, services):
    """Fails for good: its attempts are used up, and the refund follows."""
    await step(services, "CHECK", fails=True)


async def refund(ctx, services, failures):
    await step(services, "REFUND")
    ctx.refunds = [*ctx.refunds, failures[0].state]
    return "DONE"


async def done(ctx, services):
    await step(services, "DONE")
    return Complete()


def machine(services):
    fsm = RetainFSM(services, random=lambda: 0.0)
    fsm.register("INIT", plan)
    fsm.register("PACK", pack, retry=AGAIN)
    fsm.register("SEAL", seal)
    fsm.register("ASK", ask)
    fsm.register("BILL", bill)
    fsm.register("CHARGE", charge, retry=AGAIN)
    fsm.register("CHECK", check, retry=Retry(attempts=2, initial_s=0), on_error="REFUND")
    fsm.register("REFUND", refund)
    fsm.register("DONE", done)
    return fsm


@asynccontextmanager
async def opened(backend, folder):
    options = {"durability": "process", "lease_ttl_s": 3600}
    if backend == "file":
        checkpoint = FileCheckpoint(folder / "runs", Order, **options)
    else:
        checkpoint = SQLiteCheckpoint(folder / "runs.db", Order, **options)
    yield checkpoint
    await checkpoint.close()


async def drive(backend, folder, where, kill_at):
    """Begin the run, or go on with it, and answer what it asks; how many points were passed."""
    services = Points(Path(folder) / "log", where, kill_at)
    fsm = machine(services)
    async with opened(backend, folder) as checkpoint:
        await strike_in_writes(checkpoint, services.strike)
        watched = Watched(checkpoint, services)
        async with checkpoint.lease(*KEY):
            ctx = await checkpoint.load(*KEY)
            if ctx is None:
                ctx = await fsm.run(Order(*KEY), checkpoint=watched)
            elif ctx.status == "suspended":
                answer = f"yes-{len(ctx.step_log)}"
                services.say("answer", answer)
                await fsm.resume(ctx, checkpoint=watched, value=answer)
            else:
                await fsm.resume(ctx, checkpoint=watched)
    services.say("life", ctx.status)
    return services.points


if __name__ == "__main__":
    engine_worker.drive = drive
    engine_worker.main()
