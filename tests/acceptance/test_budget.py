"""What models may cost: told before, never overrun, and gone on with when there is more."""

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.asking import asked_of, asking, calls_of, facts_of, journal, shelves, within
from tests.commandline import CommandLine, query, until

from retain import Memory
from retain.memory.model import Budget, Price
from retain.testing.modelserver import ModelServer, Plan, Rule, Status

SOURCES, SECTIONS = 4, 8
PRICE = ("--price", "2/8")
DEAR = Price(2.0, 8.0)


def sources(cli: CommandLine) -> None:
    for n in range(SOURCES):
        cli.write(f"notes/{n}.md", shelves(SECTIONS, box=f"Box {n}"))


def spent(server: ModelServer) -> tuple[int, float]:
    """The tokens by the server's count, and what they cost."""
    counts = server.log.counts
    read, written = counts.input_tokens, counts.output_tokens
    return read + written, DEAR.of(read, written)


def files(folder: Path) -> dict[str, bytes]:
    """The bytes of every file of the database and the journal."""
    return {path.name: path.read_bytes() for path in folder.glob("memory*")}


def test_a_dry_run_tells_what_the_run_then_uses(cli: CommandLine, server: ModelServer) -> None:
    sources(cli)
    asking(cli, server.url)
    told = cli("ingest", "notes", *PRICE, "--dry-run", "--json").json
    assert server.log.counts.total == 0
    assert files(cli.folder) == {}
    cli("ingest", "notes", *PRICE)
    counts, (tokens, cost) = server.log.counts, spent(server)
    assert told["calls"] == pytest.approx(counts.total, rel=0.15)
    assert told["by_purpose"]["facts"]["calls"] == counts.purposes["facts"] == SOURCES * SECTIONS
    assert told["input_tokens"] + told["output_tokens"] == pytest.approx(tokens, rel=0.15)
    assert told["cost"] == pytest.approx(cost, rel=0.15)
    assert (told["sources"], told["unchanged"], told["journal_hits"]) == (SOURCES, 0, 0)


def test_a_dry_run_counts_only_what_is_not_known_and_changes_nothing(
    cli: CommandLine, server: ModelServer
) -> None:
    sources(cli)
    asking(cli, server.url)
    cli("ingest", "notes/0.md", "notes/1.md", *PRICE)
    cli.write("notes/0.md", shelves(SECTIONS + 2, box="Box 0"))
    before, asked = files(cli.folder), server.log.counts.total
    told = cli("ingest", "notes", *PRICE, "--dry-run", "--json").json
    assert files(cli.folder) == before
    assert server.log.counts.total == asked
    assert (told["sources"], told["unchanged"]) == (SOURCES - 1, 1)
    assert told["by_purpose"]["facts"]["calls"] == 2 * SECTIONS + 2
    _, cost_before = spent(server)
    cli("ingest", "notes", *PRICE)
    _, cost = spent(server)
    assert told["calls"] == pytest.approx(server.log.counts.total - asked, rel=0.15)
    assert told["cost"] == pytest.approx(cost - cost_before, rel=0.15)


def test_a_dry_run_takes_off_what_the_journal_holds(cli: CommandLine, server: ModelServer) -> None:
    """A run that has failed has paid for most of what it needs."""
    cli.write("shelves.md", shelves(SECTIONS))
    asking(cli, server.url)
    server.plan = Plan(rules=[Rule([Status(400)], containing="Box 3 on")])
    cli("ingest", "shelves.md", *PRICE, "--strict", code=1)
    told = cli("ingest", "shelves.md", *PRICE, "--dry-run", "--json").json
    assert told["by_purpose"]["facts"]["calls"] == 1
    assert told["journal_hits"] == SECTIONS - 1
    shown = cli("ingest", "shelves.md", *PRICE, "--dry-run").out
    assert f"not counted: {SECTIONS - 1} answers that the journal already has\n" in shown
    assert shown.endswith("nothing was sent: run the command without --dry-run to ingest\n")


def test_a_dry_run_counts_what_two_sources_share_once(
    cli: CommandLine, server: ModelServer
) -> None:
    for name in ("one", "two"):
        cli.write(f"notes/{name}.md", shelves(SECTIONS))
    asking(cli, server.url)
    told = cli("ingest", "notes", *PRICE, "--dry-run", "--json").json
    assert told["by_purpose"]["facts"]["calls"] == SECTIONS
    assert told["journal_hits"] == 0


def test_a_dry_run_that_was_killed_leaves_its_copy_to_the_next_one(
    cli: CommandLine, server: ModelServer
) -> None:
    sources(cli)
    temporary = cli.folder / "temporary"
    temporary.mkdir()
    asking(cli, server.url, TMPDIR=str(temporary))
    cli("ingest", "notes")
    cli.write("notes/more.md", shelves(200, box="Crate"))
    with cli.start("ingest", "notes", "--dry-run") as killed:
        # Its own log is there when the copying is done: until then the original may be locked.
        until(lambda: list(temporary.glob("*/memory.db-wal")), "the copy")
        killed.send_signal(signal.SIGSTOP)
        assert len(list(temporary.glob("retain-copy-*"))) == 2, "a folder and its lock"
        age(temporary)
        cli("ingest", "notes", "--dry-run")
        assert len(list(temporary.glob("retain-copy-*"))) == 2, "a copy in use stays"
        killed.kill()
        killed.wait()
    age(temporary)
    cli("ingest", "notes", "--dry-run")
    assert list(temporary.iterdir()) == []


def age(folder: Path) -> None:
    """Make what is in a folder an hour old."""
    for path in folder.iterdir():
        os.utime(path, (path.stat().st_mtime - 3600,) * 2)


def test_a_dry_run_needs_no_server_and_warns_of_a_budget_that_is_too_small(
    cli: CommandLine,
) -> None:
    sources(cli)
    nowhere = asked_of("http://127.0.0.1:9/v1")
    told = cli("ingest", "notes", *nowhere, *PRICE, "--max-cost", "0.001", "--dry-run").out
    assert "that is more than --max-cost 0.001: runs would be suspended\n" in told
    assert re.search(r"facts of sections +32 ", told)
    assert not journal(cli.folder).exists()
    assert "give --model PROVIDER:NAME" in cli("ingest", "notes", "--dry-run", code=2).err


@pytest.mark.parametrize(
    ("option", "limits"),
    [("--max-tokens", ("9000", "18_000", "1000000")), ("--max-cost", ("0.03", "0.06", "5"))],
)
def test_a_budget_is_never_overrun_and_a_higher_one_goes_on(
    cli: CommandLine, server: ModelServer, option: str, limits: tuple[str, ...]
) -> None:
    sources(cli)
    asking(cli, server.url)
    first, second, enough = limits
    ended = cli("ingest", "notes", *PRICE, option, first, code=1)
    before = spent(server)
    assert 0 < before[option == "--max-cost"] <= float(first)
    assert " suspended in " in ended.out
    assert ended.err.count("\n") == 1
    assert f"`retain resume` goes on with a higher {option}\n" in ended.err
    assert "suspended" in cli.statuses().values()
    answered = server.log.counts.outcomes["answered"]
    cli("resume", "--all", *PRICE, option, second.replace("_", ""), code=1)
    now = spent(server)
    assert now[option == "--max-cost"] - before[option == "--max-cost"] <= float(second)
    assert server.log.counts.outcomes["answered"] > answered
    cli("resume", "--all", *PRICE, option, enough)
    assert set(cli.statuses().values()) == {"completed"}
    assert server.log.counts.total == server.log.counts.distinct, "nothing was asked twice"
    assert len(facts_of(cli.folder)) == SOURCES * SECTIONS


def test_each_run_keeps_within_its_own_budget_whatever_it_takes_to_finish(
    tmp_path: Path, server: ModelServer
) -> None:
    def run_budget(tokens: int) -> dict[str, Any]:
        return {"price": DEAR, "run_budget": Budget(max_tokens=tokens)}

    small, big = shelves(2), shelves(12, box="Crate")

    async def both(memory: Memory) -> list[str]:
        ends = [
            await memory.retain_text(text, source_id=name)
            for name, text in (("small", small), ("big", big))
        ]
        return [run.status for run in ends]

    async def on(memory: Memory) -> list[str]:
        return [run.status for run in await memory.resume_all()]

    assert within(tmp_path, server, both, **run_budget(9000)) == ["completed", "suspended"]
    used = tokens_of(tmp_path, "big")
    assert 4500 < used <= 9000
    assert within(tmp_path, server, on, **run_budget(9000)) == ["suspended"]
    assert tokens_of(tmp_path, "big") == used, "what the run spent before counts"
    assert within(tmp_path, server, on, **run_budget(90_000)) == ["completed"]
    assert len(facts_of(tmp_path)) == 14


def test_a_source_that_has_changed_has_the_whole_budget_of_a_run_again(
    tmp_path: Path, server: ModelServer
) -> None:
    async def retain(memory: Memory) -> list[str]:
        ends = [
            await memory.retain_text(shelves(6, box=box), source_id="shelves")
            for box in ("Box", "Crate", "Chest")
        ]
        return [run.status for run in ends]

    limit = Budget(max_tokens=12_000)
    ended = within(tmp_path, server, retain, price=DEAR, run_budget=limit)
    assert ended == ["completed"] * 3
    assert tokens_of(tmp_path, "shelves") > 12_000


def tokens_of(folder: Path, source_id: str) -> int:
    columns = "sum(input_tokens + output_tokens)"
    ((tokens,),) = query(
        journal(folder), f"SELECT {columns} FROM call WHERE source_id = '{source_id}'"
    )
    return tokens


def test_what_the_journal_holds_needs_no_budget(cli: CommandLine, server: ModelServer) -> None:
    cli.write("one.md", shelves(SECTIONS))
    cli.write("two.md", shelves(SECTIONS))
    asking(cli, server.url)
    cli("ingest", "one.md", *PRICE)
    asked = server.log.counts.purposes["facts"]
    cli("ingest", "two.md", *PRICE, "--max-tokens", "1", code=None)
    assert server.log.counts.purposes["facts"] == asked
    assert len(facts_of(cli.folder)) == 2 * SECTIONS


def test_what_fails_costs_nothing_and_the_ledger_agrees_with_the_server(
    cli: CommandLine, server: ModelServer
) -> None:
    cli.write("one.md", shelves(SECTIONS))
    asking(cli, server.url)
    server.plan = Plan(
        rules=[Rule([Status(500)], times={1}, purpose="facts", containing="Box 3 on")]
    )
    cli("ingest", "one.md", *PRICE)
    tokens, cost = spent(server)
    rows = calls_of(cli.folder)
    assert len(rows) == server.log.counts.total
    assert sum(row[2] + row[3] for row in rows) == tokens
    assert sum(row[4] or 0 for row in rows) == pytest.approx(cost)
    assert [row[2:5] for row in rows if row[5]] == [(0, 0, None)]
