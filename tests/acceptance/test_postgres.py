"""A memory in Postgres does what it does in SQLite: whole commands over a real server."""

import asyncio
import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from tests import postgres as servers
from tests.commandline import ANA, CHAT, TALK, CommandLine, until

from retain import Memory
from retain.config import Settings
from retain.db import queries
from retain.errors import InputError

FAST = replace(Settings.from_environment(), durability="process")


@pytest.fixture
def url(postgres: servers.Schemas, tmp_path: Path) -> str:
    return postgres.url(tmp_path)


@pytest.fixture
def notes(cli: CommandLine) -> Path:
    for name, text in (("ana.md", ANA), ("talk.md", TALK), ("chat.jsonl", CHAT)):
        cli.write(f"notes/{name}", text)
    return cli.folder / "notes"


def memory(url: str, **settings: object) -> Memory:
    return Memory.open(url, settings=replace(FAST, **settings))


async def told(memory: Memory) -> list[object]:
    """What people see of a bank, but for when it came in, and for topics.

    Topics are drawn again after so many changes; a bank that was imported or copied has none yet.
    """
    hits = await memory.recall("Where does Ana live?", bank_id="b")
    page = await memory.wiki.page("Ana", bank_id="b")
    facts = [(one.source_id, one.fact) for one in await memory.facts(bank_id="b")]
    return [
        [(hit.source_id, hit.text, hit.kind, round(hit.score, 6)) for hit in hits],
        [(source_id, fact.text, fact.start, fact.end) for source_id, fact in facts],
        [line for line in page.text.splitlines() if not line.startswith("- Topics")],
        [(run.source_id, run.status) for run in await memory.runs(bank_id="b")],
    ]


def test_postgres_tells_what_sqlite_tells_and_either_copies_into_the_other(
    url: str, notes: Path, tmp_path: Path, postgres: servers.Schemas
) -> None:
    async def check() -> None:
        async with (
            memory(f"sqlite:///{tmp_path / 'a.db'}") as sqlite,
            memory(url) as server,
            memory(f"sqlite:///{tmp_path / 'b.db'}") as back,
            memory(postgres.url(tmp_path / "other")) as other,
        ):
            for one in (sqlite, server):
                await one.retain([notes], bank_id="b", jobs=1)
            assert await told(server) == await told(sqlite)

            copied = await server.copy_to(back)
            assert [bank.existed for bank in copied.banks] == [False]
            assert copied.runs == len(await server.runs(bank_id="b"))
            assert await told(back) == await told(server)
            again = await server.copy_to(back)
            assert [bank.existed for bank in again.banks] == [True]
            assert (again.runs, again.runs_existed) == (0, copied.runs)
            assert again.banks[0].sha256 == copied.banks[0].sha256
            assert (await back.copy_to(other)).banks[0].sha256 == copied.banks[0].sha256
            assert await told(other) == await told(server)

            (notes / "ana.md").write_text("# Ana\n\nAna lives in Porto.\n")
            await back.retain([notes / "ana.md"], bank_id="b")
            with pytest.raises(InputError, match="another bank 'b'"):
                await server.copy_to(back)

    asyncio.run(check())


def test_what_is_forgotten_is_gone_from_every_table(
    url: str, notes: Path, postgres: servers.Schemas, tmp_path: Path
) -> None:
    async def check() -> None:
        async with memory(url) as server:
            await server.retain([notes], bank_id="b")
            assert "Lisbon" in _rows(postgres.name(tmp_path))
            for source in await server.sources(bank_id="b"):
                await server.forget(source.source_id, bank_id="b")
            rows = _rows(postgres.name(tmp_path))
            assert "Lisbon" not in rows
            assert "flowerpot" not in rows

    asyncio.run(check())


def test_a_bank_after_any_changes_is_what_a_rebuild_makes_of_it(
    url: str, postgres: servers.Schemas, tmp_path: Path
) -> None:
    choose = random.Random(7)
    sentences = [
        f"{who} {what}."
        for who in ("Ana Ruiz", "Dr. Ruiz", "Rui Antunes", "Harbour Labs")
        for what in ("lives in Lisbon", "moved to Porto in May 2024", "owns a red boat", "left")
    ]

    async def check() -> None:
        async with memory(url) as server:
            for _ in range(14):
                source_id = choose.choice("abc")
                if choose.random() < 0.2:
                    if source_id in {one.source_id for one in await server.sources(bank_id="b")}:
                        await server.forget(source_id, bank_id="b")
                    continue
                said = "\n\n".join(choose.sample(sentences, choose.randint(1, 6)))
                await server.retain_text(said, source_id=source_id, bank_id="b")
            before = _derived(postgres.name(tmp_path))
            await server.banks.rebuild(bank_id="b")
            assert _derived(postgres.name(tmp_path)) == before
            assert before["entity"]
            assert before["fact_claim"]

    asyncio.run(check())


def test_a_forecast_runs_on_a_copy_that_is_dropped(
    url: str, notes: Path, postgres: servers.Schemas, tmp_path: Path
) -> None:
    async def check() -> None:
        async with memory(url) as server:
            await server.retain([notes], bank_id="b")
            before = await told(server)
            (notes / "new.md").write_text("# Rui\n\nRui moved to Porto.\n")
            model = replace(FAST, model="openai:gpt-4o-mini")
            async with Memory.open(url, settings=model) as paid:
                forecast = await paid.forecast([notes], bank_id="b")
            assert forecast.sources
            assert await told(server) == before

    asyncio.run(check())
    with servers.connect() as db:
        left = db.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'retain_copy%'")
        assert left.fetchall() == []


def test_commands_take_the_url_from_the_environment_and_say_what_is_wrong(
    cli: CommandLine, url: str, notes: Path
) -> None:
    cli.env["RETAIN_DB"] = url
    assert {one["version"] for one in cli("db", "status", "--json", code=1).json} == {0}
    assert "migrated" in cli("db", "migrate").out
    assert all(one["version"] == one["newest"] for one in cli("db", "status", "--json").json)
    cli("ingest", "notes")
    assert "Lisbon" in cli("recall", "Where does Ana live?").out
    assert cli("db", "check").out.count("ok ") == 2
    assert "postgres" in cli("doctor").out
    to = f"sqlite:///{cli.folder / 'moved.db'}"
    assert "verified" in cli("copy", "--from", url, "--to", to).out
    assert "Lisbon" in cli("recall", "Where does Ana live?", "--db", to).out
    away = cli("recall", "x", "--db", "postgresql://me:s3cr3t@127.0.0.1:1/x", code=None)
    assert away.code == 1
    assert "cannot reach the server" in away.err
    assert "s3cr3t" not in away.err


def test_a_killed_ingest_is_resumed_and_nothing_is_doubled(
    cli: CommandLine, url: str, postgres: servers.Schemas, tmp_path: Path
) -> None:
    cli.env["RETAIN_DB"] = url
    cli("db", "migrate")
    for n in range(12):
        cli.write(f"notes/{n:02}.md", f"# Box {n}\n\nBox {n} belongs to Person{n} Smith.\n")
    count = f"SELECT count(*) FROM {postgres.name(tmp_path)}.source"
    with servers.connect() as db:
        with cli.start("ingest", "notes", "--jobs", "2") as process:
            until(lambda: db.execute(count).fetchone() != (0,), "a first source")
            process.send_signal(signal.SIGKILL)
            process.wait()
        cli("resume", "--all", code=None)
        cli("ingest", "notes")
        assert db.execute(count).fetchone() == (12,)
    facts = cli("facts", "--json").json
    assert sorted(one["text"] for one in facts) == sorted(
        f"Box {n} belongs to Person{n} Smith" for n in range(12)
    )


def _derived(schema: str) -> dict[str, list[str]]:
    """The rows of the bank's tables, without what says how much changed since when."""
    counted = {"bank", "bank_change", "dirty_page", "page"}
    with servers.connect() as db:
        return {
            name: sorted(
                repr(row)
                for row in db.execute(f'SELECT * FROM {schema}."{name}"')
                if not {"clustered", "unclustered"} & {*row}
            )
            for name in queries.tables("bank", "postgres")
            if name not in counted
        }


def _rows(schema: str) -> str:
    """Every row of every table, as text."""
    with servers.connect() as db:
        tables = db.execute(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = %s", (schema,)
        ).fetchall()
        return "\n".join(
            str(row) for (name,) in tables for row in db.execute(f'SELECT * FROM {schema}."{name}"')
        )
