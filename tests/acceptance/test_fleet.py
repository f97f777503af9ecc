"""A fleet of workers: sources are put into a queue, and any number of processes run them."""

import asyncio
import json
import signal
from pathlib import Path

import pytest
from tests.asking import MODEL, shelves
from tests.commandline import CommandLine, Ended, stop, until
from tests.postgres import Schemas, connect

from retain import Memory, Settings
from retain.testing.modelserver import Hang, ModelServer, Plan, Rule, Status
from retain.workers import worker

NOTE = "# Ana\n\nAna Silva lives in Lisbon.\n"


def on_postgres(cli: CommandLine, postgres: Schemas) -> CommandLine:
    """The command line with a database of its own on the tests' server."""
    cli.env = {**cli.env, "RETAIN_DB": postgres.url(cli.folder)}
    return cli


def test_what_is_submitted_is_retained_by_a_worker_and_nowhere_else(
    postgres: Schemas, tmp_path: Path
) -> None:
    url = postgres.url(tmp_path)
    (tmp_path / "notes").mkdir()
    for n in range(3):
        (tmp_path / "notes" / f"{n}.md").write_text(f"# Box {n}\n\nBox {n} belongs to Ana Ruiz.\n")
    (tmp_path / "notes" / "bad.pdf").write_bytes(b"%PDF-no")

    async def main() -> None:
        async with Memory.open(url) as memory:
            given = await memory.submit(tmp_path / "notes", bank_id="ana")
            assert given.queued == ["0.md", "1.md", "2.md"]
            assert [run.source_id for run in given.refused] == ["bad.pdf"]
            for path in (tmp_path / "notes").iterdir():
                path.unlink()  # another machine would not have them either
            assert await memory.recall("Who owns box 1?", bank_id="ana") == []
            assert (await memory.queue(bank_id="ana")).total.queued == 3
            with connect() as connection:
                jobs = connection.execute(
                    f"SELECT args FROM {postgres.name(tmp_path)}.procrastinate_jobs ORDER BY id"
                ).fetchall()
            assert [*jobs] == [({"bank_id": "ana", "source_id": f"{n}.md"},) for n in range(3)]
            await memory.queue.work(drain=True)
            assert [run.status for run in await memory.runs()] == ["completed"] * 3
            hits = await memory.recall("Who owns box 1?", bank_id="ana")
            assert "Box 1 belongs to Ana Ruiz" in hits[0].text
            state = await memory.queue()
            assert (state.total.queued, state.total.dead, state.oldest_wait_s) == (0, 0, None)
            assert state.per_minute > 0
            text = "# Box 1\n\nBox 1 belongs to Ana Ruiz.\n"
            again = await memory.submit_text(text, source_id="1.md", bank_id="ana")
            assert (again.queued, again.unchanged) == ([], ["1.md"])

    asyncio.run(main())


def test_a_worker_runs_each_source_with_the_model_that_it_was_submitted_with(
    postgres: Schemas, tmp_path: Path, server: ModelServer
) -> None:
    url = postgres.url(tmp_path)
    asks = Settings(db=url, model=MODEL, base_url=server.url, embedder="static")
    other = Settings(db=url, model="openai:nobody-has-this-key", embedder="static")

    async def main() -> None:
        async with Memory.open(settings=asks) as memory:
            await memory.submit_text(shelves(3), source_id="asked")
        async with Memory.open(settings=Settings(db=url, embedder="static")) as memory:
            await memory.submit_text(NOTE, source_id="rules")
        async with Memory.open(settings=other) as memory:
            await memory.queue.work(drain=True)
            assert {run.source_id: run.status for run in await memory.runs()} == {
                "asked": "completed",
                "rules": "completed",
            }
        assert [entry.purpose for entry in server.log.entries].count("facts") == 3
        leads = [entry for entry in server.log.entries if entry.purpose == "lead"]
        assert leads, "the render run asks the model of the runs too"

    asyncio.run(main())


def test_what_fails_again_and_again_is_dead_until_it_is_revived(
    postgres: Schemas, tmp_path: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BACKOFF_S", 0.1)
    url = postgres.url(tmp_path)
    asks = Settings(db=url, model=MODEL, base_url=server.url, embedder="static", attempts=1)
    server.plan = Plan(rules=[Rule([Status(401)])])

    async def main() -> None:
        async with Memory.open(settings=asks) as memory:
            await memory.submit_text(shelves(1), source_id="bad")
            await memory.submit_text(NOTE, source_id="other", bank_id="b")
            await memory.queue.work(drain=True)
            letters = await memory.queue.dead()
            assert {one.source_id: one.tries for one in letters} == {"bad": 3, "other": 3}
            assert "401" in letters[0].reason
            assert (await memory.queue(bank_id="b")).total.dead == 1
            assert await memory.queue.resume() == [], "dead ones are left"
            server.plan = Plan()
            assert len(await memory.queue.resume(bank_id="default", dead="only")) == 1
            await memory.queue.work(drain=True)
            assert [one.source_id for one in await memory.queue.dead()] == ["other"]
            await memory.resume("other", bank_id="b")  # without a worker
            assert await memory.queue.dead() == []
            assert {run.status for run in await memory.runs()} == {"completed"}

    asyncio.run(main())


def test_sources_are_cancelled_and_forgotten_while_a_worker_runs(
    postgres: Schemas, tmp_path: Path, server: ModelServer
) -> None:
    url = postgres.url(tmp_path)
    asks = Settings(db=url, model=MODEL, base_url=server.url, embedder="static")
    server.plan = Plan(rules=[Rule([Hang()])])

    async def main() -> None:
        async with Memory.open(settings=asks) as memory:
            for n in range(4):
                await memory.submit_text(shelves(1, f"Box{n}"), source_id=f"{n}", bank_id="gone")
            await memory.submit_text(NOTE, source_id="kept")
            started: list[worker.Worker] = []
            work = asyncio.create_task(
                memory.queue.work(concurrency=2, bank_ids=["gone"], started=started.append)
            )
            while not server.log.counts.total:  # noqa: ASYNC110 - of another thread
                await asyncio.sleep(0.05)
            assert await memory.queue.cancel(bank_id="default") == 1
            assert (await memory.queue()).total.running == 2
            assert await memory.banks.delete("gone") == 4
            assert (await memory.queue()).banks == {}
            assert await memory.runs(bank_id="gone") == []
            started[0].stop()
            await work
            assert len(await memory.queue.resume()) == 1, "what was cancelled is put back"

    asyncio.run(main())


def test_a_queue_on_the_command_line(cli: CommandLine, postgres: Schemas) -> None:
    on_postgres(cli, postgres)
    for n in range(4):
        cli.write(f"notes/{n}.md", f"# Box {n}\n\nBox {n} belongs to Ana Ruiz.\n")
    assert cli("ingest", "--queue", "notes").out == "queued 4 sources\n"
    shown = cli("queue").out
    assert shown.splitlines()[1].split() == ["default", "4", "0", "0", "0", "0"]
    assert "0 live workers" in shown
    with cli.start("worker", "--concurrency", "2") as process:
        followed = cli("ingest", "--queue", "--follow", "--json", "notes").json
        assert [run["status"] for run in followed["runs"]] == ["completed"] * 4
        assert cli("queue", "--json").json["workers"] == 1
        ended = stop(process, signal.SIGTERM)
    assert (ended.code, ended.err) == (
        0,
        "stopping: sources that run are finished, or go back to the queue\n",
    )
    assert "ran 4 sources" in ended.out


def test_a_worker_that_is_stopped_gives_back_what_it_runs(
    cli: CommandLine, postgres: Schemas, server: ModelServer
) -> None:
    on_postgres(cli, postgres)
    cli.write("one.md", shelves(2))
    cli("ingest", "--queue", "--model", MODEL, "--base-url", server.url, "one.md")
    server.plan = Plan(rules=[Rule([Hang()], numbers={2})])
    with cli.start("worker") as process:
        until(lambda: server.log.counts.total == 2, "the call that hangs", 0.05)
        ended = stop(process, signal.SIGTERM)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "ran 0 sources, 1 back in the queue")
    server.plan = Plan()
    cli("worker", "--drain")
    assert [run["status"] for run in cli("runs", "--json").json] == ["completed"]
    facts = [entry.key for entry in server.log.entries if entry.purpose == "facts"]
    assert len(facts) == len(set(facts)) + 1, "only the call that was in flight"


@pytest.mark.parametrize("words", [("ingest", "--queue", "."), ("worker",), ("queue",)])
def test_a_fleet_needs_postgres(cli: CommandLine, words: tuple[str, ...]) -> None:
    cli.write("note.md", NOTE)
    ended: Ended = cli(*words, code=2)
    assert "needs Postgres" in ended.err
    assert "postgresql://" in ended.err
    assert json.dumps(ended.out) == '""'
