"""Workers that are killed: others go on, and the bank is as if nobody had died."""

import asyncio
import io
import re
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from tests.asking import MODEL, shelves
from tests.commandline import CommandLine, until
from tests.postgres import Schemas

from retain import Memory, Settings
from retain.testing.modelserver import ModelServer, Plan

SOURCES = 12
SECTIONS = 3
WORKERS = 4
CONCURRENCY = 2
TIME = rb'"20[^"]+Z"'


def contents(url: str) -> list[bytes]:
    """All that a bank holds, record by record, without times."""

    async def read() -> list[bytes]:
        async with Memory.open(url) as memory:
            file = io.BytesIO()
            await memory.banks.export(file)
            lines = file.getvalue().splitlines()[:-1]  # the last one is a checksum with the times
            return sorted(re.sub(TIME, b"", line) for line in lines)

    return asyncio.run(read())


def submit(url: str, server: ModelServer) -> None:
    async def main() -> None:
        settings = Settings(db=url, model=MODEL, base_url=server.url, embedder="static")
        async with Memory.open(settings=settings) as memory:
            for n in range(SOURCES):
                await memory.submit_text(shelves(SECTIONS, f"Box{n}"), source_id=f"{n:02}")

    asyncio.run(main())


def test_two_of_four_workers_are_killed(
    cli: CommandLine, server: ModelServer, postgres: Schemas, tmp_path: Path
) -> None:
    (tmp_path / "calm").mkdir()
    calm, url = postgres.url(tmp_path / "calm"), postgres.url(tmp_path)
    submit(calm, server)

    async def undisturbed() -> None:
        async with Memory.open(settings=Settings(db=calm, embedder="static")) as memory:
            await memory.queue.work(drain=True, concurrency=8)

    asyncio.run(undisturbed())
    keys = {entry.key for entry in server.log.entries}
    submit(url, server)
    before = server.log.counts.total
    server.plan = Plan(latency=0.5)
    cli.env = {**cli.env, "RETAIN_DB": url}
    with ExitStack() as stack:
        words = ("worker", "--drain", "--concurrency", str(CONCURRENCY))
        workers = [stack.enter_context(cli.start(*words)) for _ in range(WORKERS)]
        until(lambda: server.log.counts.total > before + 6, "some calls", 0.02)
        for process in workers[:2]:
            process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        for process in workers[:2]:
            process.wait(10)
        stalled = asked(url)
        until(lambda: not asked(url) & stalled, "the sources of the killed workers", 0.25)
        assert time.monotonic() - killed < 20
        for process in workers[2:]:
            out, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (0, ""), (out, err)
    paid = [entry.key for entry in server.log.entries[before:]]
    assert set(paid) == keys, "pages were rendered once, when all sources were in"
    assert len(paid) - len(set(paid)) <= 2 * CONCURRENCY, "those in flight in the killed workers"
    assert contents(url) == contents(calm)


def asked(url: str) -> set[str]:
    """The sources that nobody drives though their runs have begun."""

    async def look() -> set[str]:
        async with Memory.open(url) as memory:
            began = [
                run for run in await memory.runs(status="interrupted") if run.last_state != "INIT"
            ]
            return {run.source_id for run in began}

    return asyncio.run(look())
