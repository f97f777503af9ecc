"""An answer that was kept outlives the process, at whatever instant that is killed."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

from tests.commandline import DEADLINE_S, ended_after
from tests.crash.journal_worker import answer_to, call_of

from retain.stores.sqlite.journal import SQLiteJournal

WORKER = Path(__file__).with_name("journal_worker.py")
SEED = 5
KILLS = 12
MANY = 100_000


@contextmanager
def worker(path: Path, first: int, count: int):
    """A process that is about to keep answers."""
    process = subprocess.Popen(
        [sys.executable, WORKER, path, str(first), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with ended_after(process):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def found(path: Path, numbers: list[int]) -> list[int]:
    """Which answers are there, each as it was kept."""

    async def look() -> list[int]:
        journal = SQLiteJournal(path)
        there: list[int] = []
        for number in numbers:
            call = call_of(number)
            answers = await journal.find("b", [call.key], [call.call_context.source_id])
            if answers:
                assert answers == {call.key: answer_to(number)}
                there.append(number)
        await journal.close()
        return there

    return asyncio.run(look())


def ledger(path: Path) -> dict[str, int]:
    """How often each key is in the ledger, of a file that is sound."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        orphans = "SELECT count(*) FROM use LEFT JOIN answer USING (bank_id, key) WHERE id IS NULL"
        assert db.execute(orphans).fetchall() == [(0,)]
        return dict(db.execute("SELECT key, count(*) FROM call GROUP BY key"))


def test_every_keep_that_returned_is_found_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "memory.journal.db"
    chance = random.Random(SEED)
    told: list[int] = []
    for n in range(KILLS):
        with worker(path, n * MANY, MANY) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            for _ in range(chance.randint(1, 60)):
                told.append(int(process.stdout.readline()))
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read()  # with what is buffered, which communicate() leaves out
            process.wait(DEADLINE_S)
            told += [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        assert found(path, told) == told, f"after kill {n}"
        counted = ledger(path)
        assert all(counted[f"k{number}"] == 1 for number in told)
        assert len(told) <= len(counted) <= len(told) + 8 * (n + 1), "those in flight may be kept"


def test_two_processes_keep_at_once(tmp_path: Path) -> None:
    path = tmp_path / "memory.journal.db"
    with worker(path, 0, 150) as one, worker(path, 1000, 150) as two:
        ended = [
            one.communicate("\n", timeout=DEADLINE_S),
            two.communicate("\n", timeout=DEADLINE_S),
        ]
        assert (one.returncode, two.returncode) == (0, 0), ended
    numbers = [*range(150), *range(1000, 1150)]
    assert found(path, numbers) == numbers
    assert sorted(ledger(path).values()) == [1] * 300
    assert not path.with_name("memory.journal.db-wal").exists()
