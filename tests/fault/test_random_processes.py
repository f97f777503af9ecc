"""Four processes work with one bank at random: it is then what its sources say, and sound."""

import asyncio
import subprocess
import sys
from ast import literal_eval
from collections import Counter
from pathlib import Path
from typing import Any

from tests.commandline import DEADLINE_S, contents, ended_after, query, sound
from tests.property.test_bank import unmarked, unnumbered

from retain import Memory

WORKER = Path(__file__).with_name("random_worker.py")
PROCESSES = 4
OPERATIONS = 30


def worked(db: Path) -> Counter[str]:
    """What the processes did, all together."""
    started = [
        subprocess.Popen(
            [sys.executable, WORKER, db, f"seed {n}", str(OPERATIONS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(PROCESSES)
    ]
    done: Counter[str] = Counter()
    for process in started:
        with ended_after(process):
            out, err = process.communicate(timeout=4 * DEADLINE_S)
            assert process.returncode == 0, err
            done.update(literal_eval(out))
    return done


async def as_it_is_and_rebuilt(db: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    async with Memory.open(f"sqlite:///{db}") as memory:
        assert {run.status for run in await memory.runs()} <= {"completed"}
        rows = contents(db)
        await memory.banks.rebuild()
        return rows, contents(db)


async def made_serially(db: Path, of: Path) -> dict[str, Any]:
    """A bank of the same texts and corrections, made one after the other."""
    async with Memory.open(f"sqlite:///{of}") as memory:
        ids = [source.source_id for source in await memory.sources()]
        texts = {one: await memory.sources.text(one) or "" for one in ids}
    async with Memory.open(f"sqlite:///{db}") as memory:
        for source_id, text in texts.items():
            run = await memory.retain_text(text, source_id=source_id)
            assert run.status == "completed"
        for name, other in query(of, "SELECT name, other FROM correction"):
            # A decision stays where its names go with another version of their source.
            await memory._store.correct("default", "merge", name, other)
    return contents(db)


def test_what_four_processes_leave_is_what_one_makes_of_the_same_texts(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"
    done = worked(db)
    print(done)
    assert done.total() == PROCESSES * OPERATIONS
    assert min(done[what] for what in ("retain", "forget", "merge", "recall")) > 0
    rows, rebuilt = asyncio.run(as_it_is_and_rebuilt(db))
    assert unmarked(rows) == unmarked(rebuilt)
    assert unnumbered(rows) == unnumbered(asyncio.run(made_serially(tmp_path / "serial.db", db)))
    sound(db)
