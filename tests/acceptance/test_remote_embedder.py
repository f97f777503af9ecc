"""A bank whose vectors come from a server, through the facade and the command line."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.commandline import CommandLine
from tests.rawserver import Reply, raw_server

from retain import Memory, Settings
from retain.errors import InputError, ModelBusyError
from retain.memory.model import Budget
from retain.testing.modelserver import ModelServer

NOTES = "# Ana\n\nAna lives in Lisbon.\n\n# Bob\n\nBob keeps bees in Porto.\n"
NAME = "openai-compatible:m"


def settings(tmp_path, server, **other):
    db = f"sqlite:///{tmp_path / 'memory.db'}"
    return Settings(db, embedder=NAME, embedder_url=server.url, timeout_s=20, **other)


def purposes(server):
    return dict(server.log.counts.purposes)


def test_a_bank_is_embedded_and_searched_by_the_server_and_nothing_is_paid_for_twice(tmp_path):
    async def main():
        async with ModelServer() as server:
            async with Memory.open(settings=settings(tmp_path, server)) as memory:
                run = await memory.retain_text(NOTES, source_id="n", bank_id="b")
                assert run.status == "completed", run.errors
                assert purposes(server) == {"embeddings": 1}
                await memory.retain_text(NOTES + "\nMore.\n", source_id="n", bank_id="b")
                asked = server.log.counts.total
                hits = await memory.recall("Where does Bob keep bees?", bank_id="b", k=1)
                assert "bees" in hits[0].text
                assert server.log.counts.total > asked
            # The bank goes on with the model that it has, whatever the settings prefer.
            later = replace(settings(tmp_path, server), embedder="static")
            async with Memory.open(settings=later) as memory:
                await memory.recall("Where does Ana live?", bank_id="b")

    asyncio.run(main())


def test_no_paragraph_of_a_long_section_is_paid_for_twice(tmp_path):
    paragraphs = [f"Crate {n} of pears went on board. " * 20 for n in range(5)]
    read = []

    def answer(asked):
        read.extend(asked.body["input"])
        data = [{"index": n, "embedding": [1.0, n]} for n in range(len(asked.body["input"]))]
        return Reply({"data": data, "model": "m", "usage": None})

    async def main():
        async with (
            raw_server(answer) as server,
            Memory.open(settings=settings(tmp_path, server)) as memory,
        ):
            run = await memory.retain_text("# Pears\n\n" + "\n\n".join(paragraphs), source_id="n")
            assert run.status == "completed", run.errors

    asyncio.run(main())
    assert len(read) > 1
    assert ["".join(read).count(f"Crate {n} ") for n in range(5)] == [20] * 5


def test_recall_without_the_server_says_so_and_one_without_its_place_says_what_to_set(tmp_path):
    async def main():
        async with ModelServer() as server:
            async with Memory.open(settings=settings(tmp_path, server)) as memory:
                await memory.retain_text(NOTES, source_id="n", bank_id="b")
            gone = settings(tmp_path, server)
        async with Memory.open(settings=gone) as memory:
            with pytest.raises(ModelBusyError, match="no connection"):
                await memory.recall("Where does Ana live?", bank_id="b")
        async with Memory.open(settings=replace(gone, embedder_url=None)) as memory:
            with pytest.raises(InputError, match="needs to know where its server is"):
                await memory.recall("Where does Ana live?", bank_id="b")

    asyncio.run(main())


def test_a_bank_changes_to_the_server_and_a_cut_change_pays_for_no_text_twice(tmp_path):
    async def main():
        async with ModelServer() as server:
            first = replace(settings(tmp_path, server), embedder="static")
            async with Memory.open(settings=first) as memory:
                await memory.retain_text(NOTES, source_id="n", bank_id="b")
            async with Memory.open(settings=settings(tmp_path, server)) as memory:
                done, model = await memory.banks.reembed(bank_id="b")
                assert (done > 0, model) == (True, NAME)
                assert purposes(server) == {"embeddings": 1}
                assert await memory.banks.reembed(bank_id="b") == (0, NAME)
            assert purposes(server) == {"embeddings": 1}

    asyncio.run(main())


def test_another_model_behind_the_same_name_is_told_and_its_vectors_never_mix_in(tmp_path):
    def short(asked):
        texts = asked.body["input"]
        data = [{"index": n, "embedding": [1.0, 2.0, 3.0]} for n in range(len(texts))]
        return Reply({"data": data, "model": "m", "usage": None})

    async def main():
        async with (
            ModelServer() as server,
            Memory.open(settings=settings(tmp_path, server)) as memory,
        ):
            await memory.retain_text(NOTES, source_id="n", bank_id="b")
        async with (
            raw_server(short) as other,
            Memory.open(settings=settings(tmp_path, other)) as memory,
        ):
            with pytest.raises(InputError, match="another model is behind the name"):
                await memory.recall("Where does Ana live?", bank_id="b")
            run = await memory.retain_text("Eve sings.", source_id="e", bank_id="b")
            assert run.status == "failed"
            assert "another model is behind it" in run.errors[0]

    asyncio.run(main())


def test_a_dry_run_asks_no_server_and_tells_what_embedding_costs(tmp_path):
    async def main():
        notes = tmp_path / "n.md"
        notes.write_text(NOTES, encoding="utf-8")
        async with ModelServer() as server:
            chosen = settings(tmp_path, server, model="openai-compatible:chat", base_url=server.url)
            async with Memory.open(settings=chosen) as memory:
                forecast = await memory.forecast(notes, bank_id="b")
                assert server.log.counts.total == 0
                lines = {line.purpose: line.spending for line in forecast.lines}
                await memory.retain(notes, bank_id="b")
                counts = server.log.counts
                assert lines["embeddings"].calls == counts.purposes["embeddings"]
                assert forecast.spending.calls == counts.total
                assert (await memory.forecast(notes, bank_id="b")).spending.calls == 0

    asyncio.run(main())


def test_an_embedder_without_a_price_cannot_be_kept_within_a_cost(tmp_path):
    async def main():
        async with ModelServer() as server:
            limited = settings(tmp_path, server, budget=Budget(max_cost=1.0))
            async with Memory.open(settings=limited) as memory:
                with pytest.raises(InputError, match="no price is known"):
                    await memory.retain_text(NOTES, source_id="n", bank_id="b")

    asyncio.run(main())


def test_the_command_line_takes_the_embedder_from_the_environment(cli):
    with ModelServer() as server:
        cli.write("n.md", NOTES)
        env = {"RETAIN_EMBEDDER": NAME, "RETAIN_EMBEDDER_URL": server.url}
        remote = CommandLine(cli.folder, env)
        remote("ingest", "n.md")
        assert "bees" in remote("recall", "Where does Bob keep bees?", "--json").json[0]["text"]
    told = cli("recall", "Where does Bob keep bees?", code=2).err
    assert "needs to know where its server is" in told
