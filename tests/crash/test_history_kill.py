"""A process is killed as one run replaces another: nothing is lost, and nothing is kept twice."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from retain.checkpoints import FileCheckpoint, SQLiteCheckpoint
from retain.engine import Complete, KeyedContext, RetainFSM

WORKER = """
import asyncio, os, signal, sys
from pathlib import Path
from retain.checkpoints import log
from retain.checkpoints.sqlite import SQLiteCheckpoint
from tests.crash.test_history_kill import opened, restarted

folder, kind, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
calls = 0

def deadly(work):
    def call(*args, **options):
        global calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*args, **options)
    return call

log.replace = deadly(log.replace)
SQLiteCheckpoint._put_earlier = deadly(SQLiteCheckpoint._put_earlier)
SQLiteCheckpoint._put_rows = deadly(SQLiteCheckpoint._put_rows)
asyncio.run(restarted(folder, kind, "second"))
"""


@dataclass
class Job(KeyedContext):
    """A job with a result."""

    result: str = ""


def opened(folder: Path, kind: str) -> FileCheckpoint[Job] | SQLiteCheckpoint[Job]:
    if kind == "file":
        return FileCheckpoint(folder / "runs", Job)
    return SQLiteCheckpoint(folder / "runs.db", Job)


async def restarted(folder: Path, kind: str, result: str) -> None:
    async def work(ctx: Job, _: None) -> Complete:
        ctx.result = result
        return Complete()

    fsm = RetainFSM[Job, None](None)
    fsm.register("INIT", work)
    checkpoint = opened(folder, kind)
    await fsm.run(Job("job"), checkpoint=checkpoint, exists="restart")
    await checkpoint.close()


async def kept(folder: Path, kind: str) -> tuple[str, list[str]]:
    """The result of the latest run, and those of the earlier ones."""
    checkpoint = opened(folder, kind)
    latest: Any = await checkpoint.load("job")
    earlier = [
        (await checkpoint.load("job", run_id=run.run_id)) for run in await checkpoint.history("job")
    ]
    await checkpoint.close()
    return latest.result, [one.result for one in earlier if one is not None]


@pytest.mark.parametrize("kind", ["file", "sqlite"])
@pytest.mark.parametrize("at", range(1, 5))
def test_a_run_is_the_latest_or_an_earlier_one_wherever_the_kill_is(
    tmp_path: Path, kind: str, at: int
) -> None:
    asyncio.run(restarted(tmp_path, kind, "first"))
    words = [sys.executable, "-c", WORKER, str(tmp_path), kind, str(at)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=Path.cwd())
    assert done.returncode in (-signal.SIGKILL, 0), done.stderr
    latest, earlier = asyncio.run(kept(tmp_path, kind))
    assert [latest, *earlier] in (["first"], ["", "first"], ["second", "first"])
    asyncio.run(restarted(tmp_path, kind, "third"))
    after, before = asyncio.run(kept(tmp_path, kind))
    assert after == "third"
    assert before == [latest, *earlier]
