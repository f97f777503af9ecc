"""A fleet of workers over one Postgres: how fast it is, and what the queue itself costs.

``python -m benchmarks.fleet [--sources N] [--workers 1,2,4] [--model]``. Without --model, rules
read the sources, with the static embedder. With it, a scripted server answers each call in 300 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg

from retain import Memory, Settings
from retain.db.pgserver import LocalServer
from retain.testing.modelserver import ModelServer, Plan
from retain.workers.queue import JobQueue
from retain.workers.worker import Done, Outcome, Worker

CONCURRENCY = 8


def note(n: int) -> str:
    """A note of about 1 KB."""
    facts = (f"Item {n}-{k} of Ana Ruiz is kept in box {k} on shelf {n}." for k in range(16))
    return f"# Shelf {n}\n\n" + "\n\n".join(facts) + "\n"


class _Nothing:
    """Work that costs nothing, so that what is left is the queue."""

    async def source(self, bank_id: str, source_id: str, *, revive: bool) -> Outcome:
        return Done()

    async def pages(self, bank_id: str, model: object) -> Outcome:
        return Done()


async def queue_cost(url: str, sources: int) -> tuple[float, float]:
    """Milliseconds a source to put into the queue, and to take from it and to end."""
    async with Memory.open(url) as memory:
        queue: JobQueue = memory._parts.backend.queue()
        ids = [f"q{n}" for n in range(sources)]
        await queue.put("cost", ids[:1])
        began = time.perf_counter()
        await queue.put("cost", ids)
        put = time.perf_counter() - began
        worker = Worker(queue, _Nothing(), concurrency=CONCURRENCY)
        began = time.perf_counter()
        running = asyncio.create_task(worker.run())
        while worker.tally.done < sources:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        took = time.perf_counter() - began
        worker.stop()
        await running
    return 1000 * put / sources, 1000 * took / sources


async def submitted(settings: Settings, sources: int, bank: str) -> None:
    async with Memory.open(settings=settings) as memory:
        for n in range(sources):
            await memory.submit_text(note(n), source_id=f"{n:04}", bank_id=bank)


async def ended(url: str, bank: str, sources: int) -> tuple[float, float]:
    """When the first source had begun and the last had ended; none is lost or doubled."""
    async with Memory.open(url) as memory:
        while (state := await memory.queue(bank_id=bank)).total.queued == sources:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        began = time.perf_counter()
        while state.total.queued + state.total.running + state.total.failed:
            await asyncio.sleep(0.1)
            state = await memory.queue(bank_id=bank)
        took = time.perf_counter() - began
        runs = [run.status for run in await memory.runs(bank_id=bank)]
        stored = await memory.sources(bank_id=bank)
        assert runs == ["completed"] * sources, state
        assert len(stored) == sources
    return began, took


def fleet(url: str, settings: Settings, sources: int, workers: int) -> float:
    """Sources a second with so many workers, from the first source on."""
    bank = f"with{workers}"
    asyncio.run(submitted(settings, sources, bank))
    env = {**os.environ, "RETAIN_DB": url, "RETAIN_EMBEDDER": "static"}
    words = [sys.executable, "-m", "retain.cli.main", "worker", "--concurrency", str(CONCURRENCY)]
    with ExitStack() as stack:
        running = [
            stack.enter_context(subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL))
            for _ in range(workers)
        ]
        _, took = asyncio.run(ended(url, bank, sources))
        for process in running:
            process.terminate()
    return sources / took


def kilobytes_a_fact(server: LocalServer) -> float:
    """How much the schema takes for each fact, without the write-ahead log."""
    with psycopg.connect(**server.started()) as connection:
        ((size, facts),) = connection.execute(
            "SELECT sum(pg_total_relation_size(oid)), (SELECT count(*) FROM retain.statement)"
            " FROM pg_class WHERE relnamespace = 'retain'::regnamespace AND relkind = 'r'"
        ).fetchall()
    return size / facts / 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--model", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ModelServer() as server:
        kept = LocalServer(Path(folder) / "pg")
        at = kept.started()
        url = f"postgresql://{at['user']}@/{at['dbname']}?host={at['host']}"
        server.plan = Plan(latency=0.3)
        settings = Settings(db=url, embedder="static")
        if given.model:
            settings = Settings(
                db=url, embedder="static", model="openai-compatible:scripted", base_url=server.url
            )
        put, took = asyncio.run(queue_cost(url, given.sources))
        print(f"queue alone, ms a source: put {put:.2f}, taken and ended {took:.2f}", flush=True)
        one = 0.0
        for workers in map(int, given.workers.split(",")):
            rate = fleet(url, settings, given.sources, workers)
            one = one or rate
            print(f"{workers} workers: {rate:.2f} sources/s, {rate / one:.2f} x", flush=True)
        print(f"{kilobytes_a_fact(kept):.2f} KB a fact in the database", flush=True)
        kept.stop()


if __name__ == "__main__":
    main()
