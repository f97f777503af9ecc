"""Sources that are forgotten while requests with their words are under way."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.asking import asking, calls_of, journal, memory_of, retained
from tests.commandline import DEADLINE_S, CommandLine, query, until

from retain import Memory
from retain.app.question_answering import answer_question
from retain.bank import BankStore
from retain.memory.model import Hit, Purpose, Reflection, Run
from retain.testing.journal import files_with
from retain.testing.modelserver import Fault, ModelServer, Plan
from retain.testing.modelserver.plan import Asked

CANARY = "Quillfeather"
GONE = f"{CANARY}.md"
QUESTION = "Where did Ana Silva rent a locker?"
NOTE = f"""---
date: 2024-05-01
---
# Notes

Ana Silva rented a locker in {CANARY}. Ana Silva is keen on sailing around the islands.
"""
LATER = """---
date: 2024-06-01
---
# Notes

Ana Silva is afraid of sailing around the islands. Ana Silva has a cat.
"""


@dataclass(frozen=True)
class Held(Plan):
    """Answers, but nothing of a purpose before it may."""

    purpose: Purpose = "answer"
    may: threading.Event = field(default_factory=threading.Event)

    def fault(self, asked: Asked) -> Fault | None:
        if asked.purpose == self.purpose:
            assert self.may.wait(DEADLINE_S)
        return super().fault(asked)


def is_held(server: ModelServer) -> bool:
    """Whether the server has a request that it does not answer yet."""
    assert isinstance(server.plan, Held)
    asked = [one for one in server.log.entries if one.purpose == server.plan.purpose]
    return any(one.outcome is None for one in asked)


def left(folder: Path) -> list[str]:
    """The files of the bank and of the journal in which a word of the source is."""
    found = {*files_with(folder, CANARY.encode()), *files_with(folder, CANARY.lower().encode())}
    return sorted(name for name in found if name.startswith("memory."))


def journalled(folder: Path, table: str) -> int:
    ((number,),) = query(journal(folder), f"SELECT count(*) FROM {table}")
    return number


def forgotten_meanwhile(
    folder: Path,
    server: ModelServer,
    held: Held,
    work: Callable[[Memory], Awaitable[object]],
    **more: str,
) -> object:
    """What becomes of `work` if the source is forgotten while the model is asked."""
    server.plan = held

    async def main() -> object:
        async with memory_of(folder, server.url, **more) as memory:
            task = asyncio.ensure_future(work(memory))
            try:
                await asyncio.to_thread(until, lambda: is_held(server), "the request")
                await memory.forget(GONE)
                assert is_held(server)
            finally:
                held.may.set()
            ended = await task
            assert left(folder) == [], "while the files are open"
            return ended

    return asyncio.run(main())


def test_an_answer_with_words_of_a_source_that_is_forgotten_meanwhile_is_not_kept(
    cli: CommandLine, server: ModelServer
) -> None:
    cli.write(GONE, NOTE)
    cli("ingest", GONE)
    assert not journal(cli.folder).exists()
    told = forgotten_meanwhile(cli.folder, server, Held(), lambda it: it.reflect(QUESTION))
    assert isinstance(told, Reflection)
    assert CANARY in told.text, "who asked before has the answer"
    ((purpose, key, read, written, _, error),) = calls_of(cli.folder)
    counts = server.log.counts
    assert (purpose, key, error) == ("answer", "", None)
    assert (read, written) == (counts.input_tokens, counts.output_tokens)
    assert journalled(cli.folder, "answer") == journalled(cli.folder, "use") == 0
    (cli.folder / GONE).unlink()
    assert left(cli.folder) == []


def test_a_source_may_be_forgotten_between_recall_and_question(
    tmp_path: Path, server: ModelServer
) -> None:
    retained(tmp_path, server, NOTE, GONE)

    async def main() -> Reflection:
        async with memory_of(tmp_path, server.url) as memory:

            async def recall(query: str, **how: Any) -> Sequence[Hit]:
                found = await memory.recall(query, **how)
                await memory.forget(GONE)
                return found

            return await answer_question(
                QUESTION,
                bank_id="default",
                k=12,
                as_of=None,
                recall=recall,
                answerer=memory._parts.answerer(),
            )

    assert CANARY in asyncio.run(main()).text
    assert journalled(tmp_path, "answer") == journalled(tmp_path, "use") == 0
    assert left(tmp_path) == []


def test_another_process_asks_while_the_source_is_forgotten(
    cli: CommandLine, server: ModelServer
) -> None:
    cli.write(GONE, NOTE)
    asking(cli, server.url)
    cli("ingest", GONE)
    held = server.plan = Held()
    with cli.start("ask", QUESTION) as process:
        try:
            until(lambda: is_held(server), "the request")
            cli("forget", GONE)
            assert is_held(server)
        finally:
            held.may.set()
        out, err = process.communicate(timeout=DEADLINE_S)
    assert CANARY in out, err
    assert journalled(cli.folder, "answer") == journalled(cli.folder, "use") == 0
    assert {key for _, key, *_ in calls_of(cli.folder)} == {""}
    (cli.folder / GONE).unlink()
    assert left(cli.folder) == []


@pytest.mark.parametrize("purpose", ["supersedes", "lead"])
def test_another_run_asks_while_the_source_is_forgotten(
    tmp_path: Path, server: ModelServer, purpose: Purpose
) -> None:
    retained(tmp_path, server, NOTE, GONE)
    before = len(calls_of(tmp_path))

    def later(memory: Memory) -> Awaitable[Run]:
        return memory.retain_text(LATER, source_id="later.md")

    run = forgotten_meanwhile(tmp_path, server, Held(purpose=purpose), later)
    assert isinstance(run, Run)
    assert run.status == "completed"
    assert left(tmp_path) == []
    calls = calls_of(tmp_path)[before:]
    assert next(key for was, key, *_ in calls if was == purpose) == ""
    assert query(journal(tmp_path), "SELECT DISTINCT source_id FROM use") == [("later.md",)]
    assert len(calls_of(tmp_path)) == server.log.counts.total


def test_a_bank_is_embedded_anew_while_the_source_is_forgotten(
    cli: CommandLine, server: ModelServer
) -> None:
    cli.write(GONE, NOTE)
    cli("ingest", GONE)
    cli.write("later.md", LATER)
    cli("ingest", "later.md")
    held, model = Held(purpose="embeddings"), "openai-compatible:vectors"
    forgotten_meanwhile(cli.folder, server, held, lambda it: it.banks.reembed(), embedder=model)
    counts = server.log.counts
    assert [key for _, key, *_ in calls_of(cli.folder)].count("") == 1
    assert len(calls_of(cli.folder)) == counts.total == 2
    assert query(journal(cli.folder), "SELECT DISTINCT source_id FROM use") == [("later.md",)]
    (cli.folder / GONE).unlink()
    assert left(cli.folder) == []


def test_a_source_that_comes_in_again_is_asked_of_and_kept(
    tmp_path: Path, server: ModelServer
) -> None:
    retained(tmp_path, server, NOTE, GONE)

    async def again(memory: Memory) -> None:
        await memory.forget(GONE)
        await memory.retain_text(NOTE, source_id=GONE)

    async def main() -> None:
        async with memory_of(tmp_path, server.url) as memory:
            await again(memory)
            asked = server.log.counts.total
            await again(memory)
            assert server.log.counts.total > asked

    asyncio.run(main())
    assert journalled(tmp_path, "answer") > 0
    assert query(journal(tmp_path), "SELECT DISTINCT source_id FROM use") == [(GONE,)]


def test_after_a_fact_is_forgotten_its_source_is_asked_of_and_kept(
    tmp_path: Path, server: ModelServer
) -> None:
    retained(tmp_path, server, NOTE, GONE)

    async def main() -> None:
        async with memory_of(tmp_path, server.url) as memory:
            (locker,) = [one.fact for one in await memory.facts() if CANARY in one.fact.text]
            await memory.facts.forget(locker.fact_id)
            await memory.retain_text(f"{NOTE}\nAna Silva has a cat.\n", source_id=GONE)

    asyncio.run(main())
    assert query(journal(tmp_path), "SELECT DISTINCT source_id FROM use") == [(GONE,)]
    assert len(calls_of(tmp_path)) == server.log.counts.total


def test_what_is_asked_and_read_before_the_bank_has_lost_a_fact_leaves_nothing_of_it(
    tmp_path: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = "\n".join(f"Bob Reis owns boat number {n}." for n in range(120))
    retained(tmp_path, server, f"{NOTE}\n## Boats\n\n{many}\n")
    told: list[Reflection] = []
    replace_source = BankStore.replace_source

    async def main() -> None:
        async with memory_of(tmp_path, server.url) as memory:

            async def late(store: BankStore, *args: Any, **how: Any) -> int:
                told.append(await memory.reflect(QUESTION))
                assert any(CANARY in page.text for page in await memory.pages())
                return await replace_source(store, *args, **how)

            (locker,) = [one.fact for one in await memory.facts() if CANARY in one.fact.text]
            monkeypatch.setattr(BankStore, "replace_source", late)
            await memory.facts.forget(locker.fact_id)

    asyncio.run(main())
    assert CANARY in told[0].text, "the bank had it still"
    assert left(tmp_path) == []
