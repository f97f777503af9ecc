"""An embedder behind a real server, with a real journal: each text is paid for once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retain.errors import AnswerError, InputError, ModelBusyError
from retain.memory.call_context import in_call_context
from retain.memory.model import Budget, ModelChoice, embedding_key
from retain.providers.embedders.catalogue import Catalogue
from retain.providers.embedders.remote import BATCH, MAX_BYTES, RemoteEmbedder
from retain.providers.llm.budget import BudgetGuard
from retain.providers.llm.caller import Caller, Patience
from retain.providers.llm.embedding import open_embedding
from retain.providers.llm.limiter import Limiter
from retain.stores.sqlite.journal import SQLiteJournal
from retain.testing.modelserver import ModelServer, Plan, Rule, Status

NAME = "openai-compatible:m"
QUICK = Patience(attempts=3, initial_s=0.001, max_s=0.001)

Use = Callable[[RemoteEmbedder, SQLiteJournal, ModelServer], Coroutine[Any, Any, Any]]


def using(tmp_path: Path, use: Use, plan: Plan | None = None, model: str = NAME) -> Any:
    """What `use` gives, of an embedder and all that is behind it."""

    async def main() -> Any:
        async with ModelServer(plan) as server:
            journal = SQLiteJournal(tmp_path / "memory.journal.db")
            budget_guard = BudgetGuard(journal, Budget(), Budget())

            def opened():
                return open_embedding(ModelChoice(model, server.url), timeout_s=20, environ={})

            def asking() -> Caller:
                return Caller(journal, Limiter(1), budget_guard, patience=QUICK)

            caller = Caller(journal, Limiter(8), budget_guard, patience=QUICK)
            embedder = RemoteEmbedder(model, opened, caller, asking)
            try:
                return await use(embedder, journal, server)
            finally:
                await embedder.close()
                await journal.close()

    return asyncio.run(main())


def requests(server: ModelServer) -> int:
    return server.log.counts.total


def test_vectors_are_those_of_the_server_at_length_one_and_zero_without_a_word(tmp_path):
    async def use(embedder, journal, server):
        with in_call_context("b", "s", "EMBED"):
            return await embedder.embed(["The cat sleeps.", "", " - \n", "A kitten naps."])

    vectors = using(tmp_path, use)
    catalogue = Catalogue()
    local = catalogue.get(catalogue.preferred)
    expected = asyncio.run(local.embed(["The cat sleeps.", "", "", "A kitten naps."]))
    assert vectors.dtype == np.float32
    assert np.allclose(vectors, expected, atol=1e-6)
    assert not vectors[1].any()
    assert not vectors[2].any()


def test_a_text_is_paid_for_once_for_a_bank(tmp_path):
    async def use(embedder, journal, server):
        with in_call_context("b", "s", "EMBED"):
            first = await embedder.embed(["one", "two", "one"])
            assert requests(server) == 1
            again = await embedder.embed(["two", "one"])
            assert requests(server) == 1
            await embedder.embed(["two", "three"])
        assert requests(server) == 2
        with in_call_context("b", "another", "EMBED"):
            await embedder.embed(["three"])
        assert requests(server) == 2
        assert embedder.hits == 4
        with in_call_context("another bank", "s", "EMBED"):
            await embedder.embed(["one"])
        assert requests(server) == 3
        assert np.array_equal(first[[1, 0]], again)
        return await journal.costs()

    lines = using(tmp_path, use)
    spent = {
        (line.call_context.bank_id, line.call_context.source_id): line.spending.calls
        for line in lines
    }
    assert spent == {("b", "s"): 2, ("another bank", "s"): 1}
    assert {(line.purpose, line.model) for line in lines} == {("embeddings", NAME)}
    assert all(line.spending.input_tokens for line in lines)


def test_the_journal_outlives_the_process_and_forgets_with_the_source(tmp_path):
    async def ask(embedder, journal, server):
        with in_call_context("b", "s", "EMBED"):
            await embedder.embed(["one"])
        return requests(server)

    async def forget(embedder, journal, server):
        await journal.forget("b", "s")
        return await ask(embedder, journal, server)

    assert [using(tmp_path, ask), using(tmp_path, ask), using(tmp_path, forget)] == [1, 0, 1]


def test_equal_texts_that_are_under_way_are_waited_for(tmp_path):
    async def use(embedder, journal, server):
        async def one(source):
            with in_call_context("b", source, "EMBED"):
                return await embedder.embed(["one", "two", f"of {source} alone"])

        found = await asyncio.gather(*(one(f"s{n}") for n in range(10)))
        assert all(np.array_equal(found[0][:2], each[:2]) for each in found)
        return [entry.input_tokens for entry in server.log.entries], await journal.costs()

    sent, lines = using(tmp_path, use, Plan(latency=0.05))
    assert len(sent) == 10
    assert sum(sent) == sum(line.spending.input_tokens for line in lines)
    whole = sent[0]
    assert all(tokens < whole for tokens in sent[1:]), "only one source paid for what all share"


def test_many_and_long_texts_go_in_batches_and_long_ones_are_cut(tmp_path):
    async def use(embedder, journal, server):
        with in_call_context("b", "s", "EMBED"):
            await embedder.embed([f"text {n}" for n in range(BATCH + 1)])
            assert requests(server) == 2
            long = "word " * 5_000
            await embedder.embed([long])
            vectors = await embedder.embed([long + "and more", long[:MAX_BYTES], "\ud83d"])
        assert requests(server) == 3
        assert np.array_equal(vectors[0], vectors[1])

    using(tmp_path, use)


def test_a_busy_server_is_asked_again_and_every_attempt_stands_in_the_ledger(tmp_path):
    plan = Plan(rules=[Rule([Status(429), Status(500)], times={1, 2})])

    async def use(embedder, journal, server):
        with in_call_context("b", "s", "EMBED"):
            await embedder.embed(["one"])
        (line,) = await journal.costs()
        return line.spending

    spending = using(tmp_path, use, plan)
    assert (spending.calls, spending.failed) == (3, 2)


def test_a_question_leaves_its_cost_and_nothing_else(tmp_path):
    async def use(embedder, journal, server):
        with in_call_context("b", "", "RECALL"):
            first = await embedder.embed(["Where does Ana live?"])
            again = await embedder.embed(["Where does Ana live?", "Ana"])
        assert requests(server) == 2
        assert np.array_equal(first[0], again[0])
        keys = [embedding_key(NAME, text) for text in ("Where does Ana live?", "Ana")]
        return await journal.costs(), await journal.find("b", keys, ())

    lines, kept = using(tmp_path, use)
    assert [(line.call_context.state, line.spending.calls) for line in lines] == [("RECALL", 2)]
    assert kept == {}
    whole = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Ana live" not in whole


def test_a_question_to_a_server_that_is_gone_is_an_error_and_the_next_one_is_asked(tmp_path):
    async def use(embedder, journal, server):
        with in_call_context("b", "", "RECALL"):
            await embedder.embed(["one"])
            server.stop()
            with pytest.raises(ModelBusyError, match="no connection"):
                await embedder.embed(["two"])
            server.start()
            await embedder.embed(["two"])

    using(tmp_path, use)


def test_a_model_that_changes_its_length_is_an_error(tmp_path):
    async def use(embedder, journal, server):
        with in_call_context("b", "s", "EMBED"):
            await embedder.embed(["one"])
            embedder._opened, real = Shorter(), embedder._opened
            with pytest.raises(AnswerError, match=r"several lengths: \[3, 256\]"):
                await embedder.embed(["one", "two"])
            embedder._opened = real

    class Shorter:
        name, price = NAME, None

        async def embed(self, texts):
            return np.ones((len(texts), 3), dtype=np.float32), 1

    using(tmp_path, use)


def test_what_keeps_the_model_from_being_used_is_told():
    def broken():
        raise InputError("no such thing")

    embedder = RemoteEmbedder(NAME, broken, None, None)
    with pytest.raises(InputError, match="no such thing"):
        asyncio.run(embedder.check())
    asyncio.run(embedder.close())


def test_a_catalogue_has_what_is_behind_servers_if_it_is_told_how():
    made = Catalogue("openai:text-embedding-3-small", remote=lambda name: name)
    assert made.preferred == "openai:text-embedding-3-small"
    assert made.get(made.preferred) == made.preferred
    for name in ("openai:text-embedding-3-small", "nobody"):
        with pytest.raises(InputError, match="openai-compatible:NAME"):
            Catalogue(name)
