"""Kill an ingest at any instant, resume it, and the bank is that of one that was never killed."""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.commandline import contents, query, sound
from tests.crash.folders import edit, write_first
from tests.crash.nursery import Nursery, nursery

from retain import Memory

SEED = 20_261
KILLS = 50
MOST_OF_ONE = 6
FEWEST_STATES = 8
ASKED = (
    ("pages", "--json"),  # the first: whoever reads pages has them rendered
    ("facts", "--json"),
    ("entities", "--json"),
    ("recall", "Where does Ines Okafor live?", "--json"),
    ("recall", "box on the shelf in Faro", "--json"),
)
BY_CHANCE = {
    "origin",
    "supersedes_edges",
    "wikis_new",
    "wikis_changed",
    "wikis_created",
    "wikis_updated",
}
"""Fields of runs that tell of what else was in the bank when they came through."""
HEADS = "SELECT source_id, head FROM run ORDER BY source_id"
FIELDS = "SELECT source_id, name, body FROM run_field JOIN run ON run.id = run_id ORDER BY 1, 2"


@dataclass
class Bank:
    """A bank that holds something or nothing, and how it stands once the folder is ingested.

    Args:
        start: A folder with the sources in `sources`, and with the bank as it was before.
        expected: All there is in the bank that was never interrupted.
        took_s: How long its ingest took.
    """

    start: Path
    expected: dict[str, Any]
    took_s: float


@dataclass
class Seen:
    """What the killed processes were at.

    Args:
        states: How often each state was the next one of a run that a kill interrupted.
        kills: How many kills came before the end of the command.
        banks: How many banks were killed, resumed and compared.
    """

    states: Counter[str] = field(default_factory=Counter[str])
    kills: int = 0
    banks: int = 0


@pytest.fixture(scope="module")
def nurseries() -> Iterator[list[Nursery]]:
    """As many as there are processors to use: each kills banks of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(nursery()) for _ in range(2)]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, nurseries: list[Nursery]) -> Bank:
    """A folder that was never ingested."""
    folder = tmp_path_factory.mktemp("first")
    write_first(folder / "start/sources")
    return never_interrupted(folder / "start", nurseries)


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory, nurseries: list[Nursery]) -> Bank:
    """A folder that was ingested before its user worked in it."""
    folder = tmp_path_factory.mktemp("again")
    write_first(folder / "start/sources")
    assert nurseries[0].run(folder / "start", "ingest", "sources").code == 0
    edit(folder / "start/sources")
    return never_interrupted(folder / "start", nurseries)


def never_interrupted(start: Path, nurseries: list[Nursery]) -> Bank:
    """The bank that no kill may be told from; made as often at once as banks are killed."""

    def one(number: int) -> tuple[dict[str, Any], float]:
        whole = start.with_name(f"whole {number}")
        shutil.copytree(start, whole)
        ended = nurseries[number].run(whole, "ingest", "sources")
        assert ended.code == 0, ended
        return all_of(nurseries[number], whole), ended.took_s

    with ThreadPoolExecutor() as pool:
        (whole, took_s), *others = pool.map(one, range(len(nurseries)))
    expected = near(whole)
    assert all(other == expected for other, _ in others)
    return Bank(start, expected, took_s)


def test_a_killed_first_ingest_is_finished_and_leaves_the_same_bank(
    first: Bank, nurseries: list[Nursery], tmp_path: Path
) -> None:
    check(first, nurseries, tmp_path, "first")


def test_a_killed_ingest_of_changed_files_is_finished_and_leaves_the_same_bank(
    again: Bank, nurseries: list[Nursery], tmp_path: Path
) -> None:
    check(again, nurseries, tmp_path, "again")


def check(bank: Bank, nurseries: list[Nursery], folder: Path, name: str) -> None:
    def part(number: int) -> Seen:
        seed = f"{SEED} {name} {number}"
        share = KILLS // len(nurseries)
        return kill_many(bank, nurseries[number], folder / str(number), seed, share)

    with ThreadPoolExecutor() as pool:
        parts = list(pool.map(part, range(len(nurseries))))
    states = sum((one.states for one in parts), Counter[str]())
    kills, banks = sum(one.kills for one in parts), sum(one.banks for one in parts)
    print(f"{kills} kills of {banks} banks within {bank.took_s:.2f} s: {dict(states)}")
    assert kills == KILLS
    assert len(states) >= FEWEST_STATES, states


def kill_many(bank: Bank, processes: Nursery, folder: Path, seed: str, kills: int) -> Seen:
    """Kill and resume one bank after the other until there were so many kills."""
    chance, seen = random.Random(seed), Seen()
    while seen.kills < kills:
        at = folder / str(seen.banks)
        shutil.copytree(bank.start, at)
        done = one_bank(processes, bank, at, chance, seen, kills)
        assert all_of(processes, at) == bank.expected, f"seed {seed!r}: {done}"
        sound(at / "memory.db")
        shutil.rmtree(at)
        seen.banks += 1
    return seen


def one_bank(
    processes: Nursery, bank: Bank, at: Path, chance: random.Random, seen: Seen, kills: int
) -> list[str]:
    """Kill what ingests, and what resumes that, until it comes through; what was done."""
    done: list[str] = []
    words, was_killed = ("ingest", "sources"), True
    while was_killed:
        more = seen.kills < kills and len(done) < MOST_OF_ONE
        # What goes on has less ahead of it.
        most_s = bank.took_s / 2 if done else bank.took_s
        wait_s = chance.uniform(0, most_s) if more else None
        ended = processes.run(at, *words, kill_after_s=wait_s)
        done.append(f"{' '.join(words)}, killed after {wait_s} s: {ended.code}")
        was_killed = ended.code == -9
        assert was_killed or ended.code == 0, (done, ended)
        interrupted = looked_at(at, interrupted_states)
        assert was_killed or not interrupted, done
        seen.kills += was_killed
        seen.states.update(interrupted)
        # Only what was put down can be resumed. A user may as well give the command again.
        resumed = bool(interrupted) and chance.random() < 0.7
        words = ("resume", "--all") if resumed else ("ingest", "sources")
    return done


def looked_at(at: Path, look: Callable[[Path], Counter[str]]) -> Counter[str]:
    """Look at a copy: what opens the database next finds it as the kill has left it."""
    copy = at / "copy"
    copy.mkdir()
    for file in at.glob("memory.db*"):
        shutil.copy(file, copy)
    found = look(copy / "memory.db")
    shutil.rmtree(copy)
    return found


def interrupted_states(db: Path) -> Counter[str]:
    """The states that come next in the runs that have not ended."""
    found: Counter[str] = Counter()
    for source_id, encoded in query(db, HEADS):
        head = msgspec.msgpack.decode(encoded)
        assert head["status"] in ("running", "completed"), (source_id, head)
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
    assert all(answer.code == 0 and answer.json for answer in answers.values())
    return {
        **contents(db),
        "clock": query(db, "SELECT * FROM clock"),
        "retain_schema": query(db, "SELECT component, version FROM retain_schema ORDER BY 1"),
        "run": asyncio.run(runs_of(db)),
        "run_field": [row for row in query(db, FIELDS) if row[1] not in BY_CHANCE],
        **{" ".join(words): answer.json for words, answer in answers.items()},
    }


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
