"""Tasks and processes that want the same answers at the same time: each is paid for once."""

import asyncio
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.asking import asking, journal, memory_of, shelves
from tests.commandline import DEADLINE_S, CommandLine, query, sound, stop, until

from retain import Memory
from retain.providers.llm.single_flight import LIFETIME_S
from retain.testing.modelserver import Hang, ModelServer, Plan, Rule

SECTIONS = 12
HANGS = 5
"""The number of the request that is not answered."""
QUICKLY_S = 5.0


def twins(cli: CommandLine, server: ModelServer, **more: str) -> list[str]:
    """Two folders with the same document under different names, and a model; the folders."""
    for name in ("one", "two"):
        cli.write(f"{name}/{name}.md", shelves(SECTIONS))
    asking(cli, server.url, RETAIN_EMBEDDER="openai-compatible:vectors", **more)
    return ["one", "two"]


def tokens_read(server: ModelServer, purpose: str) -> int:
    return sum(one.input_tokens for one in server.log.entries if one.purpose == purpose)


def claims(cli: CommandLine) -> int:
    return len(query(journal(cli.folder), "SELECT key FROM claim"))


def done(process: subprocess.Popen[str]) -> float:
    """After how many seconds from here the process has ended, which must be well."""
    began = time.monotonic()
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, (out, err)
    return time.monotonic() - began


def test_two_processes_with_the_same_document_send_each_request_once(
    cli: CommandLine, server: ModelServer, tmp_path: Path
) -> None:
    one, two = twins(cli, server)
    alone = CommandLine(tmp_path / "alone")
    for name in twins(alone, server):
        alone("ingest", name)
    keys = sorted(entry.key for entry in server.log.entries if entry.purpose != "embeddings")
    embedded, before = tokens_read(server, "embeddings"), server.log.counts.total
    server.plan = Plan(latency=0.2)
    with cli.start("ingest", one) as first, cli.start("ingest", two) as second:
        done(first)
        done(second)
    entries = server.log.entries[before:]
    asked = sorted(entry.key for entry in entries if entry.purpose != "embeddings")
    assert len(asked) == len(set(asked)) >= SECTIONS
    assert asked == keys
    assert tokens_read(server, "embeddings") == 2 * embedded
    assert claims(cli) == 0
    sound(cli.db)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_when_a_sender_is_killed_those_that_wait_for_it_go_on_within_seconds(
    cli: CommandLine, server: ModelServer, elsewhere: bool
) -> None:
    one, two = twins(cli, server)
    server.plan = Plan(rules=[Rule([Hang()], numbers={HANGS})])
    with cli.start("ingest", one) as first:
        until(lambda: server.log.counts.total >= SECTIONS, "the requests")
        until(lambda: claims(cli) == 1, "all answers but one")
        if elsewhere:
            on_another_machine(journal(cli.folder))
        with cli.start("ingest", two) as second:
            until(lambda: cli.statuses().get("two.md") == "running", "the second process")
            time.sleep(1.5)
            asked = server.log.counts.total
            assert server.log.counts.in_flight == 1, "it waits for the first"
            first.send_signal(signal.SIGKILL)
            first.wait(DEADLINE_S)
            took_s = done(second)
    assert took_s < QUICKLY_S + (LIFETIME_S if elsewhere else 0)
    facts = [entry.key for entry in server.log.entries if entry.purpose == "facts"]
    assert len(facts) == SECTIONS + 1
    assert len(set(facts)) == SECTIONS
    assert server.log.counts.total > asked
    assert cli.statuses()["two.md"] == "completed"


def on_another_machine(path: Path) -> None:
    """Have the claims look as if a process on another machine had taken them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE claim SET holder = json_set(holder, '$.machine', 'another')")


def test_a_process_that_is_stopped_releases_its_claims(
    cli: CommandLine, server: ModelServer
) -> None:
    one, two = twins(cli, server, RETAIN_CONCURRENCY="4")
    server.plan = Plan(rules=[Rule([Hang()], numbers=range(HANGS, 1000))])
    with cli.start("ingest", one) as first:
        until(lambda: server.log.counts.in_flight == 4, "calls in flight")
        assert claims(cli) >= 4
        ended = stop(first, signal.SIGINT)
    assert ended.code == 130
    assert claims(cli) == 0
    server.plan = Plan()
    with cli.start("ingest", two) as second:
        assert done(second) < DEADLINE_S


def test_tasks_of_one_process_with_the_same_section_ask_once(
    tmp_path: Path, server: ModelServer
) -> None:
    server.plan = Plan(latency=0.1)
    embedder = "openai-compatible:vectors"

    async def retain(memory: Memory, number: int) -> str:
        run = await memory.retain_text("Ana Ruiz lives in Lisbon.", source_id=f"{number}.md")
        return run.status

    async def main() -> list[str]:
        async with memory_of(tmp_path, server.url, embedder=embedder) as memory:
            return await asyncio.gather(*(retain(memory, n) for n in range(32)))

    assert asyncio.run(main()) == ["completed"] * 32
    asked = [entry.key for entry in server.log.entries]
    assert len(asked) == len(set(asked))
    purposes = server.log.counts.purposes
    assert (purposes["facts"], purposes["embeddings"]) == (1, 1)
