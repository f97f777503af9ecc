"""A third of all calls fail, for every reason that there is: all comes in, once."""

import asyncio
import shutil
from pathlib import Path

import pytest
from tests.asking import calls_of, journal, memory_of
from tests.commandline import contents, query

from retain import Memory
from retain.memory.model import Run, Spending
from retain.testing.modelserver import Counts, Hang, ModelServer, Plan, Rule, Spoil, Status

SOURCES = 100
SHARE = 0.3
SEED = 11
FAULTS = [Status(429, retry_after=0.05), Status(500), Hang(), Spoil("truncated")]
TIMEOUT_S = 1.5
AT_ONCE = 32
MOST_RESUMES = 1
"""For sections whose answer was broken twice."""


def text_of(number: int) -> str:
    return (
        f"# Note {number}\n\nAna Ruiz moved box {number} to Lisbon.\n\n"
        f"## Shelf\n\nBox {number} belongs to Rui Antunes.\n"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    for n in range(SOURCES):
        (tmp_path / f"notes/{n:02}.md").write_text(text_of(n), encoding="utf-8")
    return tmp_path


@pytest.fixture
def quiet(folder: Path) -> Path:
    """The same bank, made without faults."""
    other = folder / "quiet"
    shutil.copytree(folder / "notes", other / "notes")
    with ModelServer() as server:
        runs, resumes, _ = asyncio.run(retained(other, server))
    assert resumes == 0
    assert {run.status for run in runs} == {"completed"}
    return other


async def retained(folder: Path, server: ModelServer) -> tuple[list[Run], int, Spending]:
    """Retain the notes, and resume what has not completed as often as is allowed."""
    settings = {"timeout_s": TIMEOUT_S, "concurrency": AT_ONCE, "durability": "process"}
    settings["strict"] = True  # a partial run gives its source one more version
    async with memory_of(folder, server.url, **settings) as memory:
        await memory.retain(folder / "notes", jobs=AT_ONCE)
        resumes = 0
        while (runs := await unfinished(memory)) and resumes < MOST_RESUMES:
            assert {run.status for run in runs} == {"failed"}
            await memory.resume_all(jobs=AT_ONCE)
            resumes += 1
        await memory.pages()  # whoever reads them has them rendered
        return await memory.runs(), resumes, memory.costs.spent


async def unfinished(memory: Memory) -> list[Run]:
    return [run for run in await memory.runs() if run.status != "completed"]


async def unexplained(folder: Path) -> list[str]:
    """The sections that have no outcome, or one that does not say where they ended."""
    found: list[str] = []
    async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
        for run in await memory.runs():
            view = await memory.show(run.source_id)
            assert view.context is not None
            told = {o.section_id for o in view.context.outcomes if o.kind in ("facts", "no facts")}
            section_ids = (row.section.section_id for row in view.sections)
            found += [section_id for section_id in section_ids if section_id not in told]
    return found


def test_all_sources_come_through_and_nothing_is_lost_doubled_or_uncounted(
    folder: Path, quiet: Path
) -> None:
    with ModelServer(Plan(rules=[Rule(FAULTS, share=SHARE)], seed=SEED)) as server:
        runs, resumes, spent = asyncio.run(retained(folder, server))
        counts = server.log.counts
    failed = {name: n for name, n in counts.outcomes.items() if name != "answered"}
    print(f"{resumes} resumes; {counts.total} requests, of which {failed}")
    assert set(failed) == {"429", "500", "hang", "truncated"}
    assert sum(failed.values()) == pytest.approx(SHARE * counts.total, rel=0.3)
    assert {run.status for run in runs} == {"completed"}
    assert len(runs) == SOURCES
    assert asyncio.run(unexplained(folder)) == []
    assert contents(folder / "memory.db") == contents(quiet / "memory.db")
    assert ledger_is(counts, folder)
    assert spent.calls == counts.total
    assert spent.tokens >= counts.input_tokens + counts.output_tokens


def ledger_is(counts: Counts, folder: Path) -> bool:
    """Whether the ledger is the server's own count; an answer that was repaired has not failed."""
    rows = calls_of(folder)
    lost = sum(counts.outcomes[name] for name in ("429", "500", "hang"))
    rejected = query(journal(folder), "SELECT count(*) FROM answer WHERE rejected IS NOT NULL")
    # What may have been billed counts as the most that it can have cost.
    known = [row for row in rows if "may be billed" not in (row[5] or "")]
    without = [row for row in known if row[5] and row[2] + row[3] == 0]
    assert len(rows) == counts.total
    assert sum(row[2] for row in known) == counts.input_tokens
    assert sum(row[3] for row in known) == counts.output_tokens
    assert len(without) + len(rows) - len(known) == lost
    return sum(row[5] is not None for row in rows) >= lost + rejected[0][0]
