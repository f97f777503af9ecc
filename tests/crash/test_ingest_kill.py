"""Kill an ingest at any instant, resume it, and the bank is that of one that was never killed."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.commandline import sound
from tests.crash.comparing import all_of, interrupted_states, looked_at, near
from tests.crash.folders import edit, write_first
from tests.nursery import Nursery, nursery

SEED = 20_261
KILLS = 50
MOST_OF_ONE = 6
FEWEST_STATES = 8
INGEST = ("ingest", "sources")
RESUME = ("resume", "--all")


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
    write_first(folder / "made/sources")
    assert nurseries[0].run(folder / "made", *INGEST).code == 0
    # The files of the sources are gone from there, so that those of a copy may replace them.
    (folder / "made").rename(folder / "start")
    edit(folder / "start/sources")
    return never_interrupted(folder / "start", nurseries)


def never_interrupted(start: Path, nurseries: list[Nursery]) -> Bank:
    """The bank that no kill may be told from; made as often at once as banks are killed."""

    def one(number: int) -> tuple[dict[str, Any], float]:
        whole = start.with_name(f"whole {number}")
        shutil.copytree(start, whole)
        ended = nurseries[number].run(whole, *INGEST)
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
    words, unfinished = INGEST, True
    while unfinished:
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
        # Only what was put down can be resumed. A user may as well give the command again, and has
        # to after a resume: the kill may have come before every source was put down.
        unfinished = was_killed or words == RESUME
        resumed = was_killed and bool(interrupted) and chance.random() < 0.7
        words = RESUME if resumed else INGEST
    return done
