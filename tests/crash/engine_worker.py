"""A run that kills itself at a given point; each run in a process of its own.

It reads jobs from its input, a JSON object a line, runs each in a forked child and answers with
how the child ended. It has no threads of its own, so that a child is a whole process.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from backends import open_checkpoint

from retain.checkpoints import log
from retain.checkpoints.postgres import PostgresCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.engine import Complete, Parallel, RetainFSM
from retain.memory.context import RetainContext
from retain.memory.model import Fact, Section

KEY = ("bank", "source")
NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
CHAINS = (("FACTS", "DEDUPE"), ("ENTITIES", "NORMALIZE"), "EMBED")
JOIN = "LINK"


@dataclass
class Services:
    """What states use: the log of what happens, and the point at which to die.

    Args:
        log: The file that tells of every state and every kept save.
        where: Which points count: ``awaits`` of states and saves, or ``writes`` inside a save.
        kill_at: The point at which to die, from 1; 0: none.
    """

    log: Path
    where: str
    kill_at: int
    points: int = 0
    descriptor: int = field(init=False)

    def __post_init__(self):
        self.descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(self, *words: str) -> None:
        os.write(self.descriptor, (" ".join(words) + "\n").encode())

    async def point(self) -> None:
        """One more place where a process may die."""
        self.strike("awaits")
        await asyncio.sleep(0)
        self.strike("awaits")

    def strike(self, where: str) -> None:
        if where != self.where:
            return
        self.points += 1
        if self.points == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """A checkpoint with points around each save, and a line in the log once it has returned."""

    def __init__(self, checkpoint, services):
        self.checkpoint, self.services = checkpoint, services

    async def save(self, ctx):
        await self.services.point()
        ended = [e.state for e in ctx.step_log if e.completed_at is not None and e.error is None]
        await self.checkpoint.save(ctx)
        self.services.say("kept", *ended)
        await self.services.point()


def state(name, result, work):
    """A state that computes, awaits several times, and assigns after its last await."""

    async def run(ctx, services):
        services.say("start", name)
        await services.point()
        outputs = work(ctx)
        await services.point()
        services.say("end", name)
        for attribute, value in outputs.items():
            setattr(ctx, attribute, value)
        return result

    return run


def sections(ctx):
    lines = ctx.md_text.splitlines()
    return [
        Section(f"s{n}", n, "text", 1, ("Top", line), n, n + 1, n + 1, n + 1)
        for n, line in enumerate(lines)
    ]


def facts(ctx):
    return [
        Fact(f"f{s.ordinal}{n}", s.section_id, "world", s.path[1], "q", n, n + 1, ("Ana",), NOON)
        for s in ctx.sections
        for n in range(3)
    ]


def machine(services):
    fsm = RetainFSM(services)
    for name, result, work in (
        ("INIT", "READ", lambda ctx: {"content_hash": f"{len(ctx.md_text):x}"}),
        (
            "READ",
            Parallel(CHAINS, JOIN),
            lambda ctx: {"title": "Top", "meta": {"n": [1]}, "sections": sections(ctx)},
        ),
        ("FACTS", "", lambda ctx: {"facts": facts(ctx)}),
        ("DEDUPE", "", lambda ctx: {"facts": ctx.facts[::2]}),
        ("ENTITIES", "", lambda ctx: {"entities": [s.path[1] for s in ctx.sections]}),
        ("NORMALIZE", "", lambda ctx: {"entities": [e.upper() for e in ctx.entities]}),
        ("EMBED", "", lambda ctx: {"origin": f"{len(ctx.sections)} vectors"}),
        (JOIN, "STORE", lambda ctx: {"meta": {**ctx.meta, "facts": len(ctx.facts)}}),
        ("STORE", "INDEX", lambda ctx: {"document_id": f"d{len(ctx.entities)}"}),
        ("INDEX", Complete(), lambda ctx: {"entities": [*ctx.entities, "ana"]}),
    ):
        fsm.register(name, state(name, result, work))
    return fsm


async def strike_in_writes(checkpoint, strike):
    """Have points in the middle of what a save writes: of its bytes, or of its statements."""
    if isinstance(checkpoint, SQLiteCheckpoint):
        await checkpoint._db.write(lambda c: c.set_trace_callback(lambda _: strike("writes")))
        return
    if isinstance(checkpoint, PostgresCheckpoint):
        execute = psycopg.Cursor.execute

        def struck(*args, **options):
            strike("writes")
            cursor = execute(*args, **options)
            strike("writes")
            return cursor

        psycopg.Cursor.execute = struck
        return

    def write_all(descriptor, data):
        for piece in (data[: len(data) // 2], data[len(data) // 2 :]):
            os.write(descriptor, piece)
            strike("writes")

    log._write_all = write_all


@asynccontextmanager
async def opened(backend, folder):
    checkpoint = open_checkpoint(backend, folder, durability="process", lease_ttl_s=3600)
    yield checkpoint
    await checkpoint.close()


async def drive(backend, folder, where, kill_at):
    """Run the source, or go on with it; how many points were passed."""
    services = Services(folder / "log", where, kill_at)
    fsm = machine(services)
    async with opened(backend, folder) as checkpoint:
        await strike_in_writes(checkpoint, services.strike)
        async with checkpoint.lease(*KEY):
            ctx = await checkpoint.load(*KEY)
            watched = Watched(checkpoint, services)
            if ctx is None:
                text = "".join(f"line {n} {'x' * 80}\n" for n in range(40))
                await fsm.run(RetainContext(*KEY, text, reference_date=NOON), checkpoint=watched)
            else:
                await fsm.resume(ctx, checkpoint=watched)
    return services.points


def fork(job):
    """Run the job in a child; its exit status, negative for the signal that killed it."""
    child = os.fork()
    if child == 0:
        try:
            folder = Path(job["folder"])
            points = asyncio.run(drive(job["backend"], folder, job["where"], job["kill_at"]))
            (folder / "points").write_text(str(points))
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main():
    for line in sys.stdin:
        print(fork(json.loads(line)), flush=True)


if __name__ == "__main__":
    main()
