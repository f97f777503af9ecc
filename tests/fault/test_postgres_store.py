"""STORE on Postgres while its connection is lost."""

import asyncio
from dataclasses import replace

import pytest
from tests import postgres as servers
from tests.commandline import ANA

from retain import Memory
from retain.config import Settings
from retain.stores.postgres.tx import PostgresTx

NEWS = ANA + "\nAna works at Acme. Bob lives in Faro.\n"


@pytest.fixture
def settings(postgres, tmp_path):
    url = postgres.url(tmp_path)
    return replace(Settings.from_environment(), db=url, durability="process")


async def seen(memory):
    facts = [(one.source_id, one.fact.fact_id) for one in await memory.facts(bank_id="b")]
    entities = [one.entity.name for one in await memory.entities(bank_id="b")]
    return facts, entities


async def undisturbed(tmp_path):
    settings = replace(Settings.from_environment(), db=f"sqlite:///{tmp_path / 'other.db'}")
    async with Memory.open(settings=settings) as memory:
        for text in (ANA, NEWS):
            await memory.retain_text(text, source_id="ana.md", bank_id="b")
        return await seen(memory)


@pytest.mark.parametrize("statement", ["put_statement", "touch_bank"])
def test_a_connection_that_is_cut_in_the_middle_of_a_store_is_no_matter(
    settings, tmp_path, monkeypatch, caplog, statement
):
    cut = []
    run, run_many = PostgresTx.run, PostgresTx.run_many

    def cutting(real):
        def call(tx, name, *given):
            if name == statement and not cut:
                cut.append(name)
                with servers.connect() as db:
                    pid = tx._cursor.connection.info.backend_pid
                    db.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            return real(tx, name, *given)

        return call

    async def work():
        async with Memory.open(settings=settings) as memory:
            await memory.retain_text(ANA, source_id="ana.md", bank_id="b")
            monkeypatch.setattr(PostgresTx, "run", cutting(run))
            monkeypatch.setattr(PostgresTx, "run_many", cutting(run_many))
            run_ = await memory.retain_text(NEWS, source_id="ana.md", bank_id="b")
            assert (run_.status, cut) == ("completed", [statement])
            assert await seen(memory) == await undisturbed(tmp_path)

    asyncio.run(work())
    assert not [one for one in caplog.records if one.name.startswith("psycopg")]
