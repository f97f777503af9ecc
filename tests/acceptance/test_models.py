"""Memory with a model: what comes in, what is asked for it, and what is never asked again."""

import asyncio
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from tests.asking import (
    CANARY,
    MODEL,
    PEOPLE,
    asked_of,
    asking,
    facts_of,
    journal,
    ledger_of,
    retained,
    shelves,
    within,
)
from tests.commandline import CommandLine
from tests.rawserver import Asked, Reply, completion, raw_server

from retain import Memory
from retain.errors import ForgetError
from retain.memory.model import Budget
from retain.testing.modelserver import ModelServer, Plan

KEYED = Plan(key=CANARY)


def test_facts_come_in_with_their_quotes_names_and_slots(
    cli: CommandLine, server: ModelServer
) -> None:
    cli.write("people.md", PEOPLE)
    ended = cli("ingest", "people.md", *asked_of(server.url), "--price", "1/2")
    counts = server.log.counts
    tokens = counts.input_tokens + counts.output_tokens
    cost = (counts.input_tokens + 2 * counts.output_tokens) / 1e6
    assert counts.purposes["facts"] == 3
    assert f"{counts.total} calls to a model: {tokens:,} tokens, ${cost:.4f}\n" in ended.out
    facts = cli("facts", "--json").json
    assert all(PEOPLE[slice(*one["span"])] == one["quote"] for one in facts)
    told = {one["text"]: one for one in facts}
    assert len(told) == 4
    lives = told["Ana Ruiz lives in Lisbon"]
    assert (lives["subject"], lives["slot"], lives["value"]) == ("Ana Ruiz", "lives in", "Lisbon")
    moved = told["Rui Antunes moved to Porto on 3 March 2023"]
    assert moved["occurred_start"].startswith("2023-03-03")
    names = {one["name"]: one["kind"] for one in cli("entities", "--json").json}
    assert names["Rui Antunes"] == "person"
    assert names["Lisbon"] == "place"


def test_the_ledger_tells_how_every_section_ended(cli: CommandLine, server: ModelServer) -> None:
    cli.write("people.md", PEOPLE)
    cli("ingest", "people.md", *asked_of(server.url))
    told = cli("show", "people.md").out
    assert "ledger: 4 facts in 3 sections\n  sections: 2 with facts, 1 without;" in told
    ledger = cli("show", "people.md", "--json").json["ledger"]
    assert [(one["kind"], one["facts"]) for one in ledger] == [
        ("facts", 2),
        ("facts", 2),
        ("no facts", 0),
    ]


def test_what_has_not_changed_asks_nothing(cli: CommandLine, server: ModelServer) -> None:
    cli.write("notes/people.md", PEOPLE)
    cli.write("notes/shelves.md", shelves(5))
    asking(cli, server.url)
    cli("ingest", "notes")
    before = server.log.counts.total
    ended = cli("ingest", "notes")
    assert ended.out.startswith("retained 0 sources, 2 unchanged in ")
    assert "calls to a model" not in ended.out
    assert server.log.counts.total == before > 0


def test_of_a_long_document_only_the_section_that_was_edited_is_asked_about(
    tmp_path: Path, server: ModelServer
) -> None:
    text = shelves(100)
    retained(tmp_path, server, text)
    before = len(server.log.entries)
    assert server.log.counts.purposes["facts"] == 100
    retained(tmp_path, server, text.replace("Box 50 on", "Crate 50 on"))
    asked = [entry.purpose for entry in server.log.entries[before:]]
    assert asked.count("facts") == 1
    assert set(asked) <= {"facts", "lead"}
    told = [text for text, _ in facts_of(tmp_path)]
    assert "Crate 50 on shelf 50 belongs to Ana Ruiz" in told
    assert len(told) == 100
    assert ledger_of(tmp_path) == [("facts", None)] * 100


def test_what_another_source_of_the_bank_says_too_is_asked_once(
    tmp_path: Path, server: ModelServer
) -> None:
    async def work(memory: Memory) -> None:
        for name in ("one", "two"):
            await memory.retain_text(PEOPLE, source_id=name)
        assert server.log.counts.purposes["facts"] == 3
        assert memory.costs.journal_hits >= 3
        assert len({one.source_id for one in await memory.facts()}) == 2
        await memory.retain_text(PEOPLE, source_id="one", bank_id="other")
        assert server.log.counts.purposes["facts"] == 6, "banks share nothing"

    within(tmp_path, server, work)


def test_equal_sources_that_run_at_once_share_the_calls(
    cli: CommandLine, server: ModelServer
) -> None:
    for n in range(10):
        cli.write(f"notes/{n}.md", PEOPLE)
    server.plan = Plan(latency=0.1)
    cli("ingest", "notes", *asked_of(server.url))
    assert server.log.counts.purposes["facts"] == 3
    assert len(facts_of(cli.folder)) == 40


def test_without_a_model_nothing_is_asked_and_no_journal_made(
    cli: CommandLine, server: ModelServer
) -> None:
    cli.write("people.md", PEOPLE)
    cli.env = {"RETAIN_BASE_URL": server.url}
    cli("ingest", "people.md")
    cli("forget", "people.md")
    assert server.log.counts.total == 0
    assert not journal(cli.folder).exists()
    asking(cli, server.url)
    cli("ingest", "people.md", "--model", "rules", "--bank", "other")
    assert server.log.counts.total == 0
    assert not journal(cli.folder).exists()


def test_the_environment_names_the_model_and_bounds_its_calls(
    cli: CommandLine, server: ModelServer
) -> None:
    cli.write("shelves.md", shelves(12))
    server.plan = Plan(latency=0.02)
    asking(cli, server.url, RETAIN_CONCURRENCY="2", RETAIN_PRICE="0")
    ended = cli("ingest", "shelves.md")
    assert ", $0.0000\n" in ended.out
    assert server.log.counts.max_in_flight == 2
    assert {entry.model for entry in server.log.entries} == {"scripted"}


def test_a_run_goes_on_with_its_own_model(cli: CommandLine, server: ModelServer) -> None:
    cli.write("people.md", PEOPLE)
    server.plan = KEYED
    cli("ingest", "people.md", *asked_of(server.url), code=1)
    cli.env = {"RETAIN_API_KEY": CANARY}
    assert cli("resume", "--all").out.startswith("resumed 1 source in ")
    assert server.log.counts.outcomes == {"401": 1, "answered": server.log.counts.total - 1}
    assert len(facts_of(cli.folder)) == 4


WRONG = {
    "no provider": (["--model", "gpt-4o"], "write PROVIDER:NAME"),
    "unknown provider": (["--model", "nobody:gpt"], "no provider 'nobody'"),
    "no base URL": (["--model", MODEL], "needs to know where its server is"),
    "password in the URL": (
        ["--model", MODEL, "--base-url", "http://ana:secret-pass@127.0.0.1:9/v1"],
        "holds more than a place",
    ),
    "no URL": (["--model", MODEL, "--base-url", "localhost"], "no http or https URL"),
    "no price": (["--model", MODEL, "--base-url", "http://127.0.0.1:9/v1", "--price", "cheap"],
                 "--price is 'cheap'"),
    "unknown price": (
        ["--model", MODEL, "--base-url", "http://127.0.0.1:9/v1", "--max-cost", "1"],
        "no price is known",
    ),
    "no key": (["--model", "openai:gpt-4o-mini"], "set OPENAI_API_KEY"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "told"), WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_is_told_in_a_line(cli: CommandLine, options: list[str], told: str) -> None:
    cli.write("people.md", PEOPLE)
    cli.env = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}
    ended = cli("ingest", "people.md", *options, code=2)
    assert ended.err.startswith("retain: ")
    assert ended.err.count("\n") == 1
    assert told in ended.err
    assert "secret-pass" not in ended.err
    assert ended.out == ""
    assert not journal(cli.folder).exists()


def test_a_refused_key_stops_at_the_first_call_and_the_right_one_goes_on(
    cli: CommandLine, server: ModelServer
) -> None:
    for n in range(20):
        cli.write(f"notes/{n:02}.md", PEOPLE.replace("Ana", f"Ana{n}"))
    server.plan = KEYED
    asking(cli, server.url, RETAIN_API_KEY="sk-wrong-9f8e7d6c5b4a39281706")
    ended = cli("ingest", "notes", code=1)
    assert server.log.counts.total == 1
    assert ended.err == (
        f"00.md and 19 more: {server.url} refuses the key in RETAIN_API_KEY, or its use for "
        "scripted (HTTP 401): set a key that may\n"
    )
    assert set(cli.statuses().values()) == {"failed"}
    cli.env["RETAIN_API_KEY"] = CANARY
    cli("resume", "--all")
    assert set(cli.statuses().values()) == {"completed"}
    assert len(facts_of(cli.folder)) == 80


def test_a_model_that_there_is_not_stops_at_the_first_call(
    cli: CommandLine, server: ModelServer
) -> None:
    for n in range(5):
        cli.write(f"notes/{n}.md", PEOPLE.replace("Ana", f"Ana{n}"))
    server.plan = Plan(models=["another"])
    ended = cli("ingest", "notes", *asked_of(server.url), code=1)
    assert server.log.counts.total == 1
    assert ended.err.count("\n") == 1
    assert "knows no model 'scripted': check its name" in ended.err


def test_the_key_is_nowhere_though_the_model_is_named(
    cli: CommandLine, server: ModelServer
) -> None:
    cli.write("people.md", PEOPLE)
    server.plan = KEYED
    asking(cli, server.url, RETAIN_API_KEY=CANARY)
    assert cli("ingest", "people.md").err == ""
    assert key_free(cli)
    assert MODEL.encode() in cli.db.read_bytes()


def echoing() -> Callable[[Asked], Reply]:
    """Answers with the key that was sent: in errors and in answers, of three kinds each."""
    numbers = count()

    def echo(asked: Asked) -> Reply:
        key = asked.headers["authorization"].removeprefix("Bearer ")
        fact = {"text": f"The key is {key}", "quote": f"{key} in Lisbon", "type": "world"}
        replies = [
            Reply({"error": {"message": f"{key} may not"}}, 400),
            Reply({"error": {"message": f"{key} is too much"}}, 429),
            Reply(completion(key)),
            Reply(completion(json.dumps({"facts": [{**fact, "type": key}]}))),
            Reply(completion(None, refusal=key)),
            Reply(completion(json.dumps({"facts": [fact]}))),
        ]
        return replies[next(numbers) % len(replies)]

    return echo


def test_a_key_that_the_server_echoes_is_nowhere_either(cli: CommandLine) -> None:
    cli.write("shelves.md", shelves(8))

    async def main() -> None:
        async with raw_server(echoing()) as server:
            asking(cli, server.url, RETAIN_API_KEY=CANARY)
            ended = await asyncio.to_thread(cli, "ingest", "shelves.md", code=1)
            assert CANARY not in ended.out + ended.err
            assert len(server.asked) > 8

    asyncio.run(main())
    assert key_free(cli)


def key_free(cli: CommandLine) -> bool:
    """Whether no file and nothing that is shown holds the key."""
    cli("export", "--jsonl", "bank.jsonl", code=None)
    runs = cli("runs", "--json")
    shown = [cli("show", run["source_id"], "--json") for run in runs.json]
    files = [path.read_bytes() for path in cli.folder.rglob("*") if path.is_file()]
    assert cli.db.exists()
    assert journal(cli.folder).exists()
    return not any(CANARY in one.out + one.err for one in (runs, *shown)) and not any(
        CANARY.encode() in data for data in files
    )


def test_no_fact_is_forgotten_of_a_source_whose_new_version_is_yet_to_be_read(
    tmp_path: Path, server: ModelServer
) -> None:
    home, work = "Ana Ruiz lives in Lisbon.\n", "Rui Antunes works at Atelier Voss.\n"
    longer = f"# Work\n\n{work}\n# Home\n\n{home}"
    retained(tmp_path, server, home)
    assert retained(tmp_path, server, longer, budget=Budget(max_tokens=1)).status == "suspended"

    async def forget(memory: Memory) -> None:
        fact_id = (await memory.facts(about="Ana Ruiz"))[0].fact.fact_id
        for forgetting in (memory.facts.preview_forget, memory.facts.forget):
            with pytest.raises(ForgetError, match="has yet to read its new version"):
                await forgetting(fact_id)
        await memory.resume("note.md")
        await memory.facts.forget((await memory.facts(about="Ana Ruiz"))[0].fact.fact_id)

    within(tmp_path, server, forget)
    assert [text for text, _ in facts_of(tmp_path)] == ["Rui Antunes works at Atelier Voss"]
