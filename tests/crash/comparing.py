"""What a bank is compared by: all its rows, what it answers, and how its runs ended."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from tests.commandline import contents, query
from tests.nursery import Nursery

from retain import Memory
from retain.checkpoints.codec import unpacked

T = TypeVar("T")

ASKED = (
    ("pages", "--json"),  # the first: whoever reads pages has them rendered
    ("facts", "--json"),
    ("entities", "--json"),
    ("recall", "Where does Ines Okafor live?", "--json"),
    ("recall", "box on the shelf in Faro", "--json"),
)
BY_CHANCE = {
    "came_in",
    "origin",
    "supersedes_edges",
}
"""Fields of runs that tell of what else was in the bank when they came through, and when."""
HEADS = "SELECT run_key, head FROM run ORDER BY run_key"
COMPLETED = "SELECT run_key, body FROM run WHERE body IS NOT NULL ORDER BY run_key"
FIELDS = (
    "SELECT run_key, name, f.body FROM run_field AS f JOIN run ON run.id = run_id ORDER BY 1, 2"
)


def looked_at(at: Path, look: Callable[[Path], T]) -> T:
    """Look at a copy: what opens the database next finds it as the kill has left it."""
    copy = at / "copy"
    copy.mkdir()
    for file in at.glob("memory*"):
        shutil.copy(file, copy)
    for db in copy.glob("*.db"):  # a reader may not undo what a kill has left half-done
        with closing(sqlite3.connect(db)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    found = look(copy / "memory.db")
    shutil.rmtree(copy)
    return found


def interrupted_states(db: Path) -> Counter[str]:
    """The states that come next in the runs that have not ended."""
    found: Counter[str] = Counter()
    for run_key, encoded in query(db, HEADS):
        head = msgspec.msgpack.decode(encoded)
        assert head["status"] in ("running", "completed"), (run_key, head)
        if head["status"] == "running":
            found.update(next_states(head["last_state"], head["fan_out"]))
    return found


def next_states(state: str, block: dict[str, Any] | None) -> Iterator[str]:
    """The state that is to run next, or those of the branches of a parallel block."""
    if block is None:
        yield state
        return
    for chain, ended in zip(block["branches"], block["done"], strict=True):
        yield f"{state} > {chain[ended] if ended < len(chain) else block['join']}"


def all_of(processes: Nursery, at: Path) -> dict[str, Any]:
    """The bank's rows, what it answers, and what its runs have kept, but for times and attempts."""
    db = at / "memory.db"
    answers = {words: processes.run(at, *words) for words in ASKED}
    for words, answer in answers.items():
        assert answer.code == 0, (words, answer)
        assert answer.json, words
    rows = contents(db)
    del rows["page"], rows["dirty_page"]  # who read or rendered first decides them
    return {
        **rows,
        "retain_schema": query(db, "SELECT component, version FROM retain_schema ORDER BY 1"),
        "run": asyncio.run(runs_of(db)),
        "run_field": [row for row in fields_of(db) if row[1] not in BY_CHANCE],
        **{" ".join(words): undated(answer.json) for words, answer in answers.items()},
    }


def fields_of(db: Path) -> Iterator[tuple[str, str, bytes]]:
    """What each run keeps of each field."""
    yield from query(db, FIELDS)
    for run_key, body in query(db, COMPLETED):
        fields, _ = unpacked(body, run_key)
        for name in sorted(fields):
            yield run_key, name, fields[name]


async def runs_of(db: Path) -> dict[str, Any]:
    """How every run ended, and by which states; none of them ran twice to its end."""
    found: dict[str, Any] = {}
    async with Memory.open(f"sqlite:///{db}") as memory:
        for run in await memory.runs():
            ctx = (await memory.show(run.source_id)).context
            assert ctx is not None
            well = [step.state for step in ctx.step_log if step.completed_at and not step.error]
            assert len(well) == len(set(well)), f"{run.source_id}: {well}"
            well = [state for state in well if "WIKIS" not in state and "INDEX" not in state]
            found[run.source_id] = (run.status, run.last_state, run.errors, sorted(well))
    return found


def undated(answer: Any) -> Any:
    """An answer without when a bank got what has no date."""
    match answer:
        case dict():
            return {name: undated(value) for name, value in answer.items() if name != "came_in"}
        case list():
            return [undated(value) for value in answer]
        case _:
            return answer


def near(answer: Any) -> Any:
    """What equals the answer but for the last digits: sums go in the order of arbitrary row ids."""
    match answer:
        case dict():
            return {name: near(value) for name, value in answer.items()}
        case list():
            return [near(value) for value in answer]
        case float():
            return pytest.approx(answer, abs=1e-4)
        case _:
            return answer
