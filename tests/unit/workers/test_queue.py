"""The queue of sources: which jobs there are, in which order they are taken, and how they end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from procrastinate.manager import JobManager
from tests.postgres import Schemas, connect

from retain import Memory
from retain.errors import InputError
from retain.workers.connector import Connector
from retain.workers.queue import JobQueue, queue_name

T = TypeVar("T")


class Bench:
    """A queue, and a worker that only takes jobs."""

    def __init__(self, queue: JobQueue, *, banks: list[str] | None = None) -> None:
        self.queue = queue
        self.jobs = JobManager(Connector(queue.database, banks))

    async def fetch(self) -> Any:
        return await self.jobs.fetch_job(self.queue.served, await self.jobs.register_worker())

    async def taken(self, number: int) -> list[str]:
        """The sources of the next jobs."""
        return [(await self.fetch()).task_kwargs["source_id"] for _ in range(number)]


def with_queue(url: str, work: Callable[[JobQueue], Awaitable[T]]) -> T:
    async def main() -> T:
        async with Memory.open(url) as memory:
            return await work(memory._parts.backend.queue())

    return asyncio.run(main())


def names(bank: str, number: int) -> list[str]:
    return [f"{bank}{n}" for n in range(number)]


def test_a_source_waits_once(postgres: Schemas, tmp_path: Path) -> None:
    async def work(queue: JobQueue) -> None:
        first = await queue.put("a", ["one", "two"])
        again = await queue.put("a", ["two", "one", "three"])
        assert set(first) < set(again)
        assert (await queue.state()).total.queued == 3
        bench = Bench(queue)
        assert await bench.taken(3) == ["one", "two", "three"]
        assert await bench.fetch() is None

    with_queue(postgres.url(tmp_path), work)


def test_banks_take_turns_whatever_their_number_of_sources(
    postgres: Schemas, tmp_path: Path
) -> None:
    async def work(queue: JobQueue) -> None:
        await queue.put("a", names("a", 2000))
        bench = Bench(queue)
        await bench.taken(20)
        await queue.put("b", names("b", 3))
        await queue.put("b", ["b3", "b4"])
        assert await bench.taken(9) == ["a20", "b0", "a21", "b1", "a22", "b2", "a23", "b3", "a24"]
        await queue.put("c", names("c", 2), priority="high")
        await queue.put("c", ["c2"], priority="low")
        assert await bench.taken(4) == ["c0", "c1", "b4", "a25"]

    with_queue(postgres.url(tmp_path), work)


def test_a_worker_of_some_banks_leaves_the_others(postgres: Schemas, tmp_path: Path) -> None:
    async def work(queue: JobQueue) -> None:
        await queue.put("a", ["a0"])
        await queue.put("b", ["b0"])
        bench = Bench(queue, banks=["b"])
        assert await bench.taken(1) == ["b0"]
        assert await bench.fetch() is None

    with_queue(postgres.url(tmp_path), work)


def test_a_source_does_not_run_twice_at_once(postgres: Schemas, tmp_path: Path) -> None:
    async def work(queue: JobQueue) -> None:
        await queue.put("a", ["one"])
        bench = Bench(queue)
        job = await bench.fetch()
        assert await queue.put("a", ["one"]) == [job.id]
        await queue.put("a", ["one"], new=["one"])
        assert await bench.fetch() is None
        assert await Bench(queue, banks=["a"]).fetch() is None
        await bench.jobs.finish_job(job, job_status("succeeded"), delete_job=False)
        assert await bench.taken(1) == ["one"]

    with_queue(postgres.url(tmp_path), work)


def job_status(name: str) -> Any:
    from procrastinate.jobs import Status

    return Status(name)


def test_a_job_that_waits_again_beside_another_one_is_dropped(
    postgres: Schemas, tmp_path: Path
) -> None:
    """A source was submitted again between the end of its run and that of its job."""

    async def work(queue: JobQueue) -> None:
        await queue.put("a", ["one"])
        bench = Bench(queue)
        job = await bench.fetch()
        (new,) = await queue.put("a", ["one"], new=["one"])
        await bench.jobs.retry_job(job)
        assert (await bench.fetch()).id == new

    with_queue(postgres.url(tmp_path), work)


def test_jobs_of_dead_workers_wait_again(postgres: Schemas, tmp_path: Path) -> None:
    async def work(queue: JobQueue) -> None:
        await queue.put("a", ["one", "two"])
        bench = Bench(queue)
        await bench.taken(2)
        await queue.put("a", ["two"], new=["two"])
        await queue.sweep(None, [])
        assert (await queue.state()).total.running == 2
        with connect() as connection:
            connection.execute(
                f"UPDATE {postgres.name(tmp_path)}.procrastinate_workers"
                " SET last_heartbeat = now() - interval '1 minute'"
            )
        assert (await queue.state()).total.stalled == 2
        await asyncio.gather(queue.sweep(None, []), queue.sweep(None, []))
        assert await bench.taken(2) == ["one", "two"]
        assert (await queue.state()).total.queued == 0

    with_queue(postgres.url(tmp_path), work)


def test_a_source_that_three_workers_died_of_is_dead_and_the_others_go_on(
    postgres: Schemas, tmp_path: Path
) -> None:
    async def work(queue: JobQueue) -> None:
        await queue.put("a", ["deadly", "good"])
        bench = Bench(queue)
        for _ in range(3):
            assert await bench.taken(1) == ["deadly"]
            with connect() as connection:
                connection.execute(
                    f"UPDATE {postgres.name(tmp_path)}.procrastinate_workers"
                    " SET last_heartbeat = now() - interval '1 minute'"
                )
            await queue.sweep(None, [])
        assert await bench.taken(1) == ["good"]
        (dead,) = await queue.dead()
        assert (dead.source_id, dead.tries) == ("deadly", 3)
        assert "its worker died" in dead.reason

    with_queue(postgres.url(tmp_path), work)


def test_the_pages_of_a_bank_wait_once(postgres: Schemas, tmp_path: Path) -> None:
    async def work(queue: JobQueue) -> None:
        await queue.put_pages("a", None)
        await queue.put_pages("a", {"model": "openai:gpt"})
        await queue.put_pages("a", None)  # a source that was submitted with rules
        await queue.put_pages("b", None)
        with connect() as connection:
            rows = connection.execute(
                f"SELECT args -> 'model' ->> 'model' FROM {postgres.name(tmp_path)}"
                ".procrastinate_jobs ORDER BY id"
            ).fetchall()
        assert rows == [("openai:gpt",), (None,)]

    with_queue(postgres.url(tmp_path), work)


def test_an_older_worker_leaves_runs_of_a_newer_release(postgres: Schemas, tmp_path: Path) -> None:
    async def work(queue: JobQueue) -> None:
        newer = JobQueue(queue.database, queue.version + 1)
        await newer.put("a", ["new"])
        await queue.put("a", ["old"])
        assert await Bench(queue).taken(1) == ["old"]
        assert await Bench(queue).fetch() is None
        assert await Bench(newer).taken(1) == ["new"]
        assert newer.served == [*queue.served, queue_name(newer.version)]

    with_queue(postgres.url(tmp_path), work)


def test_there_is_no_such_priority(postgres: Schemas, tmp_path: Path) -> None:
    async def work(queue: JobQueue) -> None:
        with pytest.raises(InputError, match="low, normal or high"):
            await queue.put("a", ["one"], priority=cast("Any", "urgent"))

    with_queue(postgres.url(tmp_path), work)
