"""Processes that share a memory in Postgres: killed, overtaken, and asking for the same answers."""

import asyncio
import signal
from pathlib import Path

import pytest
from tests.asking import asking, shelves
from tests.commandline import DEADLINE_S, CommandLine, until
from tests.postgres import Schemas, connect

from retain import Memory
from retain.errors import LeaseLostError
from retain.providers.local.extractor import LocalExtractor
from retain.testing.modelserver import Hang, ModelServer, Plan, Rule

SECTIONS = 6
OLD = "# Ana\n\nAna Silva lives in Lisbon.\n"
NEW = "# Ana\n\nAna Silva lives in Porto.\n"


def on_postgres(cli: CommandLine, postgres: Schemas) -> CommandLine:
    """The command line with a database of its own on the tests' server."""
    cli.env = {**cli.env, "RETAIN_DB": postgres.url(cli.folder)}
    return cli


def statuses(cli: CommandLine) -> dict[str, str]:
    """The status of each run by its source."""
    return {run["source_id"]: run["status"] for run in cli("runs", "--json").json}


def contents(url: str) -> list[object]:
    """All that a bank is, record by record."""

    async def read() -> list[object]:
        async with Memory.open(url) as memory:
            facts = [(one.fact.text, one.fact.quote) for one in await memory.facts()]
            sources = sorted((one.source_id, one.facts) for one in await memory.sources())
            return [*facts, *sources]

    return asyncio.run(read())


def test_two_processes_with_the_same_document_pay_for_each_section_once(
    cli: CommandLine, server: ModelServer, postgres: Schemas
) -> None:
    on_postgres(cli, postgres)
    for name in ("one", "two"):
        cli.write(f"{name}/{name}.md", shelves(SECTIONS))
    asking(cli, server.url)
    server.plan = Plan(latency=0.2)
    with cli.start("ingest", "one") as first, cli.start("ingest", "two") as second:
        for process in (first, second):
            out, err = process.communicate(timeout=DEADLINE_S)
            assert process.returncode == 0, (out, err)
    facts = [entry.key for entry in server.log.entries if entry.purpose == "facts"]
    assert len(facts) == len(set(facts)) == SECTIONS
    assert statuses(cli) == {"one.md": "completed", "two.md": "completed"}


def test_a_command_that_is_killed_is_resumed_to_the_same_end_and_pays_for_nothing_twice(
    cli: CommandLine, server: ModelServer, postgres: Schemas, tmp_path: Path
) -> None:
    (tmp_path / "calm").mkdir()
    calm = CommandLine(tmp_path / "calm")
    for one in (calm, cli):
        on_postgres(one, postgres)
        one.write("notes/one.md", shelves(SECTIONS))
        one.write("notes/two.md", shelves(SECTIONS, box="Chest"))
        asking(one, server.url, RETAIN_CONCURRENCY="1")
    calm("ingest", "notes")
    keys = {entry.key for entry in server.log.entries}
    before = server.log.counts.total
    hangs = before + SECTIONS + 2
    server.plan = Plan(rules=[Rule([Hang()], numbers={hangs})])
    with cli.start("ingest", "notes") as process:
        until(lambda: server.log.counts.total == hangs, "the request that hangs")
        process.send_signal(signal.SIGKILL)
        process.wait(DEADLINE_S)
    assert "interrupted" in statuses(cli).values()
    cli("resume", "--all")
    assert statuses(cli) == {"one.md": "completed", "two.md": "completed"}
    asked = [entry.key for entry in server.log.entries[before:]]
    assert set(asked) == keys
    assert len(asked) == len(keys) + 1, "only the call that was in flight"
    assert contents(cli.env["RETAIN_DB"]) == contents(calm.env["RETAIN_DB"])


@pytest.mark.parametrize(
    "overtake", ["UPDATE {}.lease SET token = token + 1", "DELETE FROM {}.lease"]
)
def test_a_run_that_lost_its_lease_writes_nothing(
    postgres: Schemas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overtake: str
) -> None:
    url = postgres.url(tmp_path)
    dedupe = LocalExtractor.dedupe

    async def overtaken(self: LocalExtractor, *given: object) -> object:
        result = await dedupe(self, *given)
        with connect() as connection:
            assert connection.execute(overtake.format(postgres.name(tmp_path))).rowcount == 1
        return result

    async def main() -> list[str]:
        async with Memory.open(url) as memory:
            await memory.retain_text(OLD, source_id="ana")
            monkeypatch.setattr(LocalExtractor, "dedupe", overtaken)
            with pytest.raises(LeaseLostError, match="the other one goes on"):
                await memory.retain_text(NEW, source_id="ana")
            return [fact.fact.value for fact in await memory.facts()]

    assert asyncio.run(main()) == ["Lisbon"]
