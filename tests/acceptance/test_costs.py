"""What paid calls cost is told, and their answers go when they are old or forgotten."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.commandline import ANA, TALK, CommandLine, locked

from retain import Memory
from retain.memory.model import Call
from retain.stores.sqlite.journal import SQLiteJournal, journal_path
from retain.testing.journal import call_of

CANARY = "zyqcanary"
MAY = datetime(2024, 5, 1, tzinfo=UTC)
JUNE = datetime(2024, 6, 1, tzinfo=UTC)


def journal(cli: CommandLine) -> Path:
    return journal_path(cli.db)


def keep(cli: CommandLine, *calls: Call, sources: Sequence[str] = ()) -> None:
    """Put calls into the journal, with an answer for each that has not failed."""

    async def work() -> None:
        kept = SQLiteJournal(journal(cli))
        for call in calls:
            if call.error is None:
                await kept.keep(call, {call.key: CANARY.encode()}, sources)
            else:
                await kept.note(call)
        await kept.close()

    asyncio.run(work())


def answered(cli: CommandLine, key: str, bank: str = "default") -> bool:
    async def work() -> bool:
        kept = SQLiteJournal(journal(cli))
        found = await kept.find(bank, [key], [])
        await kept.close()
        return key in found

    return asyncio.run(work())


def of(key: str, source_id: str = "ana.md", bank_id: str = "default", **others: object) -> Call:
    return replace(call_of(key, source_id, bank_id=bank_id, at=MAY), **others)


CALLS = (
    of("1", cost=0.012_345),
    of("2", cost=0.000_1, latency_ms=24.0),
    of("3", input_tokens=0, output_tokens=0, cost=None, error="timed out"),
    of("4", "talk.md", model="openai:large", input_tokens=12_000, cost=1.5, at=JUNE),
    of("5", "talk.md", model="my own", cost=None),
    of("6", bank_id="work", cost=None),
    of("7", bank_id="work", cost=2.0),
)


def test_costs_are_told_by_model_and_state(cli: CommandLine) -> None:
    keep(cli, *CALLS)
    assert cli("costs").out.splitlines() == [
        "                             calls  failed  tokens in  out  latency              cost",
        "my own        EXTRACT_FACTS      1       0        100   20    12 ms           unknown",
        "openai:large  EXTRACT_FACTS      1       0     12,000   20    12 ms            $1.500",
        "openai:small  EXTRACT_FACTS      5       1        400   80    14 ms  $2.012 + unknown",
        "total: 7 calls (1 failed), 12,500 tokens in, 120 out, $3.512",
        "the total leaves out 2 calls of unknown price",
    ]


@pytest.mark.parametrize(
    ("words", "names", "total"),
    [
        (["--by", "run"], ["default ana.md", "default talk.md", "work ana.md"], "7 calls"),
        (["--by", "state"], ["EXTRACT_FACTS"], "7 calls"),
        (["--by", "model"], ["my own", "openai:large", "openai:small"], "7 calls"),
        (["--by", "run", "--bank", "work"], ["work ana.md"], "2 calls"),
        (["--by", "run", "--since", "2024-05-02"], ["default talk.md"], "1 call,"),
    ],
)
def test_costs_by_other_things(
    cli: CommandLine, words: list[str], names: list[str], total: str
) -> None:
    keep(cli, *CALLS)
    lines = cli("costs", *words).out.splitlines()
    rows = [line for line in lines[1:] if not line.startswith(("total: ", "the total leaves out"))]
    assert [
        " ".join(row.split()[: len(n.split())]) for row, n in zip(rows, names, strict=True)
    ] == (names)
    assert any(line.startswith(f"total: {total}") for line in lines)


def test_a_price_keeps_four_digits_that_count(cli: CommandLine) -> None:
    keep(cli, of("1", cost=0.000_012_347), of("2", "b.md", cost=1234.5678))
    told = cli("costs", "--by", "run").out
    assert "$0.00001235" in told
    assert "$1,234.57" in told
    keep(cli, of("3", "free.md", cost=0.0))
    assert "$0.00\n" in cli("costs", "--by", "run").out


def test_costs_for_programs_are_whole(cli: CommandLine) -> None:
    keep(cli, *CALLS)
    told = cli("costs", "--json").json
    assert [line["model"] for line in told["costs"]] == [
        "openai:small",
        "my own",
        "openai:large",
        "openai:small",
    ]
    assert told["costs"][0] == {
        "bank_id": "default",
        "source_id": "ana.md",
        "state": "EXTRACT_FACTS",
        "purpose": "facts",
        "model": "openai:small",
        "calls": 3,
        "failed": 1,
        "input_tokens": 200,
        "output_tokens": 40,
        "cost": pytest.approx(0.012_445),
        "unpriced": 0,
        "latency_ms": pytest.approx(16.0),
    }
    assert told["total"]["calls"] == 7
    assert told["total"]["unpriced"] == 2
    (state,) = cli("costs", "--json", "--by", "state").json["costs"]
    assert state == {"state": "EXTRACT_FACTS", **told["total"]}


def test_a_bank_that_never_asked_a_model_has_no_journal(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.retained("ana.md")
    assert cli("costs").out == "no model was asked\n"
    assert cli("costs", "--since", "2024-05-01").out == "no model was asked since 2024-05-01\n"
    assert cli("costs", "--json").json["costs"] == []
    assert cli("journal", "prune", "--older-than", "0m").out.startswith("pruned 0 answers")
    cli("forget", "ana.md")
    assert not journal(cli).exists()


def test_what_cannot_be_told_is_refused(cli: CommandLine) -> None:
    assert "--by is 'day'" in cli("costs", "--by", "day", code=2).err
    assert "--since is 'May'" in cli("costs", "--since", "May", code=2).err
    assert "such as 30d" in cli("journal", "prune", "--older-than", "5", code=2).err


def test_pruning_the_journal_keeps_the_costs(cli: CommandLine) -> None:
    keep(cli, *CALLS, of("young", at=datetime.now(UTC) - timedelta(hours=1)))
    before = cli("costs", "--json").json
    pruned = cli("journal", "prune", "--older-than", "2h", "--bank", "work", "--json").json
    assert pruned == {"pruned": 2}
    assert cli("journal", "prune", "--older-than", "2h").out == (
        "pruned 4 answers; what they cost stays counted\n"
    )
    assert answered(cli, "young")
    assert not answered(cli, "1")
    assert cli("costs", "--json").json == before


def leaks(cli: CommandLine) -> list[str]:
    """The files of the journal that hold a byte of an answer."""
    found = cli.folder.glob("memory.journal*")
    return [file.name for file in found if CANARY.encode() in file.read_bytes()]


def test_forgetting_a_source_forgets_what_models_answered(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.write("talk.md", TALK)
    cli.retained("ana.md", "talk.md")
    keep(cli, of("shared", "talk.md"), sources=["talk.md", "ana.md"])
    keep(cli, of("own"), sources=["ana.md"])
    assert leaks(cli)
    cli("forget", "ana.md")
    assert leaks(cli) == []
    told = cli("costs", "--by", "run").out
    assert "ana.md" not in told
    assert "talk.md" in told
    assert "total: 2 calls" in told


def test_forgetting_a_fact_forgets_what_models_answered_of_its_source(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.write("talk.md", TALK)
    cli.retained("ana.md", "talk.md")
    keep(cli, of("own"), sources=["ana.md"])
    (fact,) = [f["fact_id"] for f in cli("facts", "--json").json if "Lisbon" in f["text"]]
    cli("forget", "--fact", fact)
    assert leaks(cli) == []
    keep(cli, of("own", "talk.md"), sources=["talk.md"])
    cli("forget", "ana.md")
    assert answered(cli, "own"), "it belongs to another source"


def test_a_forget_that_the_journal_holds_up_is_finished_by_a_resume(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.retained("ana.md")
    keep(cli, of("own"), sources=["ana.md"])
    cli.env["RETAIN_BUSY_TIMEOUT"] = "0"
    with locked(journal(cli)):
        assert "has kept the database locked" in cli("forget", "ana.md", code=1).err
    assert leaks(cli)
    assert cli.statuses() == {"ana.md": "failed"}
    cli("resume", "--all")
    assert leaks(cli) == []
    assert cli.statuses() == {}


def test_a_damaged_journal_never_harms_the_bank(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.retained("ana.md")
    keep(cli, of("own"), sources=["ana.md"])
    journal(cli).write_bytes(b"These are my notes. " * 900)
    ended = cli("costs")
    assert ended.out == "no model was asked\n"
    (line,) = ended.err.splitlines()
    assert line.startswith(f"retain: {journal(cli)} is damaged and was set aside as ")
    assert cli.found("Lisbon")
    told = cli("forget", "ana.md").err
    assert "may hold words of what is forgotten: delete it" in told


async def _costs(cli: CommandLine) -> int:
    async with Memory.open(f"sqlite:///{cli.db}") as memory:
        lines = await memory.costs(bank_id="work")
        assert await memory.costs.prune_journal(timedelta(0), bank_id="default") == 4
        assert await memory.costs(bank_id="work") == lines
        return sum(line.spending.calls for line in lines)


def test_costs_are_told_to_programs_in_python_too(cli: CommandLine) -> None:
    keep(cli, *CALLS)
    assert asyncio.run(_costs(cli)) == 2
